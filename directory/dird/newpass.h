/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/newpass.h - a password that a person sets over LDAP is held to the rule of "pli account passwd".
 *
 * Rule     policies/password.h with dird.password_min, and base/prepare.h: what a sign-in would prepare into something else is refused, because
 *          slapd stores the octets as they come. One value, in clear: a value with a scheme ({CLEARTEXT}, a hash made elsewhere) tells nobody how
 *          long it is, and a second value would be a second key.
 * Ways     a change of userPassword (LDIF, as slapd's overlay sock tells it), and the password modify operation (RFC 3062): slapd hashes that one's
 *          password before the overlay sees the change, so the gate is asked about both (gate.c).
 * Errors   RC_PERM, RC_SYNTAX: e->log says why and shows nothing of the password.
 * Process  dird.   Source RFC 2849, RFC 3062, RFC 4511 4.6.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

struct newpass_who {
    struct span address;
    int64_t least; /* characters */
};
enum rc newpass_fits(struct span p, struct err *e); /* can it be a password here at all? Whoever sets it */
enum rc newpass_ok(const struct newpass_who *who, struct span p, struct err *e);
/* changes: the LDIF of one MODIFY, from its first line to the "-" of its last change. hashed: slapd itself has hashed what newpass_of_exop() approved. */
enum rc newpass_of_changes(const struct newpass_who *who, struct span changes, bool hashed, struct err *e);
bool newpass_is_exop(struct span oid);
enum rc newpass_of_exop(const struct newpass_who *who, struct span base64, struct err *e);
