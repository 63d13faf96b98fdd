/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/rewrite.c - segments of which a good part is dead: what lives in them is appended to the current segment, and they are removed.
 *
 * Steps    1 One walk over T_OBJREFS gathers who lies in the segments that were chosen. The tables say what is live, not the segment: a record
 *            whose head is damaged is not forgotten.
 *          2 Some objects at a time: the octets are copied and compared with their digests, the copies flushed; then one transaction
 *            gives each objref that has not changed meanwhile its new place.
 *          3 When all are moved, the log is flushed, and a second walk makes sure that no objref names the segment.
 *          4 Its row is deleted, flushed; then the file is removed. Whoever reads in it at that moment holds it; who comes later finds the new place.
 * INV-O5   A segment is removed only when no objref on stable storage names it. A crash before the flush of step 3 leaves the old places; the copies
 *          are then dead octets behind .swept of their segment, and are found after the start. A crash between row and file leaves a file
 *          without a row, in which nothing is live.
 * Damaged  An object whose octets are not what was filed stays where it is, and its segment with it, until the process ends.
 * Pace     PAUSE_MS after each batch, so that people come first; none at all while the disk has no room for the copies, or a backup holds.
 * Process  pli-stored, the background thread. */
#include "base/log.h"
#include "store/db/room.h"
#include "store/db/scan.h"
#include "store/ops/octets.h"
#include <poll.h>
#include <stdlib.h>

enum {
    CHOSEN = 16,
    BATCH = 32,
    BATCH_OCTETS = 4 << 20,
    PAUSE_MS = 10,
    SLACK = 1 << 20,
    SPOILT = 64,
    SMALL = SEG_MOST / 16,
    MERGE = 8
};

struct member { /* an object in a chosen segment */
    unsigned char oid[SEAL_OID];
    uint32_t segment;
    uint64_t offset;
};
struct move {
    struct member m;
    struct run run;
    bool done;
};
struct rewriting {
    struct stored *d;
    octets_stopping stopping;
    uint32_t chosen[CHOSEN];
    bool keep[CHOSEN]; /* something of it cannot be moved */
    size_t n_chosen;
    struct member *members;
    size_t n, cap;
    struct move batch[BATCH];
    size_t n_batch;
};
static uint32_t spoilt[SPOILT]; /* one thread rewrites */
static size_t n_spoilt;

/* ---- choosing ---- */
static bool is_spoilt(uint32_t number)
{
    for (size_t i = 0; i < n_spoilt; i++)
        if (spoilt[i] == number)
            return true;
    return false;
}

/* Each crash ends a segment early. When there are many such, they become one. */
static size_t count_small(const struct seg_info *list, size_t n)
{
    size_t small = 0;

    for (size_t i = 0; i < n; i++)
        small += !list[i].current && list[i].size < SMALL;
    return small;
}

static bool worth_it(const struct seg_info *i, uint64_t dead, bool merge)
{
    if (merge && !i->current && i->size < SMALL)
        return true;
    uint64_t live = i->size > SEG_HEAD + dead ? i->size - SEG_HEAD - dead : 0;

    return i->allocated > live + live / 4 + SLACK || (live == 0 && dead > 0);
}

/* The current one is closed when it, too, is worth it; it is chosen in the next round. */
static enum rc choose(struct rewriting *w, struct err *e)
{
    struct seg_info *list = NULL;
    size_t n = 0;
    struct segrow row;
    struct tx t;
    enum rc rc = segs_list(w->d->env.segs, &list, &n, e);
    bool merge = rc == RC_OK && count_small(list, n) >= MERGE;

    tx_bare(&w->d->env, &t);
    for (size_t i = 0; list && i < n && w->n_chosen < CHOSEN; i++) {
        if (octets_row(&t, list[i].number, &row, e) != RC_OK) /* said by octets_settle(); the others are looked at */
            continue;
        if (!worth_it(&list[i], row.dead, merge) || is_spoilt(list[i].number))
            continue;
        if (list[i].current)
            segs_roll(w->d->env.segs, list[i].number);
        else if (!list[i].writing && row.swept >= list[i].size)
            w->chosen[w->n_chosen++] = list[i].number;
    }
    free(list);
    return rc;
}

static size_t which(const struct rewriting *w, uint32_t segment)
{
    size_t i = 0;

    while (i < w->n_chosen && w->chosen[i] != segment)
        i++;
    return i;
}

