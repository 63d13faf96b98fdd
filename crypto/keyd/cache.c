/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/cache.c - see cache.h. A set has WAYS entries and one lock. An entry is a head and then the value. */
#include "crypto/keyd/cache.h"
#include "base/wipe.h"
#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 16 };

struct head {
    unsigned char key[CACHE_KEY];
    uint64_t used; /* set's tick at last use; 0: free */
};
struct set {
    pthread_mutex_t lock;
    uint64_t tick;
};
struct cache {
    size_t sets, entry, value;
    void (*drop)(void *value);
    struct set *set;
    unsigned char *mem; /* sets * WAYS entries, locked */
};

struct cache *cache_new(size_t entries, size_t value_size, void (*drop)(void *value))
{
    struct cache *c = calloc(1, sizeof *c);

    if (c == NULL)
        die("out of memory");
    c->sets = entries < WAYS ? 1 : entries / WAYS;
    c->value = value_size;
    c->entry = sizeof(struct head) + (value_size + 15) / 16 * 16;
    c->drop = drop;
    c->set = calloc(c->sets, sizeof *c->set);
    if (c->set == NULL)
        die("out of memory");
    for (size_t i = 0; i < c->sets; i++)
        pthread_mutex_init(&c->set[i].lock, NULL);
    c->mem = secret_alloc(c->sets * WAYS * c->entry);
    return c;
}

static size_t set_of(const struct cache *c, const unsigned char key[CACHE_KEY])
{
    uint64_t h;

    memcpy(&h, key, sizeof h);
    return (size_t)(h % c->sets);
}

static struct head *entry_at(const struct cache *c, size_t set, size_t way)
{
    return (struct head *)(void *)(c->mem + (set * WAYS + way) * c->entry);
}

static void empty(struct cache *c, struct head *h)
{
    if (h->used != 0 && c->drop != NULL)
        c->drop(h + 1);
    wipe(h, c->entry);
}

/* The key's entry, or NULL. *victim_out: the entry to give up for it. */
static struct head *look(const struct cache *c, size_t set, const unsigned char key[CACHE_KEY],
                         struct head **victim_out)
{
    struct head *victim = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        struct head *h = entry_at(c, set, i);

        if (h->used != 0 && memcmp(h->key, key, CACHE_KEY) == 0)
            return h;
        if (victim == NULL || h->used < victim->used)
            victim = h;
    }
    *victim_out = victim;
    return NULL;
}

void *cache_hold(struct cache *c, const unsigned char key[CACHE_KEY], bool *found_out)
{
    size_t n = set_of(c, key);
    struct head *victim = NULL, *h;

    pthread_mutex_lock(&c->set[n].lock);
    h = look(c, n, key, &victim);
    *found_out = h != NULL;
    if (h == NULL) {
        h = victim;
        empty(c, h);
        memcpy(h->key, key, CACHE_KEY);
    }
    h->used = ++c->set[n].tick;
    return h + 1;
}

void cache_drop(struct cache *c, const unsigned char key[CACHE_KEY])
{
    struct head *unused, *h = look(c, set_of(c, key), key, &unused);

    if (h != NULL)
        empty(c, h);
}

void cache_release(struct cache *c, const unsigned char key[CACHE_KEY])
{
    pthread_mutex_unlock(&c->set[set_of(c, key)].lock);
}

void cache_sweep(struct cache *c, bool (*stale)(const void *value, int64_t now), int64_t now)
{
    for (size_t s = 0; s < c->sets; s++) {
        pthread_mutex_lock(&c->set[s].lock);
        for (size_t i = 0; i < WAYS; i++) {
            struct head *h = entry_at(c, s, i);

            if (h->used != 0 && stale(h + 1, now))
                empty(c, h);
        }
        pthread_mutex_unlock(&c->set[s].lock);
    }
}

static bool all_stale(const void *value, int64_t now)
{
    (void)value;
    (void)now;
    return true;
}

void cache_free(struct cache **c)
{
    if (*c == NULL)
        return;
    cache_sweep(*c, all_stale, 0);
    for (size_t i = 0; i < (*c)->sets; i++)
        pthread_mutex_destroy(&(*c)->set[i].lock);
    secret_free((*c)->mem, (*c)->sets * WAYS * (*c)->entry);
    free((*c)->set);
    free(*c);
    *c = NULL;
}
