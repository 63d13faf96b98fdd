/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/tombs.c - see tombs.h. */
#include "store/ops/tombs.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/freed.h"
#include "store/ops/octets.h"

enum { TOMBS_A_FLUSH = 256 };
struct tomb {
    uint64_t when;
    unsigned char oid[SEAL_OID];
};

/* ---- one of them ---- */
/* The objref of a young object, which says who was answered what, stays its hour (INV-4), with a tomb of its own. */
static enum rc bury_ref(struct tx *t, const struct tomb *b, struct objref *r, struct err *e)
{
    struct key ref = key_oid(b->oid), later = key_tomb(r->created + OBJ_KEEP_S, b->oid);
    enum rc rc;

    if ((uint64_t)clock_utc() >= r->created + OBJ_KEEP_S)
        return tx_del(t, T_OBJREFS, &ref, e);
    rc = objref_put(t, b->oid, r, false, e);
    return rc == RC_OK ? tx_put(t, T_TOMBS, &later, SPAN_LIT("t"), 0, e) : rc;
}

static enum rc bury(struct tx *t, void *arg, struct err *e)
{
    struct tomb *b = arg;
    struct key tomb = key_tomb(b->when, b->oid);
    struct buf mem = BUF_INIT;
    struct objref r;
    enum rc rc = objref_get(t, b->oid, true, &mem, &r, e);

    if (rc == RC_OK && r.refs == 0 && (rc = octets_free(t, b->oid, &r, e)) == RC_OK)
        rc = bury_ref(t, b, &r, e);
    if ((rc == RC_OK || rc == RC_NOTFOUND) && !t->deadlock)
        rc = tx_del(t, T_TOMBS, &tomb, e);
    buf_free(&mem);
    return rc;
}

/* ---- the walk ---- */
static void note_failed(struct tomb_walk *w, const struct err *why)
{
    w->failed++;
    w->last = *why;
}

/* The walk begins at the first row each time, for what was worked off is gone. Behind one that failed it begins there, until the next pass. */
static void begin(struct tomb_walk *w)
{
    int64_t now = clock_mono();

    if (w->failed > 0 && (!w->whole || now < w->again))
        return;
    w->again = now + TOMBS_AGAIN_S * 1000000000LL;
    w->at = (struct key){{0}, 0};
    w->failed = 0;
}

static void step_behind(struct tomb_walk *w, const struct tomb *b)
{
    w->at = key_tomb(b->when, b->oid);
    w->at.b[w->at.n++] = 0; /* the least key behind it */
}

/* RC_NOTFOUND: nothing behind those found is due. */
static enum rc read_due(struct stored *d, const struct tomb_walk *w, struct tomb *out, size_t *n_out, struct err *e)
{
    uint64_t now = (uint64_t)clock_utc();
    struct key from = w->at;
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_TOMBS, &from, 0, SCAN_KEYS, e);
    for (*n_out = 0; rc == RC_OK && *n_out < TOMBS_A_FLUSH && (rc = scan_next(&s, &k, &v, e)) == RC_OK;) {
        if (be64(k.p) > now) {
            rc = err_set(e, RC_NOTFOUND, "store: no tomb is due");
            break;
        }
        out[*n_out].when = be64(k.p);
        memcpy(out[(*n_out)++].oid, k.p + 8, SEAL_OID);
    }
    scan_close(&s);
    return rc;
}

/* A page of tombs that cannot be read: the walk goes on behind it, once what lies before it is done. */
static enum rc find_due(struct stored *d, struct tomb_walk *w, struct tomb *out, size_t *n_out, struct err *e)
{
    enum rc rc = read_due(d, w, out, n_out, e);
    struct key from = w->at;
    struct tx t;

    if (rc != RC_CORRUPT || !env_table(&d->env, T_TOMBS))
        return rc;
    if (*n_out > 0)
        return RC_OK;
    note_failed(w, e);
    tx_bare(&d->env, &t);
    return scan_skip(&t, T_TOMBS, &from, &w->at, e);
}

static void work_off(struct stored *d, struct tomb_walk *w, struct tomb *b, size_t n,
                     bool (*stopping)(struct stored *d))
{
    struct err e;
    enum rc rc;

    if (n > 0)
        env_flush(&d->env);
    for (size_t i = 0; i < n && !stopping(d); i++) {
        busy_enter(d->busy, b[i].oid);
        rc = tx_run(&d->env, TX_LAZY, bury, &b[i], &e);
        busy_leave(d->busy, b[i].oid);
        if (rc == RC_OK)
            continue;
        note_failed(w, &e);
        step_behind(w, &b[i]);
    }
    room_to_delete(&d->env);
    env_checkpoint(&d->env, false); /* what is taken away is logged: the log's files must go as it grows */
}

static void say(struct tomb_walk *w)
{
    if (w->failed > w->said)
        log_err(LOG_WARN_, "store-sweep", &w->last);
    if (w->whole || w->failed > w->said)
        w->said = w->failed;
}

void tombs_sweep(struct stored *d, struct tomb_walk *w, bool (*stopping)(struct stored *d))
{
    int64_t until = clock_mono() + (room_low(&d->env) ? FREED_LOW_MS : FREED_MS) * 1000000LL;
    struct tomb b[TOMBS_A_FLUSH];
    struct err e;
    enum rc rc;
    size_t n;

    begin(w);
    do {
        rc = find_due(d, w, b, &n, &e);
        work_off(d, w, b, n, stopping);
    } while (rc == RC_OK && !stopping(d) && clock_mono() < until);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        note_failed(w, &e);
    w->whole = rc != RC_OK;
    say(w);
}
