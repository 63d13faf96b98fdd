/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/deliver.c - one message into every local mailbox and the queue, in one transaction (promise 1). Several at once:
 * append.c.
 *
 * States   each with the function that leaves it, and the locks held while it does:
 *
 *              state            left by                        holds
 *              asked            do_deliver(): lists, sizes, places, digests are checked        nothing
 *              checked          run(): the object id is entered in busy.c                      the id (busy), to the end of run()
 *              entered          source_append(): its octets stand in a segment, flushed with all who wait for that   the id, the run
 *              appended         file_it() in one transaction: first the counters of every folder in key order, for writing;
 *                               then messages, summaries, texts, epochs, queue, objref         the id; Berkeley DB's locks, counters first
 *              filed            commit() in tx.c: no lock of the library is held behind it     the id; the marks of the mailboxes (env.h)
 *              committed        env_flush(): on stable storage, with all who wait              the id; the marks
 *              flushed          env_hooks.committed: watchers are told                         the id
 *              told             run() leaves busy.c; do_deliver() answers                      nothing
 *
 *          A crash before "flushed" leaves nothing but dead octets, which are swept (INV-3). A crash after it leaves everything, and the same
 *          object id asked again is answered from its objref (INV-4). A failure in run() gives the octets back itself.
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/guard.h"
#include "store/db/room.h"
#include "store/ops/acl.h"
#include "store/ops/deliver_int.h"
#include "store/ops/folder.h"
#include "store/ops/once.h"
#include "store/ops/packing.h"
#include "store/ops/queue.h"
#include "store/ops/seen.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    SUMMARY_OWN_MAX = 16 * 1024, /* beyond: stored once, in the segment */
    SUMMARY_OWN_PLACES = 64,
    TEXT_OWN_MAX = 64 * 1024,
};
#define MESSAGE_MAX (1ull << 31)

/* ---- checks ---- */
static enum rc check_sizes(const struct store_deliver_req *rq, struct err *e)
{
    uint64_t plain;

    if (rq->size > MESSAGE_MAX || !seal_led_lawful(rq->size, rq->lead) ||
        rq->len_message != seal_led_size(rq->size, rq->lead)) /* INV-W5 */
        return err_set(e, RC_SYNTAX, "store: the message's sealed length is not its size's");
    if (rq->len_summary > MESSAGE_MAX || rq->len_search > MESSAGE_MAX)
        return err_set(e, RC_SYNTAX, "store: summary or search text out of bounds");
    if ((rq->len_summary && seal_plain_size(rq->len_summary, &plain, e) != RC_OK) ||
        (rq->len_search && seal_plain_size(rq->len_search, &plain, e) != RC_OK))
        return err_set(e, RC_SYNTAX, "store: no object is sealed to that length");
    return RC_OK;
}

static enum rc check_places(const struct delivery *d, struct err *e)
{
    const struct sess *s = d->a->s;

    if (d->n_places + d->n_remotes == 0 || d->n_places + d->n_remotes > STORE_PLACES_MAX)
        return err_set(e, RC_SYNTAX, "store: %zu places and %zu remotes", d->n_places, d->n_remotes);
    for (size_t i = 0; i < d->n_places; i++)
        if (!flags_lawful(d->places[i].flags))
            return err_set(e, RC_SYNTAX, "store: unknown flag");
    if (d->rq->settle.n > 0 && d->a->role != ROLE_RELAYD)
        return err_set(e, RC_DENIED, "store: the queue is settled by relayd");
    if (d->a->role != ROLE_IMAPD)
        return d->rq->once.n == 0 || d->rq->once.n == STORE_ONCE
                   ? RC_OK
                   : err_set(e, RC_SYNTAX, "store: a submission's key of %zu octets", d->rq->once.n);
    if (!s->bound || !(s->rights & RIGHT_WRITE) || d->n_remotes > 0)
        return err_set(e, RC_DENIED, "store: an append wants a ticket to write");
    for (size_t i = 0; i < d->n_places; i++)
        if (d->places[i].mbx != s->mbx)
            return err_set(e, RC_DENIED, "store: not the ticket's mailbox");
    return RC_OK;
}

