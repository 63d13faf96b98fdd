/* SPDX-License-Identifier: EUPL-1.2 */
/* base/buf.h - a growing byte buffer.
 *
 * Errors   Growth by a small, known amount cannot fail: the process dies when it has no memory. Where a peer decides the size, the caller must
 *          call buf_reserve() first. It gives RC_TEMP when the buffer would exceed the max of its init.
 * Owns     A buffer owns its memory. buf_free() wipes it when .secret is set. buf_free() takes NULL and a zeroed buffer too.
 * Init     struct buf b = BUF_INIT;  BUF_SECRET_INIT;  or buf_init_max(&b, max). Where messages are in clear (imapd, smtpd, flow, extract,
 *          mime) a buffer is secret from its declaration on, or says there why it need not be: "open: UIDs" (tests/arch/test_secrets.py).
 * Process  all.
 */
#pragma once
#include "base/err.h"
#include "base/span.h"

struct buf {
    unsigned char *p;
    size_t n;      /* bytes in use */
    size_t cap;    /* bytes allocated */
    size_t max;    /* 0: bounded by memory only */
    bool secret;   /* wiped before it is freed or moved */
};
#define BUF_INIT {0}
#define BUF_SECRET_INIT {.secret = true} /* for a buffer that a message, a name or a password may pass through */

void buf_init_max(struct buf *b, size_t max);
void buf_init_secret(struct buf *b);
void buf_free(struct buf *b);
void buf_clear(struct buf *b);                        /* n = 0, keeps memory (wiped when secret) */
enum rc buf_reserve(struct buf *b, size_t more, struct err *e); /* room for more bytes behind n */
void buf_add(struct buf *b, const void *p, size_t n); /* dies beyond max, because the caller must have reserved or bounded */
void buf_addspan(struct buf *b, struct span s);
void buf_addstr(struct buf *b, const char *s);
void buf_addc(struct buf *b, unsigned char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_take(struct buf *b, size_t n);               /* drops n bytes off the front */
void buf_cut(struct buf *b, size_t n);                /* shortens to n bytes */
const char *buf_cstr(struct buf *b);                  /* with a NUL behind, which n does not count; borrowed until the next change */
static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}
/* little-endian fixed integers, as IPC and sealed formats use them */
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_bytes(struct buf *b, struct span s);         /* u32 length, then the bytes */

/* A reader over a span, with one sticky error: read all, then ask rd_ok(). */
struct rd {
    struct span s;
    bool bad;
};
static inline struct rd rd_of(struct span s)
{
    return (struct rd){s, false};
}
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct span rd_take(struct rd *r, size_t n);          /* n bytes, borrowed */
struct span rd_bytes(struct rd *r);                   /* u32 length + bytes, borrowed */
static inline bool rd_ok(const struct rd *r)          /* nothing missing */
{
    return !r->bad;
}
static inline bool rd_done(const struct rd *r)        /* nothing missing, nothing left */
{
    return !r->bad && r->s.n == 0;
}
