/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/newpass.h - checks a password that a person sets over LDAP by the rule of "pli account passwd".
 *
 * Rule     policies/password.h with dird.password_min, and base/prepare.h. A password that a sign-in would prepare into something else is refused,
 *          because slapd stores the octets as they come. There must be one value, in clear. A value with a scheme ({CLEARTEXT}, a foreign hash)
 *          is refused, because its length is not known. A second value is refused, because it would be a second key.
 * Ways     a password comes by a change of userPassword (LDIF, as slapd's overlay sock tells it), or by the password modify operation (RFC 3062).
 *          slapd hashes the password of the latter before the overlay sees the change, so the gate is asked about both (gate.c).
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
