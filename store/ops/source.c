/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/source.c - cuts the sealed objects of a delivery, which come inline or in a memfd, into pieces.
 *
 * The pieces of large objects are written ahead, some per transaction, so that no transaction holds thousands of page
 * locks. These transactions are not flushed. The last, small transaction of deliver.c makes the message visible, and
 * its flush covers the pieces too, because the log is one sequence. */
#include "store/db/memfd.h"
#include "store/db/room.h"
#include "store/db/scan.h"
#include "store/ops/deliver_int.h"

enum { AHEAD_FROM = 1 << 20, PIECES_A_TX = 16, DELETES_A_TX = 64 };

uint64_t source_len(const struct store_deliver_req *rq, uint8_t kind)
{
    return kind == SEAL_MESSAGE ? rq->len_message : kind == SEAL_SUMMARY ? rq->len_summary : rq->len_search;
}

uint64_t source_off(const struct store_deliver_req *rq, uint8_t kind)
{
    return (kind > SEAL_MESSAGE ? rq->len_message : 0) + (kind > SEAL_SUMMARY ? rq->len_summary : 0);
}

uint64_t source_total(const struct store_deliver_req *rq)
{
    return rq->len_message + rq->len_summary + rq->len_search;
}

enum rc source_open(struct delivery *d, struct err *e)
{
    uint64_t size = source_total(d->rq);
    enum rc rc;

    d->src.fd = -1;
    d->src.all = d->rq->objects;
    if (d->a->fd < 0)
        return size == d->rq->objects.n ? RC_OK : err_set(e, RC_SYNTAX, "store: objects are not as long as announced");
    if (d->rq->objects.n != 0)
        return err_set(e, RC_SYNTAX, "store: objects both inline and in a memfd");
    rc = memfd_check(d->a->fd, size, e);
    if (rc != RC_OK)
        return rc;
    d->ahead = size > AHEAD_FROM;
    if (d->ahead) {
        d->src.fd = d->a->fd;
        return RC_OK;
    }
    rc = memfd_read(d->a->fd, 0, (size_t)size, &d->src.mem, e);
    d->src.all = buf_span(&d->src.mem);
    return rc;
}

void source_close(struct delivery *d)
{
    buf_free(&d->src.mem);
}

enum rc source_get(struct source *s, uint64_t off, size_t n, struct span *out, struct err *e)
{
    enum rc rc = RC_OK;

    if (s->fd >= 0) {
        rc = memfd_read(s->fd, s->base + off, n, &s->mem, e);
        *out = buf_span(&s->mem);
    } else {
        *out = span_head(span_from(s->all, (size_t)off), n);
    }
    return rc;
}

static enum rc digest_one(struct delivery *d, uint8_t kind, unsigned char out[DIGEST_LEN], struct err *e)
{
    uint64_t off = source_off(d->rq, kind), end = off + source_len(d->rq, kind);
    struct digest *g = digest_new();
    enum rc rc = RC_OK;
    struct span s;

    while (rc == RC_OK && off < end) {
        size_t n = end - off < OBJ_PIECE ? (size_t)(end - off) : OBJ_PIECE;

        rc = source_get(&d->src, off, n, &s, e);
        if (rc == RC_OK)
            digest_add(g, s);
        off += n;
    }
    digest_end(&g, out);
    return rc;
}

enum rc source_digests(struct delivery *d, struct err *e)
{
    enum rc rc = RC_OK;

    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        rc = digest_one(d, kind, d->ref.digest[kind - SEAL_MESSAGE], e);
    return rc;
}

/* ---- pieces ---- */
struct stretch { /* some pieces of one object */
    struct delivery *d;
    uint8_t kind;
    uint32_t from, to;
};

static enum rc put_stretch(struct tx *t, void *arg, struct err *e)
{
    const struct stretch *x = arg;
    uint64_t start = source_off(x->d->rq, x->kind), len = source_len(x->d->rq, x->kind);
    enum rc rc = RC_OK;
    struct span s;

    for (uint32_t i = x->from; rc == RC_OK && i < x->to; i++) {
        uint64_t at = (uint64_t)i * OBJ_PIECE;

        rc = source_get(&x->d->src, start + at, len - at < OBJ_PIECE ? (size_t)(len - at) : OBJ_PIECE, &s, e);
        if (rc == RC_OK)
            rc = obj_put_piece(t, x->d->rq->oid, x->kind, i, s, e);
    }
    return rc;
}

enum rc source_store(struct delivery *d, struct tx *t, struct err *e)
{
    enum rc rc = RC_OK;

    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++) {
        struct stretch x = {d, kind, 0, obj_pieces(source_len(d->rq, kind))};

        if (d->ref.where & 1u << kind)
            rc = put_stretch(t, &x, e);
    }
    return rc;
}

static enum rc ahead_one(struct delivery *d, uint8_t kind, struct err *e)
{
    uint32_t n = obj_pieces(source_len(d->rq, kind));
    enum rc rc = RC_OK;

    for (uint32_t at = 0; rc == RC_OK && at < n; at += PIECES_A_TX) {
        struct stretch x = {d, kind, at, n - at < PIECES_A_TX ? n : at + PIECES_A_TX};

        rc = env_room(&d->a->d->env, (uint64_t)PIECES_A_TX * OBJ_PIECE, true, e);
        if (rc == RC_OK)
            rc = tx_run(&d->a->d->env, TX_AHEAD, put_stretch, &x, e);
    }
    return rc;
}

enum rc source_ahead(struct delivery *d, struct err *e)
{
    bool known;
    enum rc rc = pieces_forget(d->a->d, d->rq->oid, &known, e); /* of a try that a crash ended */

    if (rc == RC_OK && known) /* filed before: nothing of it may be written over */
        return RC_OK;
    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        if (d->ref.where & 1u << kind)
            rc = ahead_one(d, kind, e);
    return rc;
}

/* ---- forgetting ---- */
struct forget {
    const unsigned char *oid;
    uint32_t left;
    bool known;
};

static enum rc forget_some(struct tx *t, void *arg, struct err *e)
{
    struct forget *f = arg;
    struct key k = key_oid(f->oid);
    enum rc rc = tx_has(t, T_OBJREFS, &k, e);

    f->left = DELETES_A_TX;
    f->known = rc == RC_OK; /* they are somebody's */
    return rc == RC_NOTFOUND ? scan_delete(t, T_OBJECTS, &k, &f->left, e) : rc;
}

enum rc pieces_forget(struct stored *d, const unsigned char oid[SEAL_OID], bool *known_out, struct err *e)
{
    struct forget f = {oid, 0, false};
    enum rc rc;

    do
        rc = tx_run(&d->env, TX_LAZY, forget_some, &f, e);
    while (rc == RC_OK && f.left == 0);
    if (rc == RC_OK && known_out)
        *known_out = f.known;
    return rc;
}
