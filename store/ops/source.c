/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/source.c - reads the sealed objects of a delivery, which come inline or in a memfd, digests them, and appends them to a
 * segment, flushed. The transaction of deliver.c, which names their place, comes after that (INV-3, INV-O1). */
#include "store/db/memfd.h"
#include "store/ops/deliver_int.h"

enum { STEPS_FROM = 1 << 20 };

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
    uint64_t size = source_total(d->rq), skip = d->rq->skip;
    enum rc rc;

    d->src.fd = -1;
    d->src.all = d->rq->objects;
    if (d->a->fd < 0)
        return size == d->rq->objects.n ? RC_OK : err_set(e, RC_SYNTAX, "store: objects are not as long as announced");
    if (d->rq->objects.n != 0)
        return err_set(e, RC_SYNTAX, "store: objects both inline and in a memfd");
    rc = skip <= SOURCE_SKIP ? memfd_check(d->a->fd, skip + size, e)
                             : err_set(e, RC_SYNTAX, "store: objects that begin at %llu", (unsigned long long)skip);
    if (rc != RC_OK)
        return rc;
    if (size > STEPS_FROM) {
        d->src.fd = d->a->fd;
        d->src.base = skip;
        return RC_OK;
    }
    rc = memfd_read(d->a->fd, skip, (size_t)size, &d->src.mem, e);
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

/* ---- into the segment ---- */
struct part { /* one object: where in the source, where in the segment */
    uint8_t kind;
    bool stored; /* into the segment; else it is digested only */
    uint64_t off, len, at;
};

static enum rc write_body(struct delivery *d, const struct part *p, uint64_t done, struct span s, struct err *e)
{
    return p->stored ? run_write(&d->run, p->at + RECORD_HEAD + done, NULL, s, e) : RC_OK;
}

static enum rc write_head(struct delivery *d, const struct part *p, struct span body, struct err *e)
{
    struct record head = {.kind = p->kind, .len = p->len};

    if (!p->stored)
        return RC_OK;
    memcpy(head.oid, d->rq->oid, SEAL_OID);
    memcpy(head.digest, d->ref.digest[p->kind - SEAL_MESSAGE], DIGEST_LEN);
    return run_write(&d->run, p->at + RECORD_HEAD, &head, body, e);
}

/* At hand as a whole: head and body are written with one call. */
static enum rc put_whole(struct delivery *d, const struct part *p, struct err *e)
{
    struct span s;
    enum rc rc = source_get(&d->src, p->off, (size_t)p->len, &s, e);

    if (rc != RC_OK)
        return rc;
    digest_of(s, d->ref.digest[p->kind - SEAL_MESSAGE]);
    return write_head(d, p, s, e);
}

/* Read once: digested and written on the way. The head comes last, because it has the digest. */
static enum rc put_steps(struct delivery *d, const struct part *p, struct err *e)
{
    struct digest *g = digest_new();
    enum rc rc = RC_OK;
    struct span s;

    for (uint64_t done = 0; rc == RC_OK && done < p->len; done += s.n) {
        s.n = 0;
        rc = source_get(&d->src, p->off + done, p->len - done < OBJ_STEP ? (size_t)(p->len - done) : OBJ_STEP, &s, e);
        if (rc != RC_OK)
            break;
        digest_add(g, s);
        rc = write_body(d, p, done, s, e);
    }
    digest_end(&g, d->ref.digest[p->kind - SEAL_MESSAGE]);
    return rc == RC_OK ? write_head(d, p, SPAN_NULL, e) : rc;
}

/* A large delivery that is asked again, the first try's answer having been lost: nothing is appended for it. The object id is busy, so this stays so. */
static enum rc is_filed(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_oid(((struct delivery *)arg)->rq->oid);

    return tx_has(t, T_OBJREFS, &k, e);
}

static enum rc reserve(struct delivery *d, struct err *e)
{
    uint64_t len = objref_run(&d->ref);
    enum rc rc = len > 0 ? run_begin(d->a->d->env.segs, len, &d->run, e) : RC_OK;

    d->ref.segment = d->run.segment;
    d->ref.offset = d->run.offset;
    return rc;
}

enum rc source_append(struct delivery *d, struct err *e)
{
    enum rc rc = d->src.fd >= 0 ? tx_run(&d->a->d->env, TX_READ, is_filed, d, e) : RC_NOTFOUND;
    bool store = rc == RC_NOTFOUND;

    if (store)
        rc = reserve(d, e);
    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++) {
        struct part p = {kind, store && objref_large(&d->ref, kind), source_off(d->rq, kind), source_len(d->rq, kind),
                         objref_at(&d->ref, kind)};

        rc = d->src.fd >= 0 ? put_steps(d, &p, e) : put_whole(d, &p, e);
    }
    return rc == RC_OK && d->run.seg ? run_flush(&d->run, e) : rc;
}
