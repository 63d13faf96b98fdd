/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/env.c - see env.h. */
#include "store/db/env.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/guard.h"
#include "store/db/room.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LOG_BUFFER = 8 << 20,
    LOG_FILE = 32 << 20,      /* removed as a whole: what a deletion on a full disk may want at once */
    CHECKPOINT_KB = 32 << 10, /* log written since the last one; bounds what recovery reads */
    CHECKPOINT_MINUTES = 1,
    LOCKS_A_REQUEST = 20000, /* the largest, a COPY of STORE_COPY_MAX messages, wants some 12,000 */
    LOCK_CHAINS = 16384, /* of the lock table: else the library clears one for every lock that there may be, 25 MB */
    UPKEEP = 2,          /* the sweep, and a check */
    THREADS = 16,
    TXNS = 512,
    LOCK_TRIES = 40,
    LOCK_PAUSE_MS = 50, /* one that was killed may take a moment to be gone */
};

void env_dead(const char *what, int ret)
{
    log_ev(LOG_ERROR_, "store-dead", "at=%s db=%d", what, ret);
    _exit(3);
}

static void must(int ret, const char *what)
{
    if (ret == DB_RUNRECOVERY || ret == ENOSPC || ret == EIO)
        env_dead(what, ret); /* the disk, perhaps full: another start may do better */
    if (ret != 0)
        die("store: %s: %s", what, db_strerror(ret));
}

