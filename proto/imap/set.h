/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/set.h - sequence sets: "1:4,7,*", by message number or UID; "$".
 *
 * Form     The ranges are kept as written. IMAP_STAR (0) stands for "*". imap_set_settle() gives "*" its value, then orders and merges the
 *          ranges.
 * Bounds   A range costs at least two bytes of a command, so a set has at most half as many ranges as the command has bytes.
 * Owns     nothing. The ranges are in the command's arena (proto/imap/lex.h).
 * Process  imapd sessions.   Source RFC 3501 9 (sequence-set), RFC 5182.
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
    bool saved; /* "$", and no range: the messages that the last SEARCH RETURN (SAVE) found */
};
bool imap_take_set(struct imap_in *in, struct imap_set *out);
/* star: the greatest number in use, which is what "*" means. Afterwards each range has lo <= hi, and the ranges ascend with a gap between
 * any two. */
void imap_set_settle(struct imap_set *s, uint32_t star);
size_t imap_set_at_or_after(const struct imap_set *settled, uint32_t v); /* the first range that does not end before v; .n: none */
bool imap_set_has(const struct imap_set *settled, uint32_t v);
/* The ranges once more, in the arena. False: it is full. */
bool imap_set_copy(struct imap_arena *mem, const struct imap_set *from, struct imap_set *to);
bool imap_set_max_is(const struct imap_set *s, uint32_t max); /* as written: no number is beyond max; "*" does not count */
/* Writes "1:3,5", for COPYUID and lists of numbers. A writer begins with .out set and all else zero. imap_set_put() adds v to the text and
 * joins it to the run before. imap_set_flush() ends the text. */
struct imap_set_writer {
    struct buf *out;
    uint32_t lo, hi;
    bool any, open;
};
void imap_set_put(struct imap_set_writer *w, uint32_t v);
void imap_set_flush(struct imap_set_writer *w);