/* ---- who lies there ---- */
static enum rc gather(struct rewriting *w, const unsigned char *oid, const struct objref *r, struct err *e)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 1024;
        struct member *more = realloc(w->members, cap * sizeof *more);

        if (!more)
            return err_set(e, RC_TEMP, "store: out of memory");
        w->members = more;
        w->cap = cap;
    }
    w->members[w->n] = (struct member){.segment = r->segment, .offset = r->offset};
    memcpy(w->members[w->n++].oid, oid, SEAL_OID);
    return RC_OK;
}

/* Objects that nobody refers to are left: their octets go with the segment, their objrefs when their time comes. */
static enum rc walk_objrefs(struct rewriting *w, struct err *e)
{
    struct key from = {{0}, 0};
    struct objref r;
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    w->n = 0;
    tx_bare(&w->d->env, &t);
    rc = scan_open(&s, &t, T_OBJREFS, &from, 0, SCAN_MANY, e);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, objref_f, &r, e)) == RC_OK)
        if (r.refs > 0 && objref_run(&r) > 0 && which(w, r.segment) < w->n_chosen)
            rc = gather(w, k.p + 1, &r, e);
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static int by_place(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* ---- moving ---- */
static enum rc copy_record(struct rewriting *w, const struct objref *r, uint64_t shift, struct run *run,
                           const unsigned char *oid, uint8_t kind, struct err *e)
{
    uint64_t at = objref_at(r, kind) + RECORD_HEAD, len = objref_len(r, kind);
    struct record head = {.kind = kind, .len = len};
    struct digest *g = digest_new();
    struct buf b = BUF_INIT;
    enum rc rc = RC_OK;

    for (uint64_t done = 0; rc == RC_OK && done < len; done += b.n) {
        buf_clear(&b);
        rc = seg_read(w->d->env.segs, r->segment, at + done, len - done < OBJ_STEP ? len - done : OBJ_STEP, &b, e);
        digest_add(g, buf_span(&b));
        if (rc == RC_OK)
            rc = run_write(run, at + done + shift, NULL, buf_span(&b), e);
    }
    digest_end(&g, head.digest);
    buf_free(&b);
    if (rc == RC_OK && memcmp(head.digest, r->digest[kind - SEAL_MESSAGE], DIGEST_LEN) != 0)
        rc = err_set(e, RC_CORRUPT, "store: an object is damaged: segment=%08x at=%llu", (unsigned)r->segment,
                     (unsigned long long)at);
    memcpy(head.oid, oid, SEAL_OID);
    return rc == RC_OK ? run_write(run, at + shift, &head, SPAN_NULL, e) : rc;
}

/* Copies one object into a run of its own. RC_NOTFOUND: it has left meanwhile. */
static enum rc copy_object(struct rewriting *w, const struct member *m, struct run *run, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct objref r;
    struct tx t;
    enum rc rc;

    tx_bare(&w->d->env, &t);
    rc = objref_get(&t, m->oid, false, &mem, &r, e);
    if (rc == RC_OK && (objref_run(&r) == 0 || r.refs == 0 || r.segment != m->segment || r.offset != m->offset))
        rc = err_set(e, RC_NOTFOUND, "store: it was freed");
    if (rc == RC_OK)
        rc = env_room(&w->d->env, objref_run(&r), 0, true, e);
    if (rc == RC_OK)
        rc = run_begin(w->d->env.segs, objref_run(&r), run, e);
    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        if (objref_large(&r, kind))
            rc = copy_record(w, &r, run->offset - r.offset, run, m->oid, kind, e);
    buf_free(&mem);
    return rc;
}

static enum rc give_places(struct tx *t, void *arg, struct err *e)
{
    struct rewriting *w = arg;
    struct buf mem = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < w->n_batch; i++) {
        struct move *m = &w->batch[i];
        struct objref r;

        m->done = false;
        rc = objref_get(t, m->m.oid, true, &mem, &r, e);
        if (rc == RC_NOTFOUND || (rc == RC_OK && (objref_run(&r) == 0 || r.refs == 0 || r.segment != m->m.segment ||
                                                  r.offset != m->m.offset))) {
            rc = RC_OK;
            continue;
        }
        r.segment = m->run.segment;
        r.offset = m->run.offset;
        if (rc == RC_OK)
            rc = objref_put(t, m->m.oid, &r, false, e);
        m->done = rc == RC_OK;
    }
    buf_free(&mem);
    return rc;
}

