/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/env.h - the Berkeley DB environment: opening it, and what must be said about its life.
 *
 * Owner    pli-stored alone; a lock file says so. Therefore the environment is DB_PRIVATE: its regions are plain memory, none of its files
 *          outlives a crash, and recovery runs at each start. Tools that want something of a running store ask stored.
 * Flush    A transaction commits without waiting for the disk. Then it waits in env_flush(), where one fdatasync serves all that arrived
 *          before it. No lock is held meanwhile.
 * INV-1    Nothing is answered, and nothing is shown to another session, before it is on stable storage.
 * INV-L2   The lock table is never full, because it has place for LOCKS_A_REQUEST locks in every thread. A thread serves one request at a time.
 *          A request that reads gives its pages back (scan.h). A request that writes is bounded by the protocol: 8,000 messages of a COPY,
 *          512 places of a delivery, 1,000 flags, 2,000 expunged messages (their rows alone). The library takes the memory as it is needed.
 * Errors   env_dead(): the environment is broken (DB_RUNRECOVERY, a failed flush). The process writes one line and exits with 3; the supervisor
 *          starts it again, and recovery runs.
 * Process  pli-stored, all threads.
 */
#pragma once
#include "store/db/tables.h"
#include <pthread.h>
#include <stdatomic.h>

struct env_conf {
    const char *home;
    uint64_t cache, min_free;
    unsigned threads; /* how many serve requests; each holds one transaction at most */
    uint32_t locks;   /* size of the lock table, for tests; 0: as INV-L2 says */
    uint32_t log_file; /* octets of a log file, for tests: recovery fills the last one with zeros; 0: 32 MiB */
};
enum { ENV_MARKS = 4096 };
struct tx;
struct segs;
struct tx_event { /* a folder that a transaction changed; folder 0: the whole mailbox */
    uint64_t mbx, modseq;
    uint32_t folder;
};
struct env_hooks { /* set once, before the first transaction; any of them may be NULL */
    void *owner;
    /* Behind the commit and its flush, in the thread that made it. work: it left something to the upkeep. */
    void (*committed)(void *owner, const struct tx_event *ev, size_t n, bool work);
    /* Last inside the transaction, for each that changes something: other than RC_OK aborts it. */
    enum rc (*audit)(struct tx *t, struct err *e);
};
struct env {
    struct env_hooks hooks;
    DB_ENV *e;
    DB *db[TABLES];
    DB *careful[TABLES]; /* the same: a page that becomes empty stays where it is (DB_REVSPLITOFF) */
    struct segs *segs; /* the octets, for store/ops; nothing in store/db looks into it */
    char *home;
    uint64_t min_free;
    int lock_fd, home_fd;
    /* group flush */
    pthread_mutex_t lock;
    uint32_t batch; /* the one that commits join now; .led: it has its leader */
    bool led;
    atomic_uint flushed; /* all batches up to it are on stable storage (a futex; the numbers wrap) */
    atomic_uint marks[ENV_MARKS]; /* how many commits are not flushed yet, per mailbox (hashed) */
    /* room on the disk, as it was last looked at */
    atomic_llong free_at;
    atomic_ullong free_bytes, reusable, owed; /* owed: what the reserve lacks, having been given up (room.h) */
    atomic_ullong commits, deadlocks;
    atomic_bool due_unkept; /* store/ops/due.h */
};
void env_open(struct env *v, const struct env_conf *c); /* dies with one clear line */
/* The handle through which a table is worked on. NULL: its first page is bad, and it is closed. Where a bad page was met, emptied pages stay in their place, for
 * the library would need their neighbours to take them out. */
DB *env_table(const struct env *v, enum table tb);
void env_close(struct env *v);
void env_flush(struct env *v);
void env_settle(struct env *v, uint64_t mbx); /* waits until what was just read of this mailbox is on stable storage */
void env_checkpoint(struct env *v, bool now);
void env_dead(const char *what, int ret) __attribute__((noreturn));
static inline unsigned env_mark_of(uint64_t mbx)
{
    return (unsigned)((mbx * 0x9e3779b97f4a7c15u) >> 52);
}
