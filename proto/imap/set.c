/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/set.c - see proto/imap/set.h. */
#include "proto/imap/set.h"
#include <stdlib.h>

static bool take_value(struct imap_in *in, uint32_t *out)
{
    uint64_t v;

    if (imap_is(in, '*')) {
        *out = IMAP_STAR;
        return true;
    }
    if (!imap_take_number(in, UINT32_MAX, &v) || v == 0)
        return false;
    *out = (uint32_t)v;
    return true;
}

bool imap_take_set(struct imap_in *in, struct imap_set *out)
{
    struct imap_set s = {0};

    if ((in->opened->args & ARG_SEARCHRES) && imap_is(in, '$')) {
        *out = (struct imap_set){.saved = true};
        return true;
    }
    do {
        struct imap_range r;

        if (!take_value(in, &r.lo))
            return false;
        r.hi = r.lo;
        if (imap_is(in, ':') && !take_value(in, &r.hi))
            return false;
        s.r = imap_arena_grow(in->mem, s.r, s.n, sizeof *s.r);
        if (s.r == NULL)
            return false;
        s.r[s.n++] = r;
    } while (imap_is(in, ','));
    *out = s;
    return true;
}

static int by_lo(const void *a, const void *b)
{
    const struct imap_range *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}

static struct imap_range settled(struct imap_range r, uint32_t star)
{
    uint32_t lo = r.lo == IMAP_STAR ? star : r.lo, hi = r.hi == IMAP_STAR ? star : r.hi;

    return lo <= hi ? (struct imap_range){lo, hi} : (struct imap_range){hi, lo};
}

void imap_set_settle(struct imap_set *s, uint32_t star)
{
    size_t k = 0;

    for (size_t i = 0; i < s->n; i++)
        s->r[i] = settled(s->r[i], star);
    if (s->n > 1)
        qsort(s->r, s->n, sizeof *s->r, by_lo);
    for (size_t i = 0; i < s->n; i++) {
        if (k > 0 && (s->r[k - 1].hi == UINT32_MAX || s->r[i].lo <= s->r[k - 1].hi + 1)) {
            if (s->r[i].hi > s->r[k - 1].hi)
                s->r[k - 1].hi = s->r[i].hi;
        } else {
            s->r[k++] = s->r[i];
        }
    }
    s->n = k;
}

bool imap_set_copy(struct imap_arena *mem, const struct imap_set *from, struct imap_set *to)
{
    struct imap_range *r = imap_arena_get(mem, from->n * sizeof *r);

    if (r != NULL && from->n > 0)
        memcpy(r, from->r, from->n * sizeof *r);
    *to = (struct imap_set){.r = r, .n = from->n};
    return r != NULL;
}

size_t imap_set_at_or_after(const struct imap_set *s, uint32_t v)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->r[mid].hi < v)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool imap_set_has(const struct imap_set *s, uint32_t v)
{
    size_t i = imap_set_at_or_after(s, v);

    return i < s->n && s->r[i].lo <= v;
}

bool imap_set_max_is(const struct imap_set *s, uint32_t max)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->r[i].lo > max || s->r[i].hi > max)
            return false;
    return true;
}

void imap_set_flush(struct imap_set_writer *w)
{
    if (!w->open)
        return;
    buf_addf(w->out, w->lo == w->hi ? "%s%u" : "%s%u:%u", w->any ? "," : "", w->lo, w->hi);
    w->any = true;
    w->open = false;
}

void imap_set_put(struct imap_set_writer *w, uint32_t v)
{
    if (w->open && v == w->hi + 1) {
        w->hi = v;
        return;
    }
    imap_set_flush(w);
    w->lo = w->hi = v;
    w->open = true;
}
