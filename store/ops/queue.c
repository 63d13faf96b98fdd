/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue.c - the queue of recipients elsewhere: one record for each, an index of those that are due, and the
 * message that they share. */
#include "store/ops/queue.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/room.h"
#include "store/ops/due.h"
#include "store/ops/objects.h"
#include "store/ops/queue_walk.h"
#include "store/wire/queue_error.h"
#include <stdio.h>

/* A number begins with the clock's milliseconds, shifted up by 12 bits, and then counts. So it is larger than any
 * number of an earlier run, unless that run made 4,096 numbers per millisecond until its end. The low numbers are the
 * clock's milliseconds themselves: one a millisecond. */
uint64_t queue_new_id(struct stored *d, bool low)
{
    atomic_ullong *next = low ? &d->next_low_qid : &d->next_qid;
    unsigned long long fresh = (unsigned long long)clock_utc_ms() << (low ? 0 : 12), was = atomic_load(next);

    while (was < fresh && !atomic_compare_exchange_weak(next, &was, fresh))
        ;
    return atomic_fetch_add(next, 1);
}

/* ---- records ---- */
static enum rc put_item(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, bool fresh, struct err *e)
{
    struct key k = key_queue(qid, rcpt);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, queued_f, q);
    rc = tx_put(t, T_QUEUE, &k, buf_span(&b), fresh ? TX_NEW : 0, e);
    buf_free(&b);
    if (rc == RC_EXISTS)
        rc = err_set(e, RC_TEMP, "store: queue id %llu is taken", (unsigned long long)qid);
    return rc == RC_OK ? due_put(t, qid, rcpt, q, e) : rc;
}

enum rc queue_get(struct tx *t, uint64_t qid, uint32_t rcpt, bool write, struct buf *mem, struct queued *q_out,
                  struct err *e)
{
    struct key k = key_queue(qid, rcpt);
    enum rc rc = tx_get(t, T_QUEUE, &k, write ? TX_FOR_WRITE : 0, mem, e);

    return rc == RC_OK ? rec_read(buf_span(mem), queued_f, q_out, e) : rc;
}

/* In what state an entry may begin: one that gets nothing says why. */
static bool may_begin(const struct store_remote *r)
{
    if (r->state == Q_DROPPED)
        return r->cause > CAUSE_NONE && r->cause < CAUSES_;
    return r->cause == CAUSE_NONE && (r->state == 0 || r->state == Q_WAITING || r->state == Q_REPORT);
}

enum rc queue_add(struct tx *t, uint64_t qid, const struct store_deliver_req *rq, const struct store_remote *r,
                  size_t n, struct err *e)
{
    struct queued q = {
        .received = rq->received, .size = rq->size, .lead = rq->lead, .epoch = rq->queue_epoch, .mid = rq->mid};
    struct buf why = BUF_INIT; /* open: a number */
    enum rc rc = RC_OK;

    memcpy(q.oid, rq->oid, SEAL_OID);
    memcpy(q.wrap, rq->queue_wrap, SEAL_WRAP);
    memcpy(q.epoch_rec, rq->queue_epoch_rec, SEAL_EPOCH_REC);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        if (!may_begin(&r[i])) {
            rc = err_set(e, RC_SYNTAX, "store: nothing is queued in state %u", r[i].state);
            break;
        }
        if (r[i].state == Q_DROPPED)
            store_queue_error_write(&why, (enum cause)r[i].cause, 0, SPAN_NULL);
        q.last_error = r[i].state == Q_DROPPED ? buf_span(&why) : SPAN_NULL;
        q.state = r[i].state ? r[i].state : Q_WAITING;
        q.notify = r[i].notify;
        q.next_try = r[i].not_before ? r[i].not_before : rq->received;
        q.keys = r[i].keys;
        q.envelope = r[i].envelope;
        rc = put_item(t, qid, (uint32_t)i, &q, true, e);
    }
    buf_free(&why);
    tx_touch(t, SEAL_QUEUE_BOX, QUEUE_NEWS, 0);
    return rc;
}

