/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rates.c - see base/rates.h. */
#include "base/rates.h"
#include "base/err.h"
#include "base/wipe.h"
#include <stdlib.h>

enum { PLACES = 8 /* that a key may have */, SETS = RATES_ROWS / PLACES };
struct row {
    uint64_t key;
    int64_t at;
    double used, drain; /* at .at; drained a nanosecond */
};
struct rates {
    uint64_t seed; /* so that nobody can choose whom he makes forgotten */
    struct row rows[SETS][PLACES];
};

struct rates *rates_new(void)
{
    struct rates *r = calloc(1, sizeof *r);

    if (!r)
        die("out of memory");
    random_bytes(&r->seed, sizeof r->seed);
    return r;
}

void rates_free(struct rates **r)
{
    free(*r);
    *r = NULL;
}

static double used_now(const struct row *w, int64_t now)
{
    double left = w->used - w->drain * (double)(now - w->at);

    return left > 0 ? left : 0;
}

static struct row *set_of(struct rates *r, uint64_t key)
{
    uint64_t x = (key ^ r->seed) * 0x9E3779B97F4A7C15u;

    return r->rows[(size_t)((x ^ x >> 29) * 0xBF58476D1CE4E5B9u >> 40) % SETS];
}

static struct row *find(struct row *set, uint64_t key)
{
    for (size_t i = 0; i < PLACES; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

static struct row *least_used(struct row *set, int64_t now)
{
    struct row *least = set;

    for (size_t i = 1; i < PLACES; i++)
        if (used_now(&set[i], now) < used_now(least, now))
            least = &set[i];
    return least;
}

static bool room(struct rates *r, const struct rate_use *u, int64_t now)
{
    const struct row *w = find(set_of(r, u->key), u->key);
    double used = w ? used_now(w, now) : 0;

    return used <= 0 || used + u->amount <= u->most;
}

static void take(struct rates *r, const struct rate_use *u, int64_t now)
{
    struct row *set = set_of(r, u->key), *w = find(set, u->key);
    double used = w ? used_now(w, now) : 0;

    if (!w)
        w = least_used(set, now);
    *w = (struct row){u->key, now, used + u->amount, u->most / (double)u->period};
}

size_t rates_take(struct rates *r, const struct rate_use *use, size_t n, int64_t now)
{
    for (size_t i = 0; i < n; i++)
        if (!room(r, &use[i], now))
            return i;
    for (size_t i = 0; i < n; i++)
        take(r, &use[i], now);
    return n;
}