/* ---- reading the lists ---- */
static enum rc read_lists(struct delivery *d, struct err *e)
{
    struct span rest = d->rq->places;
    struct store_place place;
    struct store_remote remote;
    enum rc rc;

    while ((rc = ipc_list_next(&rest, store_place_f, &place, e)) == RC_OK && d->n_places < STORE_PLACES_MAX)
        d->places[d->n_places++] = place;
    if (rc != RC_NOTFOUND)
        return RC_SYNTAX;
    rest = d->rq->remotes;
    while ((rc = ipc_list_next(&rest, store_remote_f, &remote, e)) == RC_OK && d->n_remotes < STORE_PLACES_MAX)
        d->remotes[d->n_remotes++] = remote;
    return rc == RC_NOTFOUND ? RC_OK : RC_SYNTAX;
}

/* Room for as many records as the bytes can hold, STORE_PLACES_MAX at most. */
static size_t room_for(struct span list, size_t least_record)
{
    size_t n = list.n / least_record + 1;

    return n < STORE_PLACES_MAX ? n : STORE_PLACES_MAX;
}

static enum rc get_memory(struct delivery *d, struct err *e)
{
    size_t places = room_for(d->rq->places, 4 + SEAL_WRAP + SEAL_EPOCH_REC);

    d->places = calloc(places, sizeof *d->places);
    d->remotes = calloc(room_for(d->rq->remotes, 4 + 2 + 8 + 4 + 4), sizeof *d->remotes);
    d->placed = calloc(places, sizeof *d->placed);
    d->order = calloc(places, sizeof *d->order);
    if (!d->places || !d->remotes || !d->placed || !d->order)
        return err_set(e, RC_TEMP, "store: out of memory");
    return RC_OK;
}

static bool place_before(const struct store_place *a, const struct store_place *b)
{
    return a->mbx < b->mbx || (a->mbx == b->mbx && a->folder < b->folder);
}

/* Insertion sort, because there is mostly one place, and 512 at most. */
static void sort_places(struct delivery *d)
{
    for (size_t i = 0; i < d->n_places; i++) {
        size_t j = i;

        for (; j > 0 && place_before(&d->places[i], &d->places[d->order[j - 1]]); j--)
            d->order[j] = d->order[j - 1];
        d->order[j] = (uint16_t)i;
    }
}

/* Which object is kept where. */
static void settle_objref(struct delivery *d)
{
    const struct store_deliver_req *rq = d->rq;
    struct objref *r = &d->ref;

    r->created = r->touched = (uint64_t)clock_utc();
    r->size = rq->size;
    r->lead = rq->lead;
    r->len_summary = (uint32_t)rq->len_summary;
    r->len_text = (uint32_t)rq->len_search;
    r->refs = (uint32_t)(d->n_places + d->n_remotes);
    d->own = d->n_places > 0 && d->n_places <= SUMMARY_OWN_PLACES && rq->len_summary > 0 &&
                     rq->len_summary <= SUMMARY_OWN_MAX
                 ? MSG_SUMMARY
                 : 0;
    d->own |= d->n_places == 1 && rq->len_search > 0 && rq->len_search <= TEXT_OWN_MAX ? MSG_TEXT : 0;
    r->where = 1u << SEAL_MESSAGE;
    r->where |= d->own & MSG_SUMMARY || !rq->len_summary ? 0 : 1u << SEAL_SUMMARY;
    r->where |= d->own & MSG_TEXT || !rq->len_search ? 0 : 1u << SEAL_SEARCH;
}

/* ---- filing, inside the transaction ---- */
/* The number follows from the record (seal_epoch_id), so what stands under a number is always the record that keyd made for it: a session
 * cannot file garbage there before others file the true one. */
static enum rc put_epoch(struct tx *t, uint64_t mbx, uint64_t epoch, const unsigned char rec[SEAL_EPOCH_REC],
                         struct err *e)
{
    struct key k = key_epoch(mbx, epoch);
    struct buf have = BUF_INIT;
    enum rc rc;

    if (seal_epoch_id(mbx, rec) != epoch)
        return err_set(e, RC_SYNTAX, "store: that is not the record of epoch %llu of mailbox %llu",
                       (unsigned long long)epoch, (unsigned long long)mbx);
    rc = tx_get(t, T_EPOCHS, &k, TX_COMMITTED, &have, e);
    if (rc == RC_NOTFOUND)
        rc = tx_put(t, T_EPOCHS, &k, span_of(rec, SEAL_EPOCH_REC), 0, e);
    buf_free(&have);
    return rc;
}

