/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/append.c - several messages into one mailbox, and one that they replace out of it, in one transaction (RFC 3502,
 * RFC 8508). Each is a delivery of its own; deliver.c says which states it passes. The octets of all are in
 * their segments, flushed, before it; they are given back when it fails. */
#include "store/db/memfd.h"
#include "store/db/room.h"
#include "store/ops/acl.h"
#include "store/ops/deliver_int.h"
#include "store/ops/expunged.h"
#include "store/ops/freed.h"
#include "store/ops/seen.h"
#include <stdlib.h>

struct one {
    struct store_deliver_req rq;
    struct delivery d;
    struct ask ask; /* as if it were asked for alone */
    struct store_deliver_rep rep;
    struct buf out;
};
struct appending {
    const struct ask *a;
    const struct store_append_req *rq;
    struct one *one;
    size_t n;
    bool entered; /* in busy.c */
    bool again;   /* they were filed before: the message that they replaced has left */
};

/* ---- reading ---- */
static enum rc read_list(struct appending *p, struct err *e)
{
    struct span rest = p->rq->messages;
    struct store_deliver_req rq;
    enum rc rc;

    while ((rc = ipc_list_next(&rest, store_deliver_req_f, &rq, e)) == RC_OK && p->n < STORE_APPEND_MAX)
        p->one[p->n++].rq = rq;
    if (rc != RC_NOTFOUND || p->n == 0)
        return err_set(e, RC_SYNTAX, "store: an append takes 1 to %d messages", STORE_APPEND_MAX);
    return RC_OK;
}

static enum rc begin_one(struct appending *p, struct one *o, uint64_t base, struct err *e)
{
    enum rc rc;

    o->ask = *p->a;
    o->ask.req = &o->rq;
    o->ask.rep = &o->rep;
    o->ask.out = &o->out;
    o->d.a = &o->ask;
    o->d.rq = &o->rq;
    o->d.src.fd = p->a->fd;
    o->d.src.base = base;
    if ((rc = delivery_new(&o->d, e)) != RC_OK)
        return rc;
    if (o->d.n_places != 1 || o->rq.objects.n > 0 || o->rq.once.n > 0 || o->rq.skip > 0)
        return err_set(e, RC_SYNTAX, "store: a message of an append has one place, and its objects in the memfd");
    delivery_open(&o->d);
    return RC_OK;
}

static enum rc begin(struct appending *p, struct err *e)
{
    uint64_t total = 0, base = p->rq->skip;
    enum rc rc = read_list(p, e);

    if (rc == RC_OK && base > SOURCE_SKIP)
        rc = err_set(e, RC_SYNTAX, "store: objects that begin at %llu", (unsigned long long)base);
    for (size_t i = 0; rc == RC_OK && i < p->n; i++) {
        const struct store_deliver_req *rq = &p->one[i].rq;

        if (rq->len_message > UINT32_MAX || rq->len_summary > UINT32_MAX || rq->len_search > UINT32_MAX)
            return err_set(e, RC_SYNTAX, "store: lengths out of bounds");
        total += source_total(rq);
    }
    if (rc == RC_OK)
        rc = memfd_check(p->a->fd, base + total, e);
    for (size_t i = 0; rc == RC_OK && i < p->n; i++) {
        rc = begin_one(p, &p->one[i], base, e);
        base += source_total(&p->one[i].rq);
    }
    return rc;
}

/* ---- filing, inside the transaction ---- */
/* The counters of both folders, for writing, in key order. */
static enum rc lock_folders(struct tx *t, const struct appending *p, struct err *e)
{
    uint32_t a = p->one[0].d.places[0].folder, b = p->rq->gone_folder;
    struct counters c;
    enum rc rc = counters_get(t, p->a->s->mbx, a < b ? a : b, true, &c, e);

    return rc == RC_OK && a != b ? counters_get(t, p->a->s->mbx, a < b ? b : a, true, &c, e) : rc;
}

static enum rc replace(struct tx *t, const struct appending *p, struct err *e)
{
    uint64_t mbx = p->a->s->mbx;
    uint32_t folder = p->rq->gone_folder, uid = p->rq->gone_uid;
    struct buf gone = BUF_INIT; /* open: a UID */
    struct freeing of = {.mbx = mbx, .by = sess_actor(p->a->s), .folder = folder, .how = REMOVED_REPLACE};
    struct counters c;
    struct msg m;
    enum rc rc = acl_check(t, p->a->s, folder, ACL_R | ACL_T | ACL_E, e);

