/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed.h - the table T_FREED: what messages that left a folder leave behind, to be freed in the background.
 *
 * Why      an EXPUNGE that counts references, and deletes summaries, texts and objects, takes 340 us a message, most of it octets that go
 *          to the log. Its client waits for the record of the removal alone: the message rows, the counters, the row of T_EXPUNGED, and here.
 * Rows     (mbx, folder, modseq, part u32) -> when u64 (UTC s), then an item of 21 octets for each message, little-endian: uid u32, where u8 (the
 *          MSG_ bits of the message's record), oid[16]. A row has FREED_A_ROW items at most, so that it stays in its leaf page. modseq is the one
 *          that the EXPUNGE took; neither it nor a folder number is given twice, so a key is new each time.
 * INV-14   an item stands for one reference of its object (INV-2), and for the rows of T_SUMMARIES and T_TEXTS that .where names. The transaction
 *          that takes the message's record away writes the item; the transaction that gives the reference back, and deletes those rows, deletes
 *          the item. A row with an item whose message is in its folder is not worked off. So a crash at any moment frees later, never twice, and never what a message or the queue still names.
 * Process  pli-stored; freed_sweep() in the background thread.
 */
#pragma once
#include "store/ops/folder.h"

enum { FREED_A_ROW = 64, FREED_ITEM = 4 + 1 + SEAL_OID, FREED_HEAD = 8 };
struct freed {
    uint32_t uid;
    uint8_t where;
    unsigned char oid[SEAL_OID];
};
struct freed_row {
    uint64_t when;
    size_t n;
    struct freed f[FREED_A_ROW];
};
/* part counts the rows of one modseq. n: 1 .. FREED_A_ROW. */
enum rc freed_add(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq, uint32_t part, const struct freed *f, size_t n, struct err *e);
/* RC_CORRUPT: the record does not read. */
enum rc freed_read(struct span val, struct freed_row *out, struct err *e);
static inline size_t freed_count(size_t octets) /* items of a row of that length */
{
    return octets < FREED_HEAD ? 0 : (octets - FREED_HEAD) / FREED_ITEM;
}
enum { FREED_ROWS = 32 };
struct freed_batch { /* rows that one transaction works off: FREED_A_ROW items or a few more */
    struct key k[FREED_ROWS];
    size_t n;
};
/* A tx_fn, TX_LAZY. arg is a struct freed_batch. */
enum rc freed_work_off(struct tx *t, void *arg, struct err *e);
/* Where the background thread is in the table. Zeroed at first. */
struct freed_walk {
    struct key at;
    bool failed;   /* a row of this pass could not be worked off */
    int64_t again; /* monotonic ns: no pass before */
};
/* Works rows off for FREED_MS, while the disk is low for FREED_LOW_MS. It is asked again each round, which waits 200 ms: a third of a thread, so that
 * who reads and delivers meanwhile has the others. */
enum { FREED_MS = 100, FREED_LOW_MS = 2000 };
void freed_sweep(struct stored *d, struct freed_walk *w, bool (*stopping)(struct stored *d));
