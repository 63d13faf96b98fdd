/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder.h - a folder's counters and messages, as the handlers use them.
 *
 * INV-5    The counters exists, unseen and bytes are the sums over the folder's message records. Every UID is below the counter uidnext, and no
 *          message has a modseq beyond the counter modseq.
 * INV-6    A change takes modseq + 1 in the transaction that makes it, under the write lock of the counters. So modseqs grow in the order of
 *          the commits.
 * INV-7    uidnext and modseq never go back. Each new folder of a mailbox has a higher uidvalidity than the folders before it.
 * INV-8    A message's summary is in T_SUMMARIES, and its search text in T_TEXTS, when the field .where of the message says so. Otherwise it is
 *          in the object's segment. A length of 0 means that there is none.
 * Units    sizes and quotas are octets; uid and folder are never 0 in a record.
 * Errors   RC_NOTFOUND: no such folder, message or mailbox. RC_CORRUPT: a record cannot be read. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.   Source RFC 3501 2.3.1, RFC 7162 3.1.
 */
#pragma once
#include "store/db/rec.h"
#include "store/db/scan.h"
#include "store/ops/stored.h"

enum rc counters_get(struct tx *t, uint64_t mbx, uint32_t folder, bool write, struct counters *c_out, struct err *e);
/* Reads the counters and keeps no lock. For callers that look at many folders. */
enum rc counters_peek(struct tx *t, uint64_t mbx, uint32_t folder, struct counters *c_out, struct err *e);
enum rc counters_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct counters *c, struct err *e);
struct sums {
    uint64_t bytes, messages;
    uint32_t folders; /* of box_sums() alone */
};
/* What counts against a quota: the octets of the messages, and MSG_ROWS octets per message, because its rows take disk too. The rows are a message
 * record of 200 octets, a sealed summary of some 400 for the shortest mail, and the message's share of the objref, in pages two thirds full. */
enum { MSG_ROWS = 1024 };
static inline uint64_t sums_used(const struct sums *s)
{
    return s->bytes + s->messages * MSG_ROWS;
}
/* Is there room for so many more octets and messages? RC_QUOTA: the mailbox's quota or the setting stored.max_messages would be passed. The setting
 * binds a mailbox without a quota as well. */
/* Messages that the mailbox may have: its own number, else the setting stored.max_messages. 0: no limit. */
uint64_t box_most(const struct stored *d, const struct box *b);
enum rc box_takes(const struct stored *d, struct tx *t, uint64_t mbx, const struct box *b, struct sums more, struct err *e);
enum rc box_sums(struct tx *t, uint64_t mbx, struct sums *s_out, struct err *e); /* over its folders, keeps no lock */
enum rc box_get(struct tx *t, uint64_t mbx, bool write, struct box *b_out, struct err *e);
enum rc box_put(struct tx *t, uint64_t mbx, const struct box *b, struct err *e);

enum rc msg_get(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, struct msg *m_out, struct err *e);
enum rc msg_put(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, bool fresh,
                struct err *e);
/* Deletes the message's record alone. The caller changes the counters, and sees to what the record named (freed.h). */
enum rc msg_remove(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, struct err *e);
/* Deletes the records of one message and its reference to the object. The caller changes the counters. */
enum rc msg_drop(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t uid, const struct msg *m, struct err *e);
/* folders.c: makes a folder that was deleted again, under its name and with its role, or finds the one that has that name now. The box record is locked. */
enum rc folder_again(struct tx *t, uint64_t mbx, const struct folder *f, uint32_t *folder_out, struct err *e);
/* Whether a folder of the mailbox other than but (0: any) has that use. */
enum rc folder_role_taken(struct tx *t, uint64_t mbx, uint8_t special, uint32_t but, bool *taken_out, struct err *e);
void counters_add(struct counters *c, const struct msg *m, int by);
bool flags_lawful(uint64_t flags); /* no unknown system bit */

/* A request's UID set is a list of packed pairs (first, last), sorted. uidset_check() looks at the whole set before any of it is used. */
enum rc uidset_check(struct span set, struct err *e);
/* An iterator over the messages of a folder that are in a set, from a UID on, in ascending order. */
struct msg_it {
    struct scan s;
    uint64_t mbx;
    uint32_t folder, from;
    struct span set; /* what is left of it; empty: none left */
    uint32_t lo, hi;
    uint32_t last; /* UID last seen by the scan */
    bool brief;      /* only flags and modseq of each are read */
    struct tx *one; /* the set is one UID: it is looked up, and no scan is opened; NULL: scan */
    bool any;
};
/* How many UIDs the set can hold, "most" at most. The set is checked. */
uint32_t uidset_count(struct span set, uint32_t most);
enum rc msg_it_open(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, struct span set, uint32_t from,
                    struct err *e);
enum rc msg_it_all(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, uint32_t lo, uint32_t hi,
                   struct err *e);
/* As msg_it_all(), for those who want flags and modseq only: the rest of what msg_it_next() gives stays zero. */
enum rc msg_it_brief(struct msg_it *it, struct tx *t, uint64_t mbx, uint32_t folder, uint32_t lo, uint32_t hi,
                     struct err *e);
enum rc msg_it_next(struct msg_it *it, uint32_t *uid_out, struct msg *m_out, struct err *e);
void msg_it_close(struct msg_it *it);
void brief_add(struct buf *out, uint32_t uid, const struct msg *m); /* packed store_brief */
