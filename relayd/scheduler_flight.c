/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_flight.c - a letter as a session gets it: its items are read again right before, so that what an administrator held, dropped or
 * released meanwhile is seen; their envelopes are opened; and its content key is here for as long as the session has the letter. */
#include "base/log.h"
#include "base/wipe.h"
#include "relayd/scheduler.h"
#include <stdlib.h>
#include <string.h>

enum { RCPTS_ROOM = 16 * 1024 /* channel_next_rep.rcpts */ };

enum rc content_key(struct scheduler *s, const struct store_queue_item *it, unsigned char cek_out[SEAL_CEK],
                    struct err *e)
{
    struct keyd_queue_req rq = {.epoch = it->epoch};
    enum keyd_queue_what what;
    enum rc rc;

    if (it->envelope.n <= SEAL_OID)
        return err_set(e, RC_CORRUPT, "queue entry %llu.%u has no envelope", (unsigned long long)it->qid, it->rcpt);
    memcpy(rq.oid, it->envelope.p, SEAL_OID);
    memcpy(rq.wrap, it->wrap, SEAL_WRAP);
    memcpy(rq.epoch_rec, it->epoch_rec, SEAL_EPOCH_REC);
    rc = keyd_queue_open(s->keyd, &rq, &what, cek_out, e);
    if (rc == RC_OK && what != KEYD_QUEUE_CEK)
        rc = err_set(e, RC_DENIED, "keyd gives this process no content key");
    return rc;
}

enum rc envelope_open(const struct store_queue_item *it, const unsigned char cek[SEAL_CEK], struct queued_envelope *out,
                      struct err *e)
{
    struct buf plain = BUF_SECRET_INIT;
    enum rc rc;

    if (it->envelope.n <= SEAL_OID)
        return err_set(e, RC_CORRUPT, "queue entry %llu.%u has no envelope", (unsigned long long)it->qid, it->rcpt);
    rc = open_whole(cek, it->envelope.p, SEAL_ENVELOPE, span_from(it->envelope, SEAL_OID), &plain, e);
    if (rc == RC_OK)
        rc = queued_envelope_open(buf_span(&plain), out, e);
    buf_free(&plain);
    return rc;
}

/* ---- gathering ---- */
static struct flight *flight_new(void)
{
    struct flight *f = calloc(1, sizeof *f);

    if (!f)
        die("out of memory");
    return f;
}

void flight_close(struct flight **fp)
{
    struct flight *f = *fp;

    if (!f)
        return;
    for (size_t i = 0; i < f->n; i++)
        queued_envelope_free(&f->p[i].envelope);
    for (size_t i = 0; i < f->n_pages; i++)
        buf_free(&f->pages[i]);
    wipe(f->cek, sizeof f->cek);
    free(f->p);
    free(f->pages);
    free(f);
    *fp = NULL;
}

static void keep_page(struct flight *f, struct buf *mem)
{
    f->pages = reallocarray(f->pages, f->n_pages + 1, sizeof *f->pages);
    if (!f->pages)
        die("out of memory");
    f->pages[f->n_pages++] = *mem;
    *mem = (struct buf)BUF_INIT;
}

static void keep_item(struct flight *f, const struct store_queue_item *it)
{
    f->p = reallocarray(f->p, f->n + 1, sizeof *f->p);
    if (!f->p)
        die("out of memory");
    f->p[f->n] = (struct passenger){.item = *it,
                                    .warned = it->notify & QUEUE_WARNED,
                                    .sent = it->notify & QUEUE_SENT,
                                    .envelope = {.mem = BUF_SECRET_INIT}};
    f->p[f->n++].item.notify &= (uint16_t)~QUEUE_MARKS; /* what RFC 3461 knows, alone */
}

typedef bool (*wanted)(struct scheduler *s, const struct store_queue_item *it, const void *ctx);

/* Items of a message that are wanted, page after page. */
static enum rc gather(struct scheduler *s, struct flight *f, uint64_t qid, wanted want, const void *ctx, struct err *e)
{
    struct store_queue_list_req rq = {.qid_from = qid, .one = 1};
    struct store_queue_list_rep rep;
    struct store_queue_item it;
    struct err end;
    enum rc rc;

    do {
        struct buf mem = BUF_INIT;
        size_t before = f->n;

        rc = store_call_in(s->store, STORE_QUEUE_LIST, &rq, -1, &rep, &mem, e);
        for (struct span rest = rep.items; rc == RC_OK && ipc_list_next(&rest, store_queue_item_f, &it, &end) == RC_OK;)
            if (it.qid == qid && f->n < STORE_PLACES_MAX && want(s, &it, ctx))
                keep_item(f, &it);
        if (f->n > before)
            keep_page(f, &mem);
        buf_free(&mem);
        rq.rcpt_from = rep.next_rcpt;
    } while (rc == RC_OK && rep.next_qid == qid);
    return rc;
}

/* What does not open never will: it leaves the way of the others. What was to be sent is held, for a person to look at; what was dropped, or delivered,
 * ends, because nobody can be told of it. */
static enum rc set_aside(struct scheduler *s, struct passenger *r, const struct err *why, struct err *e)
{
    static const uint8_t becomes[] = {
        [Q_WAITING] = Q_HELD, [Q_HELD] = Q_HELD, [Q_DROPPED] = Q_FAILED, [Q_REPORT] = Q_DONE};
    struct buf up = BUF_INIT;
    struct verdict v;
    enum rc rc;

