/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed.c - see freed.h. A row's transaction is not flushed: what a crash undoes is undone as a whole, and
 * done again.
 *
 * A row that cannot be worked off (a page of what it names is damaged) keeps the others from nothing: the walk goes on
 * behind it, and comes back after a while. */
#include "store/ops/freed.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/objects.h"

enum { AGAIN_S = 30 };

/* ---- rows ---- */
enum rc freed_add(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq, uint32_t part, const struct freed *f,
                  size_t n, struct err *e)
{
    struct key k = key_freed(mbx, folder, modseq, part);
    struct buf b = BUF_INIT;
    enum rc rc;

    buf_u64(&b, (uint64_t)clock_utc());
    for (size_t i = 0; i < n; i++) {
        buf_u32(&b, f[i].uid);
        buf_u8(&b, f[i].where);
        buf_add(&b, f[i].oid, SEAL_OID);
    }
    rc = tx_put(t, T_FREED, &k, buf_span(&b), TX_NEW, e);
    buf_free(&b);
    return rc;
}

enum rc freed_read(struct span val, struct freed_row *out, struct err *e)
{
    struct rd r = rd_of(val);

    if (val.n <= FREED_HEAD || (val.n - FREED_HEAD) % FREED_ITEM != 0 || freed_count(val.n) > FREED_A_ROW)
        return err_set(e, RC_CORRUPT, "store: a row of freed.db has %zu bytes", val.n);
    out->when = rd_u64(&r);
    for (out->n = 0; r.s.n > 0; out->n++) {
        out->f[out->n].uid = rd_u32(&r);
        out->f[out->n].where = rd_u8(&r);
        memcpy(out->f[out->n].oid, rd_take(&r, SEAL_OID).p, SEAL_OID);
    }
    return RC_OK;
}

/* ---- working one off ---- */
/* What is not there any more was lost: "pli store check" names that, and a salvage may have left it so. The rest of the
 * row goes all the same. */
static enum rc or_lost(enum rc rc, const struct tx *t)
{
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static enum rc drop_beside(struct tx *t, const struct key *row, const struct freed_row *r, enum table tb, uint8_t bit,
                           struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
        struct key k = key_msg(be64(row->b), be32(row->b + 8), r->f[i].uid);
        if (r->f[i].where & bit)
            rc = or_lost(tx_del(t, tb, &k, e), t);
    }
    return rc;
}

/* INV-14 once more before anything goes: an item whose message is in its folder is damage. Its row stays, and the check names it. */
static enum rc all_left(struct tx *t, const struct key *row, const struct freed_row *r, struct buf *mem, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
        struct key k = key_msg(be64(row->b), be32(row->b + 8), r->f[i].uid);

        rc = tx_get(t, T_MSGS, &k, TX_COMMITTED, mem, e);
        if (rc == RC_OK)
            return err_set(e, RC_CORRUPT, "store: freed.db names a message that is in its folder: folder=%u uid=%u",
                           (unsigned)be32(row->b + 8), (unsigned)r->f[i].uid);
        rc = or_lost(rc, t);
    }
    return rc;
}

/* Table by table, in the order in which a delivery writes them: fewer circles of waits than message by message. */
static enum rc work_off_row(struct tx *t, const struct key *k, struct buf *mem, struct err *e)
{
    struct freed_row r;
    enum rc rc = tx_get(t, T_FREED, k, TX_FOR_WRITE, mem, e);

    if (rc == RC_OK)
        rc = freed_read(buf_span(mem), &r, e);
    if (rc == RC_OK)
        rc = all_left(t, k, &r, mem, e);
    if (rc != RC_OK)
        return rc;
    rc = drop_beside(t, k, &r, T_SUMMARIES, MSG_SUMMARY, e);
    if (rc == RC_OK)
        rc = drop_beside(t, k, &r, T_TEXTS, MSG_TEXT, e);
    for (size_t i = 0; rc == RC_OK && i < r.n; i++)
        rc = or_lost(objref_add(t, r.f[i].oid, -1, e), t);
    return rc == RC_OK ? tx_del(t, T_FREED, k, e) : rc;
}

