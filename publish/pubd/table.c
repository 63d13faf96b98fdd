/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/table.c - see publish/pubd/table.h. */
#include "publish/pubd/table.h"
#include "base/wipe.h"
#include <stdio.h>
#include <stdlib.h>

void pub_set(struct span *owned, struct span value)
{
    void *was = (void *)owned->p;

    *owned =
        value.n > 0 ? span_of(span_dup(value), value.n) : SPAN_NULL; /* span_dup() copies n octets, whatever they are */
    free(was);
}

/* ---- counted ---- */
static void count(struct table *t, const struct pub_entry *e, int by)
{
    uint64_t one = (uint64_t)(int64_t)by;

    t->count.state[e->state] += one;
    if (e->published.n > 0)
        t->count.published += one;
    if (e->state == PS_PENDING && e->kind == PK_DELETE && !e->confirmed)
        t->count.deletes += one;
}

void table_count_in(struct table *t, const struct pub_entry *e)
{
    t->count.state[PS_DONE]--; /* as table_add() counted it */
    count(t, e, 1);
}

/* ---- found ---- */
static size_t lower_bound(const struct table *t, struct span address)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (span_cmp(span_str(t->v[mid]->address), address) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct pub_entry *table_find(const struct table *t, struct span address)
{
    size_t i = lower_bound(t, address);

    return i < t->n && span_eq_str(address, t->v[i]->address) ? t->v[i] : NULL;
}

size_t table_behind(const struct table *t, struct span address)
{
    size_t i = lower_bound(t, address);

    return address.n > 0 && i < t->n && span_eq_str(address, t->v[i]->address) ? i + 1 : i;
}

struct pub_entry *table_add(struct table *t, struct span address)
{
    size_t i = lower_bound(t, address);
    struct pub_entry *e;

    if (i < t->n && span_eq_str(address, t->v[i]->address))
        return t->v[i];
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->v = realloc(t->v, t->room * sizeof *t->v);
    }
    e = calloc(1, sizeof *e);
    if (!t->v || !e)
        die("out of memory for what is published");
    e->address = span_dup(address);
    memmove(t->v + i + 1, t->v + i, (t->n - i) * sizeof *t->v);
    t->v[i] = e;
    t->n++;
    count(t, e, 1);
    return e;
}

static void free_entry(struct pub_entry *e)
{
    pub_set(&e->published, SPAN_NULL);
    pub_set(&e->wanted, SPAN_NULL);
    pub_set(&e->target, SPAN_NULL);
    free(e->address);
    free(e->report);
    free(e);
}

void table_drop(struct table *t, size_t i)
{
    count(t, t->v[i], -1);
    free_entry(t->v[i]);
    memmove(t->v + i, t->v + i + 1, (t->n - i - 1) * sizeof *t->v);
    t->n--;
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free_entry(t->v[i]);
    free(t->v);
    *t = (struct table){.v = NULL};
}

bool table_idle(const struct pub_entry *e)
{
    return e->state == PS_DONE && e->published.n == 0 && e->wanted.n == 0;
}

/* ---- the state follows from what is published and what is to be ---- */
static bool still_refused(const struct pub_entry *e, enum pub_kind kind, struct span target)
{
    struct span same;

    if (e->state != PS_REFUSED || e->kind != kind)
        return false;
    return span_eq(e->target, target) || /* or the same facts, as an older version wrote them */
           (e->target.n > 0 && target.n > 0 && want_event(e->target, target, &same) == PK_NONE);
}

/* An event that is under way is not touched. */
static void settle(struct pub_entry *e, int64_t now)
{
    struct span target;
    enum pub_kind kind;

    if (e->state == PS_TRYING || e->seen == 0)
        return;
    kind = want_event(e->published, e->wanted, &target);
    if (still_refused(e, kind, target))
        return;
    if (kind == PK_NONE || e->state != PS_PENDING || e->kind != kind) {
        e->attempts = 0;
        e->next = 0;
        e->confirmed = false;
        e->since = kind == PK_NONE ? 0
                   : now > e->done ? now
                                   : e->done + 1; /* behind the one before: folder.c sorts by it */
        e->unsaved = e->unsaved || e->state == PS_REFUSED;
        pub_set(&e->target, SPAN_NULL);
    }
    e->kind = (uint8_t)kind;
    e->state = kind == PK_NONE ? PS_DONE : PS_PENDING;
}

void table_want(struct table *t, struct pub_entry *e, struct span wanted, uint64_t seen, int64_t now)
{
    count(t, e, -1);
    if (!span_eq(e->wanted, wanted))
        pub_set(&e->wanted, wanted);
    e->seen = seen;
    settle(e, now);
    count(t, e, 1);
}

static void new_key(char key[PUB_KEY + 1])
{
    unsigned char octets[PUB_KEY / 2];

    random_bytes(octets, sizeof octets);
    for (size_t i = 0; i < sizeof octets; i++)
        snprintf(key + 2 * i, 3, "%02x", octets[i]);
}

void table_begin(struct table *t, struct pub_entry *e)
{
    struct span target;

    count(t, e, -1);
    e->kind = (uint8_t)want_event(e->published, e->wanted, &target);
    pub_set(&e->target, target);
    new_key(e->key);
    e->attempts = 0;
    e->state = PS_TRYING;
    count(t, e, 1);
}

static void report_of(struct pub_entry *e, struct span report)
{
    free(e->report);
    e->report = report.n > 0 ? span_dup(span_head(report, PUB_REPORT)) : NULL;
}

void table_answer(struct table *t, struct pub_entry *e, enum table_answer a, struct span report, int64_t next,
                  int64_t now)
{
    count(t, e, -1);
    report_of(e, report);
    e->next = a == TA_LATER ? next : 0;
    e->unsaved = true;
    if (a == TA_TAKEN) {
        pub_set(&e->published, e->target);
        e->unsure = false;
        e->confirmed = false;
        e->done = now;
        e->state = PS_DONE;
        e->kind = PK_NONE;
        e->since = 0;
        settle(e, now);
    } else if (a == TA_REFUSED) {
        e->state = PS_REFUSED;
        settle(e, now);
    }
    count(t, e, 1);
}

bool table_retry(struct table *t, struct pub_entry *e, int64_t now)
{
    bool was = e->state == PS_REFUSED || e->next > now;

    count(t, e, -1);
    if (e->state == PS_REFUSED) {
        e->state = PS_DONE;
        e->kind = PK_NONE;
        e->unsaved = true;
        settle(e, now);
    }
    e->next = 0;
    count(t, e, 1);
    return was;
}

void table_confirm(struct table *t, struct pub_entry *e)
{
    count(t, e, -1);
    e->confirmed = true;
    count(t, e, 1);
}

void table_published(struct table *t, struct pub_entry *e, struct span facts, int64_t now)
{
    count(t, e, -1);
    pub_set(&e->published, facts);
    e->state = PS_DONE;
    e->kind = PK_NONE;
    e->unsure = true;
    e->unsaved = true;
    settle(e, now);
    count(t, e, 1);
}
