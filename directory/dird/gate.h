/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/gate.h - slapd asks dird before it checks a password that came over slapd's own ports.
 *
 * How      OpenLDAP's overlay sock (slapd-sock(5)) sends each bind to a mailbox to DIR/run/gate.sock and waits for the answer. It sends each
 *          result afterwards. So one count and one log serve every door (guess.h, ev=auth protocol=ldap).
 *          slapd also asks before each change of a mailbox's entry. A connection whose password holds no longer, or whose account is disabled or
 *          gone, may change nothing more. Otherwise a thief of a password could set it anew from an old connection.
 *          A new password is held to the rule of "pli account passwd" (newpass.h); one that breaks it is answered RESULT 19. The gate hears twice of
 *          the password modify operation (RFC 3062): first with the new password, and then as the change that slapd makes of it, with a hash.
 *          If the first was lawful, the second is let through, once, for the same message of the same connection. slapd 2.5 answers a refused
 *          operation twice; clients pass over the second answer.
 * Answers  CONTINUE: slapd checks the password itself. RESULT 51 (busy): there were too many wrong passwords, and a pause is due. RESULT 49: the
 *          password is known to be wrong, or the account is one that may not sign in here: it has a code, or its domain is disabled.
 * Results  slapd tells a refusal (49) and does not tell a success. A success is known by the next operation of the connection in that name. A try
 *          whose result is not told within SURE_MS is given back, because nobody has learned anything from an abandoned try.
 *          A refusal is taken for the bind's because of its code alone: other operations may have the same message number, which the client
 *          chooses.
 * Passed   binds and changes over ldapi are dird's own and were counted where they began. slapd does not ask about ou=daemons at all (sockdnpat),
 *          so that dird can sign in whatever happens here. No answer is held back for a pause, because slapd has few threads; a pause is a refusal. For who is no
 *          account, and for who may not sign in here, it takes the time of one hash (auth.h, Door).
 * Peers    may be slapd's uid, root and dird's own uid. The connection of any other peer is closed.
 * Away     the supervisor holds the listening socket. So while dird restarts a bind waits, and no bind passes unasked.
 * Process  dird, a thread of its own.   Source slapd-sock(5), RFC 4511 4.2, 4.1.9 (result codes).
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
/* Parses one question. RC_MORE: not all of it is there yet. Spans of out borrow from in. */
enum rc gate_parse(struct span in, struct gate_ask *out, struct err *e);
/* Writes the address in the name of a mailbox's entry, unescaped, with spaces as slapd compares them (none at its ends, one within: RFC 4518
 * 2.6.1). Empty: dn is not the name of a mailbox's entry. */
void gate_login(struct span dn, const char *base, struct buf *out);
struct span gate_peer(struct span peername); /* the IP address in it; empty: none */
