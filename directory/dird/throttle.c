/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle.c - see throttle.h. */
#include "directory/dird/throttle.h"
#include "base/err.h"
#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 8192, WAYS = 4, UNIT = 1000 /* one failure, in thousandths */ };

struct bucket {
    uint64_t key;
    int64_t at;    /* when level was true */
    int64_t level; /* 0: free */
};
struct throttle {
    pthread_mutex_t lock;
    int64_t most, window;
    struct bucket b[SLOTS];
};

struct throttle *throttle_new(unsigned most, int64_t window_ms)
{
    struct throttle *t = calloc(1, sizeof *t);
    if (!t)
        die("out of memory");
    pthread_mutex_init(&t->lock, NULL);
    t->most = (int64_t)most * UNIT;
    t->window = window_ms;
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

/* The key's bucket with its level of now; NULL when it has none. */
static struct bucket *find(struct throttle *t, uint64_t key, int64_t now)
{
    struct bucket *row = &t->b[(key % (SLOTS / WAYS)) * WAYS];
    for (int i = 0; i < WAYS; i++)
        if (row[i].level > 0 && row[i].key == key) {
            int64_t leaked = (now - row[i].at) * t->most / t->window;
            row[i].level = leaked >= row[i].level ? 0 : row[i].level - leaked;
            row[i].at += leaked * t->window / t->most; /* what is not yet a whole thousandth goes on leaking */
            return row[i].level > 0 ? &row[i] : NULL;
        }
    return NULL;
}

static struct bucket *oldest(struct throttle *t, uint64_t key)
{
    struct bucket *row = &t->b[(key % (SLOTS / WAYS)) * WAYS], *old = row;
    for (int i = 0; i < WAYS; i++) {
        if (row[i].level == 0)
            return &row[i];
        if (row[i].at < old->at)
            old = &row[i];
    }
    return old;
}

bool throttle_full(struct throttle *t, uint64_t key, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    const struct bucket *b = find(t, key, now);
    bool full = b && b->level > t->most - UNIT;
    pthread_mutex_unlock(&t->lock);
    return full;
}

void throttle_failed(struct throttle *t, uint64_t key, int64_t now)
{
    pthread_mutex_lock(&t->lock);
    struct bucket *b = find(t, key, now);
    if (!b) {
        b = oldest(t, key);
        *b = (struct bucket){key, now, 0};
    }
    b->level = b->level + UNIT > t->most ? t->most : b->level + UNIT;
    pthread_mutex_unlock(&t->lock);
}

void throttle_good(struct throttle *t, uint64_t key)
{
    struct bucket *row = &t->b[(key % (SLOTS / WAYS)) * WAYS];
    pthread_mutex_lock(&t->lock);
    for (int i = 0; i < WAYS; i++)
        if (row[i].key == key)
            row[i].level = 0;
    pthread_mutex_unlock(&t->lock);
}
