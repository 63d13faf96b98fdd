/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener_table.c - see base/listener_int.h. The table is a plain array, because even the largest number of
 * sessions is small enough to walk. */
#include "base/err.h"
#include "base/listener_int.h"
#include "base/log.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct listener_kid *table_add(struct listener_table *t, pid_t pid, uint64_t key)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->kids = realloc(t->kids, t->cap * sizeof *t->kids);
        if (!t->kids)
            die("out of memory");
    }
    t->kids[t->n] = (struct listener_kid){.pid = pid, .key = key};
    return &t->kids[t->n++];
}

bool table_drop(struct listener_table *t, pid_t pid)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->kids[i].pid == pid) {
            t->kids[i] = t->kids[--t->n];
            return true;
        }
    return false;
}

size_t table_count(const struct listener_table *t, uint64_t key)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += t->kids[i].key == key;
    return n;
}

/* ---- those that have proven nothing ---- */
void table_proven(struct listener_table *t, pid_t pid)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->kids[i].pid == pid)
            t->kids[i].unproven = false;
}

void table_all_proven(struct listener_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->kids[i].unproven = false;
}

static bool counts(const struct listener_kid *k, size_t which, const uint64_t *key)
{
    return k->unproven && k->which == which && (!key || k->key == *key);
}

size_t table_unproven(const struct listener_table *t, size_t which, const uint64_t *key)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += counts(&t->kids[i], which, key);
    return n;
}

/* The address with most unproven sessions on a port. Each session costs one walk: that is good enough, because they are
 * a few hundred at most and the question is asked only when they are too many. */
static uint64_t heaviest(const struct listener_table *t, size_t which)
{
    uint64_t key = 0;
    size_t most = 0;

    for (size_t i = 0; i < t->n; i++) {
        size_t n = counts(&t->kids[i], which, NULL) ? table_unproven(t, which, &t->kids[i].key) : 0;

        if (n <= most)
            continue;
        most = n;
        key = t->kids[i].key;
    }
    return key;
}

struct listener_kid *table_oldest(struct listener_table *t, size_t which, const uint64_t *key)
{
    uint64_t of = key ? *key : heaviest(t, which);
    struct listener_kid *oldest = NULL;

    for (size_t i = 0; i < t->n; i++)
        if (counts(&t->kids[i], which, &of) && (!oldest || t->kids[i].since < oldest->since))
            oldest = &t->kids[i];
    return oldest;
}

static size_t bucket(const struct listener_table *t, uint64_t key)
{
    uint64_t x = (key ^ t->seed) * 0x9E3779B97F4A7C15u;

    return (size_t)((x ^ x >> 29) * 0xBF58476D1CE4E5B9u >> 40) % RATE_BUCKETS;
}

bool table_rate(struct listener_table *t, uint64_t key, int64_t now, unsigned max)
{
    if (now >= t->minute_end) {
        memset(t->came, 0, sizeof t->came);
        random_bytes(&t->seed, sizeof t->seed);
        t->minute_end = now + 60 * INT64_C(1000000000);
    }
    return ++t->came[bucket(t, key)] <= max;
}

void table_free(struct listener_table *t)
{
    free(t->kids);
    memset(t, 0, sizeof *t);
}

bool table_may(const uid_t *user, int fd)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t len = sizeof who;

    if (!user || (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == *user))
        return true;
    log_ev(LOG_WARN_, "local-refused", "uid=%u", (unsigned)who.uid);
    return false;
}