static enum rc check_quota(struct tx *t, const struct delivery *d, uint64_t mbx, const struct box *b, struct err *e)
{
    return d->rq->enforce_quota ? box_takes(d->a->d, t, mbx, b, (struct sums){.bytes = d->rq->size, .messages = 1}, e)
                                : RC_OK;
}

static enum rc put_beside(struct tx *t, struct delivery *d, enum table tb, uint8_t kind, const struct key *k,
                          struct err *e)
{
    struct span s;
    enum rc rc = source_get(&d->src, source_off(d->rq, kind), (size_t)source_len(d->rq, kind), &s, e);

    return rc == RC_OK ? tx_put(t, tb, k, s, TX_NEW, e) : rc;
}

/* A delegate puts a message where she may, and with the flags that she may set there. */
static enum rc may_file(struct tx *t, const struct delivery *d, const struct store_place *p, uint64_t *flags_out,
                        struct err *e)
{
    const struct sess *s = d->a->s;
    uint32_t rights = ACL_ALL;
    enum rc rc = RC_OK;

    *flags_out = p->flags;
    if (d->a->role != ROLE_IMAPD || !s->delegate)
        return RC_OK;
    if ((rc = acl_stands(t, d->a, e)) == RC_OK && (rc = acl_check(t, s, p->folder, ACL_I, e)) == RC_OK)
        rc = acl_rights(t, s, p->folder, &rights, e);
    *flags_out &= acl_flags(s, rights);
    return rc;
}

static enum rc put_message(struct tx *t, struct delivery *d, const struct store_place *p, uint32_t uid,
                           struct counters *c, struct err *e)
{
    struct key k = key_msg(p->mbx, p->folder, uid);
    struct msg m = {.flags = p->flags,
                    .modseq = ++c->modseq,
                    .size = d->rq->size,
                    .lead = d->rq->lead,
                    .internaldate = p->internaldate,
                    .savedate = (uint64_t)clock_utc(),
                    .epoch = p->epoch,
                    .len_summary = d->ref.len_summary,
                    .len_text = d->ref.len_text,
                    .where = d->own};
    struct seen seen;
    enum rc rc = may_file(t, d, p, &m.flags, e);

    if (rc == RC_OK)
        rc = seen_comes(&seen, t, d->a->role == ROLE_IMAPD ? d->a->s : NULL, p->mbx, p->folder, &m.flags, e);
    if (rc != RC_OK)
        return rc;
    memcpy(m.oid, d->rq->oid, SEAL_OID);
    memcpy(m.wrap, p->wrap, SEAL_WRAP);
    counters_add(c, &m, 1);
    rc = msg_put(t, p->mbx, p->folder, uid, &m, true, e);
    if (rc == RC_OK)
        rc = seen_come(&seen, uid, e);
    if (rc == RC_OK && d->own & MSG_SUMMARY)
        rc = put_beside(t, d, T_SUMMARIES, SEAL_SUMMARY, &k, e);
    if (rc == RC_OK && d->own & MSG_TEXT)
        rc = put_beside(t, d, T_TEXTS, SEAL_SEARCH, &k, e);
    return rc;
}

static enum rc file_place(struct tx *t, struct delivery *d, size_t i, struct err *e)
{
    const struct store_place *p = &d->places[i];
    struct counters c;
    struct box b;
    uint32_t uid;
    enum rc rc = box_get(t, p->mbx, false, &b, e);

