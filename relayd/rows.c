/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/rows.c - see relayd/rows.h. */
#include "relayd/rows.h"
#include "base/err.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST = 64, HIDDEN = UINT32_MAX /* the link of a record that is in no chain */ };

static void *grown(void *p, size_t n, size_t size)
{
    void *q = reallocarray(p, n, size);

    if (!q)
        die("out of memory");
    return q;
}

static struct rows_link *link_of(const struct rows *t, uint32_t i)
{
    return rows_at(t, i);
}

void rows_init(struct rows *t, size_t record_size)
{
    *t = (struct rows){.size = record_size, .used = 1, .cap = FIRST, .buckets = FIRST};
    t->rec = grown(NULL, t->cap, t->size);
    t->bucket = grown(NULL, t->buckets, sizeof *t->bucket);
    memset(t->bucket, 0, t->buckets * sizeof *t->bucket);
}

void rows_free(struct rows *t)
{
    free(t->rec);
    free(t->bucket);
    *t = (struct rows){0};
}

static uint32_t *head(const struct rows *t, uint32_t hash)
{
    return &t->bucket[hash & (t->buckets - 1)];
}

static void chain(struct rows *t, uint32_t i)
{
    struct rows_link *l = link_of(t, i);
    uint32_t *h = head(t, l->hash);

    l->next = *h;
    *h = i;
}

uint32_t rows_find(const struct rows *t, uint32_t hash, rows_same same, const void *key)
{
    uint32_t i = *head(t, hash);

    while (i && !(link_of(t, i)->hash == hash && same(rows_at(t, i), key)))
        i = link_of(t, i)->next;
    return i;
}

/* Twice the buckets: each chain is taken apart into two. */
static void more_buckets(struct rows *t)
{
    uint32_t *old = t->bucket, n = t->buckets;

    t->buckets = n * 2;
    t->bucket = grown(NULL, t->buckets, sizeof *t->bucket);
    memset(t->bucket, 0, t->buckets * sizeof *t->bucket);
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t i = old[b], next; i; i = next) {
            next = link_of(t, i)->next;
            chain(t, i);
        }
    free(old);
}

uint32_t rows_new(struct rows *t, uint32_t hash)
{
    uint32_t i = t->free;

    if (i)
        t->free = link_of(t, i)->next;
    else {
        if (t->used == t->cap) {
            if (t->cap > UINT32_MAX / 4)
                die("too many records");
            t->cap += t->cap / 2;
            t->rec = grown(t->rec, t->cap, t->size);
        }
        i = t->used++;
    }
    if (++t->n > t->buckets)
        more_buckets(t);
    memset(rows_at(t, i), 0, t->size);
    link_of(t, i)->hash = hash;
    chain(t, i);
    return i;
}

void rows_hide(struct rows *t, uint32_t i)
{
    struct rows_link *l = link_of(t, i);
    uint32_t *p = head(t, l->hash);

    if (l->next == HIDDEN)
        return;
    while (*p != i)
        p = &link_of(t, *p)->next;
    *p = l->next;
    l->next = HIDDEN;
}

void rows_drop(struct rows *t, uint32_t i)
{
    rows_hide(t, i);
    link_of(t, i)->next = t->free;
    t->free = i;
    t->n--;
}

size_t rows_memory(const struct rows *t)
{
    return t->cap * t->size + t->buckets * sizeof *t->bucket;
}
