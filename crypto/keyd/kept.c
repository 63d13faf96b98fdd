/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/kept.c - a key that was opened at some cost is kept for five minutes: a mailbox's, which a password opened
 * (opened.c), and an epoch's of the queue (purpose_queue.c). */
#include "base/clock.h"
#include "crypto/keyd/keyd_int.h"

#define LIFE (INT64_C(300) * 1000000000)

struct kept {
    int64_t until; /* clock_mono; 0: nothing yet */
    unsigned char key[KEPT_KEY];
};

size_t kept_size(void)
{
    return sizeof(struct kept);
}

bool kept_stale(const void *value, int64_t now)
{
    return now >= ((const struct kept *)value)->until;
}

bool kept_recall(struct cache *c, const unsigned char at[CACHE_KEY], unsigned char key_out[KEPT_KEY])
{
    bool found;
    const struct kept *k = cache_hold(c, at, &found);

    found = found && !kept_stale(k, clock_mono());
    if (found)
        memcpy(key_out, k->key, KEPT_KEY);
    else
        cache_drop(c, at);
    cache_release(c, at);
    return found;
}

void kept_remember(struct cache *c, const unsigned char at[CACHE_KEY], const unsigned char key[KEPT_KEY])
{
    bool found;
    struct kept *k = cache_hold(c, at, &found);

    k->until = clock_mono() + LIFE;
    memcpy(k->key, key, KEPT_KEY);
    cache_release(c, at);
}
