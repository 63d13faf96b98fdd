/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/room.c - see room.h. */
#include "store/db/room.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/guard.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    ROOM_LOOK_NS = 50 * 1000 * 1000,
    RESERVE_MAX = 64 << 20,
    ZEROS = 64 << 10,
    MOVE_LEAST = 2 << 20,
    MOVE_SHARE = 6,         /* the log has old and new, the tables both, and twice for what others do */
    COMPACT_PAGES = 128,    /* freed in one step */
    COMPACT_WAIT_US = 20000 /* for a lock: people come first */
};

/* ---- the disk ---- */
/* What was logged since the last checkpoint must still be written to the tables, and has no room there yet. */
static uint64_t to_be_written(struct env *v)
{
    DB_LOG_STAT *st = NULL;
    uint64_t n = 0;

    if (v->e && v->e->log_stat(v->e, &st, 0) == 0)
        n = ((uint64_t)st->st_wc_mbytes << 20) + st->st_wc_bytes;
    free(st);
    return n;
}

static bool disk_free(const struct env *v, uint64_t *out)
{
    struct statvfs fs;

    if (fstatvfs(v->home_fd, &fs) != 0)
        return false;
    *out = (uint64_t)fs.f_bavail * fs.f_frsize;
    return true;
}

/* ---- pages that hold nothing ---- */
/* Offsets in a page as the library has it in memory (db_page.h): the head of the free list in the first page, and in each page of the
 * list its type and the next one. */
enum { META_FREE = 28, PAGE_NEXT = 16, PAGE_TYPE = 25, TYPE_FREE = 0 };

static bool page_at(DB_MPOOLFILE *f, db_pgno_t no, size_t off, db_pgno_t *next_out, unsigned char *type_out)
{
    void *p = NULL;

    if (f->get(f, &no, NULL, 0, &p) != 0)
        return false;
    memcpy(next_out, (const unsigned char *)p + off, sizeof *next_out);
    *type_out = ((const unsigned char *)p)[PAGE_TYPE];
    return f->put(f, p, DB_PRIORITY_UNCHANGED, 0) == 0;
}

/* The list may change while it is counted; then the count ends early. It also ends when enough free pages were
 * found. */
static uint64_t free_pages(DB *db, uint32_t size, uint64_t enough)
{
    DB_MPOOLFILE *f = db->get_mpf(db);
    db_pgno_t at = 0, next;
    unsigned char type;
    uint64_t n = 0;

    if (!page_at(f, 0, META_FREE, &at, &type))
        return 0;
    while (at != 0 && n < enough && page_at(f, at, PAGE_NEXT, &next, &type) && type == TYPE_FREE) {
        n += size;
        at = next;
    }
    return n;
}

static uint64_t reusable(struct env *v, uint64_t enough)
{
    uint64_t n = 0;

    for (int t = 0; t < TABLES && n < enough; t++)
        if (v->db[t])
            n += free_pages(v->db[t], tables[t].page, enough - n);
    return n;
}

static uint64_t reserve_size(const struct env *v)
{
    return v->min_free < RESERVE_MAX ? v->min_free : RESERVE_MAX; /* recovery may write 32 MiB to log and tables each */
}

/* Deletions need the room of a reserve that was given up, so no delivery may take it. A reserve that was never written,
 * because the disk was too small for it, needs no room. */
static uint64_t owed(const struct env *v)
{
    struct stat st;

    if (fstatat(v->home_fd, "reserve", &st, AT_SYMLINK_NOFOLLOW) != 0 || (uint64_t)st.st_size >= reserve_size(v))
        return 0;
    return reserve_size(v) - (uint64_t)st.st_size;
}

/* ---- the question ---- */
static enum rc look(struct env *v, int64_t now, struct err *e)
{
    uint64_t has, wants = to_be_written(v);

    if (!disk_free(v, &has))
        return err_sys(e, RC_TEMP, "store: free space");
    has = has > wants ? has - wants : 0;
    atomic_store(&v->free_bytes, has);
    atomic_store(&v->reusable, has < 2 * v->min_free ? reusable(v, 2 * v->min_free) : 0);
    atomic_store(&v->owed, owed(v));
    atomic_store(&v->free_at, now);
    return RC_OK;
}

/* What is freed by others (an administrator, another program) is seen at once by whoever would be refused. */
static bool grew(const struct env *v)
{
    uint64_t has;

    return disk_free(v, &has) && has > atomic_load(&v->free_bytes);
}

