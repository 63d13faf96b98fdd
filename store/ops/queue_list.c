/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue_list.c - the queue read: pages of it, in order or those that are due; filtered; counted.
 *
 * A filter reads records in order and opens nothing. One request reads a bounded number of them, so that nobody waits for a worker long. */
#include "store/db/scan.h"
#include "store/ops/due.h"
#include "store/ops/queue.h"
#include "store/ops/queue_walk.h"
#include <stdlib.h>

enum { ITEM_LEAST = 400 /* bytes of a list record beside its spans, no less */ };

/* ---- pages ---- */
static void item_of(uint64_t qid, uint32_t rcpt, const struct queued *q, struct store_queue_item *i)
{
    *i = (struct store_queue_item){.qid = qid,
                                   .rcpt = rcpt,
                                   .state = q->state,
                                   .notify = q->notify,
                                   .attempts = q->attempts,
                                   .received = q->received,
                                   .next_try = q->next_try,
                                   .size = q->size,
                                   .lead = q->lead,
                                   .epoch = q->epoch,
                                   .mid = q->mid,
                                   .envelope = q->envelope,
                                   .last_error = q->last_error};
    memcpy(i->oid, q->oid, SEAL_OID);
    memcpy(i->wrap, q->wrap, SEAL_WRAP);
    memcpy(i->epoch_rec, q->epoch_rec, SEAL_EPOCH_REC);
}

/* False: the page is full, the item is the cursor. */
static bool list_item(const struct ask *a, uint64_t qid, uint32_t rcpt, const struct queued *q)
{
    struct store_queue_list_rep *rep = a->rep;
    struct store_queue_item item;

    if (a->out->n + ITEM_LEAST + q->envelope.n + q->last_error.n > OUT_MAX) {
        rep->next_qid = qid;
        rep->next_rcpt = rcpt;
        return false;
    }
    item_of(qid, rcpt, q, &item);
    ipc_list_add(a->out, store_queue_item_f, &item);
    return true;
}

/* ---- filter ---- */
/* The cause as the filter and the counts have it; 0: there was no error. */
static uint16_t cause_of(const struct queued *q)
{
    struct store_queue_error err;

    if (!store_queue_error_read(q->last_error, &err))
        return 0;
    return err.cause != 0 ? err.cause : QUEUE_CAUSE_REPLY;
}

/* Entries whose keys are of another form, or made with another key, can not be told apart: they pass. */
static const uint8_t parts[] = {QK_DOMAIN, QK_SENDER, QK_RECIPIENT}; /* in the order of the octets */

static bool keys_match(const struct store_queue_list_req *rq, const struct queued *q)
{
    if (rq->which == 0 || rq->keys.n != STORE_QUEUE_KEYS || q->keys.n != STORE_QUEUE_KEYS ||
        memcmp(rq->keys.p, q->keys.p, QUEUE_KEYS_ID) != 0)
        return true;
    for (size_t i = 0; i < sizeof parts; i++) {
        size_t at = QUEUE_KEYS_ID + i * QUEUE_KEY;
        if ((rq->which & parts[i]) && memcmp(rq->keys.p + at, q->keys.p + at, QUEUE_KEY) != 0)
            return false;
    }
    return true;
}

static bool matches(const struct store_queue_list_req *rq, const struct queued *q)
{
    if (rq->due_before && (!queue_state_due(q->state) || q->next_try > rq->due_before))
        return false;
    return (rq->states == 0 || (rq->states >> q->state & 1)) &&
           (rq->received_before == 0 || q->received < rq->received_before) &&
           (rq->cause == 0 || rq->cause == cause_of(q)) && keys_match(rq, q);
}

static enum rc list_all(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_list_req *rq = a->req;
    struct store_queue_list_rep *rep = a->rep;
    uint32_t looks = 0, items = 0, rcpt;
    uint64_t qid;
    struct queued q;
    struct queue_walk w;
    enum rc rc;

    queue_walk(&w, t, rq->qid_from, rq->rcpt_from, rq->one);
    while ((rc = queue_walk_next(&w, &qid, &rcpt, &q, e)) == RC_OK) {
        bool enough = looks++ == STORE_QUEUE_LOOKS || (rq->most > 0 && items == rq->most);

        if (enough) {
            rep->next_qid = qid;
            rep->next_rcpt = rcpt;
            break;
        }
        if (!matches(rq, &q))
            continue;
        if (!list_item(a, qid, rcpt, &q))
            break;
        items++;
    }
    queue_walk_end(&w);
    return rc;
}

/* Where in the index the cursor's item stands. When the item has ended since, the list begins again, because nothing is
 * lost by seeing an item twice. */
static enum rc due_from(struct tx *t, const struct store_queue_list_req *rq, struct key *from_out, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct queued q;
    enum rc rc = RC_NOTFOUND;

    if (rq->qid_from)
        rc = queue_get(t, rq->qid_from, rq->rcpt_from, false, &mem, &q, e);
    if (rc == RC_OK && queue_state_due(q.state) && q.next_try <= rq->due_before)
        *from_out = key_due(q.next_try, rq->qid_from, rq->rcpt_from);
    else
        *from_out = key_due(rq->due_from, 0, 0);
    buf_free(&mem);
    return rc == RC_NOTFOUND || (rc == RC_CORRUPT && !t->deadlock) ? RC_OK : rc;
}

