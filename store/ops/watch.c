/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/watch.c - the list of sessions that watch a folder, and telling them after the commit.
 *
 * A session stays in the list while its peer is joined. watch_drop() runs in left(), under the lock that is held while
 * sessions are told, so no event goes to a peer that has gone. An event says "look again" and no more, so an event that
 * is lost with its connection costs nothing. */
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

    if (!s->watching)
        return;
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
    s->watch_next = b->first;
    b->first = s;
    s->watching = true;
    pthread_mutex_unlock(&b->lock);
}

static void watch_tell(struct watches *w, uint64_t mbx, uint32_t folder, uint64_t modseq)
{
    struct bucket *b = bucket_of(w, mbx);
    struct store_ev_changed ev = {folder, modseq};

    pthread_mutex_lock(&b->lock);
    for (struct sess *s = b->first; s; s = s->watch_next)
        if (s->mbx == mbx && (s->watch_folder == 0 || folder == 0 || s->watch_folder == folder))
            ipc_push(s->peer, STORE_EV_CHANGED, &ev);
    pthread_mutex_unlock(&b->lock);
}

void stored_committed(void *owner, const struct tx_event *ev, size_t n, bool work)
{
    struct stored *d = owner;

    for (size_t i = 0; i < n; i++) {
        if (ev[i].folder == 0) /* before anybody is told, for who is told asks at once */
            atomic_fetch_add(&d->slots_changes, 1);
        watch_tell(d->watches, ev[i].mbx, ev[i].folder, ev[i].modseq);
        if (ev[i].mbx != SEAL_QUEUE_BOX)
            fullness_note(d->fullness, ev[i].mbx);
    }
    if (work)
        sweep_wake(d);
}
