/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged.h - which UIDs left a folder, and when: T_EXPUNGED, and its pruning.
 *
 * Rows     (mbx, folder, modseq) -> packed u32 UIDs, one row for each EXPUNGE page or MOVE; at most 8,000 UIDs (STORE_COPY_MAX).
 *          Modseq 0, which no change has, holds the mark: u64, the modseq of the last row that was pruned. No such row: none was.
 * INV-11   a folder's rows are all of its expunges behind the mark; those up to the mark are not there. So whoever asks "since" a modseq
 *          below the mark is not answered from the rows: every UID below uidnext that has no message counts as expunged (changes.c;
 *          RFC 7162 3.2.6 asks for just that of a server that does not remember).
 * Bound    rows older than EXPUNGED_KEEP modseqs are of no use: a session so far behind has as many entries to read anyway. A row takes a
 *          modseq of its own, so a folder has at most KEEP + SLACK rows (and what comes within a round of the sweep); a UID is in
 *          one row at most and had a message when the window began or came in it, so their UIDs are at most stored.max_messages + KEEP + SLACK.
 * Locks    whoever writes here has the folder's counters for writing; whoever reads has them for reading: rows and mark are one moment.
 * Process  pli-stored, inside a transaction; expunged_sweep() the background thread.   Source RFC 7162 3.2.5.2, 3.2.6.
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
/* 0: nothing was pruned. RC_CORRUPT: a mark that does not read. */
enum rc expunged_mark(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t *mark_out, struct err *e);
/* What is wrong with a record of the table, for a finding ("the row ..."); NULL: nothing. */
const char *expunged_wrong(const struct counters *c, uint64_t mark, const struct key *k, struct span val);
/* All rows go, whatever they say, and the mark is that modseq: nothing up to it is remembered. For the salvage. */
enum rc expunged_forget(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t mark, struct err *e);
struct prune {
    uint64_t mbx;
    uint32_t folder;
    uint64_t keep; /* modseqs: EXPUNGED_KEEP, tests take less */
    bool more;     /* answered: a further transaction is wanted */
};
enum rc expunged_prune(struct tx *t, void *arg /* struct prune */, struct err *e); /* at most EXPUNGED_A_TX rows. A tx_fn, TX_LAZY */
/* A round: the next EXPUNGED_WALK folders from *at on, which moves behind them, and to the beginning after the last one. */
void expunged_sweep(struct stored *d, struct key *at, bool (*stopping)(struct stored *d));