static enum rc list_due(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_list_req *rq = a->req;
    struct store_queue_list_rep *rep = a->rep;
    struct buf mem = BUF_INIT;
    struct queued q;
    struct key from;
    struct span k, v;
    struct scan s = {0};
    uint32_t items = 0;
    enum rc rc = due_from(t, rq, &from, e);

    if (rc == RC_OK)
        rc = scan_open(&s, t, T_DUE, &from, 0, SCAN_FEW, e);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && be64(k.p) <= rq->due_before) {
        rc = queue_get(t, be64(k.p + 8), be32(k.p + 16), false, &mem, &q, e);
        /* It ended since its row was read, for scans keep no lock; or its page is bad, and those behind it do not wait for that. */
        if (rc == RC_NOTFOUND || (rc == RC_CORRUPT && !t->deadlock)) {
            rc = RC_OK;
            continue;
        }
        if (rc == RC_OK && rq->most > 0 && items++ == rq->most) { /* this one is the cursor */
            rep->next_qid = be64(k.p + 8);
            rep->next_rcpt = be32(k.p + 16);
            break;
        }
        if (rc != RC_OK || !list_item(a, be64(k.p + 8), be32(k.p + 16), &q))
            break;
    }
    scan_close(&s);
    buf_free(&mem);
    return rc;
}

enum rc do_queue_list(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_list_req *rq = a->req;
    struct store_queue_list_rep *rep = a->rep;
    enum rc rc = rq->due_before && due_kept(t) ? list_due(t, a, e) : list_all(t, a, e);

    rep->items = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- counts ---- */
enum { SUMS_MOST = 700 /* of a page: each record takes at most 100 octets */ };

static bool same_sum(const struct store_queue_sum *s, const struct store_queue_sum *one)
{
    return s->state == one->state && s->cause == one->cause && span_eq(s->domain, one->domain);
}

static void add_sum(struct store_queue_sum *to, const struct store_queue_sum *one)
{
    to->entries += one->entries;
    to->octets += one->octets;
    to->oldest = one->oldest < to->oldest ? one->oldest : to->oldest;
    to->next_try = one->next_try < to->next_try ? one->next_try : to->next_try;
}

struct sums {
    struct store_queue_sum a[SUMS_MOST];
    unsigned char domains[SUMS_MOST][QUEUE_KEYS_ID + QUEUE_KEY];
    uint16_t at[4096]; /* by hash: index + 1 of the last of its kind; looked at first */
    size_t n;
};

static size_t slot_of(const struct store_queue_sum *one)
{
    uint32_t h = 2166136261u ^ one->state ^ (uint32_t)one->cause << 8;

    for (size_t i = 0; i < one->domain.n; i++)
        h = (h ^ one->domain.p[i]) * 16777619u;
    return (h ^ h >> 12) % (sizeof((struct sums *)0)->at / sizeof(uint16_t));
}

/* False: no place for one more kind. */
static bool sum_item(struct sums *s, const struct store_queue_sum *one)
{
    uint16_t *slot = &s->at[slot_of(one)];
    struct store_queue_sum *to;

    if (*slot > 0 && same_sum(&s->a[*slot - 1], one)) {
        add_sum(&s->a[*slot - 1], one);
        return true;
    }
    for (size_t i = 0; i < s->n; i++)
        if (same_sum(&s->a[i], one)) {
            *slot = (uint16_t)(i + 1);
            add_sum(&s->a[i], one);
            return true;
        }
    if (s->n == SUMS_MOST)
        return false;
    to = &s->a[s->n];
    *to = *one;
    memcpy(s->domains[s->n], one->domain.p ? one->domain.p : (const unsigned char *)"", one->domain.n);
    to->domain = span_of(s->domains[s->n], one->domain.n);
    *slot = (uint16_t)++s->n;
    return true;
}

static struct store_queue_sum sum_of(uint64_t qid, uint32_t rcpt, const struct queued *q)
{
    return (struct store_queue_sum){
        .domain = q->keys.n == STORE_QUEUE_KEYS ? span_head(q->keys, QUEUE_KEYS_ID + QUEUE_KEY) : SPAN_NULL,
        .state = q->state,
        .cause = cause_of(q),
        .entries = 1,
        .octets = q->size,
        .oldest = q->received,
        .next_try = q->next_try,
        .qid = qid,
        .rcpt = rcpt};
}

static enum rc count_page(struct tx *t, const struct ask *a, struct sums *sums, struct err *e)
{
    const struct store_queue_count_req *rq = a->req;
    struct store_queue_count_rep *rep = a->rep;
    uint32_t looks = 0, rcpt;
    uint64_t qid;
    struct queued q;
    struct queue_walk w;
    enum rc rc;

    queue_walk(&w, t, rq->qid_from, rq->rcpt_from, false);
    while ((rc = queue_walk_next(&w, &qid, &rcpt, &q, e)) == RC_OK) {
        struct store_queue_sum one = sum_of(qid, rcpt, &q);

        if (looks++ == STORE_QUEUE_LOOKS || !sum_item(sums, &one)) {
            rep->next_qid = one.qid;
            rep->next_rcpt = one.rcpt;
            break;
        }
    }
    queue_walk_end(&w);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc do_queue_count(struct tx *t, const struct ask *a, struct err *e)
{
    struct store_queue_count_rep *rep = a->rep;
    struct sums *sums = calloc(1, sizeof *sums);
    enum rc rc = sums ? count_page(t, a, sums, e) : err_set(e, RC_TEMP, "store: out of memory");

    for (size_t i = 0; rc == RC_OK && i < sums->n; i++)
        ipc_list_add(a->out, store_queue_sum_f, &sums->a[i]);
    free(sums);
    rep->sums = buf_span(a->out);
    return rc;
}
