/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/sweep.c - the one background thread. It makes checkpoints and deletes what deleted folders and mailboxes
 * held, what expunged messages left behind, objects whose time has come, rows of T_EXPUNGED that are too old; it gives
 * back what is dead in segments.
 *
 * It works in small transactions, so that no client waits long for a lock. They are not flushed, because what a crash
 * undoes is done again. */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/expunged.h"
#include "store/ops/freed.h"
#include "store/ops/fullness.h"
#include "store/ops/octets.h"
#include "store/ops/once.h"
#include "store/ops/packing.h"
#include <stdlib.h>
#include <time.h>

enum {
    ROUND_MS = 200, /* how late a checkpoint may be: what it is late by, recovery reads */
    WORK_S = 30,
    REWRITE_S = 5,
    MARK_S = 3600,
    DROPS_A_TX = 100,
    DELETES_A_TX = 500,
    TOMBS_A_FLUSH = 256,
    AGAIN_S = 30, /* until what failed is tried again */
};
struct sweeper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop, work, running;
};

/* ---- what deleted folders and mailboxes held ---- */
struct emptying {
    uint64_t mbx;
    uint32_t folder; /* 0: the whole mailbox */
    uint64_t by;     /* mailbox number of who deleted the folder */
    enum table tb;
    bool more;
    struct stored *d;
};

static struct key prefix_of(const struct emptying *g)
{
    return g->folder ? key_folder(g->mbx, g->folder) : key_mbx(g->mbx);
}

static enum rc drop_messages(struct tx *t, void *arg, struct err *e)
{
    struct emptying *g = arg;
    struct key from = prefix_of(g);
    struct freeing of = {.mbx = g->mbx, .by = g->by, .folder = g->folder, .how = REMOVED_FOLDER};
    struct freed got[DROPS_A_TX];
    uint32_t folder[DROPS_A_TX];
    struct span k, v;
    struct scan s;
    size_t n = 0;
    enum rc rc = scan_open(&s, t, T_MSGS, &from, from.n, SCAN_FEW, e);

    while (rc == RC_OK && n < DROPS_A_TX && (rc = scan_next(&s, &k, &v, e)) == RC_OK &&
           (rc = rec_read(v, msg_f, &got[n].m, e)) == RC_OK) {
        folder[n] = be32(k.p + 8);
        got[n++].uid = be32(k.p + 12);
    }
    scan_close(&s);
    g->more = n == DROPS_A_TX;
    rc = rc == RC_NOTFOUND ? RC_OK : rc;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = g->folder ? msg_remove(t, g->mbx, folder[i], got[i].uid, e)
                       : msg_drop(t, g->mbx, folder[i], got[i].uid, &got[i].m, e);
    return rc == RC_OK && g->folder && n > 0 ? freed_all(g->d, t, &of, got, n, e) : rc;
}

static enum rc drop_records(struct tx *t, void *arg, struct err *e)
{
    struct emptying *g = arg;
    struct key prefix = prefix_of(g);
    uint32_t left = DELETES_A_TX;
    enum rc rc = scan_delete(t, g->tb, &prefix, &left, e);

    g->more = left == 0;
    return rc;
}

static enum rc drop_gone(struct tx *t, void *arg, struct err *e)
{
    struct emptying *g = arg;
    struct key k = key_folder(g->mbx, g->folder);

    return tx_del(t, T_GONE, &k, e);
}

static bool stopping(struct stored *d)
{
    bool stop;

    pthread_mutex_lock(&d->sweeper->lock);
    stop = d->sweeper->stop;
    pthread_mutex_unlock(&d->sweeper->lock);
    return stop;
}

static enum rc repeat(struct stored *d, tx_fn fn, struct emptying *g, struct err *e)
{
    enum rc rc;

    do {
        rc = tx_run(&d->env, TX_LAZY, fn, g, e);
        room_to_delete(&d->env);
        env_checkpoint(&d->env, false); /* what is taken away is logged: the log's files must go as it grows */
    } while (rc == RC_OK && g->more && !stopping(d));
    return rc;
}

static enum rc empty_one(struct stored *d, struct emptying *g, struct err *e)
{
    static const enum table whole[] = {T_FOLDERS, T_TAGS,     T_COUNTERS, T_EXPUNGED,
                                       T_EPOCHS,  T_KEYWORDS, T_FREED,    T_METADATA},
                            one[] = {T_EXPUNGED};
    const enum table *tb = g->folder ? one : whole;
    size_t n = g->folder ? sizeof one / sizeof one[0] : sizeof whole / sizeof whole[0];
    enum rc rc = repeat(d, drop_messages, g, e);

    for (g->more = true; rc == RC_OK && !g->folder && g->more && !stopping(d);)
        rc = freed_box_gone(d, g->mbx, &g->more, e);
    for (size_t i = 0; rc == RC_OK && i < n && !stopping(d); i++) {
        g->tb = tb[i];
        rc = repeat(d, drop_records, g, e);
    }
    return rc == RC_OK && !stopping(d) ? tx_run(&d->env, TX_LAZY, drop_gone, g, e) : rc;
}

static uint64_t by_of(struct span val)
{
    return val.n == 8 ? be64(val.p) : 0;
}

static bool first_gone(struct stored *d, struct emptying *g)
{
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_GONE, &from, 0, SCAN_FEW, &e);
    if (rc == RC_OK && (rc = scan_next(&s, &k, &v, &e)) == RC_OK)
        *g = (struct emptying){.mbx = be64(k.p), .folder = be32(k.p + 8), .by = by_of(v), .tb = T_MSGS, .d = d};
    scan_close(&s);
    return rc == RC_OK;
}

