/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/heap.c - see relayd/heap.h. Row 0 is the first due; the children of row i are 2i+1 and 2i+2. */
#include "relayd/heap.h"
#include "base/err.h"
#include <stdlib.h>
#include <string.h>

void heap_free(struct heap *h)
{
    free(h->row);
    free(h->place);
    *h = (struct heap){0};
}

static void put(struct heap *h, uint32_t i, struct heap_row r)
{
    h->row[i] = r;
    h->place[r.id] = i + 1;
}

static void up(struct heap *h, uint32_t i)
{
    struct heap_row r = h->row[i];

    for (; i > 0 && h->row[(i - 1) / 2].at > r.at; i = (i - 1) / 2)
        put(h, i, h->row[(i - 1) / 2]);
    put(h, i, r);
}

static void down(struct heap *h, uint32_t i)
{
    struct heap_row r = h->row[i];

    for (uint32_t c; (c = 2 * i + 1) < h->n; i = c) {
        if (c + 1 < h->n && h->row[c + 1].at < h->row[c].at)
            c++;
        if (h->row[c].at >= r.at)
            break;
        put(h, i, h->row[c]);
    }
    put(h, i, r);
}

static void room(struct heap *h, uint32_t id)
{
    uint32_t was = h->places;

    if (id >= h->places) {
        h->places = id + id / 2 + 16;
        h->place = reallocarray(h->place, h->places, sizeof *h->place);
        if (!h->place)
            die("out of memory");
        memset(h->place + was, 0, (h->places - was) * sizeof *h->place);
    }
    if (h->n == h->cap) {
        h->cap += h->cap / 2 + 16;
        h->row = reallocarray(h->row, h->cap, sizeof *h->row);
        if (!h->row)
            die("out of memory");
    }
}

void heap_set(struct heap *h, uint32_t id, uint32_t at)
{
    uint32_t i;

    room(h, id);
    if (h->place[id] == 0)
        put(h, h->n++, (struct heap_row){at, id});
    i = h->place[id] - 1;
    h->row[i].at = at;
    up(h, i);
    down(h, h->place[id] - 1);
}

void heap_drop(struct heap *h, uint32_t id)
{
    uint32_t i;

    if (id >= h->places || h->place[id] == 0)
        return;
    i = h->place[id] - 1;
    h->place[id] = 0;
    if (i == --h->n)
        return;
    put(h, i, h->row[h->n]);
    up(h, i);
    down(h, i);
}

uint32_t heap_first(const struct heap *h, uint32_t *at_out)
{
    if (h->n == 0)
        return 0;
    *at_out = h->row[0].at;
    return h->row[0].id;
}

size_t heap_memory(const struct heap *h)
{
    return h->cap * sizeof *h->row + h->places * sizeof *h->place;
}
