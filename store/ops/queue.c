/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue.c - the queue of recipients elsewhere: one record for each, an index of those that are due, and the
 * message that they share. */
#include "store/ops/queue.h"
#include "base/clock.h"
#include "store/db/scan.h"
#include "store/ops/objects.h"

enum { ITEM_LEAST = 400 /* bytes of a list record beside its spans, no less */ };

/* A number begins with the clock's milliseconds, shifted up by 12 bits, and then counts. So it is larger than any
 * number of an earlier run, unless that run made 4,096 numbers per millisecond until its end. */
uint64_t queue_new_id(struct stored *d)
{
    unsigned long long fresh = (unsigned long long)clock_utc_ms() << 12, was = atomic_load(&d->next_qid);

    while (was < fresh && !atomic_compare_exchange_weak(&d->next_qid, &was, fresh))
        ;
    return atomic_fetch_add(&d->next_qid, 1);
}

/* ---- records ---- */
static enum rc put_item(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, bool fresh, struct err *e)
{
    struct key k = key_queue(qid, rcpt), due = key_due(q->next_try, qid, rcpt);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, queued_f, q);
    rc = tx_put(t, T_QUEUE, &k, buf_span(&b), fresh ? TX_NEW : 0, e);
    buf_free(&b);
    if (rc == RC_EXISTS)
        rc = err_set(e, RC_TEMP, "store: queue id %llu is taken", (unsigned long long)qid);
    if (rc == RC_OK && q->state == Q_WAITING)
        rc = tx_put(t, T_DUE, &due, SPAN_LIT("d"), 0, e);
    return rc;
}

static enum rc get_item(struct tx *t, uint64_t qid, uint32_t rcpt, bool write, struct buf *mem, struct queued *q_out,
                        struct err *e)
{
    struct key k = key_queue(qid, rcpt);
    enum rc rc = tx_get(t, T_QUEUE, &k, write ? TX_FOR_WRITE : 0, mem, e);

    return rc == RC_OK ? rec_read(buf_span(mem), queued_f, q_out, e) : rc;
}

enum rc queue_add(struct tx *t, uint64_t qid, const struct store_deliver_req *rq, const struct store_remote *r,
                  size_t n, struct err *e)
{
    struct queued q = {
        .state = Q_WAITING, .received = rq->received, .size = rq->size, .epoch = rq->queue_epoch, .mid = rq->mid};
    enum rc rc = RC_OK;

    memcpy(q.oid, rq->oid, SEAL_OID);
    memcpy(q.wrap, rq->queue_wrap, SEAL_WRAP);
    memcpy(q.epoch_rec, rq->queue_epoch_rec, SEAL_EPOCH_REC);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        q.notify = r[i].notify;
        q.next_try = r[i].not_before ? r[i].not_before : rq->received;
        q.domain_key = r[i].domain_key;
        q.envelope = r[i].envelope;
        rc = put_item(t, qid, (uint32_t)i, &q, true, e);
    }
    tx_touch(t, SEAL_QUEUE_BOX, QUEUE_NEWS, 0);
    return rc;
}

/* ---- update ---- */
static enum rc drop_due(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e)
{
    struct key due = key_due(q->next_try, qid, rcpt);

    return q->state == Q_WAITING ? tx_del(t, T_DUE, &due, e) : RC_OK;
}

static enum rc end_item(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e)
{
    struct key k = key_queue(qid, rcpt);
    enum rc rc = tx_del(t, T_QUEUE, &k, e);

    return rc == RC_OK ? objref_add(t, q->oid, -1, e) : rc;
}

static enum rc update_one(struct tx *t, enum ipc_role role, const struct store_queue_update_req *rq, struct err *e)
{
    struct store_queue_error told;
    struct buf mem = BUF_INIT;
    struct queued q;
    enum rc rc;

    if (rq->state < Q_WAITING || rq->state > Q_FAILED)
        return err_set(e, RC_SYNTAX, "store: no such queue state: %u", rq->state);
    if (rq->last_error.n > 0 && !store_queue_error_read(rq->last_error, &told))
        return err_set(e, RC_SYNTAX, "store: a queue entry's last error is not in its form");
    rc = get_item(t, rq->qid, rq->rcpt, true, &mem, &q, e);
    if (rc == RC_OK)
        rc = drop_due(t, rq->qid, rq->rcpt, &q, e);
    if (rc != RC_OK)
        goto out;
    if (rq->state >= Q_DONE) {
        rc = end_item(t, rq->qid, rq->rcpt, &q, e);
        goto out;
    }
    q.attempts += role == ROLE_RELAYD && rq->state == Q_WAITING;
    if (role != ROLE_RELAYD || q.state != Q_HELD)
        q.state = rq->state;
    q.next_try = rq->next_try;
    q.last_error = rq->last_error;
    rc = put_item(t, rq->qid, rq->rcpt, &q, false, e);
out:
    buf_free(&mem);
    return rc;
}