static bool fits(struct env *v, uint64_t octets, uint64_t more, bool grow)
{
    uint64_t has = atomic_load(&v->free_bytes), own = atomic_load(&v->owed);
    uint64_t want = octets + 3 * more; /* log, table, and what a split copies */
    uint64_t reuse = grow ? atomic_load(&v->reusable) : 0;

    has = has > own ? has - own : 0;
    return has >= v->min_free / (grow ? 2 : 4) + octets + more &&
           has + reuse >= (grow ? v->min_free : v->min_free / 4) + want;
}

enum rc env_room(struct env *v, uint64_t octets, uint64_t more, bool grow, struct err *e)
{
    int64_t now = clock_mono();
    bool old = now - atomic_load(&v->free_at) > ROOM_LOOK_NS || octets > 1 << 20;
    enum rc rc = old ? look(v, now, e) : RC_OK;

    if (rc == RC_OK && !old && !fits(v, octets, more, grow) && grew(v))
        rc = look(v, now, e);
    if (rc != RC_OK || fits(v, octets, more, grow))
        return rc;
    return err_cause(e, RC_TEMP, CAUSE_DISK_FULL, "store: disk nearly full: free=%llu reusable=%llu",
                     (unsigned long long)atomic_load(&v->free_bytes), (unsigned long long)atomic_load(&v->reusable));
}

bool room_low(struct env *v)
{
    struct err e;

    return look(v, clock_mono(), &e) == RC_OK && atomic_load(&v->free_bytes) < 2 * v->min_free;
}

/* ---- the reserve ---- */
static void give_up(struct env *v, uint64_t has)
{
    struct stat st;
    int fd = openat(v->home_fd, "reserve", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && ftruncate(fd, 0) == 0)
        log_ev(LOG_WARN_, "store-reserve", "cause=\"the disk is full\" free=%llu given_up=%llu",
               (unsigned long long)has, (unsigned long long)st.st_size);
    close(fd);
}

void room_to_delete(struct env *v)
{
    uint64_t has;

    if (!disk_free(v, &has) || has >= v->min_free / 4)
        return;
    if (has < reserve_size(v) / 2)
        give_up(v, has);
    if (v->e) /* so that files of the log go: what is taken away is written there first */
        env_checkpoint(v, true);
}

uint64_t room_to_move(struct env *v)
{
    uint64_t has, wants = to_be_written(v);

    if (!disk_free(v, &has) || has < wants + (uint64_t)MOVE_SHARE * MOVE_LEAST)
        return MOVE_LEAST;
    return (has - wants) / MOVE_SHARE;
}

void room_at_start(struct env *v)
{
    room_to_delete(v);
}

/* The reserve is written and not only given its length, because a hole would reserve nothing. */
static void fill(int fd, uint64_t from, uint64_t to)
{
    static const unsigned char zeros[ZEROS];

    while (from < to) {
        size_t n = to - from < sizeof zeros ? (size_t)(to - from) : sizeof zeros;

        if (pwrite(fd, zeros, n, (off_t)from) != (ssize_t)n) {
            (void)!ftruncate(fd, 0);
            return;
        }
        from += n;
    }
}

void room_keep(struct env *v)
{
    uint64_t has, size = reserve_size(v);
    struct stat st;
    int fd;

    if (size == 0 || !disk_free(v, &has) || has < 2 * v->min_free + size)
        return;
    fd = openat(v->home_fd, "reserve", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size < size)
        fill(fd, (uint64_t)st.st_size, size);
    close(fd);
}

/* ---- compaction ---- */
void room_compact(struct env *v)
{
    static int tb; /* the table at hand, */
    static DBT at; /* and where in it to go on: one thread compacts */
    DB_COMPACT c = {.compact_pages = COMPACT_PAGES, .compact_timeout = COMPACT_WAIT_US};
    struct guard_page bad;
    DBT end = {0};
    int ret = 0;

    if (atomic_load(&v->free_bytes) < v->min_free / 4) /* it is logged, too */
        return;
    if (v->db[tb] && !guard_met(tb)) /* it would meet the bad page in the midst of its work */
        ret = v->db[tb]->compact(v->db[tb], NULL, at.data ? &at : NULL, NULL, &c, DB_FREE_SPACE, &end);
    (void)guard_last(&bad);
    free(at.data);
    at = (DBT){0};
    if (ret == 0 && c.compact_pages_free >= COMPACT_PAGES && end.size > 0) {
        at.data = malloc(end.size);
        at.size = at.data ? end.size : 0;
        if (at.data)
            memcpy(at.data, end.data, end.size);
    } else {
        tb = (tb + 1) % TABLES;
    }
    if (ret == DB_RUNRECOVERY)
        env_dead("compact", ret);
}
