/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue.c - see admin/queue.h: the queue looked at. */
#include "admin/queue.h"
#include "base/wipe.h"
#include "crypto/seal/seal.h"
#include "proto/smtp/path.h"
#include <string.h>

static const char *const states[] = {[Q_WAITING] = "waiting", [Q_HELD] = "held",     [Q_DONE] = "done",
                                     [Q_FAILED] = "failed",   [Q_REPORT] = "report", [Q_DROPPED] = "dropped"};

const char *queue_state_name(uint8_t state)
{
    return state < sizeof states / sizeof *states && states[state] ? states[state] : "?";
}

uint8_t queue_state_named(const char *name)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (states[i] && strcmp(states[i], name) == 0)
            return (uint8_t)i;
    return 0;
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

/* ---- filter ---- */
/* asked: an address, a domain, or "<>". */
static bool address_matches(struct span asked, struct span is)
{
    if (asked.n == 0)
        return true;
    if (span_eq_str(asked, "<>"))
        return is.n == 0;
    return span_ieq(asked, span_chr(asked, '@') < 0 ? smtp_domain_of(is) : is);
}

static bool envelope_matches(const struct queue_filter *f, const struct queued_envelope *env)
{
    return (f->domain.n == 0 || span_ieq(f->domain, smtp_domain_of(env->recipient))) &&
           address_matches(f->sender, env->sender) && address_matches(f->recipient, env->recipient);
}

/* ---- the walk ---- */
struct walk {
    const struct queue_filter *f;
    queue_see see;
    void *ctx;
    uint64_t seen;
    bool over;
};

static enum rc one(struct admin *ad, struct walk *w, const struct store_queue_item *it, struct err *e)
{
    struct queued_envelope env = {.mem = BUF_INIT};
    enum rc rc = RC_OK;

    if (w->f->rcpt > 0 && it->rcpt != (uint32_t)(w->f->rcpt - 1))
        return RC_OK;
    rc = open_envelope(ad, it, &env, e);
    if (rc == RC_OK && envelope_matches(w->f, &env)) {
        w->seen++;
        rc = w->see(it, &env, w->ctx, e);
    }
    queued_envelope_free(&env);
    w->over = w->over || (w->f->most > 0 && w->seen >= w->f->most);
    return rc;
}

/* The page that rq asks for; then rq asks for the next, or w is over. */
static enum rc one_page(struct admin *ad, struct walk *w, struct store_queue_list_req *rq, struct err *e)
{
    struct store_queue_list_rep rep = {0};
    struct store_queue_item it = {0};
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc = store_call_in(ad->store, STORE_QUEUE_LIST, rq, -1, &rep, &mem, e);

    rq->qid_from = rep.next_qid;
    rq->rcpt_from = rep.next_rcpt;
    for (struct span rest = rep.items;
         rc == RC_OK && !w->over && ipc_list_next(&rest, store_queue_item_f, &it, &end) == RC_OK;) {
        if (w->f->qid != 0 && it.qid != w->f->qid)
            w->over = true; /* the entries behind are other messages' */
        else
            rc = one(ad, w, &it, e);
    }
    buf_free(&mem);
    w->over = w->over || rq->qid_from == 0 || (w->f->qid != 0 && rq->qid_from != w->f->qid);
    return rc;
}

enum { PAGE_MOST = 1000 };

enum rc queue_each(struct admin *ad, const struct queue_filter *f, queue_see see, void *ctx, struct err *e)
{
    struct walk w = {f, see, ctx, 0, false};
    struct store_queue_list_req rq = {.qid_from = f->qid,
                                      .one = f->qid != 0,
                                      .states = f->states,
                                      .cause = f->cause,
                                      .received_before = f->received_before,
                                      .which = f->which,
                                      .keys = f->which ? span_of(f->keys, sizeof f->keys) : SPAN_NULL};
    enum rc rc;

    do {
        rq.most = f->most > w.seen && f->most - w.seen < PAGE_MOST ? (uint32_t)(f->most - w.seen) : 0;
        rc = one_page(ad, &w, &rq, e);
    } while (rc == RC_OK && !w.over);
    return rc;
}
