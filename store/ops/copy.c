/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/copy.c - COPY and MOVE (RFC 6851) within a mailbox, in one transaction. Octets are not copied: the object
 * gets one more reference. A MOVE is never refused for want of room (INV-R2). When there is little room, it ends after as
 * many messages as there is room for, and the client asks for the rest. */
#include "base/clock.h"
#include "store/db/room.h"
#include "store/ops/expunged.h"
#include "store/ops/objects.h"
#include "store/ops/packing.h"
#include <stdlib.h>

enum { COPIED = 1024 /* bytes that the records of a copy take beside summary and search text, about */ };

struct copying {
    struct tx *t;
    const struct ask *a;
    const struct store_copy_req *rq;
    struct counters from, to;
    struct buf mem, gone; /* gone: UIDs that a move took away */
    uint32_t *uids;
    size_t n;
    uint64_t written; /* bytes of records */
};

/* The two folders in key order; the same folder twice is one. */
static enum rc get_counters(struct copying *c, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    bool from_first = c->rq->folder < c->rq->dest;
    enum rc rc;

    if (c->rq->folder == c->rq->dest)
        return counters_get(c->t, mbx, c->rq->dest, true, &c->to, e);
    rc = counters_get(c->t, mbx, from_first ? c->rq->folder : c->rq->dest, true, from_first ? &c->from : &c->to, e);
    if (rc == RC_OK)
        rc = counters_get(c->t, mbx, from_first ? c->rq->dest : c->rq->folder, true, from_first ? &c->to : &c->from, e);
    return rc;
}

static enum rc gather(struct copying *c, uint64_t *bytes_out, struct err *e)
{
    struct msg_it it;
    struct msg m;
    uint32_t uid;
    uint64_t bytes = 0;
    enum rc rc;

    c->uids = calloc(STORE_COPY_MAX, sizeof *c->uids);
    if (!c->uids)
        return err_set(e, RC_TEMP, "store: out of memory");
    rc = msg_it_open(&it, c->t, c->a->s->mbx, c->rq->folder, c->rq->uids, c->rq->from, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (c->n == STORE_COPY_MAX)
            rc = err_set(e, RC_PERM, "store: more than %d messages at once", STORE_COPY_MAX);
        else
            c->uids[c->n++] = uid;
        bytes += m.size;
    }
    msg_it_close(&it);
    *bytes_out = bytes;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_quota(struct copying *c, uint64_t more, struct err *e)
{
    struct box b;
    enum rc rc = box_get(c->t, c->a->s->mbx, false, &b, e);

    return rc != RC_OK || c->rq->move
               ? rc
               : box_takes(c->a->d, c->t, c->a->s->mbx, &b, (struct sums){.bytes = more, .messages = c->n}, e);
}

static enum rc copy_beside(struct copying *c, enum table tb, uint32_t uid, uint32_t new_uid, struct err *e)
{
    struct key from = key_msg(c->a->s->mbx, c->rq->folder, uid), to = key_msg(c->a->s->mbx, c->rq->dest, new_uid);
    enum rc rc = tx_get(c->t, tb, &from, TX_COMMITTED, &c->mem, e); /* it stays: the folder is locked */

    c->written += c->mem.n;
    return rc == RC_OK ? tx_put(c->t, tb, &to, buf_span(&c->mem), TX_NEW, e) : rc;
}

static enum rc copy_one(struct copying *c, uint32_t uid, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    uint32_t new_uid = c->to.uidnext;
    struct msg m, was;
    enum rc rc = msg_get(c->t, mbx, c->rq->folder, uid, &m, e);

    if (rc == RC_OK && new_uid >= STORE_UID_MAX)
        rc = err_set(e, RC_TEMP, "store: folder %u has no UID left", (unsigned)c->rq->dest);
    if (rc != RC_OK)
        return rc;
    was = m;
    c->written += COPIED;
    c->to.uidnext++;
    packing_note(c->a->d->packing, mbx, c->rq->dest, new_uid);
    m.modseq = ++c->to.modseq;
    m.savedate = (uint64_t)clock_utc();
    counters_add(&c->to, &m, 1);
    rc = msg_put(c->t, mbx, c->rq->dest, new_uid, &m, true, e);
    if (rc == RC_OK && m.where & MSG_SUMMARY)
        rc = copy_beside(c, T_SUMMARIES, uid, new_uid, e);
    if (rc == RC_OK && m.where & MSG_TEXT)
        rc = copy_beside(c, T_TEXTS, uid, new_uid, e);
    if (rc == RC_OK)
        rc = objref_add(c->t, m.oid, 1, e);
    buf_u32(c->a->out, uid);
    buf_u32(c->a->out, new_uid);
    if (rc != RC_OK || !c->rq->move)
        return rc;
    buf_u32(&c->gone, uid);
    counters_add(c->rq->folder == c->rq->dest ? &c->to : &c->from, &was, -1);
    return msg_drop(c->t, mbx, c->rq->folder, uid, &was, e);
}

static enum rc put_counters(struct copying *c, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    struct counters *from = c->rq->folder == c->rq->dest ? &c->to : &c->from;
    enum rc rc = RC_OK;

    if (c->rq->move) {
        rc = expunged_add(c->t, mbx, c->rq->folder, ++from->modseq, buf_span(&c->gone), e);
        tx_touch(c->t, mbx, c->rq->folder, from->modseq);
    }
    if (rc == RC_OK)
        rc = counters_put(c->t, mbx, c->rq->dest, &c->to, e);
    if (rc == RC_OK && c->rq->move && from != &c->to)
        rc = counters_put(c->t, mbx, c->rq->folder, from, e);
    tx_touch(c->t, mbx, c->rq->dest, c->to.modseq);
    return rc;
}

enum rc do_copy(struct tx *t, const struct ask *a, struct err *e)
{
    struct copying c = {.t = t, .a = a, .rq = a->req};
    struct store_copy_rep *rep = a->rep;
    uint64_t bytes = 0, most = UINT64_MAX;
    size_t i = 0;
    enum rc rc = get_counters(&c, e);

    if (rc == RC_OK)
        rc = gather(&c, &bytes, e);
    if (rc == RC_OK)
        rc = check_quota(&c, bytes, e);
    if (rc == RC_OK && c.rq->move)
        most = room_to_move(&a->d->env);
    else if (rc == RC_OK)
        rc = env_room(&a->d->env, 0, (uint64_t)c.n * COPIED, true, e);
    for (; rc == RC_OK && i < c.n && c.written < most; i++)
        rc = copy_one(&c, c.uids[i], e);
    rep->next = i < c.n ? c.uids[i] : 0;
    if (rc == RC_OK && c.n > 0)
        rc = put_counters(&c, e);
    rep->uidvalidity = c.to.uidvalidity;
    rep->pairs = buf_span(a->out);
    free(c.uids);
    buf_free(&c.mem);
    buf_free(&c.gone);
    return rc;
}
