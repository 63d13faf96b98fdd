/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate.h - slapd asks before it checks a password that came over its own ports.
 *
 * How      overlay sock of OpenLDAP (slapd-sock(5)): each bind to a mailbox is told to DIR/run/gate.sock and waits for the answer; each result
 *          is told afterwards. So one count and one log serve every door (guess.h, ev=auth protocol=ldap).
 *          Each change of a mailbox's entry is asked about, too: a connection that was signed in with a password that holds no longer, or for an account that is
 *          disabled or gone, changes nothing more. Else whoever stole a password would set it anew from an old connection.
 *          A new password is held to the rule of "pli account passwd" (newpass.h); else RESULT 19. Of the password modify operation (RFC 3062) the gate hears
 *          twice: with the new password, and as the change that slapd makes of it, with a hash; that one is let through if the first one was lawful, once, for
 *          the same message of the same connection. Refused, the operation is answered twice by slapd 2.5: clients pass over the second answer.
 * Answers  CONTINUE: slapd checks the password itself. RESULT 51 (busy): too many wrong ones, a pause is due. RESULT 49: known to be wrong.
 * Results  slapd tells a refusal (49), but nothing of a success, which is known by the next thing done on the connection in that name. A try whose
 *          result is not told within SURE_MS is given back: nobody has learned anything from one that was abandoned.
 *          A refusal counts for a bind by its code alone: other operations may have its message number, which the client chooses.
 * Passed   binds and changes over ldapi are dird's own, counted where they began; ou=daemons is not asked about at all (sockdnpat): whatever happens here,
 *          dird can sign in. No answer is ever held back: slapd has few threads, and its pauses are refusals.
 * Peers    slapd's uid, root and our own; others are hung up on.
 * Away     the supervisor holds the listening socket: while dird restarts a bind waits, and none passes unasked.
 * Process  dird, a thread of its own.
 */
#pragma once
#include "directory/dird/auth.h"
#include <sys/types.h>

struct gate;
struct gate *gate_start(struct auth *a, const char *base, int listen_fd /* taken */, uid_t slapd, int64_t password_min);
void gate_stop(struct gate **g); /* within a second */

/* Grammar alone, no I/O (unit-tested). */
struct gate_ask {
    enum gate_what { GATE_RESULT = 0, GATE_BIND, GATE_MODIFY, GATE_EXTENDED } what;
    uint64_t msgid, connid;
    struct span peername; /* "IP=192.0.2.1:4711", "PATH=..." */
    struct span dn, password;
    struct span binddn; /* who the connection is signed in as */
    struct span changes; /* of a MODIFY: its LDIF behind the name, all of it */
    struct span oid, value; /* of an EXTENDED; the value in base64 */
    int code;
};
/* RC_MORE: not all there yet. Spans borrow from in. */
enum rc gate_parse(struct span in, struct gate_ask *out, struct err *e);
/* The address in the name of a mailbox's entry, unescaped, with spaces as slapd compares them (none at its ends, one within: RFC 4518 2.6.1); empty: it is
 * no such name. */
void gate_login(struct span dn, const char *base, struct buf *out);
struct span gate_peer(struct span peername); /* the IP address in it; empty: none */
