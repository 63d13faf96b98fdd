/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue.c - see admin/queue.h. */
#include "admin/queue.h"
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include <string.h>

static const char *const states[] = {
    [Q_WAITING] = "waiting", [Q_HELD] = "held", [Q_DONE] = "done", [Q_FAILED] = "failed"};

const char *queue_state_name(uint8_t state)
{
    return state > 0 && state < sizeof states / sizeof *states ? states[state] : "?";
}

/* item.envelope: the envelope's object id, then the sealed octets. */
static enum rc open_envelope(struct admin *ad, const struct store_queue_item *it, struct queued_envelope *out,
                             struct err *e)
{
    struct keyd_queue_req rq = {.epoch = it->epoch};
    unsigned char key[SEAL_CEK];
    struct buf plain = BUF_SECRET_INIT;
    enum keyd_queue_what what;
    enum rc rc;

    if (it->envelope.n <= SEAL_OID)
        return err_set(e, RC_CORRUPT, "queue entry %llu has no envelope", (unsigned long long)it->qid);
    memcpy(rq.oid, it->envelope.p, SEAL_OID);
    memcpy(rq.wrap, it->wrap, SEAL_WRAP);
    memcpy(rq.epoch_rec, it->epoch_rec, SEAL_EPOCH_REC);
    rc = keyd_queue_open(ad->keyd, &rq, &what, key, e);
    if (rc == RC_OK)
        rc = open_whole_key(key, rq.oid, SEAL_ENVELOPE, span_from(it->envelope, SEAL_OID), &plain, e);
    if (rc == RC_OK)
        rc = queued_envelope_open(buf_span(&plain), out, e);
    wipe(key, sizeof key);
    buf_free(&plain);
    return rc;
}

struct queue_walk {
    uint64_t only;
    queue_see see;
    void *ctx;
};

static enum rc one(struct admin *ad, const struct queue_walk *w, const struct store_queue_item *it, struct err *e)
{
    struct queued_envelope env = {.mem = BUF_INIT};
    enum rc rc = open_envelope(ad, it, &env, e);

    if (rc == RC_OK)
        rc = w->see(it, &env, w->ctx, e);
    queued_envelope_free(&env);
    return rc;
}

/* The page that rq asks for; then rq asks for the next, or for none (qid_from 0). */
static enum rc one_page(struct admin *ad, const struct queue_walk *w, struct store_queue_list_req *rq, struct err *e)
{
    struct store_queue_list_rep rep = {0};
    struct store_queue_item it = {0};
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc = store_call_in(ad->store, STORE_QUEUE_LIST, rq, -1, &rep, &mem, e);
    bool mine = true;

    rq->qid_from = rep.next_qid;
    rq->rcpt_from = rep.next_rcpt;
    for (struct span rest = rep.items;
         rc == RC_OK && mine && ipc_list_next(&rest, store_queue_item_f, &it, &end) == RC_OK;) {
        mine = !w->only || it.qid == w->only;
        if (mine)
            rc = one(ad, w, &it, e);
        else
            rq->qid_from = 0; /* the entries behind are other messages' */
    }
    buf_free(&mem);
    return rc;
}

enum rc queue_each(struct admin *ad, uint64_t only, queue_see see, void *ctx, struct err *e)
{
    const struct queue_walk w = {only, see, ctx};
    struct store_queue_list_req rq = {.qid_from = only};
    enum rc rc;

    do
        rc = one_page(ad, &w, &rq, e);
    while (rc == RC_OK && rq.qid_from != 0);
    return rc;
}
