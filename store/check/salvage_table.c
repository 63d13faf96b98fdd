/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_table.c - one table made anew from its sound leaf pages. See salvage.h.
 *
 * The page layout is Berkeley DB 5.3's (db_page.h): a header of 26 bytes, two that are unused, the checksum, then the offsets of
 * the items from byte 32 on: key, data, key, data. Every offset and length is checked, because the checksum says that
 * the page is as it was written, and not that its writer was right. */
#include "base/log.h"
#include "store/check/salvage.h"
#include "store/db/guard.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PG_NEXT = 16,
    PG_ENTRIES = 20,
    PG_FREE = 22, /* of an overflow page: how many bytes it holds */
    PG_TYPE = 25,
    PG_ITEMS = 32,
    P_LEAF = 5,
    P_OVERFLOW = 7,
    B_KEYDATA = 1,
    B_OVERFLOW = 3,
    B_DELETED = 0x80,
    KEY_MOST = 32,
    CACHE = 64 << 20,
};

struct source_file {
    int fd;
    enum table tb;
    uint32_t page, pages;
};

static uint32_t u16_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32_at(const unsigned char *p)
{
    return u16_at(p) | u16_at(p + 2) << 16;
}

static bool read_page(const struct source_file *f, uint32_t no, unsigned char *out)
{
    return no < f->pages && pread(f->fd, out, f->page, (off_t)no * f->page) == (ssize_t)f->page &&
           guard_page_ok(f->tb, no, out);
}

