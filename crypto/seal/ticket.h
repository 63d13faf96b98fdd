/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/ticket.h - for whom a session acts. dird makes a ticket at sign-in; stored and keyd check it.
 *
 * Form     A ticket names one mailbox, the rights on it and who signed in. It is signed with Ed25519 by a key that the supervisor makes at
 *          each start. dird has the seed. stored and keyd have the public half only, so neither can make a ticket.
 * Life     A ticket is good until expires. It is renewed (DIRD_STAY) while the account exists and its password is the one of the sign-in.
 *          The new ticket has the same begun and secret_at.
 * Wire     version u8=2, method u8, rights u32, mbx u64, begun u64, issued u64, expires u64 (UTC s), secret_at u64, nonce[16],
 *          address (u32 len + bytes), actor (u32 len + bytes), then 64 signature bytes over all before.
 *          actor is who signed in. It equals address when the mailbox's holder signed in.
 * Owns     nothing: struct ticket holds copies.
 * Process  dird makes; stored and keyd check; sessions carry it without reading.   Source RFC 8032 (Ed25519).
 */
#pragma once
#include "base/buf.h"
enum { TICKET_KEY = 32, TICKET_MAX = 720, TICKET_ADDR = 255 };
enum ticket_right { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_SUBMIT = 4, RIGHT_SLOTS = 8 };
enum ticket_method { METHOD_PASSWORD = 1 };
struct ticket {
    uint8_t method;
    uint32_t rights;
    uint64_t mbx;
    uint64_t begun;     /* UTC s of the sign-in */
    uint64_t issued, expires;
    uint64_t secret_at; /* which password was used: when it was set, as dird numbers it (cache.h); 0: not known */
    unsigned char nonce[16];
    char address[TICKET_ADDR + 1];
    char actor[TICKET_ADDR + 1];
};
enum rc ticket_keys_new(unsigned char seed_out[TICKET_KEY], unsigned char pub_out[TICKET_KEY], struct err *e);
enum rc ticket_pub_of(const unsigned char seed[TICKET_KEY], unsigned char pub_out[TICKET_KEY], struct err *e);
enum rc ticket_sign(const struct ticket *t, const unsigned char seed[TICKET_KEY], struct buf *out, struct err *e); /* fills nonce itself */
/* now: UTC s. RC_DENIED: the signature is bad, or the ticket has expired at now. */
enum rc ticket_check(struct span wire, const unsigned char pub[TICKET_KEY], int64_t now, struct ticket *t_out, struct err *e);
