/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth.h - who may sign in: password checks by LDAP bind, and the ticket that says so.
 *
 * Order    1 Is the password known to be wrong? Then it is refused at once.
 *          2 Is a pause due (guess.h)? Then it is refused for now.
 *          3 Is it remembered as right? Then no bind is needed. This also works while slapd is away.
 *          4 A bind checks it. When there is no such account a stand-in entry is bound, so that the time taken tells nothing.
 *            Where there is a code, whose hash is cheap, both are.
 *          5 Is the account disabled? Then it is refused.
 *          6 The ticket is made.
 * Door     At slapd's own ports slapd hashes what is typed for an account that may sign in there, and refuses all else at once. So dird takes that time before it answers
 *          (door.c): who asks learns neither which addresses are accounts nor which of them have a code, and each such try is counted.
 * Bounds   4 binds at once. At most auth_how.waiting sign-ins are at work; any more get RC_TEMP at once, so that workers are left for lookups.
 * Process  dird, any thread.   Source RFC 4513 5.1 (an empty password must never reach a bind), RFC 4954.
 */
#pragma once
#include "directory/dird/cache.h"
#include "directory/dird/guess.h"
#include "directory/wire.h"

struct auth;
struct ticket_keys; /* crypto/seal/ticket.h */
struct auth_how {
    struct cache *cache;
    const char *uri, *base;
    unsigned waiting;      /* sign-ins in work at once */
    unsigned max_failures; /* tries before pauses begin; guess.h */
    bool cheap_codes;      /* a code's hash takes no time (passhash.h): the stand-in entry is bound as well */
    int64_t cache_ms, ticket_s;
    const struct ticket_keys *ticket_keys; /* copied */
};
struct auth *auth_new(const struct auth_how *how);
void auth_free(struct auth **a);
/* mem: for the reply's spans; must be empty. */
enum rc auth_sign_in(struct auth *a, const struct dird_auth_req *rq, uint64_t process /* who asks: its pid; 0: not counted */, struct buf *mem, struct dird_auth_rep *out, struct err *e);
/* A try with a first-sign-in code, counted as any sign-in. v_out: the account as it was before. RC_PERM, CAUSE_CODE_NONE, CAUSE_CODE_ENDED: it is right, and
 * of no use. */
enum rc auth_code(struct auth *a, const struct dird_choose_req *rq, uint64_t process, struct cache_view *v_out, struct err *e);
void auth_counts(const struct auth *a, uint64_t *binds_out, uint64_t *remembered_out);

/* ---- slapd's own ports (gate.h): slapd checks the password itself, and dird tells it before whether it may ---- */
struct door_try {
    struct guess guess;
    unsigned char mac[32]; /* of the password, as what was right is remembered */
    uint64_t csn, mbx, secret_at; /* of the account, before the password is checked; mbx 0: no account */
    char login[256], peer[64]; /* for the log: login "unknown" when it is no address here */
};
/* GUESS_TRY: the try is counted, and door_result() must follow. Any other answer is final; those without a look at the password (known to be wrong, in a pause) are logged
 * once a second, with the number of the others. */
enum guess_answer door_ask(struct auth *a, struct span login, struct span password, struct span peer, uint64_t connection, struct door_try *out);
void door_result(struct auth *a, const struct door_try *t, int code /* of LDAP, or DOOR_UNTOLD */);
bool door_ready(struct auth *a); /* the accounts are known */
/* Does what t signed in with still hold? (as DIRD_STAY asks for sessions) */
bool door_stays(struct auth *a, const struct door_try *t);
#define DOOR_UNTOLD (-1)
