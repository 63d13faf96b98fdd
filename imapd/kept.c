/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/kept.c - see imapd/kept.h. */
#include "imapd/kept.h"
#include <stdlib.h>
#include <string.h>

struct kept_one {
    uint32_t uid, off, len, len_sort, len_thread; /* three spans, one behind the other from off on */
    bool has_date, has_header;
    uint64_t size, internaldate;
    int64_t date, local_day;
};

static uint32_t at_or_after(const struct kept *k, uint32_t uid)
{
    uint32_t lo = 0, hi = k->n;

    if (hi > 0 && k->at[hi - 1].uid < uid) /* a listing goes up */
        return hi;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (k->at[mid].uid < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static const struct kept_one *find(const struct kept *k, uint32_t uid)
{
    uint32_t i = at_or_after(k, uid);

    return i < k->n && k->at[i].uid == uid ? &k->at[i] : NULL;
}

static bool has_room(struct kept *k, size_t len)
{
    uint32_t cap = k->cap ? k->cap * 2 : 256;
    struct kept_one *more;

    if (k->n == KEPT_MOST || k->fields.n + len > KEPT_BYTES)
        return false;
    if (k->n < k->cap)
        return true;
    if ((more = realloc(k->at, cap * sizeof *more)) == NULL)
        return false;
    k->at = more;
    k->cap = cap;
    return true;
}

void kept_add(struct kept *k, const struct store_entry *en, const struct summary *s)
{
    uint32_t i = at_or_after(k, en->uid);

    if ((i < k->n && k->at[i].uid == en->uid) || !has_room(k, s->header.n + s->sort.n + s->thread.n))
        return;
    if (k->n == 0)
        buf_init_secret(&k->fields);
    memmove(k->at + i + 1, k->at + i, (k->n - i) * sizeof *k->at);
    k->at[i] = (struct kept_one){.uid = en->uid,
                                 .off = (uint32_t)k->fields.n,
                                 .len = (uint32_t)s->header.n,
                                 .len_sort = (uint32_t)s->sort.n,
                                 .len_thread = (uint32_t)s->thread.n,
                                 .has_date = s->has_date,
                                 .has_header = s->has_header,
                                 .size = en->size,
                                 .internaldate = en->internaldate,
                                 .date = s->date,
                                 .local_day = s->local_day};
    k->n++;
    buf_addspan(&k->fields, s->header);
    buf_addspan(&k->fields, s->sort);
    buf_addspan(&k->fields, s->thread);
}

bool kept_has(const struct kept *k, uint32_t uid)
{
    return find(k, uid) != NULL;
}

bool kept_get(const struct kept *k, uint32_t uid, struct store_entry *en_out, struct summary *s_out)
{
    const struct kept_one *o = find(k, uid);

    if (o == NULL)
        return false;
    *en_out = (struct store_entry){.uid = uid, .size = o->size, .internaldate = o->internaldate};
    *s_out = (struct summary){.header = span_of(k->fields.p + o->off, o->len),
                              .sort = span_of(k->fields.p + o->off + o->len, o->len_sort),
                              .thread = span_of(k->fields.p + o->off + o->len + o->len_sort, o->len_thread),
                              .size = o->size,
                              .date = o->date,
                              .local_day = o->local_day,
                              .has_date = o->has_date,
                              .has_header = o->has_header};
    return true;
}

void kept_free(struct kept *k)
{
    buf_free(&k->fields);
    free(k->at);
    *k = (struct kept){.n = 0};
}