/* The runs of a batch were appended in order: the last one of each segment stands for those before it. */
static enum rc end_batch(struct rewriting *w, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < w->n_batch; i++)
        if (i + 1 == w->n_batch || w->batch[i + 1].run.segment != w->batch[i].run.segment)
            rc = run_flush(&w->batch[i].run, e);
    if (rc == RC_OK && w->n_batch > 0)
        rc = tx_run(&w->d->env, TX_LAZY, give_places, w, e);
    for (size_t i = 0; i < w->n_batch; i++)
        if (rc == RC_OK && w->batch[i].done)
            run_end(&w->batch[i].run);
        else
            run_drop(&w->batch[i].run);
    w->n_batch = 0;
    poll(NULL, 0, PAUSE_MS);
    return rc;
}

static void keep(struct rewriting *w, uint32_t segment)
{
    w->keep[which(w, segment)] = true;
    if (n_spoilt < SPOILT)
        spoilt[n_spoilt++] = segment;
}

static enum rc move_one(struct rewriting *w, const struct member *m, uint64_t *octets, struct err *e)
{
    struct move *x = &w->batch[w->n_batch];
    enum rc rc;

    if (w->keep[which(w, m->segment)])
        return RC_OK;
    *x = (struct move){.m = *m};
    rc = copy_object(w, m, &x->run, e);
    if (rc == RC_OK) {
        *octets += x->run.len;
        w->n_batch++;
        return rc;
    }
    run_drop(&x->run);
    if (rc != RC_CORRUPT)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    log_err(LOG_ERROR_, "store-damaged", e);
    keep(w, m->segment);
    return RC_OK;
}

static enum rc move_all(struct rewriting *w, struct err *e)
{
    uint64_t octets = 0;
    enum rc rc = RC_OK, last;
    struct err later;

    if (w->n > 0)
        qsort(w->members, w->n, sizeof *w->members, by_place);
    for (size_t i = 0; rc == RC_OK && i < w->n && !w->stopping(w->d); i++) {
        if (octets_held(w->d))
            rc = err_set(e, RC_TEMP, "store: held");
        if (rc == RC_OK)
            rc = move_one(w, &w->members[i], &octets, e);
        if (rc == RC_OK && (w->n_batch == BATCH || octets >= BATCH_OCTETS)) {
            rc = end_batch(w, e);
            octets = 0;
        }
    }
    last = end_batch(w, rc == RC_OK ? e : &later); /* what was copied counts, whatever stopped the rest */
    return rc == RC_OK ? last : rc;
}

/* ---- removing ---- */
static enum rc drop_row(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_segment(*(uint32_t *)arg);
    enum rc rc = tx_del(t, T_SEGMENTS, &k, e);

    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc remove_all(struct rewriting *w, struct err *e)
{
    enum rc rc;

    env_flush(&w->d->env);
    rc = walk_objrefs(w, e);
    for (size_t i = 0; i < w->n && rc == RC_OK; i++)
        w->keep[which(w, w->members[i].segment)] = true;
    for (size_t i = 0; rc == RC_OK && i < w->n_chosen && !octets_held(w->d); i++) {
        if (w->keep[i])
            continue;
        rc = tx_run(&w->d->env, TX_WRITE, drop_row, &w->chosen[i], e);
        if (rc == RC_OK)
            rc = seg_remove(w->d->env.segs, w->chosen[i], e);
        if (rc == RC_OK)
            log_ev(LOG_INFO_, "store-rewritten", "segment=%08x", (unsigned)w->chosen[i]);
    }
    return rc;
}

void octets_rewrite(struct stored *d, octets_stopping stopping)
{
    struct rewriting *w = calloc(1, sizeof *w);
    struct err e;
    enum rc rc;

    if (!w)
        return;
    w->d = d;
    w->stopping = stopping;
    rc = choose(w, &e);
    if (rc == RC_OK && w->n_chosen > 0) {
        rc = walk_objrefs(w, &e);
        if (rc == RC_OK)
            rc = move_all(w, &e);
        if (rc == RC_OK && !stopping(d))
            rc = remove_all(w, &e);
    }
    if (rc != RC_OK)
        log_err(LOG_INFO_, "store-rewrite", &e);
    free(w->members);
    free(w);
}
