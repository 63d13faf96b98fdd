/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle.c - see throttle.h. */
#include "directory/dird/throttle.h"
#include "base/err.h"
#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 8192, WAYS = 4, FIRST_MS = 1000, QUIET_MS = 600000, DOUBLINGS = 20 };

struct bucket {
    uint64_t key;
    int64_t at; /* when the last try began */
    unsigned n; /* tries, none of them known to be right; 0: free */
};
struct throttle {
    pthread_mutex_t lock;
    unsigned free;
    int64_t most;
    struct bucket b[SLOTS];
};

struct throttle *throttle_new(unsigned free_tries, int64_t most_ms)
{
    struct throttle *t = calloc(1, sizeof *t);
    if (!t)
        die("out of memory");
    pthread_mutex_init(&t->lock, NULL);
    t->free = free_tries;
    t->most = most_ms;
    return t;
}

void throttle_free(struct throttle **t)
{
    if (!t || !*t)
        return;
    pthread_mutex_destroy(&(*t)->lock);
    free(*t);
    *t = NULL;
}

/* The pause between the last try and the next one that may come. */
static int64_t pause_of(const struct throttle *t, const struct bucket *b)
{
    if (b->n < t->free)
        return 0;
    unsigned over = b->n - t->free < DOUBLINGS ? b->n - t->free : DOUBLINGS;
    int64_t ms = (int64_t)FIRST_MS << over;
    return ms < t->most ? ms : t->most;
}

static bool forgotten(const struct throttle *t, const struct bucket *b, int64_t now)
{
    int64_t quiet = 4 * pause_of(t, b);
    return now - b->at >= (quiet > QUIET_MS ? quiet : QUIET_MS);
}

/* The key's bucket; NULL when it has none. */
static struct bucket *find(struct throttle *t, uint64_t key, int64_t now)
{
    struct bucket *row = &t->b[(key % (SLOTS / WAYS)) * WAYS];
    for (int i = 0; i < WAYS; i++)
        if (row[i].n > 0 && row[i].key == key) {
            if (forgotten(t, &row[i], now))
                row[i].n = 0;
            return row[i].n > 0 ? &row[i] : NULL;
        }
    return NULL;
}

static struct bucket *oldest(struct throttle *t, uint64_t key)
{
    struct bucket *row = &t->b[(key % (SLOTS / WAYS)) * WAYS], *old = row;
    for (int i = 0; i < WAYS; i++) {
        if (row[i].n == 0)
            return &row[i];
        if (row[i].at < old->at)
            old = &row[i];
    }
    return old;
}

int64_t throttle_wait(struct throttle *t, uint64_t key, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    const struct bucket *b = find(t, key, now);
    int64_t left = b ? b->at + pause_of(t, b) - now : 0;
    pthread_mutex_unlock(&t->lock);
    return left > 0 ? left : 0;
}

void throttle_take(struct throttle *t, uint64_t key, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct bucket *b = find(t, key, now);
    if (!b) {
        b = oldest(t, key);
        *b = (struct bucket){key, now, 0};
    }
    b->at = now;
    if (b->n < t->free + DOUBLINGS)
        b->n++;
    pthread_mutex_unlock(&t->lock);
}

void throttle_back(struct throttle *t, uint64_t key, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct bucket *b = find(t, key, now);
    if (b)
        b->n--;
    pthread_mutex_unlock(&t->lock);
}