static void sweep_gone(struct stored *d)
{
    struct emptying g;
    struct err e;

    while (!stopping(d) && first_gone(d, &g))
        if (empty_one(d, &g, &e) != RC_OK) {
            log_err(LOG_WARN_, "store-sweep", &e);
            return; /* again next round */
        }
}

/* ---- objects whose last reference went ---- */
struct tomb {
    uint64_t when;
    unsigned char oid[SEAL_OID];
};

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

/* Where the walk over the tombs is. One that cannot be buried (its record cannot be read) keeps no other back: the walk goes on behind it, and comes
 * to it again after a while. */
struct tomb_walk {
    struct key at;
    int64_t again; /* clock_mono */
    bool failed;
};

/* The next ones; w->at moves behind them. */
static size_t due_tombs(struct stored *d, struct tomb_walk *w, struct tomb *out, size_t most)
{
    uint64_t now = (uint64_t)clock_utc();
    struct key from = w->at;
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;
    size_t n = 0;

    tx_bare(&d->env, &t);
    if (scan_open(&s, &t, T_TOMBS, &from, 0, SCAN_KEYS, &e) == RC_OK)
        while (n < most && scan_next(&s, &k, &v, &e) == RC_OK && be64(k.p) <= now) {
            out[n].when = be64(k.p);
            memcpy(out[n++].oid, k.p + 8, SEAL_OID);
            memcpy(w->at.b, k.p, k.n);
            w->at.b[k.n] = 0; /* the least key behind it */
            w->at.n = k.n + 1;
        }
    scan_close(&s);
    return n;
}

static void bury_one(struct stored *d, struct tomb_walk *w, struct tomb *b)
{
    struct err e;

    busy_enter(d->busy, b->oid);
    if (tx_run(&d->env, TX_LAZY, bury, b, &e) != RC_OK) {
        if (!w->failed) /* one line a walk is enough */
            log_err(LOG_WARN_, "store-sweep", &e);
        w->failed = true;
    }
    busy_leave(d->busy, b->oid);
}

/* What the tombs say is committed; before octets go it is on stable storage, too (INV-O4). As freed_sweep() it works for a part of each round: an EXPUNGE
 * of a large folder leaves many. */
static void sweep_tombs(struct stored *d, struct tomb_walk *w)
{
    int64_t until = clock_mono() + (room_low(&d->env) ? FREED_LOW_MS : FREED_MS) * 1000000LL;
    struct tomb b[TOMBS_A_FLUSH];
    size_t n;

    if (clock_mono() < w->again)
        return;
    do {
        n = due_tombs(d, w, b, TOMBS_A_FLUSH);
        if (n > 0)
            env_flush(&d->env);
        for (size_t i = 0; i < n && !stopping(d); i++)
            bury_one(d, w, &b[i]);
        room_to_delete(&d->env);
        env_checkpoint(&d->env, false);
    } while (n == TOMBS_A_FLUSH && !stopping(d) && clock_mono() < until);
    if (n == TOMBS_A_FLUSH)
        return;
    w->again = w->failed ? clock_mono() + AGAIN_S * 1000000000LL : 0;
    w->at = (struct key){{0}, 0};
    w->failed = false;
}

/* ---- the thread ---- */
static bool wait_round(struct sweeper *w, bool *work_out)
{
    struct timespec at;
    bool stop;

    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += ROUND_MS * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&w->lock);
    if (!w->stop && !w->work)
        pthread_cond_timedwait(&w->wake, &w->lock, &at);
    *work_out = w->work;
    w->work = false;
    stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return !stop;
}

static void *sweep_thread(void *arg)
{
    struct stored *d = arg;
    int64_t work_at = 0, rewrite_at = 0, mark_at = 0;
    struct key walk = {{0}, 0};
    struct freed_walk freed = {0};
    struct tomb_walk tombs = {0};
    bool work = false, low;

    octets_after_crash(d, stopping);
    fullness_load(d, stopping);
    while (wait_round(d->sweeper, &work)) {
        int64_t now = clock_utc();

        low = room_low(&d->env);
        env_checkpoint(&d->env, low);
        if (low)
            room_compact(&d->env);
        room_keep(&d->env);
        if (work || now >= work_at) {
            sweep_gone(d);
            expunged_sweep(d, &walk, stopping);
            work_at = now + WORK_S;
        }
        if (now >= rewrite_at && !octets_held(d)) {
            octets_settle(d);
            octets_rewrite(d, stopping);
            rewrite_at = now + REWRITE_S;
        }
        if (now >= mark_at) {
            once_sweep(d, stopping);
            mark_at = now + MARK_S;
        }
        if (!octets_held(d))
            sweep_tombs(d, &tombs);
        fullness_sweep(d, stopping);
        packing_sweep(d, stopping);
        freed_sweep(d, &freed, stopping); /* last: it takes what time there is */
    }
    return NULL;
}

void sweep_start(struct stored *d)
{
    struct sweeper *w = calloc(1, sizeof *w);

    if (!w)
        die("out of memory");
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    d->sweeper = w;
    w->running = pthread_create(&w->thread, NULL, sweep_thread, d) == 0;
    if (!w->running)
        die("store: no thread for the upkeep");
}

void sweep_wake(struct stored *d)
{
    struct sweeper *w = d->sweeper;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->work = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void sweep_stop(struct stored *d)
{
    struct sweeper *w = d->sweeper;

    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    d->sweeper = NULL;
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