/* ---- update ---- */
static enum rc end_item(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e)
{
    struct key k = key_queue(qid, rcpt);
    enum rc rc = tx_del(t, T_QUEUE, &k, e);

    return rc == RC_OK ? objref_add(t, q->oid, -1, e) : rc;
}

static enum rc check_update(const struct store_queue_update_req *rq, struct err *e)
{
    struct store_queue_error told;

    if (rq->state < Q_WAITING || (!queue_state_ends(rq->state) && !queue_state_due(rq->state) && rq->state != Q_HELD))
        return err_set(e, RC_SYNTAX, "store: no such queue state: %u", rq->state);
    if ((rq->marks & ~QUEUE_MARKS) != 0)
        return err_set(e, RC_SYNTAX, "store: no such marks of a queue entry: %x", rq->marks);
    if (rq->last_error.n > 0 && !store_queue_error_read(rq->last_error, &told))
        return err_set(e, RC_SYNTAX, "store: a queue entry's last error is not in its form");
    return RC_OK;
}

/* A report's entry is one for all its life: a message that was delivered, here or there, is never sent. */
static enum rc may_become(const struct queued *q, uint8_t state, uint16_t marks, struct err *e)
{
    if (state == Q_REPORT && q->state != Q_REPORT && !(marks & QUEUE_SENT))
        return err_set(e, RC_SYNTAX, "store: an entry that is to be sent is no report's");
    if (q->state == Q_REPORT && (state == Q_HELD || state == Q_DROPPED))
        return err_set(e, RC_PERM, "store: a report is neither held nor dropped");
    return RC_OK;
}

/* relayd had the entry in hand while an administrator held or dropped it: what he said stays, and what relayd found is noted. */
static void set_state(struct queued *q, enum ipc_role role, const struct store_queue_update_req *rq)
{
    bool relayd_puts_off = role == ROLE_RELAYD && (rq->state == Q_WAITING || rq->state == Q_REPORT);

    q->attempts += relayd_puts_off && !(rq->marks & QUEUE_WARNED); /* a warning is no attempt */
    q->notify |= rq->marks;
    if (q->state == Q_REPORT) {
        q->next_try = rq->next_try;
    } else if (!relayd_puts_off || q->state == Q_WAITING || rq->marks & QUEUE_SENT) {
        q->state = rq->state;
        q->next_try = rq->next_try;
    }
    if (rq->last_error.n > 0 && (q->state != Q_DROPPED || rq->state == Q_DROPPED))
        q->last_error = rq->last_error;
}

