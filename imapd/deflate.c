/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/deflate.c - see imapd/deflate.h. RFC 4978.
 *
 * What waits in the layer and can be given without a wait is held in .held, because stream_buffered() must tell exactly that: a session that believes input to be at
 * hand does not send what it has to say first. */
#include "imapd/deflate.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <zlib.h>

enum { WINDOW_OUT = 14, MEM_LEVEL = 7, WINDOW_IN = 15, PIECE = 8 * 1024 };
struct layer {
    const struct stream_ops *below;
    void *below_ctx;
    z_stream in, out;
    bool ended; /* the client's deflate stream has come to its end: no more is read of it */
    size_t held_at, held_n;
    unsigned char raw[PIECE], held[PIECE], packed[PIECE];
};

/* ---- reading ---- */
static enum rc out_of_step(struct layer *l, struct err *e)
{
    return err_set(e, RC_CLOSED, "not a deflate stream: %s", l->in.msg ? l->in.msg : "?");
}

/* Decompresses what is at hand, as far as .held has room. */
static enum rc unpack(struct layer *l, struct err *e)
{
    int z;

    l->in.next_out = l->held;
    l->in.avail_out = sizeof l->held;
    z = inflate(&l->in, Z_SYNC_FLUSH);
    l->held_at = 0;
    l->held_n = sizeof l->held - l->in.avail_out;
    l->ended |= z == Z_STREAM_END;
    return z == Z_OK || z == Z_STREAM_END || z == Z_BUF_ERROR ? RC_OK : out_of_step(l, e);
}

/* One piece from below. 0: the client has closed. */
static ssize_t refill(struct layer *l, int64_t deadline, struct err *e)
{
    ssize_t n = l->below->read(l->below_ctx, l->raw, sizeof l->raw, deadline, e);

    if (n > 0) {
        l->in.next_in = l->raw;
        l->in.avail_in = (uInt)n;
    }
    return n;
}

static ssize_t layer_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    struct layer *l = ctx;
    ssize_t got = 1;

    while (l->held_n == 0) {
        if (unpack(l, e) != RC_OK)
            return -1;
        if (l->held_n > 0)
            break;
        if (l->ended)
            return 0;
        if ((got = refill(l, deadline, e)) <= 0)
            return got;
    }
    n = n < l->held_n ? n : l->held_n;
    memcpy(p, l->held + l->held_at, n);
    l->held_at += n;
    l->held_n -= n;
    return (ssize_t)n;
}

/* Octets that can be read without a wait. What the layer below has decrypted is taken in to know it. */
static size_t layer_pending(void *ctx)
{
    struct layer *l = ctx;
    struct err e;

    while (l->held_n == 0 && !l->ended && unpack(l, &e) == RC_OK && l->held_n == 0)
        if (!l->below->pending || l->below->pending(l->below_ctx) == 0 || refill(l, DEADLINE_NEVER, &e) <= 0)
            break;
    return l->held_n;
}

/* ---- writing ---- */
static enum rc write_below(struct layer *l, size_t n, int64_t deadline, struct err *e)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = l->below->write(l->below_ctx, l->packed + at, n - at, deadline, e);

        if (put < 0)
            return e->rc;
        at += (size_t)put;
    }
    return RC_OK;
}

static ssize_t layer_write(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e)
{
    struct layer *l = ctx;

    l->out.next_in = (unsigned char *)(uintptr_t)p; /* zlib does not write there */
    l->out.avail_in = (uInt)n;
    do {
        l->out.next_out = l->packed;
        l->out.avail_out = sizeof l->packed;
        if (deflate(&l->out, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
            bug("deflate");
        if (write_below(l, sizeof l->packed - l->out.avail_out, deadline, e) != RC_OK)
            return -1;
    } while (l->out.avail_out == 0);
    return (ssize_t)n;
}

/* ---- life ---- */
static void layer_waiting(void *ctx)
{
    struct layer *l = ctx;

    if (l->below->waiting)
        l->below->waiting(l->below_ctx);
}

/* zlib's windows hold mail, and zfree() below wipes them. */
static void layer_free(struct layer *l)
{
    inflateEnd(&l->in);
    deflateEnd(&l->out);
    wipe(l, sizeof *l);
    free(l);
}

static void layer_close(void *ctx)
{
    struct layer *l = ctx;

    if (l->below->close)
        l->below->close(l->below_ctx);
    layer_free(l);
}

struct room { /* before each piece of zlib's memory: how much is to be wiped */
    size_t n;
    max_align_t mem[];
};

static void *z_get(void *ctx, uInt items, uInt size)
{
    size_t n = (size_t)items * size;
    struct room *r = calloc(1, sizeof *r + n);

    (void)ctx;
    if (!r)
        return NULL;
    r->n = n;
    return r->mem;
}

static void z_put(void *ctx, void *p)
{
    struct room *r = (struct room *)(void *)((unsigned char *)p - offsetof(struct room, mem));

    (void)ctx;
    wipe(r->mem, r->n);
    free(r);
}

enum rc deflate_begin(struct stream *s, struct err *e)
{
    static const struct stream_ops ops = {layer_read, layer_write, layer_pending, layer_waiting, layer_close};
    struct layer *l = calloc(1, sizeof *l);

    if (!l)
        return err_set(e, RC_TEMP, "out of memory for compression");
    l->in.zalloc = l->out.zalloc = z_get;
    l->in.zfree = l->out.zfree = z_put;
    if (inflateInit2(&l->in, -WINDOW_IN) != Z_OK ||
        deflateInit2(&l->out, Z_BEST_SPEED, Z_DEFLATED, -WINDOW_OUT, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        layer_free(l);
        return err_set(e, RC_TEMP, "out of memory for compression");
    }
    stream_push_ops(s, &ops, l, &l->below, &l->below_ctx);
    return RC_OK;
}
