/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/asked.h - the address that a client asks about: is its domain served here?
 *
 * Rule     The domain alone decides. Whether the address exists is neither known here nor told. The domain of the settings is known; about any other
 *          dird is asked, and nothing but that.
 * Input    any octets, from a URL or a form. Spaces around it are dropped; upper case and letters beyond ASCII in the domain are understood.
 * Out      .address is in lower case with its domain in A-labels: letters, digits, dots, hyphens, underscores and one @, and so needs no escaping anywhere.
 *          Only addresses that an account here can have are taken (policies/identifiers.h: mail_local_ok).
 * Process  pli-httpd sessions.
 */
#pragma once
#include "base/idn.h"
#include "directory/client.h"
#include "httpd/httpd.h"

enum asked { ASKED_NOTHING, ASKED_SERVED, ASKED_ELSEWHERE /* well formed, of another domain */, ASKED_MALFORMED, ASKED_UNKNOWN /* dird does not answer */ };
enum { ASKED_ADDRESS = 64 + 1 + IDN_ROOM };
struct asked_of {
    enum asked is;
    char address[ASKED_ADDRESS]; /* ASKED_SERVED: the address */
    char domain[IDN_ROOM];       /* ASKED_SERVED: its domain */
};
/* strict false: the local part is not looked at, and .address stays empty (autoconfig: the client itself puts the address in). */
void asked_about(const struct reach *r, struct dir *dir /* NULL: there are no other domains */, struct span text, bool strict, struct asked_of *out);