    if (rc == RC_OK)
        rc = counters_get(t, p->mbx, p->folder, true, &c, e);
    if (rc == RC_NOTFOUND && d->a->role != ROLE_IMAPD) /* it went since RCPT: asked again, RCPT will say so */
        rc = err_set(e, RC_TEMP, "store: mailbox %llu folder %u is gone", (unsigned long long)p->mbx,
                     (unsigned)p->folder);
    if (rc == RC_OK)
        rc = check_quota(t, d, p->mbx, &b, e);
    if (rc == RC_OK && p->flags >> MF_KEYWORDS && (rc = keywords_known(t, p->mbx, p->flags, e)) != RC_OK)
        return rc;
    if (rc == RC_OK && c.uidnext >= STORE_UID_MAX)
        rc = err_set(e, RC_TEMP, "store: mailbox %llu folder %u has no UID left", (unsigned long long)p->mbx,
                     (unsigned)p->folder);
    if (rc != RC_OK)
        return rc;
    uid = c.uidnext++;
    d->placed[i] = (struct store_placed){p->mbx, p->folder, uid, c.uidvalidity};
    packing_note(d->a->d->packing, p->mbx, p->folder, uid);
    rc = put_message(t, d, p, uid, &c, e);
    if (rc == RC_OK)
        rc = put_epoch(t, p->mbx, p->epoch, p->epoch_rec, e);
    if (rc == RC_OK)
        rc = counters_put(t, p->mbx, p->folder, &c, e);
    tx_touch(t, p->mbx, p->folder, c.modseq);
    return rc;
}

/* The same oid is asked again: gives the answer that was given then. */
static enum rc answer_again(struct tx *t, struct delivery *d, struct err *e)
{
    struct store_deliver_rep *rep = d->a->rep;
    struct buf mem = BUF_INIT;
    struct store_placed first;
    struct objref r;
    struct span rest;
    enum rc rc = objref_get(t, d->rq->oid, false, &mem, &r, e);

    if (rc != RC_OK)
        goto out;
    rest = r.placed;
    if (r.size != d->rq->size || r.lead != d->rq->lead || memcmp(r.digest[0], d->ref.digest[0], DIGEST_LEN) != 0)
        rc = err_set(e, RC_EXISTS, "store: that object id is another message's");
    else if (d->a->role == ROLE_IMAPD &&
             (ipc_list_next(&rest, store_placed_f, &first, e) != RC_OK || first.mbx != d->a->s->mbx))
        rc = err_set(e, RC_DENIED, "store: that object id is another mailbox's");
    if (rc != RC_OK)
        goto out;
    buf_addspan(d->a->out, r.placed);
    *rep = (struct store_deliver_rep){.placed = buf_span(d->a->out), .qid = r.qid};
out:
    buf_free(&mem);
    return rc;
}

/* The same submission was filed a while ago, under another object id. */
static enum rc answer_first(struct tx *t, struct delivery *d, struct err *e)
{
    struct store_deliver_rep *rep = d->a->rep;
    enum rc rc = RC_NOTFOUND;

    if (d->rq->once.n > 0)
        rc = once_look(t, d->rq->once.p, d->rq->once_s, d->a->out, e);
    rep->first = buf_span(d->a->out);
    d->again = rc == RC_OK;
    return rc;
}

static enum rc put_rows(struct tx *t, struct delivery *d, struct err *e)
{
    enum rc rc = RC_OK;

    for (uint8_t kind = SEAL_MESSAGE; rc == RC_OK && kind <= SEAL_SEARCH; kind++) {
        struct key k = key_object(d->rq->oid, kind);

        if (objref_small(&d->ref, kind))
            rc = put_beside(t, d, T_OBJECTS, kind, &k, e);
    }
    return rc;
}

static enum rc file_new(struct tx *t, struct delivery *d, struct err *e)
{
    struct store_deliver_rep *rep = d->a->rep;
    uint32_t settled;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < d->n_places; i++)
        rc = file_place(t, d, d->order[i], e);
    if (rc == RC_OK && d->n_remotes > 0) {
        rep->qid = d->ref.qid = queue_new_id(d->a->d, d->low_qid);
        rc = put_epoch(t, SEAL_QUEUE_BOX, d->rq->queue_epoch, d->rq->queue_epoch_rec, e);
        if (rc == RC_OK)
            rc = queue_add(t, d->ref.qid, d->rq, d->remotes, d->n_remotes, e);
    }
    for (size_t i = 0; rc == RC_OK && i < d->n_places; i++)
        ipc_list_add(d->a->out, store_placed_f, &d->placed[i]);
    rep->placed = d->ref.placed = buf_span(d->a->out);
    if (rc == RC_OK)
        rc = objref_put(t, d->rq->oid, &d->ref, true, e);
    if (rc == RC_OK)
        rc = put_rows(t, d, e);
    packing_object(d->a->d->packing);
    if (rc == RC_OK && d->rq->settle.n > 0)
        rc = queue_settle(t, d->a->role, d->rq->settle, STORE_PLACES_MAX, &settled, e);
    if (rc == RC_OK &&
        d->rq->once.n > 0) /* last: the row's page is others', too, and an expunge takes both in this order */
        rc = once_put(t, d->rq->once.p, d->rq->mid, e);
    d->filed = rc == RC_OK;
    return rc;
}

