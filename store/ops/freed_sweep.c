/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed_sweep.c - the background thread's walk over T_REMOVED. See freed.h.
 *
 * A row that cannot be worked off (a page of what it names is damaged) keeps the others from nothing: the walk goes on
 * behind it, and comes back after a while. So does a row whose mailbox is on hold, but for those no pass comes back until a hold is cleared. */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/believed.h"
#include "store/ops/freed.h"
#include <inttypes.h>

enum { AGAIN_S = 30, WHOLE_S = 3600, LATE_S = 120, ITEMS_A_TX = 64, LOOK_A_STEP = 2000 };

/* ---- which rows are due ---- */
struct look { /* one step of the walk */
    struct stored *d;
    uint64_t now, believed; /* the clock's time, and believed_time() */
    bool low, early;        /* early: what was found goes before its time */
    uint64_t over;          /* a mailbox that keeps more than its share; 0: none met */
    uint64_t since;         /* when the first row of the batch was removed */
};

static bool brief_due(const struct look *l, uint64_t when, uint64_t mbx)
{
    return l->low || when + FREED_BRIEF_S <= l->now || !seats_any(l->d->seats, mbx);
}

static void take(struct look *l, struct freed_batch *b, uint64_t when, const unsigned char *k)
{
    if (b->n == 0)
        l->since = when;
    b->row[b->n].mbx = be64(k + 8);
    b->row[b->n++].n = be64(k + 16);
}

/* False: nothing behind it in its class is due. */
static bool consider(struct look *l, struct freed_batch *b, const unsigned char *k)
{
    uint64_t when = be64(k) & ~(0xffull << 56);

    if (k[0] == FREED_BRIEF) {
        if (brief_due(l, when, be64(k + 8)))
            take(l, b, when, k);
        return true;
    }
    if (when + l->d->keep_s > l->believed) {
        if (!l->low)
            return false;
        l->early = true;
    }
    take(l, b, when, k);
    return true;
}

static bool is_before(struct span k, const struct key *to)
{
    int order = memcmp(k.p, to->b, k.n < to->n ? k.n : to->n);

    return order < 0 || (order == 0 && k.n < to->n);
}

/* The next due rows at w->at or behind, for one transaction; w->at moves behind what was looked at. */
static enum rc read_batch(struct look *l, struct freed_walk *w, struct freed_batch *b, struct err *e)
{
    const struct key over = key_removed(FREED_OVER, 0, 0, 0);
    struct key from = w->at;
    uint32_t items = 0, looked = 0;
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&l->d->env, &t);
    rc = scan_open(&s, &t, T_REMOVED, &from, 0, SCAN_FEW, e);
    while (rc == RC_OK && items < ITEMS_A_TX && b->n < FREED_ROWS && looked++ < LOOK_A_STEP &&
           (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        struct rd r = rd_of(v);

        if (k.p[0] == FREED_KEPT && is_before(k, &w->behind)) {
            w->at = w->behind;
            scan_seek(&s, &w->at);
            continue;
        }
        memcpy(w->at.b, k.p, k.n);
        w->at.b[k.n] = 0; /* the least key behind it */
        w->at.n = k.n + 1;
        if (k.p[0] == FREED_OVER) {
            l->over = be64(k.p + 8);
            break;
        }
        if (consider(l, b, k.p)) {
            items += rd_u32(&r);
            w->reached = k.p[0] == FREED_KEPT ? w->at : w->reached;
        } else {
            scan_seek(&s, &over);
            w->at = over;
        }
    }
    scan_close(&s);
    return rc;
}

/* A page that cannot be read: the walk goes on behind it. */
static enum rc next_batch(struct look *l, struct freed_walk *w, struct freed_batch *b, struct err *e)
{
    enum rc rc = read_batch(l, w, b, e);
    struct key from;
    struct tx t;