/* mid_out: our id of its message. */
static enum rc update_one(struct tx *t, enum ipc_role role, const struct store_queue_update_req *rq,
                          char mid_out[STORE_MID + 1], struct err *e)
{
    struct buf mem = BUF_INIT;
    struct queued q;
    enum rc rc = check_update(rq, e);

    if (rc == RC_OK)
        rc = queue_get(t, rq->qid, rq->rcpt, true, &mem, &q, e);
    if (rc == RC_OK && rq->from_states != 0 && !(rq->from_states >> q.state & 1))
        rc = err_set(e, RC_EXISTS, "store: queue entry %llu.%u is in another state", (unsigned long long)rq->qid,
                     rq->rcpt);
    if (rc == RC_OK)
        rc = may_become(&q, rq->state, rq->marks, e);
    if (rc == RC_OK)
        rc = due_del(t, rq->qid, rq->rcpt, &q, e);
    if (rc != RC_OK)
        goto out;
    snprintf(mid_out, STORE_MID + 1, "%.*s", SPAN_ARG(q.mid));
    if (queue_state_ends(rq->state)) {
        rc = end_item(t, rq->qid, rq->rcpt, &q, e);
        goto out;
    }
    set_state(&q, role, rq);
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

struct updating {
    const struct ask *a;
    char mid[STORE_MID + 1]; /* of the entry */
};

static enum rc update(struct tx *t, void *arg, struct err *e)
{
    struct updating *u = arg;

    touch(t, u->a->role);
    return update_one(t, u->a->role, u->a->req, u->mid, e);
}

/* What an administrator did to a letter belongs to its story (pli trace). relayd tells what it does itself. */
static void log_act(const struct updating *u)
{
    static const char *const events[] = {
        [Q_WAITING] = "queue-released", [Q_HELD] = "queue-held",       [Q_DONE] = "queue-ended",
        [Q_FAILED] = "queue-ended",     [Q_REPORT] = "queue-released", [Q_DROPPED] = "queue-dropped"};
    const struct store_queue_update_req *rq = u->a->req;

    log_message(u->mid);
    log_ev(LOG_INFO_, events[rq->state], "qid=%llu rcpt=%u uid=%ld", (unsigned long long)rq->qid, rq->rcpt,
           (long)u->a->s->peer->uid);
    log_message("");
}

/* Runs its own transaction, because the log hears of it behind the commit only. */
enum rc do_queue_update(struct tx *none, const struct ask *a, struct err *e)
{
    struct updating u = {a, ""};
    enum rc rc;

    (void)none;
    room_to_delete(&a->d->env);
    rc = tx_run(&a->d->env, TX_WRITE, update, &u, e);
    if (rc == RC_OK && a->role == ROLE_ADMIN)
        log_act(&u);
    return rc;
}

enum rc queue_settle(struct tx *t, enum ipc_role role, struct span updates, uint32_t most, uint32_t *made_out,
                     struct err *e)
{
    struct store_queue_update_req one;
    char mid[STORE_MID + 1];
    enum rc rc;

    *made_out = 0;
    for (uint32_t n = 0; (rc = ipc_list_next(&updates, store_queue_update_req_f, &one, e)) == RC_OK; n++) {
        if (n == 0)
            touch(t, role);
        if (n == most)
            return err_set(e, RC_SYNTAX, "store: more than %u updates at once", most);
        rc = update_one(t, role, &one, mid, e);
        if (rc != RC_OK && rc != RC_NOTFOUND)
            return rc;
        *made_out += rc == RC_OK;
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc do_queue_settle(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_settle_req *rq = a->req;
    struct store_queue_settle_rep *rep = a->rep;

    return queue_settle(t, a->role, rq->updates, STORE_SETTLES_MAX, &rep->settled, e);
}

/* ---- the message ---- */
enum rc do_queue_read(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_queue_read_req *rq = a->req;
    struct store_read_rep *rep = a->rep;
    struct buf mem = BUF_INIT;
    uint64_t qid;
    uint32_t rcpt = 0;
    struct queued q;
    struct queue_walk w;
    struct seal_chunk_at at;
    enum rc rc;

    queue_walk(&w, t, rq->qid, 0, true);
    rc = queue_walk_next(&w, &qid, &rcpt, &q, e);
    queue_walk_end(&w);
    if (rc == RC_OK)
        rc = queue_get(t, rq->qid, rcpt, false, &mem, &q, e); /* locked: its object stays while it is read */
    buf_free(&mem);
    if (rc != RC_OK)
        return rc;
    if (rq->kind != SEAL_MESSAGE || !seal_chunk_at(q.size, q.lead, rq->chunk, &at))
        return err_set(e, RC_NOTFOUND, "store: no such chunk");
    rc = obj_read(t, q.oid, SEAL_MESSAGE, seal_led_size(q.size, q.lead), at.sealed, at.n + SEAL_TAG, a->out, e);
    memcpy(rep->oid, q.oid, SEAL_OID);
    rep->plain_size = q.size;
    rep->chunk = rq->chunk;
    rep->count = 1;
    rep->chunks = buf_span(a->out);
    return rc;
}