    if (rc == RC_OK)
        rc = counters_get(t, mbx, folder, true, &c, e);
    if (rc == RC_OK && (rc = msg_get(t, mbx, folder, uid, &m, e)) == RC_NOTFOUND)
        return err_cause(e, RC_NOTFOUND, CAUSE_EXPUNGED, "store: no message %u to be replaced", (unsigned)uid);
    if (rc == RC_OK)
        rc = msg_remove(t, mbx, folder, uid, e);
    if (rc == RC_OK)
        rc = freed_all(p->a->d, t, &of, &(struct freed){uid, m}, 1, e);
    if (rc != RC_OK)
        return rc;
    counters_add(&c, &m, -1);
    buf_u32(&gone, uid);
    rc = expunged_add(t, mbx, folder, ++c.modseq, buf_span(&gone), e);
    if (rc == RC_OK)
        rc = seen_left(t, mbx, folder, buf_span(&gone), e);
    if (rc == RC_OK)
        rc = counters_put(t, mbx, folder, &c, e);
    tx_touch(t, mbx, folder, c.modseq);
    buf_free(&gone);
    return rc;
}

/* Were they all filed by an earlier request of the same objects? */
static enum rc filed_before(struct tx *t, struct appending *p, struct err *e)
{
    struct key k = key_oid(p->one[0].rq.oid);
    enum rc rc = tx_has(t, T_OBJREFS, &k, e);

    p->again = rc == RC_OK;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* The message that is replaced leaves first, so that it gives its room to the new one. */
static enum rc file_all(struct tx *t, void *arg, struct err *e)
{
    struct appending *p = arg;
    enum rc rc = filed_before(t, p, e);

    if (rc == RC_OK && p->rq->gone_uid != 0 && !p->again && (rc = lock_folders(t, p, e)) == RC_OK)
        rc = replace(t, p, e);
    for (size_t i = 0; rc == RC_OK && i < p->n; i++)
        rc = delivery_file(t, &p->one[i].d, e);
    return rc;
}

/* ---- the whole ---- */
static enum rc write_octets(struct appending *p, struct err *e)
{
    unsigned char oids[STORE_APPEND_MAX][SEAL_OID];
    uint64_t octets = 0, beside = 0;
    enum rc rc;

    for (size_t i = 0; i < p->n; i++) {
        memcpy(oids[i], p->one[i].rq.oid, SEAL_OID);
        octets += objref_run(&p->one[i].d.ref);
        beside += delivery_beside(&p->one[i].d);
    }
    busy_enter_all(p->a->d->busy, (const unsigned char(*)[SEAL_OID])oids, p->n);
    p->entered = true;
    rc = env_room(&p->a->d->env, octets, beside, true, e);
    for (size_t i = 0; rc == RC_OK && i < p->n; i++)
        rc = source_append(&p->one[i].d, e);
    return rc;
}

static void leave(struct appending *p, bool failed)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!failed && p->one[i].d.filed)
            run_end(&p->one[i].d.run);
        else
            run_drop(&p->one[i].d.run);
        if (p->entered)
            busy_leave(p->a->d->busy, p->one[i].rq.oid);
        delivery_free(&p->one[i].d);
        buf_free(&p->one[i].out);
    }
    free(p->one);
}

static void answer(const struct appending *p)
{
    struct store_append_rep *rep = p->a->rep;

    for (size_t i = 0; i < p->n; i++) {
        buf_addspan(p->a->out, p->one[i].rep.placed);
        delivery_log(&p->one[i].d);
    }
    rep->placed = buf_span(p->a->out);
}

/* Two messages of one list must not have one id: busy.c would be left by one while the other is still written. */
static enum rc ids_differ(const struct appending *p, struct err *e)
{
    for (size_t i = 1; i < p->n; i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(p->one[i].rq.oid, p->one[k].rq.oid, SEAL_OID) == 0)
                return err_set(e, RC_SYNTAX, "store: one object id twice");
    return RC_OK;
}

enum rc do_append(struct tx *t, const struct ask *a, struct err *e)
{
    struct appending p = {.a = a, .rq = a->req, .one = calloc(STORE_APPEND_MAX, sizeof *p.one)};
    enum rc rc;

    (void)t;
    if (!p.one)
        return err_set(e, RC_TEMP, "store: out of memory");
    if ((rc = begin(&p, e)) == RC_OK && (rc = ids_differ(&p, e)) == RC_OK)
        rc = write_octets(&p, e);
    if (rc == RC_OK)
        rc = tx_run(&a->d->env, TX_WRITE, file_all, &p, e);
    if (rc == RC_OK)
        answer(&p);
    leave(&p, rc != RC_OK);
    return rc;
}
