/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/guard.c - see guard.h. */
#include "store/db/guard.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* Offsets of Berkeley DB 5.3's pages, little-endian as every machine we run on. */
enum {
    PG_NO = 8,
    PG_TYPE = 25,
    PG_SUM = 28, /* behind the header of 26 bytes and two that are unused */
    META_BYTES = 512,
    META_SUM = 492,
    P_INVALID_ = 0,
    FDS = 1024,
    PRIME = 33, /* the checksum is h = 33 h + byte, modulo 2^32 */
};

static _Atomic unsigned char table_of[FDS]; /* table + 1 */
static atomic_int mode = GUARD_REFUSE;
static atomic_bool of[TABLES];
static int home = -1;
static struct {
    pthread_mutex_t lock;
    struct guard_page page[GUARD_LIST];
    size_t n, all;
} bad = {.lock = PTHREAD_MUTEX_INITIALIZER};
static _Thread_local struct {
    int fd;
    off_t off;
    bool waiting, last, told;
    struct guard_page page;
} met = {.fd = -1};

void guard_opened(int fd, const char *path)
{
    const char *name = strrchr(path, '/');

    if (fd < 0 || fd >= FDS)
        return;
    name = name ? name + 1 : path;
    atomic_store(&table_of[fd], 0);
    for (int t = 0; t < TABLES; t++)
        if (strcmp(name, tables[t].file) == 0)
            atomic_store(&table_of[fd], (unsigned char)(t + 1));
}

void guard_mode(enum guard_mode m)
{
    atomic_store(&mode, (int)m);
}

/* ---- the checksum ---- */
/* Takes eight octets per step, because their products do not wait for each other, as those of the plain loop do. */
static uint32_t sum(uint32_t h, const unsigned char *p, size_t n)
{
    static const uint32_t w[8] = {PRIME * PRIME * PRIME * PRIME * PRIME * PRIME * (uint32_t)PRIME,
                                  PRIME * PRIME * PRIME * PRIME * PRIME * (uint32_t)PRIME,
                                  PRIME * PRIME * PRIME * PRIME * (uint32_t)PRIME,
                                  PRIME * PRIME * PRIME * (uint32_t)PRIME,
                                  PRIME * PRIME * PRIME,
                                  PRIME * PRIME,
                                  PRIME,
                                  1};
    const uint32_t w8 = w[0] * PRIME;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        uint32_t s = 0;
        for (int k = 0; k < 8; k++)
            s += w[k] * p[i + (size_t)k];
        h = h * w8 + s;
    }
    for (; i < n; i++)
        h = h * PRIME + p[i];
    return h;
}

static bool sum_is(const unsigned char *p, size_t n, size_t at)
{
    static const unsigned char zero[4];
    uint32_t want, h = sum(0, p, at);

    memcpy(&want, p + at, sizeof want);
    h = sum(h, zero, sizeof zero); /* where it stands counts as zero */
    return sum(h, p + at + 4, n - at - 4) == want;
}

static bool is_hole(const unsigned char *p)
{
    static const unsigned char zero[PG_NO + 4];

    return memcmp(p, zero, sizeof zero) == 0 && p[PG_TYPE] == P_INVALID_;
}

bool guard_page_ok(enum table tb, uint32_t page_no, const unsigned char *p)
{
    uint32_t no;

    if (page_no == 0)
        return sum_is(p, META_BYTES, META_SUM);
    if (is_hole(p))
        return true;
    memcpy(&no, p + PG_NO, sizeof no);
    return no == page_no && sum_is(p, tables[tb].page, PG_SUM);
}

/* ---- the list ---- */
static bool is_listed(enum table tb, uint32_t page)
{
    for (size_t i = 0; i < bad.n; i++)
        if (bad.page[i].tb == tb && bad.page[i].page == page)
            return true;
    return false;
}

static void mark_name(enum table tb, char out[64])
{
    (void)snprintf(out, 64, "damaged-%s", tables[tb].file);
}

/* When it cannot be made, this run knows all the same. */
static void mark(enum table tb)
{
    char name[64];
    int fd;

    mark_name(tb, name);
    fd = home >= 0 ? openat(home, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        close(fd);
}

void guard_home(int home_fd)
{
    char name[64];

    home = home_fd;
    for (int t = 0; t < TABLES; t++) {
        mark_name((enum table)t, name);
        atomic_store(&of[t], faccessat(home_fd, name, F_OK, 0) == 0);
    }
}

void guard_unmark(int home_fd)
{
    char name[64];

    for (int t = 0; t < TABLES; t++) {
        mark_name((enum table)t, name);
        (void)unlinkat(home_fd, name, 0);
    }
}

void guard_note(enum table tb, uint32_t page)
{
    bool fresh;

    pthread_mutex_lock(&bad.lock);
    fresh = !is_listed(tb, page);
    bad.all += fresh;
    if (fresh && bad.n < GUARD_LIST)
        bad.page[bad.n++] = (struct guard_page){tb, page, clock_utc()};
    pthread_mutex_unlock(&bad.lock);
    if (!atomic_exchange(&of[tb], true))
        mark(tb);
    if (fresh)
        log_ev(LOG_ERROR_, "store-damaged", "table=%s page=%u do=\"pli store check, then pli store salvage\"",
               tables[tb].file, (unsigned)page);
}

size_t guard_list(struct guard_page *out, size_t most)
{
    size_t all;

    pthread_mutex_lock(&bad.lock);
    for (size_t i = 0; i < bad.n && i < most; i++)
        out[i] = bad.page[i];
    all = bad.all;
    pthread_mutex_unlock(&bad.lock);
    return all;
}

bool guard_met(enum table tb)
{
    return atomic_load(&of[tb]);
}

bool guard_last(struct guard_page *out)
{
    bool was = met.last;

    if (was)
        *out = met.page;
    met.last = false;
    return was;
}

bool guard_told(void)
{
    bool was = met.told;

    met.told = false;
    return was;
}

/* ---- in the library's way ---- */
bool guard_refuses(int fd, const void *page, size_t n, off_t off)
{
    int tb = fd >= 0 && fd < FDS ? atomic_load(&table_of[fd]) - 1 : -1;
    uint32_t no;

    if (tb < 0 || n != tables[tb].page || off % (off_t)n != 0)
        return false;
    no = (uint32_t)(off / (off_t)n);
    if (guard_page_ok((enum table)tb, no, page))
        return false;
    guard_note((enum table)tb, no);
    met.fd = fd;
    met.off = off;
    met.waiting = met.last = true;
    met.page = (struct guard_page){(enum table)tb, no, 0};
    return true;
}

int guard_seek(int fd, off_t *off, int *whence)
{
    bool it = met.waiting && met.fd == fd && met.off == *off;

    met.waiting = false;
    if (!it)
        return 0;
    if (atomic_load(&mode) == GUARD_REFUSE) {
        met.told = true;
        return EIO;
    }
    *off = 0;
    *whence = SEEK_END;
    return 0;
}
