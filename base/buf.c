/* SPDX-License-Identifier: EUPL-1.2 */
/* base/buf.c - see base/buf.h. */
#include "base/buf.h"
#include "base/wipe.h"
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAP = 256 };

void buf_init_max(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_init_secret(struct buf *b)
{
    *b = (struct buf){.secret = true};
}

void buf_free(struct buf *b)
{
    if (!b)
        return;
    if (b->secret && b->p)
        wipe(b->p, b->cap);
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void buf_clear(struct buf *b)
{
    if (b->secret && b->n > 0)
        wipe(b->p, b->n);
    b->n = 0;
}

/* Makes room for cap bytes. False: no memory. A secret is moved by hand, because realloc would leave a copy behind. */
static bool grow(struct buf *b, size_t cap)
{
    unsigned char *p;

    if (!b->secret) {
        p = realloc(b->p, cap);
    } else if ((p = malloc(cap)) && b->p) {
        memcpy(p, b->p, b->n);
        wipe(b->p, b->cap);
        free(b->p);
    }
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

enum rc buf_reserve(struct buf *b, size_t more, struct err *e)
{
    size_t want, cap = b->cap ? b->cap : FIRST_CAP;

    if (more <= b->cap - b->n)
        return RC_OK;
    if (more > SIZE_MAX / 4 - b->n || (b->max && b->n + more > b->max))
        return err_set(e, RC_TEMP, "buffer of %zu bytes would grow by %zu, beyond %zu", b->n, more, b->max);
    want = b->n + more;
    while (cap < want)
        cap *= 2;
    if (!grow(b, cap))
        return err_set(e, RC_TEMP, "out of memory for a buffer of %zu bytes", cap);
    return RC_OK;
}

static void need(struct buf *b, size_t more)
{
    struct err e;

    if (buf_reserve(b, more, &e) != RC_OK)
        die("%s", e.log);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    need(b, n);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_addspan(struct buf *b, struct span s)
{
    buf_add(b, s.p, s.n);
}

void buf_addstr(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, unsigned char c)
{
    need(b, 1);
    b->p[b->n++] = c;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        bug("buf_addf: bad format");
    /* vsnprintf puts a NUL behind; it must not count against max */
    if (b->max && b->n + (size_t)n > b->max)
        die("buffer of %zu bytes would grow by %d, beyond %zu", b->n, n, b->max);
    (void)buf_cstr(b);
    if (b->cap - b->n < (size_t)n + 1 && !grow(b, 2 * b->cap + (size_t)n + 1))
        die("out of memory");
    va_start(ap, fmt);
    vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void buf_take(struct buf *b, size_t n)
{
    if (n > b->n)
        bug("buf_take of %zu bytes out of %zu", n, b->n);
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n);
    buf_cut(b, b->n - n);
}

void buf_cut(struct buf *b, size_t n)
{
    if (n > b->n)
        bug("buf_cut of %zu bytes to %zu", b->n, n);
    if (b->secret && b->n > n)
        wipe(b->p + n, b->n - n);
    b->n = n;
}

const char *buf_cstr(struct buf *b)
{
    if (b->n == b->cap && !grow(b, b->cap ? b->cap * 2 : FIRST_CAP)) /* the NUL does not count against max */
        die("out of memory");
    b->p[b->n] = 0;
    return (const char *)b->p;
}

void buf_u8(struct buf *b, uint8_t v)
{
    buf_addc(b, v);
}

void buf_u16(struct buf *b, uint16_t v)
{
    v = htole16(v);
    buf_add(b, &v, sizeof v);
}

void buf_u32(struct buf *b, uint32_t v)
{
    v = htole32(v);
    buf_add(b, &v, sizeof v);
}

void buf_u64(struct buf *b, uint64_t v)
{
    v = htole64(v);
    buf_add(b, &v, sizeof v);
}

void buf_bytes(struct buf *b, struct span s)
{
    if (s.n > UINT32_MAX)
        bug("buf_bytes of %zu bytes", s.n);
    buf_u32(b, (uint32_t)s.n);
    buf_addspan(b, s);
}

/* ---- reader ---- */
struct span rd_take(struct rd *r, size_t n)
{
    struct span s = {r->s.p, n};

    if (r->bad || n > r->s.n) {
        r->bad = true;
        return SPAN_NULL;
    }
    if (n > 0)
        r->s = span_from(r->s, n);
    return s;
}

/* The next n octets; without so many out stays zero. A listing reads a million of them: one load each. */
static inline void get(struct rd *r, void *out, size_t n)
{
    if (r->bad || n > r->s.n) {
        r->bad = true;
        return;
    }
    memcpy(out, r->s.p, n);
    r->s.p += n;
    r->s.n -= n;
}

uint8_t rd_u8(struct rd *r)
{
    uint8_t v = 0;

    get(r, &v, sizeof v);
    return v;
}

uint16_t rd_u16(struct rd *r)
{
    uint16_t v = 0;

    get(r, &v, sizeof v);
    return le16toh(v);
}

uint32_t rd_u32(struct rd *r)
{
    uint32_t v = 0;

    get(r, &v, sizeof v);
    return le32toh(v);
}

uint64_t rd_u64(struct rd *r)
{
    uint64_t v = 0;

    get(r, &v, sizeof v);
    return le64toh(v);
}

struct span rd_bytes(struct rd *r)
{
    return rd_take(r, rd_u32(r));
}