    if (rc != RC_CORRUPT || !env_table(&l->d->env, T_REMOVED))
        return rc;
    log_err(LOG_WARN_, "store-sweep", e);
    w->failed = true;
    from = w->at;
    tx_bare(&l->d->env, &t);
    return scan_skip(&t, T_REMOVED, &from, &w->at, e);
}

/* ---- working them off ---- */
static enum rc try_batch(struct stored *d, struct freed_batch *b, struct err *e)
{
    enum rc rc;

    b->packing = d->packing;
    rc = tx_run(&d->env, TX_LAZY, freed_work_off, b, e);
    room_to_delete(&d->env);
    env_checkpoint(&d->env, false); /* what is taken away is logged: the log's files must go as it grows */
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void work_off(struct stored *d, struct freed_walk *w, struct freed_batch *b, struct err *e)
{
    struct freed_batch one = {.n = 1, .box_gone = b->box_gone};

    if (b->n == 0 || try_batch(d, b, e) == RC_OK)
        return;
    for (size_t i = 0; i < b->n; i++) { /* each by itself, so that the one that fails holds no other back */
        one.row[0] = b->row[i];
        if (try_batch(d, &one, e) == RC_OK)
            continue;
        log_err(LOG_WARN_, "store-sweep", e);
        w->failed = true;
    }
}

static bool on_hold(struct stored *d, uint64_t mbx)
{
    struct box b;
    struct tx t;
    struct err e;

    tx_bare(&d->env, &t);
    return box_get(&t, mbx, false, &b, &e) == RC_OK && (b.flags & BOX_HELD);
}

/* Said before it is done: what nobody can get back any more is on the record. Of a mailbox on hold nothing will go, each time it is met again. */
static void say_early(struct stored *d, const struct freed_batch *b, uint64_t since, const char *cause)
{
    for (size_t i = 0; i < b->n; i++)
        if ((i == 0 || b->row[i].mbx != b->row[i - 1].mbx) && !on_hold(d, b->row[i].mbx))
            log_ev(LOG_WARN_, "removed-freed-early", "mbx=%" PRIu64 " from=%" PRIu64 " removed=%" PRIu64 " cause=%s",
                   b->row[i].mbx, b->row[i].n, since, cause);
}

/* ---- a mailbox that keeps more than its share ---- */
/* The next two kept rows from a number on, which moves behind them: rows of other classes before them are met once. */
static enum rc oldest(struct stored *d, uint64_t mbx, uint64_t *n, struct freed_batch *b, uint64_t *since_out,
                      struct err *e)
{
    struct key from = key_freed(mbx, *n);
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_FREED, &from, 8, SCAN_FEW, e);
    while (rc == RC_OK && b->n < 2 && (rc = scan_next(&s, &k, &v, e)) == RC_OK && !(be64(k.p + 8) & FREED_NAME)) {
        struct rd r = rd_of(v);
        uint64_t when = rd_u64(&r);

        if (v.n <= FREED_HEAD || v.p[FREED_HEAD - 1] != FREED_KEPT)
            continue;
        *since_out = b->n == 0 ? when : *since_out;
        b->row[b->n].mbx = mbx;
        b->row[b->n++].n = be64(k.p + 8);
        *n = be64(k.p + 8) + 1;
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

struct over {
    struct stored *d;
    uint64_t mbx;
    bool over;
};

static enum rc look_share(struct tx *t, void *arg, struct err *e)
{
    struct over *o = arg;
    struct key k = key_removed(FREED_OVER, 0, o->mbx, 0);
    enum rc rc = freed_share(o->d, t, o->mbx, &o->over, e);

    if ((rc == RC_OK && !o->over) || (rc == RC_NOTFOUND && !t->deadlock))
        rc = tx_del(t, T_REMOVED, &k, e);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static enum rc to_share(struct stored *d, struct freed_walk *w, uint64_t mbx, bool (*stopping)(struct stored *d),
                        struct err *e)
{
    struct over o = {.d = d, .mbx = mbx};
    uint64_t since = 0, n = 1;
    enum rc rc;

    while ((rc = tx_run(&d->env, TX_LAZY, look_share, &o, e)) == RC_OK && o.over && !stopping(d) && !w->failed) {
        struct freed_batch b = {.n = 0};

        if ((rc = oldest(d, mbx, &n, &b, &since, e)) != RC_OK || b.n == 0)
            break;
        say_early(d, &b, since, "share");
        work_off(d, w, &b, e);
    }
    return rc;
}

/* ---- the walk ---- */
static void begin_pass(struct stored *d, struct freed_walk *w)
{
    unsigned cleared = atomic_load(&d->cleared);

    if (w->at.n > 0)
        return;
    w->reached.n = 0;
    if (w->cleared == cleared && clock_mono() < w->whole)
        return;
    w->behind.n = 0;
    w->cleared = cleared;
    w->whole = clock_mono() + WHOLE_S * 1000000000LL;
}

/* What was due and is there still is held. Not so what was taken before its time, and a row that is written just now may have a time some moments ago. */
static void end_pass(struct stored *d, struct freed_walk *w)
{
    uint64_t now = believed_time(d), age = d->keep_s + LATE_S;
    struct key most = key_removed(FREED_KEPT, now > age ? now - age : 0, 0, 0);

    if (w->failed)
        w->behind.n = 0;
    else if (w->reached.n > 0)
        w->behind = is_before(key_span(&w->reached), &most) ? w->reached : most;
    w->again = w->failed ? clock_mono() + AGAIN_S * 1000000000LL : 0;
    w->at.n = 0;
    w->failed = false;
}

static enum rc one_step(struct stored *d, struct freed_walk *w, bool (*stopping)(struct stored *d), struct err *e)
{
    struct look l = {.d = d, .now = (uint64_t)clock_utc(), .believed = believed_time(d), .low = room_low(&d->env)};
    struct freed_batch b = {.n = 0};
    enum rc rc = next_batch(&l, w, &b, e);

    if (l.early)
        say_early(d, &b, l.since, "disk");
    work_off(d, w, &b, e);
    return l.over ? to_share(d, w, l.over, stopping, e) : rc;
}

void freed_sweep(struct stored *d, struct freed_walk *w, bool (*stopping)(struct stored *d))
{
    int64_t now = clock_mono(), until = now + (room_low(&d->env) ? FREED_LOW_MS : FREED_MS) * 1000000LL;
    struct err e;
    enum rc rc = RC_OK;

    if (now < w->again)
        return;
    begin_pass(d, w);
    while (rc == RC_OK && !stopping(d) && clock_mono() < until)
        rc = one_step(d, w, stopping, &e);
    if (rc == RC_OK)
        return;
    if (rc != RC_NOTFOUND) {
        log_err(LOG_WARN_, "store-sweep", &e);
        w->failed = true;
    }
    end_pass(d, w);
}

/* ---- a deleted mailbox ---- */
enum rc freed_box_gone(struct stored *d, uint64_t mbx, bool *more_out, struct err *e)
{
    struct freed_batch b = {.box_gone = true};
    struct key from = key_freed(mbx, 1);
    struct span k, v;
    struct scan s;
    struct tx t;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_FREED, &from, 8, SCAN_FEW, e);
    while (rc == RC_OK && b.n < 2 && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        b.row[b.n].mbx = mbx;
        b.row[b.n++].n = be64(k.p + 8);
    }
    scan_close(&s);
    *more_out = b.n > 0;
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return rc;
    return b.n > 0 ? try_batch(d, &b, e) : RC_OK;
}

/* ---- for the statistics ---- */
enum rc freed_counts(struct stored *d, struct tx *t, uint64_t *freeing_out, uint64_t *kept_out, struct err *e)
{
    uint64_t now = believed_time(d);
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_REMOVED, &from, 0, SCAN_MANY, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        bool due = k.p[0] != FREED_KEPT || (be64(k.p) & ~(0xffull << 56)) + d->keep_s <= now;
        struct rd r = rd_of(v);

        *(due ? freeing_out : kept_out) += rd_u32(&r);
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
