/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/busy.c - the object ids, and the keys of submissions (once.h), that a thread is working on. A delivery that comes again while its first attempt
 * still runs waits for that attempt. The sweep waits, too, before it frees an object (INV-4).
 * There are at most as many entries as threads, so a list is enough. */
#include "store/ops/stored.h"
#include <stdlib.h>

enum { BUSY_MAX = 160 }; /* more than two for each worker thread, and the sweep */
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

void busy_enter(struct busy *b, const unsigned char oid[SEAL_OID])
{
    pthread_mutex_lock(&b->lock);
    while (b->n == BUSY_MAX || find(b, oid) < b->n)
        pthread_cond_wait(&b->left, &b->lock);
    memcpy(b->oid[b->n++], oid, SEAL_OID);
    pthread_mutex_unlock(&b->lock);
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
