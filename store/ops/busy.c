/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/busy.c - the object ids, and the keys of submissions (once.h), that a thread is working on. A delivery that comes again while its first attempt
 * still runs waits for that attempt. The sweep waits, too, before it frees an object (INV-4).
 * An append enters all its ids in one step: had it some, and waited for the others, two of them could wait for each other for ever. */
#include "store/ops/stored.h"
#include <stdlib.h>

enum { BUSY_MAX = 160 + STORE_APPEND_MAX }; /* more than two for each worker thread and the sweep, and an append */
struct busy {
    pthread_mutex_t lock;
    pthread_cond_t left;
    size_t n;
    unsigned char oid[BUSY_MAX][SEAL_OID];
};

struct busy *busy_new(void)
{
    struct busy *b = calloc(1, sizeof *b);

    if (!b)
        die("out of memory");
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->left, NULL);
    return b;
}

static size_t find(const struct busy *b, const unsigned char oid[SEAL_OID])
{
    size_t i = 0;

    while (i < b->n && memcmp(b->oid[i], oid, SEAL_OID) != 0)
        i++;
    return i;
}

static bool can_enter(const struct busy *b, const unsigned char (*oid)[SEAL_OID], size_t n)
{
    bool can = n <= BUSY_MAX - b->n;

    for (size_t i = 0; can && i < n; i++)
        can = find(b, oid[i]) == b->n;
    return can;
}

void busy_enter_all(struct busy *b, const unsigned char (*oid)[SEAL_OID], size_t n)
{
    pthread_mutex_lock(&b->lock);
    while (!can_enter(b, oid, n))
        pthread_cond_wait(&b->left, &b->lock);
    memcpy(b->oid[b->n], oid, n * SEAL_OID);
    b->n += n;
    pthread_mutex_unlock(&b->lock);
}

void busy_enter(struct busy *b, const unsigned char oid[SEAL_OID])
{
    busy_enter_all(b, (const unsigned char(*)[SEAL_OID])oid, 1);
}

void busy_leave(struct busy *b, const unsigned char oid[SEAL_OID])
{
    size_t i;

    pthread_mutex_lock(&b->lock);
    i = find(b, oid);
    if (i < b->n && i != --b->n)
        memcpy(b->oid[i], b->oid[b->n], SEAL_OID);
    pthread_cond_broadcast(&b->left);
    pthread_mutex_unlock(&b->lock);
}
