/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/watch.c - the list of sessions that watch a folder, and telling them after the commit.
 *
 * A session stays in the list while its peer is joined. watch_drop() runs in left(), under the lock that is held while
 * sessions are told, so no event goes to a peer that has gone. An event says "look again" and no more, so an event that
 * is lost with its connection costs nothing.
 *
 * A watch is no longer good than its ticket. A delegate's is good while no mailbox was changed as a whole, which may have ended her delegation or her right in
 * the folder: at the next event she is told that something changed, of which folder not, and is out of the list. Her next STORE_WATCH is looked at as the first
 * was (do_watch). So no table is read here, and a session that was taken over hears nothing more. */
#include "base/clock.h"
#include "store/ops/fullness.h"
#include <stdlib.h>

enum { BUCKETS = 1024 };
struct bucket {
    pthread_mutex_t lock;
    struct sess *first;
};
struct watches {
    struct bucket b[BUCKETS];
};
struct watches *watches_new(void)
{
    struct watches *w = calloc(1, sizeof *w);

    if (!w)
        die("out of memory");
    for (int i = 0; i < BUCKETS; i++)
        pthread_mutex_init(&w->b[i].lock, NULL);
    return w;
}

static struct bucket *bucket_of(struct watches *w, uint64_t mbx)
{
    return &w->b[env_mark_of(mbx) % BUCKETS];
}

void watch_drop(struct watches *w, struct sess *s)
{
    struct bucket *b = bucket_of(w, s->mbx);

    pthread_mutex_lock(&b->lock);
    for (struct sess **p = &b->first; *p; p = &(*p)->watch_next)
        if (*p == s) {
            *p = s->watch_next;
            break;
        }
    s->watching = false;
    pthread_mutex_unlock(&b->lock);
}

void watch_set(struct watches *w, struct sess *s, uint32_t folder)
{
    struct bucket *b = bucket_of(w, s->mbx);

    watch_drop(w, s);
    pthread_mutex_lock(&b->lock);
    s->watch_folder = folder;
    s->watch_seen = s->delegate ? s->slots_seen : 0;
    s->watch_until = s->bound ? s->until : 0;
    s->watch_next = b->first;
    b->first = s;
    s->watching = true;
    pthread_mutex_unlock(&b->lock);
}

/* Tells a session that watches. False: it is out of the list from now on. */
static bool told(struct sess *s, uint64_t changes, const struct store_ev_changed *ev)
{
    struct store_ev_changed look = {0, ev->modseq};
    bool stale = s->watch_seen && s->watch_seen != changes + 1;

    if (s->watch_until && clock_utc() >= s->watch_until)
        return false;
    ipc_push(s->peer, STORE_EV_CHANGED, stale ? &look : ev);
    return !stale;
}

static void watch_tell(struct stored *d, uint64_t mbx, uint32_t folder, uint64_t modseq)
{
    struct bucket *b = bucket_of(d->watches, mbx);
    struct store_ev_changed ev = {folder, modseq};
    uint64_t changes = atomic_load(&d->slots_changes);
    struct sess *s;

    pthread_mutex_lock(&b->lock);
    for (struct sess **p = &b->first; (s = *p);) {
        bool hears = s->mbx == mbx && (s->watch_folder == 0 || folder == 0 || s->watch_folder == folder);

        if (hears && !told(s, changes, &ev)) {
            *p = s->watch_next;
            s->watching = false;
        } else {
            p = &s->watch_next;
        }
    }
    pthread_mutex_unlock(&b->lock);
}

void stored_committed(void *owner, const struct tx_event *ev, size_t n, bool work)
{
    struct stored *d = owner;

    for (size_t i = 0; i < n; i++) {
        if (ev[i].folder == 0) /* before anybody is told, for who is told asks at once */
            atomic_fetch_add(&d->slots_changes, 1);
        watch_tell(d, ev[i].mbx, ev[i].folder, ev[i].modseq);
        if (ev[i].mbx != SEAL_QUEUE_BOX)
            fullness_note(d->fullness, ev[i].mbx);
    }
    if (work)
        sweep_wake(d);
}
