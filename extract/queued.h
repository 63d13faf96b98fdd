/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/queued.h - the envelope of a queued recipient, before it is sealed and after it is opened.
 *
 * Form     version u8, ret u8, then sender, recipient, orcpt, envid: u32 length and bytes each. Version 1 ends there; version 2 has flags u8 behind them.
 *          Append only; both are read. On disk it is a sealed
 *          object of its own (SEAL_ENVELOPE): an administrator reads whom a message waits for, and not the message.
 * Owns     struct queued_envelope: mem, once it was opened; secret. queued_envelope_free(), which takes a zeroed one too.
 * Errors   RC_CORRUPT: not this form.
 * Process  smtpd, imapd (write); relayd, pli (open).   Source RFC 3461 for ret, orcpt, envid; RFC 6531, 6152, 8689.
 */
#pragma once
#include "base/buf.h"

enum { QE_UTF8 = 1 /* MAIL had SMTPUTF8 */, QE_8BIT = 2 /* the message has octets beyond 127 */, QE_REQUIRETLS = 4 /* RFC 8689 */ };
struct queued_envelope {
    struct span sender, recipient, orcpt, envid; /* borrowed from mem once opened, from the caller's memory before */
    uint8_t ret;                                 /* 1 FULL, 2 HDRS; 0: not said */
    uint8_t flags;                               /* QE_ bits: what the sender asked of whoever takes it on */
    struct buf mem;
};
void queued_envelope_write(const struct queued_envelope *v, struct buf *out); /* plain octets, to be sealed */
enum rc queued_envelope_open(struct span plain, struct queued_envelope *out, struct err *e);
void queued_envelope_free(struct queued_envelope *v);
