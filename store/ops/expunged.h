/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged.h - the table T_EXPUNGED, which says which UIDs left a folder and when, and the pruning of that table.
 *
 * Rows     (mbx, folder, modseq) -> packed u32 UIDs, one row for each EXPUNGE page or MOVE; at most 8,000 UIDs (STORE_COPY_MAX).
 *          No change has modseq 0. The row of modseq 0 holds the mark: a u64, the modseq of the last row that was pruned. While a folder has
 *          no mark, none of its rows was pruned.
 * INV-11   a folder has a row for each expunge behind the mark, and no row for an expunge up to the mark. So a session that asks "since" a
 *          modseq below the mark is not answered from the rows. It is told every UID below uidnext that has no message (changes.c), because
 *          RFC 7162 3.2.6 asks this of a server that does not remember.
 * Bound    rows older than EXPUNGED_KEEP modseqs are of no use, because a session so far behind has as many entries to read anyway. Each row
 *          takes a modseq of its own. So a folder has at most KEEP + SLACK rows, and those that are added within one round of the sweep.
 *          A UID is in one row at most, and its message was there when this window of modseqs began or arrived within it. So the rows of a
 *          folder name at most stored.max_messages + KEEP + SLACK UIDs.
 * Locks    a caller that writes here holds the folder's counters for writing; a caller that reads holds them for reading. So the rows and
 *          the mark belong to one moment.
 * Process  pli-stored, inside a transaction; expunged_sweep() runs in the background thread.   Source RFC 7162 3.2.5.2, 3.2.6.
 */
#pragma once
#include "store/ops/folder.h"

enum {
    EXPUNGED_KEEP = 4096,  /* modseqs; measured: see docs/internals/store.md, "Expunged rows" */
    EXPUNGED_SLACK = 1024, /* pruning begins when the oldest row is that much older still: one transaction for many rows */
    EXPUNGED_A_TX = 256,   /* rows: some 1,300 page locks when each names 8,000 UIDs */
    EXPUNGED_WALK = 5000,  /* folders looked at in a round */
};
enum rc expunged_add(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq, struct span uids, struct err *e);
/* *mark_out is 0 when nothing was pruned. RC_CORRUPT: the mark's record cannot be read. */
enum rc expunged_mark(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t *mark_out, struct err *e);
/* Says what is wrong with a record of the table, as the end of a finding ("the row ..."). NULL: nothing is wrong. A static string. */
const char *expunged_wrong(const struct counters *c, uint64_t mark, const struct key *k, struct span val);
/* Deletes all rows of the folder, whatever they say, and sets the mark to that modseq: nothing up to it is remembered. For the salvage. */
enum rc expunged_forget(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t mark, struct err *e);
struct prune {
    uint64_t mbx;
    uint32_t folder;
    uint64_t keep; /* modseqs: EXPUNGED_KEEP, tests take less */
    bool more;     /* answered: a further transaction is wanted */
};
enum rc expunged_prune(struct tx *t, void *arg /* struct prune */, struct err *e); /* at most EXPUNGED_A_TX rows. A tx_fn, TX_LAZY */
/* One round: prunes the next EXPUNGED_WALK folders from *at on. *at moves behind them, and back to the beginning after the last folder. */
void expunged_sweep(struct stored *d, struct key *at, bool (*stopping)(struct stored *d));