/* Before the first change, so that it stands in each way out. */
static void touch(struct tx *t, enum ipc_role role)
{
    tx_touch(t, SEAL_QUEUE_BOX, role == ROLE_RELAYD ? QUEUE_OWN : QUEUE_NEWS, 0);
}

enum rc do_queue_update(struct tx *t, const struct ask *a, struct err *e)
{
    touch(t, a->role);
    return update_one(t, a->role, a->req, e);
}

enum rc do_queue_settle(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_settle_req *rq = a->req;
    struct store_queue_settle_rep *rep = a->rep;
    struct store_queue_update_req one;
    struct span rest = rq->updates;
    enum rc rc;

    touch(t, a->role);
    for (uint32_t n = 0; (rc = ipc_list_next(&rest, store_queue_update_req_f, &one, e)) == RC_OK; n++) {
        if (n == STORE_SETTLES_MAX)
            return err_set(e, RC_SYNTAX, "store: more than %d updates at once", STORE_SETTLES_MAX);
        rc = update_one(t, a->role, &one, e);
        if (rc != RC_OK && rc != RC_NOTFOUND)
            return rc;
        rep->settled += rc == RC_OK;
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- list ---- */
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

static enum rc list_all(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_list_req *rq = a->req;
    struct key from = key_queue(rq->qid_from, rq->rcpt_from);
    struct queued q;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_QUEUE, &from, rq->one ? 8 : 0, rq->one ? SCAN_FEW : SCAN_MANY, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, queued_f, &q, e)) == RC_OK)
        if (!list_item(a, be64(k.p), be32(k.p + 8), &q))
            break;
    scan_close(&s);
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
        rc = get_item(t, rq->qid_from, rq->rcpt_from, false, &mem, &q, e);
    if (rc == RC_OK && q.state == Q_WAITING && q.next_try <= rq->due_before)
        *from_out = key_due(q.next_try, rq->qid_from, rq->rcpt_from);
    else
        *from_out = key_due(rq->due_from, 0, 0);
    buf_free(&mem);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc list_due(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_list_req *rq = a->req;
    struct buf mem = BUF_INIT;
    struct queued q;
    struct key from;
    struct span k, v;
    struct scan s = {0};
    enum rc rc = due_from(t, rq, &from, e);

    if (rc == RC_OK)
        rc = scan_open(&s, t, T_DUE, &from, 0, SCAN_FEW, e);
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && be64(k.p) <= rq->due_before) {
        rc = get_item(t, be64(k.p + 8), be32(k.p + 16), false, &mem, &q, e);
        if (rc == RC_NOTFOUND) { /* ended since its row was read: scans keep no lock */
            rc = RC_OK;
            continue;
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
    enum rc rc = rq->due_before ? list_due(t, a, e) : list_all(t, a, e);

    rep->items = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- the message ---- */
enum rc do_queue_read(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_read_req *rq = a->req;
    struct store_read_rep *rep = a->rep;
    struct key from = key_queue(rq->qid, 0);
    struct buf mem = BUF_INIT;
    uint32_t rcpt = 0;
    struct span k, v;
    struct queued q;
    struct scan s;
    uint64_t off = (uint64_t)rq->chunk * (SEAL_CHUNK + SEAL_TAG), len;
    enum rc rc = scan_open(&s, t, T_QUEUE, &from, 8, SCAN_FEW, e);

    if (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        rcpt = be32(k.p + 8);
    scan_close(&s);
    if (rc == RC_OK)
        rc = get_item(t, rq->qid, rcpt, false, &mem, &q, e); /* locked: its object stays while it is read */
    buf_free(&mem);
    if (rc != RC_OK)
        return rc;
    len = seal_size(q.size);
    if (rq->kind != SEAL_MESSAGE || off >= len)
        return err_set(e, RC_NOTFOUND, "store: no such chunk");
    len = len - off < SEAL_CHUNK + SEAL_TAG ? len - off : SEAL_CHUNK + SEAL_TAG;
    rc = obj_read(t, q.oid, SEAL_MESSAGE, off, len, a->out, e);
    memcpy(rep->oid, q.oid, SEAL_OID);
    rep->plain_size = q.size;
    rep->chunk = rq->chunk;
    rep->count = 1;
    rep->chunks = buf_span(a->out);
    return rc;
}
