/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/octets.c - see octets.h. */
#include "store/ops/octets.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/scan.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLD_MOST_S = 24 * 3600 };
struct base { /* a segment as the last process left it */
    uint32_t number;
    uint64_t size;
};
struct octets {
    struct base *bases;
    size_t n;
    bool swept; /* octets_after_crash() came to its end: what is behind .swept now is this process's own */
};

/* ---- rows ---- */
enum rc octets_row(struct tx *t, uint32_t number, struct segrow *row_out, struct err *e)
{
    struct key k = key_segment(number);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_SEGMENTS, &k, 0, &b, e);

    memset(row_out, 0, sizeof *row_out);
    if (rc == RC_OK)
        rc = rec_read(buf_span(&b), segrow_f, row_out, e);
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc octets_row_put(struct tx *t, uint32_t number, const struct segrow *row, struct err *e)
{
    struct key k = key_segment(number);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, segrow_f, row);
    rc = tx_put(t, T_SEGMENTS, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

struct amend { /* of one row */
    uint32_t number;
    uint64_t swept, dead; /* swept: 0 leaves it */
};

static enum rc amend(struct tx *t, void *arg, struct err *e)
{
    const struct amend *a = arg;
    struct segrow row;
    enum rc rc = octets_row(t, a->number, &row, e);

    row.swept = a->swept ? a->swept : row.swept;
    row.dead += a->dead;
    return rc == RC_OK ? octets_row_put(t, a->number, &row, e) : rc;
}

/* Called by the thread whose run wants the new segment; it holds no transaction. */
static enum rc made(void *owner, uint32_t number, struct err *e)
{
    struct stored *d = owner;
    struct amend a = {number, SEG_HEAD, 0};

    return tx_run(&d->env, TX_WRITE, amend, &a, e);
}

/* ---- opening ---- */
static bool has_file(const struct octets *o, uint32_t number)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->bases[i].number == number)
            return true;
    return false;
}

static void refuse_missing(struct stored *d)
{
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;

    tx_bare(&d->env, &t);
    if (scan_open(&s, &t, T_SEGMENTS, &from, 0, SCAN_KEYS, &e) == RC_OK)
        while (scan_next(&s, &k, &v, &e) == RC_OK)
            if (!has_file(d->octets, be32(k.p)))
                die("store: its segment %08x.seg is missing: put the file back, or the whole folder store from one "
                    "backup; without it messages would lack their octets",
                    (unsigned)be32(k.p));
    scan_close(&s);
}

/* After a crash the head of the last record may be there and its body not. What were appended behind the end of the file would lie within that record,
 * and a walk would pass over it: such a segment takes no more. */
static bool ended_well(struct stored *d, const struct base *b)
{
    struct segrow row;
    struct tx t;
    struct err e;

    tx_bare(&d->env, &t);
    return octets_row(&t, b->number, &row, &e) == RC_OK && row.swept >= b->size;
}

void octets_open(struct stored *d, bool whole)
{
    struct segs_conf c = {
        .home_fd = d->env.home_fd, .most = d->segment ? d->segment : SEG_MOST, .owner = d, .made = made};
    struct octets *o = calloc(1, sizeof *o);
    struct seg_info *list = NULL;
    struct err e;

    if (!o)
        die("out of memory");
    d->octets = o;
    if (segs_open(&d->env.segs, &c, &e) != RC_OK || segs_list(d->env.segs, &list, &o->n, &e) != RC_OK)
        die("%s", e.log);
    o->bases = calloc(o->n + 1, sizeof *o->bases);
    if (!o->bases)
        die("out of memory");
    for (size_t i = 0; i < o->n; i++)
        o->bases[i] = (struct base){list[i].number, list[i].size};
    free(list);
    if (whole)
        refuse_missing(d);
    if (o->n > 0 && ended_well(d, &o->bases[o->n - 1]) &&
        segs_resume(d->env.segs, o->bases[o->n - 1].number, &e) != RC_OK)
        log_err(LOG_WARN_, "store-segment", &e); /* the next one is made */
}

void octets_close(struct stored *d)
{
    if (d->octets->swept) {
        struct seg_info *list = NULL;
        size_t n = 0;
        struct err e;

        if (segs_list(d->env.segs, &list, &n, &e) == RC_OK && n > 0)
            segs_roll(d->env.segs, list[n - 1].number);
        free(list);
        octets_settle(d);
    }
    segs_close(&d->env.segs);
    free(d->octets->bases);
    free(d->octets);
    d->octets = NULL;
}

/* ---- what a crash left ---- */
struct found {
    uint32_t number;
    uint64_t offset;
    const struct record *r;
    bool live;
};

static enum rc is_live(struct tx *t, void *arg, struct err *e)
{
    struct found *f = arg;
    struct buf mem = BUF_INIT;
    struct objref r;
    enum rc rc = objref_get(t, f->r->oid, false, &mem, &r, e);

