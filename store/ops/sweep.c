/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/sweep.c - the one background thread. It makes checkpoints and deletes what deleted folders and mailboxes
 * held, what expunged messages left behind, objects whose time has come (tombs.c), rows of T_EXPUNGED that are too old;
 * it gives back what is dead in segments.
 *
 * It works in small transactions, so that no client waits long for a lock. They are not flushed, because what a crash
 * undoes is done again. */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/believed.h"
#include "store/ops/expunged.h"
#include "store/ops/freed.h"
#include "store/ops/fullness.h"
#include "store/ops/octets.h"
#include "store/ops/once.h"
#include "store/ops/packing.h"
#include "store/ops/seen.h"
#include "store/ops/tombs.h"
#include <stdlib.h>
#include <time.h>

enum {
    ROUND_MS = 200, /* how late a checkpoint may be: what it is late by, recovery reads */
    WORK_S = 30,
    REWRITE_S = 5,
    MARK_S = 3600,
    DROPS_A_TX = 100,
    DELETES_A_TX = 500,
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
    static const enum table whole[] = {T_FOLDERS,  T_TAGS,  T_COUNTERS, T_EXPUNGED, T_EPOCHS,
                                       T_KEYWORDS, T_FREED, T_METADATA, T_ACL,      T_SEEN},
                            one[] = {T_EXPUNGED, T_SEEN};
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

/* The first at *at or behind; *at moves behind it. */
static bool next_gone(struct stored *d, struct key *at, struct emptying *g)
{
    struct key from = *at;
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;
    enum rc rc;

    tx_bare(&d->env, &t);
    rc = scan_open(&s, &t, T_GONE, &from, 0, SCAN_FEW, &e);
    if (rc == RC_OK && (rc = scan_next(&s, &k, &v, &e)) == RC_OK) {
        *g = (struct emptying){.mbx = be64(k.p), .folder = be32(k.p + 8), .by = by_of(v), .tb = T_MSGS, .d = d};
        *at = key_folder(g->mbx, g->folder);
        at->b[at->n++] = 0; /* the least key behind it */
    }
    scan_close(&s);
    return rc == RC_OK;
}

/* One that cannot be emptied (a page of what it held is damaged) keeps no other back, and is tried again in the next round. */
static void sweep_gone(struct stored *d)
{
    struct key at = {{0}, 0};
    struct emptying g;
    struct err e;

    while (!stopping(d) && next_gone(d, &at, &g))
        if (empty_one(d, &g, &e) != RC_OK)
            log_err(LOG_WARN_, "store-sweep", &e);
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

        believed_tick(d);
        low = room_low(&d->env);
        env_checkpoint(&d->env, low);
        if (low)
            room_compact(&d->env);
        room_keep(&d->env);
        if (work || now >= work_at) {
            sweep_gone(d);
            expunged_sweep(d, &walk, stopping);
            seen_sweep(d, stopping);
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
            tombs_sweep(d, &tombs, stopping);
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
