/* SPDX-License-Identifier: EUPL-1.2 */
/* base/idn.h - a mail domain with letters beyond ASCII has many spellings and one name: its A-labels. "Hôpital.example" and
 * "xn--hpital-ixa.example" are one domain; the second form is what DNS, certificates, the white list's index and the queue have.
 *
 * Rules    IDNA2008 with the mapping of UTS 46, non-transitional (the sharp s stays a letter of its own); labels of letters, digits and hyphens only. So
 *          nothing that a mapping makes can be an @, a space or another dot than a dot between labels.
 * ASCII    is only made lower case, and not judged: policies/identifiers.h says what a mail domain is. An "xn--" label is taken as it is.
 * Out      is ended by NUL. Nothing is written there on failure.
 * Process  all but stored and keyd. Pure: no file, no lock.   Source RFC 5890, RFC 5891, RFC 6531 3.2, UTS 46.
 */
#pragma once
#include "base/span.h"

enum { IDN_ROOM = 256 };
/* False: it has no A-labels (no UTF-8, a character that no name has, a label beyond 63 octets), or it is empty or too long. */
bool idn_domain(struct span domain, char out[IDN_ROOM]);
/* The same address, its domain in A-labels where it has U-labels. The local part stays as it is, and so does an ASCII domain, but for the case of
 * A-labels. What has no @ is copied. False as above, or out is too small, or it has a NUL. */
bool idn_address(struct span address, char *out, size_t cap);
