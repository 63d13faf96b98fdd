/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/ldif.h - entries of a directory in a text (LDIF), as ldapsearch and slapcat write them, value by value.
 *
 * Form     RFC 2849 content records; "changetype: add" is one, too. Line ends of Unix and of Windows, a byte order mark. A value is in clear or in base64,
 *          and may be any octets: .text tells. Names with options (userCertificate;binary, cn;lang-fr) are passed over, as are dn, version and objectClass.
 * Refused  the text, where it changes a directory, where a value is to be read from elsewhere ("attr:< URL": the library would open that file), and where
 *          a line does not read.
 * Errors   RC_SYNTAX: e->log names the line.   Memory: one line.
 * Process  pli (account import). Pure: a line is read by libldap, which is told to print nothing.   Source RFC 2849.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct ldif_value {
    uint32_t entry, line;    /* of its entry's dn, and its own; from 1 */
    struct span name, value; /* live until the call returns; name SPAN_NULL: the entry ends here */
    bool text;               /* the value is UTF-8 without an octet 0 */
};
/* Not RC_OK ends the reading with that. */
typedef enum rc (*ldif_see)(const struct ldif_value *v, void *ctx, struct err *e);
bool ldif_is(struct span text); /* does it begin like one? */
enum rc ldif_each(struct span text, ldif_see see, void *ctx, struct err *e);