/* ---- one owner ---- */
static void take_lock(struct env *v)
{
    v->home_fd = open(v->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->home_fd < 0)
        die("store: cannot open its folder: %s", strerror(errno));
    v->lock_fd = openat(v->home_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (v->lock_fd < 0)
        die("store: cannot make its lock file: %s", strerror(errno));
    for (int i = 0; flock(v->lock_fd, LOCK_EX | LOCK_NB) != 0; i++, poll(NULL, 0, LOCK_PAUSE_MS))
        if (i == LOCK_TRIES)
            die("store: another pli-stored has it open");
}

/* ---- format ---- */
/* 0: there is no format yet. A number that cannot be read is not "none". */
static int read_format(DB *db, uint32_t *format_out)
{
    unsigned char v[4] = {0};
    DBT k = {0}, d = {0};
    int ret;

    k.data = (void *)(uintptr_t) "format";
    k.size = 6;
    d.data = v;
    d.ulen = sizeof v;
    d.flags = DB_DBT_USERMEM;
    ret = db->get(db, NULL, &k, &d, 0);
    *format_out = ret == 0 ? be32(v) : 0;
    return ret == DB_NOTFOUND ? 0 : ret == 0 && d.size != 4 ? EINVAL : ret;
}

/* 0: nothing is written yet. There is no way from formats 1 to 3, which no release had. */
static void refuse_other(uint32_t format)
{
    if (format != 0 && format < FORMAT_LEAST)
        die("store: format %u was made by an older Pli; this one knows %d only: keep that version, or begin with pli "
            "init",
            (unsigned)format, STORE_FORMAT);
    if (format > STORE_FORMAT)
        die("store: format %u was made by a newer Pli; this one knows %d: install that version again", (unsigned)format,
            STORE_FORMAT);
}

static void hush(const DB_ENV *env, const char *prefix, const char *msg)
{
    (void)env;
    (void)prefix;
    (void)msg;
}

static bool is_there(const struct env *v, int t)
{
    return faccessat(v->home_fd, tables[t].file, F_OK, 0) == 0 || errno != ENOENT;
}

static bool access_any(const struct env *v)
{
    for (int t = 0; t < TABLES; t++)
        if (is_there(v, t))
            return true;
    return false;
}

/* The format is written when all tables have been made. Later one that is missing was taken away: an empty new one in its place would answer
 * "there is no such mailbox". */
static void refuse_missing(const struct env *v, int from, uint32_t format)
{
    for (int t = from; t < TABLES; t++)
        if (!is_there(v, t) && format >= tables[t].since)
            die("store: its table %s is missing: put the file back, or the whole folder store from one backup; it is "
                "not made anew, "
                "for what it held would be gone without a word",
                tables[t].file);
}

/* A first start makes the file under another name and gives it its own when its first page is whole: one that has octets and cannot be read is
 * damaged, and the tables had been made. */
static bool has_octets(const struct env *v, enum table t)
{
    struct stat st;

    return fstatat(v->home_fd, tables[t].file, &st, 0) == 0 && st.st_size > 0;
}

/* Looks at the format before anything is opened for writing or recovered: a newer store stays untouched. Nothing there,
 * or a first start that was cut short, passes here and is looked at again inside the environment. */
static void look_at_format(struct env *v)
{
    char path[4200];
    DB *db = NULL;
    uint32_t format;

    (void)snprintf(path, sizeof path, "%s/%s", v->home, tables[T_FORMAT].file);
    if (access(path, F_OK) != 0) { /* it is made first of all */
        refuse_missing(v, access_any(v) ? 0 : TABLES, STORE_FORMAT);
        return;
    }
    if (db_create(&db, NULL, 0) != 0)
        return;
    db->set_errcall(db, hush);
    if (db->open(db, NULL, path, NULL, DB_BTREE, DB_RDONLY, 0) == 0 && read_format(db, &format) == 0) {
        refuse_other(format);
        if (format != 0)
            refuse_missing(v, 0, format);
    } else if (has_octets(v, T_FORMAT)) {
        refuse_missing(v, 0, STORE_FORMAT);
    }
    db->close(db, DB_NOSYNC);
}

static void settle_format(struct env *v)
{
    unsigned char be[4] = {0, 0, 0, STORE_FORMAT};
    uint32_t have = 0;
    DBT k = {0}, d = {0};
    int ret = v->db[T_FORMAT] ? read_format(v->db[T_FORMAT], &have) : EIO;

    if (ret == EIO) { /* a damaged page, which is named already; what the tables hold is served */
        log_ev(LOG_WARN_, "store-format", "cause=\"cannot be read\"");
        return;
    }
    must(ret, "format");
    refuse_other(have);
    if (have == STORE_FORMAT)
        return;
    if (have != 0)
        log_ev(LOG_INFO_, "store-format", "from=%u to=%d", (unsigned)have, STORE_FORMAT);
    k.data = (void *)(uintptr_t) "format";
    k.size = 6;
    d.data = be;
    d.size = 4;
    must(v->db[T_FORMAT]->put(v->db[T_FORMAT], NULL, &k, &d, DB_AUTO_COMMIT), "format");
    must(v->e->txn_checkpoint(v->e, 0, 0, DB_FORCE), "checkpoint");
}

/* ---- opening ---- */
static void say_error(const DB_ENV *env, const char *prefix, const char *msg)
{
    (void)env;
    (void)prefix;
    if (guard_told())
        return;
    log_ev(LOG_WARN_, "db", "text=%s", log_esc(span_str(msg))); /* names of our tables and numbers */
}

static void configure(DB_ENV *e, const struct env_conf *c)
{
    uint32_t locks = c->locks ? c->locks : ((c->threads ? c->threads : THREADS) + UPKEEP) * LOCKS_A_REQUEST;

    e->set_errcall(e, say_error);
    must(e->set_cachesize(e, (uint32_t)(c->cache >> 30), (uint32_t)(c->cache & ((1u << 30) - 1)), 1), "cache size");
    must(e->set_lg_bsize(e, LOG_BUFFER), "log buffer");
    must(e->set_lg_max(e, c->log_file ? c->log_file : LOG_FILE), "log file size");
    must(e->set_lk_max_locks(e, locks), "locks");
    must(e->set_lk_max_objects(e, locks), "lock objects");
    must(e->set_lk_tablesize(e, LOCK_CHAINS), "lock chains");
    must(e->set_lk_max_lockers(e, 4 * TXNS), "lockers");
    must(e->set_tx_max(e, TXNS), "transactions");
    must(e->set_lk_detect(e, DB_LOCK_YOUNGEST), "deadlock detection");
    must(e->log_set_config(e, DB_LOG_AUTO_REMOVE, 1), "log removal");
    must(e->set_flags(e, DB_TXN_NOSYNC, 1), "flags"); /* env_flush() is the wait */
}

/* The library reads a table's first page without the guard when it opens it. */
static bool first_page_bad(struct env *v, enum table t)
{
    unsigned char page[512];
    int fd = openat(v->home_fd, tables[t].file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, page, sizeof page, 0) : -1;

    if (fd >= 0)
        close(fd);
    if (got < 0 || ((size_t)got == sizeof page && guard_page_ok(t, 0, page)))
        return false;
    guard_note(t, 0);
    return true;
}

static DB *open_table(struct env *v, enum table t, uint32_t flags)
{
    DB *db;
    int ret;

    must(db_create(&db, v->e, 0), tables[t].file);
    must(db->set_pagesize(db, tables[t].page), tables[t].file);
    must(db->set_flags(db, DB_CHKSUM | flags), tables[t].file);
    ret = db->open(db, NULL, tables[t].file, NULL, DB_BTREE, DB_CREATE | DB_THREAD | DB_AUTO_COMMIT, 0600);
    if (ret != 0 && first_page_bad(v, t)) { /* the others are served; what needs this one is answered RC_CORRUPT */
        db->close(db, DB_NOSYNC);
        return NULL;
    }
    must(ret, tables[t].file);
    return db;
}

DB *env_table(const struct env *v, enum table tb)
{
    return guard_met(tb) ? v->careful[tb] : v->db[tb];
}

void env_open(struct env *v, const struct env_conf *c)
{
    const uint32_t flags =
        DB_CREATE | DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_TXN | DB_RECOVER | DB_THREAD | DB_PRIVATE;

    memset(v, 0, sizeof *v);
    v->home = span_dup(span_str(c->home));
    v->min_free = c->min_free;
    pthread_mutex_init(&v->lock, NULL);
    v->batch = 1;
    take_lock(v);
    guard_home(v->home_fd);
    look_at_format(v);
    room_at_start(v);
    must(db_env_create(&v->e, 0), "environment");
    configure(v->e, c);
    guard_mode(GUARD_PASS_BY); /* recovery must not end at a page that nobody may ask for */
    must(v->e->open(v->e, v->home, flags, 0600), "environment");
    guard_mode(GUARD_REFUSE);
    for (int t = 0; t < TABLES; t++) {
        v->db[t] = open_table(v, (enum table)t, 0);
        v->careful[t] = v->db[t] ? open_table(v, (enum table)t, DB_REVSPLITOFF) : NULL;
    }
    settle_format(v); /* last: from now on every table must be there (look_at_format) */
}

void env_close(struct env *v)
{
    (void)v->e->txn_checkpoint(v->e, 0, 0, 0);
    for (int t = 0; t < TABLES; t++) {
        if (v->careful[t])
            (void)v->careful[t]->close(v->careful[t], 0);
        if (v->db[t])
            (void)v->db[t]->close(v->db[t], 0);
    }
    (void)v->e->close(v->e, 0);
    close(v->lock_fd);
    guard_home(-1);
    close(v->home_fd);
    free(v->home);
    pthread_mutex_destroy(&v->lock);
}

/* ---- group flush ----
 * Commits are gathered in batches. The first to come to a batch leads it: it waits until the batch before is flushed, closes its own, and flushes the
 * log for all of it. The others wait for that. Each waits once, for its own batch, and takes no lock when it is woken: a condition that wakes all of
 * them under one lock cost seven waits a commit, with eight sessions. */
enum { BATCH_BITS = 32 };

static void flushed_wait(struct env *v, uint32_t batch)
{
    uint32_t now;

    while ((int32_t)((now = atomic_load(&v->flushed)) - batch) < 0)
        (void)syscall(SYS_futex, &v->flushed, FUTEX_WAIT_BITSET_PRIVATE, now, NULL, NULL, 1u << batch % BATCH_BITS);
}

static void flushed_set(struct env *v, uint32_t batch)
{
    atomic_store(&v->flushed, batch);
    (void)syscall(SYS_futex, &v->flushed, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 1u << batch % BATCH_BITS);
}

/* The batch that is open, and whether we lead it. */
static uint32_t batch_join(struct env *v, bool *leader_out)
{
    uint32_t batch;

    pthread_mutex_lock(&v->lock);
    batch = v->batch;
    *leader_out = !v->led;
    v->led = true;
    pthread_mutex_unlock(&v->lock);
    return batch;
}

/* All of it have committed: their records are in the log buffer. */
static void batch_close(struct env *v)
{
    pthread_mutex_lock(&v->lock);
    v->batch++;
    v->led = false;
    pthread_mutex_unlock(&v->lock);
}

void env_flush(struct env *v)
{
    bool leader;
    uint32_t batch = batch_join(v, &leader);
    int ret;

    if (!leader) {
        flushed_wait(v, batch);
        return;
    }
    flushed_wait(v, batch - 1);
    batch_close(v);
    ret = v->e->log_flush(v->e, NULL);
    if (ret != 0)
        env_dead("flush", ret); /* it may be visible in memory: only recovery tells what is on the disk */
    flushed_set(v, batch);
}

void env_settle(struct env *v, uint64_t mbx)
{
    if (atomic_load(&v->marks[env_mark_of(mbx)]) != 0)
        env_flush(v);
}

void env_checkpoint(struct env *v, bool now)
{
    int ret = v->e->txn_checkpoint(v->e, now ? 0 : CHECKPOINT_KB, now ? 0 : CHECKPOINT_MINUTES, 0);

    if (ret == ENOSPC || ret == EIO)
        log_ev(LOG_WARN_, "store-checkpoint", "db=%d", ret); /* tried again; what was promised is in the log */
    else if (ret != 0)
        env_dead("checkpoint", ret);
}
