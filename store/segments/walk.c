/* SPDX-License-Identifier: EUPL-1.2 */
/* store/segments/walk.c - all records of a segment, without any table: see segment.h. */
#include "store/db/os.h"
#include "store/segments/segment_int.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WINDOW = 64 << 10, BLOCK = 4096, STEP = 256 << 10 };

enum rc walk_open(struct walk *w, struct segs *s, uint32_t number, uint64_t from, uint64_t to, struct err *e)
{
    struct stat st;
    enum rc rc;

    *w = (struct walk){.s = s, .at = (from + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN};
    w->at = w->at < SEG_HEAD ? SEG_HEAD : w->at;
    rc = seg_hold(s, number, &w->seg, e);
    if (rc != RC_OK)
        return rc;
    if (fstat(w->seg->fd, &st) != 0) {
        walk_close(w);
        return err_sys(e, RC_TEMP, "store: segment %08x", (unsigned)number);
    }
    w->end = (uint64_t)st.st_size < to ? (uint64_t)st.st_size : to;
    if (!w->seg->sound) /* nothing in it can be told from other octets */
        w->at = w->end;
    return RC_OK;
}

void walk_close(struct walk *w)
{
    if (w->seg)
        seg_give(w->s, w->seg);
    w->seg = NULL;
    buf_free(&w->mem);
}

/* The octets of a head at w->at. NULL: they cannot be read, and w->at is behind the block. */
static const unsigned char *window(struct walk *w)
{
    uint64_t n = w->end - w->at < WINDOW ? w->end - w->at : WINDOW;
    struct err e;

    if (w->at >= w->mem_at && w->at + RECORD_HEAD <= w->mem_at + w->mem.n)
        return w->mem.p + (w->at - w->mem_at);
    buf_clear(&w->mem);
    w->mem_at = w->at;
    if (seg_pread(w->seg, w->at, n, &w->mem, &e) == RC_OK || w->mem.n >= RECORD_HEAD)
        return w->mem.p;
    w->at = (w->at + BLOCK) / BLOCK * BLOCK;
    w->mem.n = 0;
    return NULL;
}

/* Where nothing was written, or a hole was made, the file system tells where something is again. */
static void step(struct walk *w, const unsigned char *p)
{
    static const unsigned char zeros[RECORD_HEAD];
    off_t data;

    w->at += RECORD_ALIGN;
    if (memcmp(p, zeros, sizeof zeros) != 0)
        return;
    data = lseek(w->seg->fd, (off_t)w->at, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        w->at = w->end;
    else if (data > (off_t)w->at)
        w->at = ((uint64_t)data + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

enum rc walk_next(struct walk *w, struct record *r_out, uint64_t *offset_out, struct err *e)
{
    while (w->at + RECORD_HEAD <= w->end) {
        const unsigned char *p = window(w);

        if (!p)
            continue;
        if (record_read(p, &w->seg->id, w->at, r_out, e) == RC_OK && w->at + RECORD_HEAD + r_out->len <= w->end) {
            *offset_out = w->at;
            w->at += record_size(r_out->len);
            return RC_OK;
        }
        step(w, p);
    }
    return err_set(e, RC_NOTFOUND, "store: the end of a segment");
}

/* ---- one record ---- */
enum rc seg_digest(struct segs *s, uint32_t number, uint64_t off, uint64_t n, unsigned char out[DIGEST_LEN],
                   struct err *e)
{
    struct digest *d = digest_new();
    struct buf b = BUF_INIT;
    struct seg *g = NULL;
    enum rc rc = seg_hold(s, number, &g, e);

    while (rc == RC_OK && n > 0) {
        uint64_t some = n < STEP ? n : STEP;

        buf_clear(&b);
        rc = seg_pread(g, off, some, &b, e);
        digest_add(d, buf_span(&b));
        off += some;
        n -= some;
    }
    digest_end(&d, out);
    buf_free(&b);
    if (g)
        seg_give(s, g);
    return rc;
}

enum rc seg_record(struct segs *s, uint32_t number, uint64_t off, struct record *r_out, struct err *e)
{
    struct buf b = BUF_INIT;
    struct seg *g;
    enum rc rc = seg_hold(s, number, &g, e);

    if (rc != RC_OK)
        return rc;
    rc = seg_pread(g, off, RECORD_HEAD, &b, e);
    if (rc == RC_OK && record_read(b.p, &g->id, off, r_out, e) != RC_OK)
        rc =
            err_set(e, RC_CORRUPT, "store: segment %08x: no record at %llu", (unsigned)number, (unsigned long long)off);
    buf_free(&b);
    seg_give(s, g);
    return rc;
}
