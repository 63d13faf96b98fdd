/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/pages.h - an iterator over the entries of chosen rows. They come page after page, from STORE_ENTRIES, SUMMARIES, TEXTS or READ_MANY.
 *
 * Ahead    the next page is asked for before this one is worked on, so that stored and the session work side by side. A caller that needs the
 *          connection in between calls pages_quiet() first, which takes in the answer on its way and keeps it.
 * Epochs   when the first entry of a page is given out, the epoch keys of all its entries are at hand.
 * INV      the entries at hand lie in .page, which belongs to the iterator. So no answer, hang-up or redial of the connection changes them.
 * Lost     a page whose connection broke is asked for once more, from where it began.
 * Process  pli-imapd session.
 */
#pragma once
#include "imapd/view.h"
struct pages {
    struct imap_session *s;
    enum store_op op;
    const struct imap_set *rows;
    size_t at;                 /* first range not yet in uids */
    struct store_range_req rq; /* of the page asked for, or to be asked for */
    struct buf uids;           /* open: UIDs */
    struct buf page, held;     /* open: sealed; memory of the page at hand, and of the one taken in early */
    struct buf opened;         /* the object at hand in clear, packed as it was sealed (summaries.c) */
    struct span rest, held_list;
    bool more, ahead, is_held; /* pages are left; one is on its way; one is in held */
    bool side_by_side;         /* two iterators share the connection: nothing is asked ahead */
};
void pages_begin(struct pages *p, struct imap_session *s, enum store_op op, const struct imap_set *rows);
/* The next entry that is still there, in ascending order of UIDs. RC_NOTFOUND at the end. en_out->object is good until the next call of pages_next(),
 * whatever becomes of the connection. */
enum rc pages_next(struct pages *p, struct store_entry *en_out, struct err *e);
enum rc pages_quiet(struct pages *p, struct err *e);
/* Appends the entry's object in clear to out, whether it came along or must be read; at most max octets. */
enum rc pages_object(struct pages *p, const struct store_entry *en, enum seal_kind kind, size_t max, struct buf *out,
                     struct err *e);
/* summary_again.c: makes the summary anew from the message's octets, for a message whose own summary is lost or not believed. */
enum rc summary_again(struct pages *p, const struct store_entry *en, struct buf *out, struct err *e);
void pages_end(struct pages *p);
