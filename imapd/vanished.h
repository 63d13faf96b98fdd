/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/vanished.h - the untagged VANISHED of QRESYNC: UIDs that are no more.
 *
 * Lines    UIDs are gathered into lines of some 8,000 octets. A line is written into s->out, which the caller sends.
 * Earlier  VANISHED (EARLIER) tells what left the folder while the client was away. The store may name more than left (store/wire/messages.h), so what
 *          has a row in the view, and what is not below its UIDNEXT, is left out: whatever becomes of these is told as it happens.
 * Cost     that of the ranges that the store names, which are as many as the changes. Behind the mark of what it remembers they are all UIDs that are
 *          absent, which RFC 7162 3.2.6 asks for.
 * Process  pli-imapd session.   Source RFC 7162 3.2.5, 3.2.6, 3.2.10.
 */
#pragma once
#include "imapd/view.h"

struct vanished_line {
    struct imap_session *s;
    size_t start;  /* in s->out, of the line at hand */
    bool open;
    uint32_t lo, last; /* the run at its end, not written yet */
};
void vanished_put(struct vanished_line *l, uint32_t lo, uint32_t hi, const char *earlier); /* "" or " (EARLIER)" */
void vanished_end(struct vanished_line *l);
/* Which UIDs the client asks about. */
struct vanished_of {
    const struct imap_set *known; /* settled; NULL: all */
    uint32_t above;               /* only UIDs beyond it */
};
/* Of packed ranges (lo, hi) that are gone: those that are asked about, and have no row. */
void vanished_ranges(struct vanished_line *l, struct span gone, const struct vanished_of *of);
/* Asks the store what left since that modseq, and sends it. */
enum rc vanished_since(struct imap_session *s, uint64_t modseq, const struct vanished_of *of, struct err *e);
/* The greatest UID up to which client and server number their messages alike (RFC 7162 3.2.5.2): nothing below it left. 0: none is known. */
uint32_t vanished_match(const struct view *v, const struct imap_set *seqs, const struct imap_set *uids);
