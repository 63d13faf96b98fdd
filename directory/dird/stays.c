/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/stays.c - see stays.h.
 * Lock     stays_left() removes a peer's entry under the lock that is held while peers are told. So no peer that has
 *          gone is told anything.
 */
#include "directory/dird/stays.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/ticket.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    LOOK_MS = 500,
    GATHER_MS = 50 /* a bulk change is looked at in pieces, not entry by entry */,
    MOST_S = 7 * 24 * 3600
};

struct stay {
    struct stay *next;
    struct ipc_peer *peer;
    uint64_t mbx, secret_at;
    char address[CACHE_NAME];
};
struct stays {
    struct cache *cache;
    struct ticket_keys *keys; /* locked memory */
    pthread_mutex_t lock;
    struct stay *first;
    pthread_t thread;
    bool started;
    atomic_bool stop;
};

static bool holds(const struct cache_view *v, uint64_t mbx, uint64_t secret_at)
{
    return v->kind == DK_MAILBOX && !v->alias && v->mbx == mbx && cache_same_secret(v->secret_at, secret_at);
}

/* ---- looking ---- */
static bool look_at(struct stays *s, const struct stay *st)
{
    struct cache_view v;
    cache_find(s->cache, span_str(st->address), &v);
    return holds(&v, st->mbx, st->secret_at);
}

static void look(struct stays *s)
{
    struct dird_ev_ended ev = {1};
    pthread_mutex_lock(&s->lock);
    for (struct stay **at = &s->first; *at;) {
        struct stay *st = *at;
        if (look_at(s, st)) {
            at = &st->next;
            continue;
        }
        *at = st->next;
        st->peer->user = NULL;
        ipc_push(st->peer, DIRD_EV_ENDED, &ev);
        log_ev(LOG_INFO_, "session-ended", "account=%s pid=%ld", log_esc(span_str(st->address)), (long)st->peer->pid);
        free(st);
    }
    pthread_mutex_unlock(&s->lock);
}

static void *run(void *arg)
{
    struct stays *s = arg;
    uint64_t seen = cache_version(s->cache);
    while (!atomic_load(&s->stop)) {
        if (!cache_wait_change(s->cache, seen, deadline_in(LOOK_MS)) || atomic_load(&s->stop))
            continue;
        nanosleep(&(struct timespec){0, GATHER_MS * 1000000L}, NULL);
        seen = cache_version(s->cache);
        look(s);
    }
    return NULL;
}

/* ---- asking ---- */
static void enter(struct stays *s, struct ipc_peer *p, const struct ticket *t, const struct cache_view *v)
{
    struct stay *st = p->user;
    if (!st) {
        st = calloc(1, sizeof *st);
        if (!st)
            die("out of memory");
        st->peer = p;
        st->next = s->first;
        s->first = p->user = st;
    }
    st->mbx = t->mbx;
    st->secret_at = t->secret_at % 1000000 ? t->secret_at : v->secret_at;
    snprintf(st->address, sizeof st->address, "%s", v->address);
}

/* Looks and enters under one lock: what changes later is seen by look(), which has to wait for it. */
static bool enter_if_it_holds(struct stays *s, struct ipc_peer *p, const struct ticket *t)
{
    struct cache_view v;
    pthread_mutex_lock(&s->lock);
    cache_find(s->cache, span_str(t->address), &v);
    bool ok = holds(&v, t->mbx, t->secret_at);
    if (ok)
        enter(s, p, t, &v);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

static enum rc denied(struct err *e, const struct ticket *t)
{
    return err_cause(e, RC_DENIED, CAUSE_ACCOUNT_CHANGED, "session of %s ends", log_esc(span_str(t->address)));
}

static enum rc renew(struct stays *s, struct ticket *t, uint64_t now, struct buf *mem, struct dird_stay_rep *out,
                     struct err *e)
{
    uint64_t life = t->expires - t->issued, last = t->begun + MOST_S;
    if (now < t->issued + life / 2 || (t->rights & RIGHT_SLOTS)) {
        uint64_t half = t->issued + life / 2;
        out->ask_in_s = now < half ? half - now : t->expires - now;
        return RC_OK;
    }
    t->issued = now;
    t->expires = now + life < last ? now + life : last;
    if (t->expires <= now)
        return denied(e, t);
    ticket_make(t, s->keys, mem);
    *out = (struct dird_stay_rep){buf_span(mem), (t->expires - now + 1) / 2};
    return RC_OK;
}

enum rc stays_ask(struct stays *s, struct ipc_peer *p, const struct dird_stay_req *rq, struct buf *mem,
                  struct dird_stay_rep *out, struct err *e)
{
    struct ticket t;
    int64_t now = clock_utc();
    enum rc rc = ticket_check(rq->ticket, TICKET_FOR_DIRD, s->keys->of[TICKET_FOR_DIRD], now, &t, e);
    if (rc == RC_OK && ticket_delegate(&t)) /* renewed by DIRD_DELEGATE alone, which looks at the delegation */
        rc = err_set(e, RC_DENIED, "a delegate's ticket is not renewed");
    if (rc != RC_OK)
        return rc;
    if (!enter_if_it_holds(s, p, &t))
        return denied(e, &t);
    return renew(s, &t, (uint64_t)now, mem, out, e);
}

enum rc stays_ticket(struct stays *s, struct span wire, struct ticket *t_out, struct err *e)
{
    enum rc rc = ticket_check(wire, TICKET_FOR_DIRD, s->keys->of[TICKET_FOR_DIRD], clock_utc(), t_out, e);
    struct cache_view v;
    if (rc != RC_OK || ticket_delegate(t_out))
        return rc;
    cache_find(s->cache, span_str(t_out->address), &v);
    return holds(&v, t_out->mbx, t_out->secret_at) ? RC_OK : denied(e, t_out);
}

void stays_ticket_make(struct stays *s, const struct ticket *t, struct buf *out)
{
    ticket_make(t, s->keys, out);
}

void stays_left(struct stays *s, struct ipc_peer *p)
{
    pthread_mutex_lock(&s->lock);
    for (struct stay **at = &s->first; *at; at = &(*at)->next)
        if ((*at)->peer == p) {
            struct stay *st = *at;
            *at = st->next;
            free(st);
            break;
        }
    p->user = NULL;
    pthread_mutex_unlock(&s->lock);
}

/* ---- life ---- */
struct stays *stays_new(struct cache *c, const struct ticket_keys *keys)
{
    struct stays *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->cache = c;
    s->keys = secret_alloc(sizeof *s->keys);
    *s->keys = *keys;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void stays_start(struct stays *s)
{
    int r = pthread_create(&s->thread, NULL, run, s);
    if (r != 0)
        die("cannot start the thread that looks after sessions: error %d", r);
    s->started = true;
}

void stays_free(struct stays **sp)
{
    struct stays *s = sp ? *sp : NULL;
    if (!s)
        return;
    atomic_store(&s->stop, true);
    cache_tell(s->cache); /* it looks at once */
    if (s->started)
        pthread_join(s->thread, NULL);
    for (struct stay *st = s->first, *next; st; st = next) {
        next = st->next;
        free(st);
    }
    secret_free(s->keys, sizeof *s->keys);
    pthread_mutex_destroy(&s->lock);
    free(s);
    *sp = NULL;
}
