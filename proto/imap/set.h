/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/set.h - sequence sets: "1:4,7,*", by message number or UID.
 *
 * Form     ranges as written; IMAP_STAR (0) stands for "*" until imap_set_settle() gives it a value, orders, and merges them.
 * Bounds   one range costs at least two bytes of a command, so a set has at most half the command's length of them.
 * Process  imapd sessions.   Source RFC 3501 9 (sequence-set).
 */
#pragma once
#include "proto/imap/lex.h"

#define IMAP_STAR 0u
struct imap_range {
    uint32_t lo, hi;
};
struct imap_set {
    struct imap_range *r;
    size_t n;
};
bool imap_take_set(struct imap_in *in, struct imap_set *out);
/* star: what "*" means, the greatest number there is. Afterwards lo <= hi, ascending, apart by more than 1. */
void imap_set_settle(struct imap_set *s, uint32_t star);
bool imap_set_has(const struct imap_set *settled, uint32_t v);
bool imap_set_max_is(const struct imap_set *s, uint32_t max); /* as written: no number beyond max ("*" aside) */
/* "1:3,5" for COPYUID and EXPUNGE lists: adds v to the text, joining runs. Start with a zeroed writer, end with flush. */
struct imap_set_writer {
    struct buf *out;
    uint32_t lo, hi;
    bool any, open;
};
void imap_set_put(struct imap_set_writer *w, uint32_t v);
void imap_set_flush(struct imap_set_writer *w);