    log_err(LOG_ERROR_, "queue-damaged", why);
    verdict_cause(&v, FATE_LATER, CAUSE_DAMAGED);
    settle_add(&up, &r->item, becomes[r->item.state], r->item.next_try, &v);
    rc = settle_updates(s, &up, 1, e);
    buf_free(&up);
    queued_envelope_free(&r->envelope);
    return rc;
}

/* All recipients of a message have one content key. */
static enum rc open_one(struct scheduler *s, struct flight *f, struct passenger *r, bool *keyed, struct err *e)
{
    enum rc rc = *keyed ? RC_OK : content_key(s, &r->item, f->cek, e);

    *keyed = *keyed || rc == RC_OK;
    return rc == RC_OK ? envelope_open(&r->item, f->cek, &r->envelope, e) : rc;
}

static enum rc open_all(struct scheduler *s, struct flight *f, struct err *e)
{
    size_t all = f->n;
    bool keyed = false;
    enum rc rc = RC_OK;

    f->n = 0;
    for (size_t i = 0; rc == RC_OK && i < all; i++) {
        struct passenger *r = &f->p[i];
        struct err why;

        rc = open_one(s, f, r, &keyed, &why);
        if (rc == RC_OK)
            f->p[f->n++] = *r;
        else if (rc == RC_CORRUPT || rc == RC_DENIED)
            rc = set_aside(s, r, &why, e);
        else
            *e = why;
    }
    return rc;
}

/* As many recipients as one packet of the channel holds. The others are not forgotten: they are due, and the next walk through the queue sees them. */
static void trim(struct flight *f)
{
    size_t room = RCPTS_ROOM, n = 0;

    while (n < f->n && f->p[n].envelope.recipient.n + f->p[n].envelope.orcpt.n + 32 <= room) {
        room -= f->p[n].envelope.recipient.n + f->p[n].envelope.orcpt.n + 32;
        n++;
    }
    for (size_t i = n; i < f->n; i++)
        queued_envelope_free(&f->p[i].envelope);
    f->n = n;
}

static enum flight_rc finish(struct scheduler *s, struct flight *f, enum rc rc, const struct err *e,
                             struct flight **f_out)
{
    if (rc == RC_OK && f->n > 0) {
        f->number = ++s->last_letter;
        *f_out = f;
        return FL_OK;
    }
    flight_close(&f);
    if (rc == RC_OK)
        return FL_EMPTY;
    log_err(LOG_WARN_, "letter-unseen", e);
    return rc == RC_CORRUPT ? FL_EMPTY
                            : FL_TEMP; /* it is met again by the next walk, and keeps no other back until then */
}

static bool of_letter(struct scheduler *s, const struct store_queue_item *it, const void *ctx)
{
    const struct schedule_letter *l = ctx;

    (void)s;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->rcpt[i] == it->rcpt)
            return it->state == Q_WAITING;
    return false;
}

enum flight_rc flight_open(struct scheduler *s, const struct schedule_letter *l, struct flight **f_out)
{
    struct flight *f = flight_new();
    struct err e;
    enum rc rc = gather(s, f, l->qid, of_letter, l, &e);

    f->letter = *l;
    if (rc == RC_OK)
        rc = open_all(s, f, &e);
    if (rc == RC_OK)
        trim(f);
    return finish(s, f, rc, &e, f_out);
}

static bool of_state(struct scheduler *s, const struct store_queue_item *it, const void *ctx)
{
    return it->state == *(const uint8_t *)ctx && !schedule_flying(s->plan, it->qid, it->rcpt);
}

enum flight_rc flight_of_state(struct scheduler *s, uint64_t qid, uint8_t state, struct flight **f_out)
{
    struct flight *f = flight_new();
    struct err e;
    enum rc rc = gather(s, f, qid, of_state, &state, &e);

    f->letter.qid = qid;
    if (rc == RC_OK)
        rc = open_all(s, f, &e);
    return finish(s, f, rc, &e, f_out);
}

/* ---- giving ---- */
enum rc flight_chunk(struct scheduler *s, const struct flight *f, uint32_t chunk, struct buf *mem,
                     struct span *sealed_out, struct err *e)
{
    struct store_queue_read_req rq = {.qid = f->letter.qid, .kind = SEAL_MESSAGE, .chunk = chunk};
    struct store_read_rep rep;
    enum rc rc = store_call_in(s->store, STORE_QUEUE_READ, &rq, -1, &rep, mem, e);

    if (rc == RC_OK)
        *sealed_out = rep.chunks;
    return rc;
}

void flight_next(const struct flight *f, struct channel_next_rep *rep, struct buf *rcpts, struct span chunk)
{
    const struct passenger *first = &f->p[0];

    for (size_t i = 0; i < f->n; i++) {
        struct channel_rcpt r = {.n = (uint32_t)i,
                                 .notify = f->p[i].item.notify,
                                 .address = f->p[i].envelope.recipient,
                                 .orcpt = f->p[i].envelope.orcpt};

        ipc_list_add(rcpts, channel_rcpt_f, &r);
    }
    *rep = (struct channel_next_rep){.more = 1,
                                     .letter = f->number,
                                     .sender = first->envelope.sender,
                                     .envid = first->envelope.envid,
                                     .ret = first->envelope.ret,
                                     .flags = first->envelope.flags,
                                     .size = first->item.size,
                                     .lead = first->item.lead,
                                     .mid = first->item.mid,
                                     .rcpts = buf_span(rcpts),
                                     .chunk = chunk};
    memcpy(rep->oid, first->item.oid, SEAL_OID);
    memcpy(rep->cek, f->cek, SEAL_CEK);
}
