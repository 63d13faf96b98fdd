/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder.h - a folder's counters and messages, as the handlers use them.
 *
 * INV-5    exists, unseen, bytes are the sums over the folder's message records; every UID is below uidnext, every
 *          modseq at most modseq.
 * INV-6    a change takes modseq + 1 in the transaction that makes it, under the write lock of the counters: modseqs
 *          grow with commits.
 * INV-7    uidnext and modseq never go back; uidvalidity grows within a mailbox.
 * INV-8    a summary (text) of a message is in T_SUMMARIES (T_TEXTS) when where says so, else in T_OBJECTS, unless its
 *          length is 0.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/db/scan.h"
#include "store/ops/stored.h"

enum rc counters_get(struct tx *t, uint64_t mbx, uint32_t folder, bool write, struct counters *c_out, struct err *e);
/* For reading, keeping no lock: where many folders are looked at. */
enum rc counters_peek(struct tx *t, uint64_t mbx, uint32_t folder, struct counters *c_out, struct err *e);
enum rc counters_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct counters *c, struct err *e);
struct sums {
    uint64_t bytes, messages;
};
/* What counts against a quota: the octets of the messages, and for each message its rows, which take disk too: a message
 * record of 200 bytes, a sealed summary of some 400 for the shortest mail, the objref's share, pages two thirds full. */
enum { MSG_ROWS = 1024 };
static inline uint64_t sums_used(const struct sums *s)
{
    return s->bytes + s->messages * MSG_ROWS;
}
/* Is there place for so many more? RC_QUOTA: the mailbox's quota, or stored.max_messages (that one binds
 * a mailbox without a quota as well). */
enum rc box_takes(const struct stored *d, struct tx *t, uint64_t mbx, const struct box *b, struct sums more, struct err *e);
enum rc box_sums(struct tx *t, uint64_t mbx, struct sums *s_out, struct err *e); /* over its folders, keeps no lock */
enum rc box_get(struct tx *t, uint64_t mbx, bool write, struct box *b_out, struct err *e);
enum rc box_put(struct tx *t, uint64_t mbx, const struct box *b, struct err *e);

enum rc msg_get(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, struct msg *m_out, struct err *e);
enum rc msg_put(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, bool fresh,
                struct err *e);
/* The records of one message go, and its reference to the object; counters are the caller's. */
enum rc msg_drop(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, struct err *e);
void counters_add(struct counters *c, const struct msg *m, int by);
bool flags_lawful(uint64_t flags); /* no unknown system bit */

/* A request's UID set: packed pairs, sorted. Checked as a whole first. */
enum rc uidset_check(struct span set, struct err *e);
/* The messages of a folder that are in a set, from a UID on, in order. */
struct msg_it {
    struct scan s;
    uint64_t mbx;
    uint32_t folder, from;
    struct span set; /* what is left of it; empty: none left */
    uint32_t lo, hi;
    uint32_t last; /* UID last seen by the scan */
    bool any;
};
enum rc msg_it_open(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, struct span set, uint32_t from,
                    struct err *e);
enum rc msg_it_all(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, uint32_t lo, uint32_t hi,
                   struct err *e);
enum rc msg_it_next(struct msg_it *it, uint32_t *uid_out, struct msg *m_out, struct err *e);
void msg_it_close(struct msg_it *it);
void brief_add(struct buf *out, uint32_t uid, const struct msg *m); /* packed store_brief */
