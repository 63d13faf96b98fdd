/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue_count.c - see admin/queue.h: the queue counted. stored answers sums of a bounded number of entries a request; they are added up here. One
 * envelope a destination is opened, for its name. */
#include "admin/queue.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOMAIN_KEY = QUEUE_KEYS_ID + QUEUE_KEY, DOMAIN_MOST = 256 };
struct counted {
    struct store_queue_sum sum; /* .domain points at key */
    unsigned char key[DOMAIN_KEY];
};
struct counts {
    struct counted **a;
    uint32_t *slots; /* by hash: index + 1; 0: free. room slots, a power of two, at most half of them taken */
    size_t n, room;
};

static uint32_t hash_of(const struct store_queue_sum *s)
{
    uint32_t h = 2166136261u ^ s->state ^ (uint32_t)s->cause << 8;

    for (size_t i = 0; i < s->domain.n; i++)
        h = (h ^ s->domain.p[i]) * 16777619u;
    return h ^ h >> 15;
}

static bool same(const struct store_queue_sum *a, const struct store_queue_sum *b)
{
    return a->state == b->state && a->cause == b->cause && span_eq(a->domain, b->domain);
}

static uint32_t *slot_of(const struct counts *c, const struct store_queue_sum *s)
{
    size_t at = hash_of(s) & (c->room - 1);

    while (c->slots[at] != 0 && !same(&c->a[c->slots[at] - 1]->sum, s))
        at = (at + 1) & (c->room - 1);
    return &c->slots[at];
}

static void grow(struct counts *c)
{
    free(c->slots);
    c->room = c->room ? c->room * 2 : 256;
    c->slots = calloc(c->room, sizeof *c->slots);
    c->a = realloc(c->a, c->room * sizeof(struct counted *));
    if (!c->slots || !c->a)
        die("out of memory");
    for (size_t i = 0; i < c->n; i++)
        *slot_of(c, &c->a[i]->sum) = (uint32_t)i + 1;
}

static void add(struct counts *c, const struct store_queue_sum *s)
{
    uint32_t *slot;
    struct counted *to;

    if (c->room == 0 || c->n * 2 >= c->room)
        grow(c);
    slot = slot_of(c, s);
    if (*slot != 0) {
        struct store_queue_sum *old = &c->a[*slot - 1]->sum;
        old->entries += s->entries;
        old->octets += s->octets;
        old->oldest = s->oldest < old->oldest ? s->oldest : old->oldest;
        old->next_try = s->next_try < old->next_try ? s->next_try : old->next_try;
        return;
    }
    to = calloc(1, sizeof *to);
    if (!to)
        die("out of memory");
    to->sum = *s;
    memcpy(to->key, s->domain.p ? s->domain.p : to->key, s->domain.n);
    to->sum.domain = span_of(to->key, s->domain.n);
    c->a[c->n++] = to;
    *slot = (uint32_t)c->n;
}

static enum rc count_page(struct admin *ad, struct store_queue_count_req *rq, struct counts *c, struct err *e)
{
    struct store_queue_count_rep rep = {0};
    struct store_queue_sum sum = {0};
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc = store_call_in(ad->store, STORE_QUEUE_COUNT, rq, -1, &rep, &mem, e);

    rq->qid_from = rep.next_qid;
    rq->rcpt_from = rep.next_rcpt;
    for (struct span rest = rep.sums; rc == RC_OK && ipc_list_next(&rest, store_queue_sum_f, &sum, &end) == RC_OK;)
        add(c, &sum);
    buf_free(&mem);
    return rc;
}

/* ---- names ---- */
static int by_domain(const void *a, const void *b)
{
    const struct counted *x = *(struct counted *const *)a, *y = *(struct counted *const *)b;
    int order = x->sum.domain.n == y->sum.domain.n  ? memcmp(x->key, y->key, x->sum.domain.n)
                : x->sum.domain.n < y->sum.domain.n ? -1
                                                    : 1;

    return order != 0 ? order : x->sum.state - y->sum.state;
}

static enum rc take_domain(const struct store_queue_item *it, const struct queued_envelope *env, void *ctx,
                           struct err *e)
{
    struct span rest = env->recipient;

    (void)it;
    (void)e;
    for (ptrdiff_t at = span_chr(rest, '@'); at >= 0; at = span_chr(rest, '@'))
        rest = span_from(rest, (size_t)at + 1);
    snprintf(ctx, DOMAIN_MOST, "%.*s", SPAN_ARG(rest));
    return RC_OK;
}

static enum rc tell(struct admin *ad, const struct counts *c, queue_sum_see see, void *ctx, struct err *e)
{
    char domain[DOMAIN_MOST] = "";
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < c->n; i++) {
        const struct store_queue_sum *s = &c->a[i]->sum;
        struct queue_filter one = {.qid = s->qid, .rcpt = (int64_t)s->rcpt + 1, .most = 1};

        if (i == 0 || !span_eq(s->domain, c->a[i - 1]->sum.domain))
            domain[0] = 0;
        if (domain[0] == 0 && s->domain.n > 0)
            rc = queue_each(ad, &one, take_domain, domain, e);
        if (rc == RC_OK)
            rc = see(s, span_str(domain), ctx, e);
    }
    return rc;
}

enum rc queue_count(struct admin *ad, queue_sum_see see, void *ctx, struct err *e)
{
    struct store_queue_count_req rq = {0};
    struct counts c = {0};
    enum rc rc;

    do
        rc = count_page(ad, &rq, &c, e);
    while (rc == RC_OK && rq.qid_from != 0);
    if (rc == RC_OK && c.n > 0)
        qsort(c.a, c.n, sizeof(struct counted *), by_domain);
    if (rc == RC_OK)
        rc = tell(ad, &c, see, ctx, e);
    for (size_t i = 0; i < c.n; i++)
        free(c.a[i]);
    free(c.a);
    free(c.slots);
    return rc;
}