enum rc delivery_file(struct tx *t, struct delivery *d, struct err *e)
{
    enum rc rc;

    d->filed = false;
    memset(d->a->rep, 0, sizeof(struct store_deliver_rep));
    buf_clear(d->a->out);
    rc = answer_again(t, d, e);
    if (rc == RC_NOTFOUND)
        rc = answer_first(t, d, e);
    return rc == RC_NOTFOUND ? file_new(t, d, e) : rc;
}

static enum rc file_it(struct tx *t, void *arg, struct err *e)
{
    return delivery_file(t, arg, e);
}

/* ---- the whole ---- */
/* What its records in the tables take beside the few hundred octets that each has. */
uint64_t delivery_beside(const struct delivery *d)
{
    return objref_rows(&d->ref) + (d->own & MSG_SUMMARY ? d->rq->len_summary * d->n_places : 0) +
           (d->own & MSG_TEXT ? d->rq->len_search : 0);
}

static enum rc run(struct delivery *d, struct err *e)
{
    struct stored *st = d->a->d;
    enum rc rc;

    busy_enter(st->busy, d->rq->oid);
    if (d->rq->once.n > 0)
        busy_enter(st->busy, d->rq->once.p);
    rc = env_room(&st->env, objref_run(&d->ref), delivery_beside(d), true, e);
    if (rc == RC_OK)
        rc = source_append(d, e);
    if (rc == RC_OK)
        rc = tx_run(&st->env, TX_WRITE, file_it, d, e);
    if (rc == RC_CORRUPT && d->n_remotes > 0 &&
        guard_met(T_QUEUE)) { /* the page that takes new numbers is bad: another one */
        d->low_qid = true;
        rc = tx_run(&st->env, TX_WRITE, file_it, d, e);
    }
    if (rc == RC_OK && d->filed)
        run_end(&d->run);
    else
        run_drop(&d->run);
    if (d->rq->once.n > 0)
        busy_leave(st->busy, d->rq->once.p);
    busy_leave(st->busy, d->rq->oid);
    return rc;
}

/* The message is on stable storage from here on, whatever becomes of whoever asked: its story needs this line (pli trace). */
void delivery_log(const struct delivery *d)
{
    const struct store_deliver_rep *rep = d->a->rep;
    char mid[STORE_MID + 1];

    if (d->rq->mid.n == 0)
        return;
    snprintf(mid, sizeof mid, "%.*s", SPAN_ARG(d->rq->mid));
    log_message(mid);
    log_ev(LOG_INFO_, "stored", "size=%llu places=%zu remotes=%zu qid=%llu", (unsigned long long)d->rq->size,
           d->n_places, d->n_remotes, (unsigned long long)rep->qid);
    log_message("");
}

enum rc delivery_new(struct delivery *d, struct err *e)
{
    enum rc rc = get_memory(d, e);

    if (rc == RC_OK && (rc = read_lists(d, e)) == RC_OK && (rc = check_sizes(d->rq, e)) == RC_OK)
        rc = check_places(d, e);
    return rc;
}

void delivery_open(struct delivery *d)
{
    sort_places(d);
    settle_objref(d);
}

void delivery_free(struct delivery *d)
{
    source_close(d);
    free(d->places);
    free(d->remotes);
    free(d->placed);
    free(d->order);
}

enum rc do_deliver(struct tx *t, const struct ask *a, struct err *e)
{
    struct delivery d = {.a = a, .rq = a->req};
    enum rc rc = delivery_new(&d, e);

    (void)t;
    if (rc == RC_OK)
        rc = source_open(&d, e);
    if (rc == RC_OK) {
        delivery_open(&d);
        rc = run(&d, e);
    }
    if (rc == RC_OK && !d.again)
        delivery_log(&d);
    delivery_free(&d);
    return rc;
}