    f->live =
        rc == RC_OK && objref_large(&r, f->r->kind) && r.segment == f->number && objref_at(&r, f->r->kind) == f->offset;
    buf_free(&mem);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Nothing but a record whose objref says that it is elsewhere, or nowhere, is given back: octets that are no record may be one whose head is damaged. */
static enum rc sweep_range(struct stored *d, uint32_t number, uint64_t from, uint64_t to, uint64_t *live_out,
                           octets_stopping stopping, struct err *e)
{
    struct found f = {.number = number};
    struct record r;
    struct walk w;
    enum rc rc = walk_open(&w, d->env.segs, number, from, to, e);

    f.r = &r;
    while (rc == RC_OK && !stopping(d) && (rc = walk_next(&w, &r, &f.offset, e)) == RC_OK &&
           (rc = tx_run(&d->env, TX_READ, is_live, &f, e)) == RC_OK) {
        uint64_t n = record_size(r.len);

        if (f.live) {
            *live_out += n;
            continue;
        }
        atomic_fetch_add(&d->orphans, 1);
        if (!octets_held(d))
            (void)seg_punch(d->env.segs, number, f.offset, n, e);
    }
    walk_close(&w);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc sweep_one(struct stored *d, const struct base *b, octets_stopping stopping, struct err *e)
{
    struct amend a = {b->number, b->size, 0};
    struct segrow row;
    uint64_t live = 0, from;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = octets_row(&t, b->number, &row, e);
    if (rc != RC_OK || row.swept >= b->size)
        return rc;
    from = row.swept > SEG_HEAD ? row.swept : SEG_HEAD;
    rc = sweep_range(d, b->number, from, b->size, &live, stopping, e);
    if (rc != RC_OK || stopping(d) || from >= b->size)
        return rc;
    a.dead = b->size - from > live ? b->size - from - live : 0;
    log_ev(LOG_INFO_, "store-swept", "segment=%08x octets=%llu dead=%llu", (unsigned)b->number,
           (unsigned long long)(b->size - from), (unsigned long long)a.dead);
    return tx_run(&d->env, TX_LAZY, amend, &a, e);
}

void octets_after_crash(struct stored *d, octets_stopping stopping)
{
    struct octets *o = d->octets;
    struct err e;

    for (size_t i = 0; i < o->n && !stopping(d); i++)
        if (sweep_one(d, &o->bases[i], stopping, &e) != RC_OK)
            log_err(LOG_WARN_, "store-sweep", &e);
    o->swept = !stopping(d);
}

/* ---- segments that take no more ---- */
void octets_settle(struct stored *d)
{
    struct seg_info *list = NULL;
    size_t n = 0;
    struct segrow row;
    struct tx t;
    struct err e;
    enum rc rc = segs_list(d->env.segs, &list, &n, &e);

    for (size_t i = 0; list && i < n; i++) {
        struct amend a = {list[i].number, list[i].size, list[i].dropped};
        enum rc one;

        if (list[i].current || list[i].writing)
            continue;
        tx_bare(&d->env, &t);
        one = octets_row(&t, list[i].number, &row, &e);
        if (one == RC_OK && row.swept < list[i].size)
            one = tx_run(&d->env, TX_LAZY, amend, &a, &e);
        rc = one == RC_OK ? rc : one; /* a row that cannot be read keeps the others from nothing */
    }
    free(list);
    if (rc != RC_OK)
        log_err(LOG_WARN_, "store-sweep", &e);
}

/* ---- freed objects ---- */
bool octets_held(struct stored *d)
{
    struct stat st;

    return fstatat(d->env.home_fd, "hold", &st, AT_SYMLINK_NOFOLLOW) == 0 && clock_utc() - st.st_mtime < HOLD_MOST_S;
}

/* A hole over one record, if it is that object's. The place may be another's by now: its segment was rewritten and removed while the tomb was waiting
 * (or a crash brought the tomb back), and after a start the number is given again. RC_NOTFOUND: so it is. Where no record begins, a hole was made
 * before, or the head is damaged: the rewriting gives those blocks back. */
static enum rc give_back(struct tx *t, const unsigned char oid[SEAL_OID], const struct objref *r, uint8_t kind,
                         struct err *e)
{
    struct record is;
    enum rc rc = seg_record(t->v->segs, r->segment, objref_at(r, kind), &is, e);

    if (rc != RC_OK)
        return rc == RC_CORRUPT ? RC_OK : rc;
    if (memcmp(is.oid, oid, SEAL_OID) != 0 || is.kind != kind || is.len != objref_len(r, kind))
        return err_set(e, RC_NOTFOUND, "store: another object lies there");
    return seg_punch(t->v->segs, r->segment, objref_at(r, kind), record_size(is.len), e);
}

enum rc octets_free(struct tx *t, const unsigned char oid[SEAL_OID], struct objref *r, struct err *e)
{
    struct amend a = {r->segment, 0, objref_run(r)};
    struct key k = key_segment(r->segment);
    enum rc rc = RC_OK;

    if (a.dead == 0)
        return RC_OK;
    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++)
        if (objref_large(r, kind))
            rc = give_back(t, oid, r, kind, e);
    if (rc == RC_OK)
        rc = tx_has(t, T_SEGMENTS, &k, e);
    if (rc == RC_OK)
        rc = amend(t, &a, e);
    r->where = 0;
    return rc == RC_NOTFOUND ? RC_OK : rc; /* its segment was rewritten, and is gone: it must have no row again */
}

/* ---- numbers ---- */
static enum rc sum_live(struct tx *t, uint64_t *out, struct err *e)
{
    struct key from = {{0}, 0};
    struct objref r;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_OBJREFS, &from, 0, SCAN_MANY, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, objref_f, &r, e)) == RC_OK)
        *out += r.refs > 0 ? objref_run(&r) : 0;
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc octets_bytes(struct stored *d, struct tx *t, uint64_t *segments_out, uint64_t *live_out, uint64_t *tables_out,
                     struct err *e)
{
    struct seg_info *list = NULL;
    struct stat st;
    size_t n = 0;
    enum rc rc = segs_list(d->env.segs, &list, &n, e);

    for (size_t i = 0; rc == RC_OK && i < n; i++)
        *segments_out += list[i].allocated;
    free(list);
    for (int tb = 0; tb < TABLES; tb++)
        if (fstatat(d->env.home_fd, tables[tb].file, &st, 0) == 0)
            *tables_out += (uint64_t)st.st_size;
    return rc == RC_OK ? sum_live(t, live_out, e) : rc;
}
