/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket.h - for whom a session acts. dird makes a ticket at sign-in; stored, keyd and dird itself check it, each with a key of its own.
 *
 * Form     A ticket names one mailbox, the rights on it and who signed in. A delegate's ticket names another's mailbox (decision 0034). It bears one tag for each checker: HMAC-SHA-256 under that checker's key.
 *          A checker looks at its own tag alone, which says as much as the others.
 * Keys     The supervisor draws them at each start and keeps them for the processes that it starts again: tickets outlive a restart of dird,
 *          keyd or stored. They are never on disk. dird has all of them; stored and keyd have their own, so neither can make what another
 *          takes. dird's own key is what keeps stored and keyd from making a ticket that dird would renew (DIRD_STAY) for everybody.
 *          Decision 0031.
 * Life     A ticket is good until expires. It is renewed (DIRD_STAY) while the account exists and its password is the one of the sign-in.
 *          The new ticket has the same begun and secret_at.
 * Wire     version u8=4, method u8, rights u32, mbx u64, begun u64, issued u64, expires u64 (UTC s), secret_at u64, acl u32, actor_mbx u64, grant u64,
 *          nonce[16],
 *          address (u32 len + bytes), actor (u32 len + bytes); then a tag of 32 bytes for each checker, in the order of enum ticket_checker,
 *          each over one byte, the checker's number, and all before the tags.
 *          actor is who signed in. It equals address when the mailbox's holder signed in.
 * Owns     nothing: struct ticket holds copies. Whoever holds keys keeps them in locked memory (secret_alloc).
 * Process  dird makes; stored, keyd and dird check; sessions carry it without reading; the supervisor draws the keys.   Source RFC 2104 (HMAC).
 */
#pragma once
#include "base/rights.h"
enum { TICKET_KEY = 32, TICKET_MAX = 720, TICKET_ADDR = 255 };
enum ticket_checker { TICKET_FOR_STORED, TICKET_FOR_KEYD, TICKET_FOR_DIRD, TICKET_CHECKERS };
enum ticket_right { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_SUBMIT = 4, RIGHT_SLOTS = 8,
                    RIGHT_ACT = 16 /* of a delegated administrator: for dird alone, and opens nothing */ };
enum ticket_method { METHOD_PASSWORD = 1 };
struct ticket_keys {
    unsigned char of[TICKET_CHECKERS][TICKET_KEY];
};
struct ticket {
    uint8_t method;
    uint32_t rights;
    uint64_t mbx;
    uint64_t begun;     /* UTC s of the sign-in */
    uint64_t issued, expires;
    uint64_t secret_at; /* which password was used: when it was set, as dird numbers it (cache.h); 0: not known */
    uint32_t acl;       /* base/rights.h: what the directory gives a delegate in folders that have no rights of their own for her */
    uint64_t actor_mbx; /* a delegate's own mailbox; 0: the holder signed in, who may all */
    uint64_t grant;     /* the number of the delegation, which the delegate's key slot has, too */
    unsigned char nonce[16];
    char address[TICKET_ADDR + 1];
    char actor[TICKET_ADDR + 1];
};
void ticket_keys_new(struct ticket_keys *out);
void ticket_make(const struct ticket *t, const struct ticket_keys *k, struct buf *out); /* appends; draws the nonce itself */
/* key: the one of that checker. now: UTC s. RC_DENIED: the checker's tag does not fit, or the ticket has expired at now; *t_out is untouched. */
bool ticket_delegate(const struct ticket *t); /* it is another's mailbox that it names */
enum rc ticket_check(struct span wire, enum ticket_checker who, const unsigned char key[TICKET_KEY], int64_t now, struct ticket *t_out, struct err *e);