enum rc freed_work_off(struct tx *t, void *arg, struct err *e)
{
    const struct freed_batch *b = arg;
    struct buf mem = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < b->n; i++)
        rc = work_off_row(t, &b->k[i], &mem, e);
    buf_free(&mem);
    return rc;
}

/* ---- the walk ---- */
/* The next rows at w->at or behind, for one transaction; w->at moves behind them. A robot that expunges one message at a time leaves rows of one. */
static enum rc read_batch(struct stored *d, struct freed_walk *w, enum scan_want how, struct freed_batch *b,
                          struct err *e)
{
    struct key from = w->at;
    size_t items = 0;
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    b->n = 0;
    rc = scan_open(&s, &t, T_FREED, &from, 0, how, e);
    while (rc == RC_OK && items < FREED_A_ROW && b->n < FREED_ROWS && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        items += how == SCAN_KEYS ? FREED_A_ROW : freed_count(v.n);
        memcpy(b->k[b->n].b, k.p, k.n);
        b->k[b->n++].n = k.n;
    }
    scan_close(&s);
    if (b->n == 0)
        return rc;
    w->at = b->k[b->n - 1];
    w->at.b[w->at.n++] = 0; /* the least key behind it */
    return RC_OK;
}

/* A read in bulk fails as a whole when a page that it would go on to is bad: then a row by itself, up to that page, and then the first mailbox behind it. */
static enum rc next_batch(struct stored *d, struct freed_walk *w, struct freed_batch *b, struct err *e)
{
    enum rc rc = read_batch(d, w, SCAN_FEW, b, e);
    struct key from;
    struct tx t;

    if (rc != RC_CORRUPT || (rc = read_batch(d, w, SCAN_KEYS, b, e)) != RC_CORRUPT || !env_table(&d->env, T_FREED))
        return rc;
    log_err(LOG_WARN_, "store-sweep", e);
    w->failed = true;
    from = w->at;
    tx_bare(&d->env, &t);
    return scan_skip(&t, T_FREED, &from, &w->at, e);
}

static enum rc try_batch(struct stored *d, struct freed_batch *b, struct err *e)
{
    enum rc rc = tx_run(&d->env, TX_LAZY, freed_work_off, b, e);

    room_to_delete(&d->env);
    env_checkpoint(&d->env, false); /* what is taken away is logged: the log's files must go as it grows */
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc one_batch(struct stored *d, struct freed_walk *w, struct err *e)
{
    struct freed_batch b, one = {.n = 1};
    enum rc rc = next_batch(d, w, &b, e);

    if (rc != RC_OK || try_batch(d, &b, e) == RC_OK)
        return rc;
    for (size_t i = 0; i < b.n; i++) { /* each by itself, so that the one that fails holds no other back */
        one.k[0] = b.k[i];
        if (try_batch(d, &one, e) == RC_OK)
            continue;
        log_err(LOG_WARN_, "store-sweep", e);
        w->failed = true;
    }
    return RC_OK;
}

void freed_sweep(struct stored *d, struct freed_walk *w, bool (*stopping)(struct stored *d))
{
    int64_t now = clock_mono(), until = now + (room_low(&d->env) ? FREED_LOW_MS : FREED_MS) * 1000000LL;
    struct err e;
    enum rc rc = RC_OK;

    if (now < w->again)
        return;
    while (rc == RC_OK && !stopping(d) && clock_mono() < until)
        rc = one_batch(d, w, &e);
    if (rc == RC_OK)
        return;
    if (rc != RC_NOTFOUND) {
        log_err(LOG_WARN_, "store-sweep", &e);
        w->failed = true;
    }
    w->again = w->failed ? clock_mono() + AGAIN_S * 1000000000LL : 0;
    w->at = (struct key){{0}, 0};
    w->failed = false;
}