static int open_file(int home_fd, enum table tb, struct source_file *f)
{
    struct stat st;

    *f = (struct source_file){.tb = tb, .page = tables[tb].page};
    f->fd = openat(home_fd, tables[tb].file, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return -1;
    f->pages = (uint32_t)((st.st_size + f->page - 1) / f->page);
    return f->fd;
}

uint32_t salvage_look(int home_fd, enum table tb)
{
    static unsigned char p[TABLE_PAGE_MOST];
    struct source_file f;
    uint32_t bad = 0;

    if (open_file(home_fd, tb, &f) < 0)
        return f.fd < 0 && errno == ENOENT ? 0 : 1;
    for (uint32_t i = 0; i < f.pages; i++)
        bad += !read_page(&f, i, p);
    close(f.fd);
    return bad;
}

/* ---- items ---- */
/* The bytes of a chain of overflow pages. False: a page of it is bad. */
static bool overflow(const struct source_file *f, uint32_t no, uint32_t len, struct buf *out)
{
    static unsigned char p[TABLE_PAGE_MOST];

    while (out->n < len) {
        uint32_t n;
        if (no == 0 || !read_page(f, no, p) || p[PG_TYPE] != P_OVERFLOW)
            return false;
        n = u16_at(p + PG_FREE);
        if (n == 0 || n > f->page - PG_ITEMS || n > len - out->n)
            return false;
        buf_add(out, p + PG_ITEMS, n);
        no = u32_at(p + PG_NEXT);
    }
    return true;
}

/* The item into out. False: it is deleted, or not all there. */
static bool item(const struct source_file *f, const unsigned char *p, uint32_t i, struct buf *out)
{
    uint32_t at = u16_at(p + PG_ITEMS + 2 * i), n;
    const unsigned char *b = p + at;

    buf_clear(out);
    if (at < PG_ITEMS || at + 12 > f->page)
        return false;
    if (b[2] == B_OVERFLOW)
        return u32_at(b + 8) <= IPC_MSG_MAX && overflow(f, u32_at(b + 4), u32_at(b + 8), out);
    n = u16_at(b);
    if (b[2] != B_KEYDATA || at + 3 + n > f->page)
        return false;
    buf_add(out, b + 3, n);
    return true;
}

/* Short items at the very end of a page have less than the 12 bytes that an overflow item has. */
static bool small_item(const struct source_file *f, const unsigned char *p, uint32_t i, struct buf *out)
{
    uint32_t at = u16_at(p + PG_ITEMS + 2 * i), n;

    buf_clear(out);
    if (at < PG_ITEMS || at + 3 > f->page || p[at + 2] != B_KEYDATA)
        return false;
    n = u16_at(p + at);
    if (at + 3 + n > f->page)
        return false;
    buf_add(out, p + at + 3, n);
    return true;
}

static int take_leaf(const struct source_file *f, const unsigned char *p, DB *to, struct buf *k, struct buf *v,
                     uint64_t *kept)
{
    uint32_t n = u16_at(p + PG_ENTRIES);
    int ret = 0;

    if (PG_ITEMS + 2 * n > f->page)
        return 0;
    for (uint32_t i = 0; ret == 0 && i + 1 < n; i += 2) {
        DBT key = {0}, val = {0};

        if (!small_item(f, p, i, k) || k->n > KEY_MOST || !(small_item(f, p, i + 1, v) || item(f, p, i + 1, v)))
            continue;
        key.data = k->p;
        key.size = (uint32_t)k->n;
        val.data = v->p;
        val.size = (uint32_t)v->n;
        ret = to->put(to, NULL, &key, &val, DB_NOOVERWRITE);
        *kept += ret == 0;
        ret = ret == DB_KEYEXIST ? 0 : ret;
    }
    return ret;
}

static int take_all(const struct source_file *f, DB *to, uint64_t *kept)
{
    static unsigned char p[TABLE_PAGE_MOST];
    struct buf k = BUF_INIT, v = BUF_INIT;
    int ret = 0;

    for (uint32_t i = 1; ret == 0 && i < f->pages; i++)
        if (read_page(f, i, p) && p[PG_TYPE] == P_LEAF)
            ret = take_leaf(f, p, to, &k, &v, kept);
    buf_free(&k);
    buf_free(&v);
    return ret;
}

/* ---- the new file ---- */
/* Outside the environment: its pages belong to no log, which the library takes as "never logged". */
static int make(const struct source_file *f, const char *path, uint64_t *kept)
{
    DB *db = NULL;
    int ret = db_create(&db, NULL, 0), closed;

    if (ret == 0)
        ret = db->set_cachesize(db, 0, CACHE, 1);
    if (ret == 0)
        ret = db->set_pagesize(db, f->page);
    if (ret == 0)
        ret = db->set_flags(db, DB_CHKSUM);
    if (ret == 0)
        ret = db->open(db, NULL, path, NULL, DB_BTREE, DB_CREATE | DB_EXCL, 0600);
    if (ret == 0)
        ret = take_all(f, db, kept);
    closed = db ? db->close(db, 0) : 0;
    return ret ? ret : closed;
}

static bool flushed(int home_fd, const char *name)
{
    int fd = openat(home_fd, name, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static void fresh_name(enum table tb, char out[64])
{
    (void)snprintf(out, 64, "%s.salvage", tables[tb].file);
}

/* The new file is whole and flushed before the old one gives up its name (INV-S1): salvage_exchanged() ends what a crash cut. */
enum rc salvage_exchange(struct salvage *s, int home_fd, enum table tb, struct err *e)
{
    char old[160], fresh[64];

    fresh_name(tb, fresh);
    (void)snprintf(old, sizeof old, "%s.%s", tables[tb].file, s->aside);
    if (!flushed(home_fd, fresh) || fsync(home_fd) != 0 || renameat(home_fd, tables[tb].file, home_fd, old) != 0 ||
        renameat(home_fd, fresh, home_fd, tables[tb].file) != 0 || fsync(home_fd) != 0)
        return err_sys(e, RC_TEMP, "store: the new %s cannot take its place", tables[tb].file);
    return RC_OK;
}

enum rc salvage_exchanged(int home_fd, enum table tb, struct err *e)
{
    char fresh[64];

    fresh_name(tb, fresh);
    if (faccessat(home_fd, tables[tb].file, F_OK, 0) == 0 || faccessat(home_fd, fresh, F_OK, 0) != 0)
        return RC_OK;
    return renameat(home_fd, fresh, home_fd, tables[tb].file) == 0 && fsync(home_fd) == 0
               ? RC_OK
               : err_sys(e, RC_TEMP, "store: the new %s cannot take its place", tables[tb].file);
}

enum rc salvage_table(struct salvage *s, int home_fd, enum table tb, struct err *e)
{
    char fresh[64], path[4300];
    struct source_file f;
    int ret;

    fresh_name(tb, fresh);
    (void)snprintf(path, sizeof path, "%s/%s", s->conf.home, fresh);
    if (unlinkat(home_fd, fresh, 0) != 0 && errno != ENOENT)
        return err_sys(e, RC_TEMP, "store: %s cannot be removed", fresh);
    if (open_file(home_fd, tb, &f) < 0)
        return err_sys(e, RC_TEMP, "store: %s cannot be opened", tables[tb].file);
    ret = make(&f, path, &s->kept[tb]);
    close(f.fd);
    if (ret == 0)
        return RC_OK;
    (void)unlinkat(home_fd, fresh, 0);
    return err_set(e, RC_TEMP, "store: %s cannot be made anew: %s", tables[tb].file, db_strerror(ret));
}
