/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/table.c - see relayd/table.h. */
#include "relayd/table.h"
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

static struct table_link *link_of(const struct table *t, uint32_t i)
{
    return table_at(t, i);
}

void table_init(struct table *t, size_t record_size)
{
    *t = (struct table){.size = record_size, .used = 1, .cap = FIRST, .buckets = FIRST};
    t->rec = grown(NULL, t->cap, t->size);
    t->bucket = grown(NULL, t->buckets, sizeof *t->bucket);
    memset(t->bucket, 0, t->buckets * sizeof *t->bucket);
}

void table_free(struct table *t)
{
    free(t->rec);
    free(t->bucket);
    *t = (struct table){0};
}

static uint32_t *head(const struct table *t, uint32_t hash)
{
    return &t->bucket[hash & (t->buckets - 1)];
}

static void chain(struct table *t, uint32_t i)
{
    struct table_link *l = link_of(t, i);
    uint32_t *h = head(t, l->hash);

    l->next = *h;
    *h = i;
}

uint32_t table_find(const struct table *t, uint32_t hash, table_same same, const void *key)
{
    uint32_t i = *head(t, hash);

    while (i && !(link_of(t, i)->hash == hash && same(table_at(t, i), key)))
        i = link_of(t, i)->next;
    return i;
}

/* Twice the buckets: each chain is taken apart into two. */
static void more_buckets(struct table *t)
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

uint32_t table_new(struct table *t, uint32_t hash)
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
    memset(table_at(t, i), 0, t->size);
    link_of(t, i)->hash = hash;
    chain(t, i);
    return i;
}

void table_hide(struct table *t, uint32_t i)
{
    struct table_link *l = link_of(t, i);
    uint32_t *p = head(t, l->hash);

    if (l->next == HIDDEN)
        return;
    while (*p != i)
        p = &link_of(t, *p)->next;
    *p = l->next;
    l->next = HIDDEN;
}

void table_drop(struct table *t, uint32_t i)
{
    table_hide(t, i);
    link_of(t, i)->next = t->free;
    t->free = i;
    t->n--;
}

size_t table_memory(const struct table *t)
{
    return t->cap * t->size + t->buckets * sizeof *t->bucket;
}
