/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/tx.h - one transaction: reads, writes, ranges, and what others are told when it is on stable storage.
 *
 * Use      tx_run() begins, calls fn, commits, flushes and tells the hooks. A deadlock aborts the transaction and calls fn again, a bounded number
 *          of times. So fn starts from nothing each time, and touches nothing outside the transaction but its own out-parameters.
 * Told     what a transaction changed (tx_touch) goes to env.hooks: audit looks at it before the commit, committed hears of it after the
 *          flush. The tables know nothing of watchers or upkeep.
 * Order    Whoever works in folders gets their counters first, in key order, and for writing when it will write. The counters stand for the
 *          folder's lock. So two writers of one folder never deadlock further down, and a reader sees one moment of the folder.
 * Errors   RC_NOTFOUND, RC_EXISTS (TX_NEW), RC_TEMP (CAUSE_DISK_FULL when the disk is full), RC_CORRUPT: a page that is needed cannot
 *          be read (guard.h); the environment broken: env_dead(). Only RC_NOTFOUND means "not there": whoever deletes or makes
 *          anew because something is missing does so on that one alone.
 * Process  pli-stored, any thread; a struct tx belongs to one.
 */
#pragma once
#include "store/db/env.h"
#include "store/wire/wire.h"

enum tx_how {
    TX_READ,
    TX_WRITE,
    TX_LAZY /* writes what may be lost with a crash; is not flushed */
};
enum { TX_EVENTS_MAX = STORE_PLACES_MAX + 8 };
struct tx {
    struct env *v;
    DB_TXN *t;
    bool deadlock;
    bool sweep; /* leaves work for the upkeep: hooks.committed is told */
    struct tx_event ev[TX_EVENTS_MAX];
    size_t n_ev;
};
typedef enum rc (*tx_fn)(struct tx *t, void *arg, struct err *e);
/* Until when the request that this thread serves may be committed (ipc_peer.due; 0: no limit). Later, a TX_WRITE is aborted:
 * RC_TEMP, nothing was changed. */
void tx_due(int64_t due);
enum rc tx_run(struct env *v, enum tx_how how, tx_fn fn, void *arg, struct err *e);
/* For upkeep that reads far: reads without a transaction, locking one page at a time; deadlock may be set all the same.
 * No writes.
 * Nothing of one table may be held while another is asked: each such call locks under a name of its own, and the library does not see that
 * two of them wait in one thread, so it would not end a deadlock with somebody's transaction. */
void tx_bare(struct env *v, struct tx *t);
/* This transaction changes the mailbox; watchers of the folder (0: all) are told once it is on stable storage. */
void tx_touch(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq);

enum {
    TX_FOR_WRITE = 1 /* get: lock it for writing at once */,
    TX_COMMITTED = 2 /* get: keep no lock */,
    TX_NEW = 4 /* put: must not be there */
};
/* Value into out (cleared first). */
enum rc tx_get(struct tx *t, enum table tb, const struct key *k, unsigned how, struct buf *out, struct err *e);
/* RC_OK: it is there; RC_NOTFOUND: it is not; anything else: nobody can tell, and nothing may be concluded from it. */
enum rc tx_has(struct tx *t, enum table tb, const struct key *k, struct err *e) __attribute__((warn_unused_result));
enum rc tx_put(struct tx *t, enum table tb, const struct key *k, struct span val, unsigned how, struct err *e);
enum rc tx_del(struct tx *t, enum table tb, const struct key *k, struct err *e); /* RC_NOTFOUND */
/* Part of a value: n bytes from off, fewer at its end; appended to out. Keeps no lock: the record that names it is locked. */
enum rc tx_get_part(struct tx *t, enum table tb, const struct key *k, uint32_t off, uint32_t n, struct buf *out,
                    struct err *e);
/* Maps a library result: RC_OK, RC_NOTFOUND, RC_EXISTS, RC_TEMP. Sets t->deadlock. */
enum rc tx_rc(struct tx *t, int ret, enum table tb, struct err *e);
/* RC_CORRUPT: the table could not be opened (env.h). */
enum rc tx_no_table(enum table tb, struct err *e);
