/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/across.c - see imapd/across.h. */
#include "imapd/across.h"
#include "base/dialler.h"
#include "base/log.h"
#include "flow/file.h"
#include "imapd/commands.h"
#include "imapd/rows.h"

struct across {
    struct imap_session *s;
    struct home *from, *to;
    struct copying *c;
    struct file_batch *batch;
    uint32_t uid[STORE_APPEND_MAX]; /* of the messages in the batch */
    uint32_t n;
    uint64_t octets, held;
    const char *names[STORE_KEYWORDS_MAX]; /* of the first mailbox's keywords */
    uint64_t bits[STORE_KEYWORDS_MAX]; /* what they are in the other; 0: not looked up, or she may not make one there */
    struct spool *spool;
    struct scan *scan;
};

static bool room_of_account(void *ctx, uint64_t bytes)
{
    return dialler_hold(bytes, ((struct imap_session *)ctx)->address);
}

static enum rc take(void *ctx, struct span piece, struct err *e)
{
    struct across *x = ctx;

    reply_later(x->s);
    scan_feed(x->scan, piece);
    return spool_put(x->spool, piece, e);
}

/* ---- flags ---- */
/* The same keyword there. Where she may not make one the message goes without it. */
static uint64_t keyword_there(struct across *x, size_t i)
{
    struct span name = span_str(x->names[i]);
    struct imap_flags one = {.keywords = &name, .n = 1};
    struct err e;

    if (x->bits[i] == 0 && keywords_resolve(x->s, &one, &x->bits[i], &e) != RC_OK)
        log_err(LOG_INFO_, "keyword-left-out", &e);
    return x->bits[i];
}

static uint64_t flags_there(struct across *x, uint64_t flags)
{
    uint64_t out = flags & ((1u << MF_KEYWORDS) - 1) & ~VF_OURS;

    for (size_t i = 0; i < STORE_KEYWORDS_MAX; i++)
        if ((flags >> (MF_KEYWORDS + i) & 1) && x->names[i])
            out |= keyword_there(x, i);
    return out;
}

/* ---- one message ---- */
/* *there_out false: it has left the folder. en has no object. */
static enum rc entry_of(struct across *x, uint32_t uid, struct store_entry *en, bool *there_out, struct err *e)
{
    struct buf uids = BUF_INIT, mem = BUF_INIT; /* open: a UID; what is wrapped */
    struct store_range_req rq = {.folder = x->s->view->folder, .removed = x->s->view->removed};
    struct store_list_rep rep;
    struct span rest;
    enum rc rc;

    buf_u32(&uids, uid);
    buf_u32(&uids, uid);
    rq.uids = buf_span(&uids);
    rc = store_call_in(x->s->store, STORE_ENTRIES, &rq, -1, &rep, &mem, e);
    rest = rc == RC_OK ? rep.list : SPAN_NULL;
    *there_out = rest.n > 0;
    if (rc == RC_OK && *there_out)
        rc = ipc_list_next(&rest, store_entry_f, en, e);
    if (rc == RC_OK && *there_out)
        rc = mailbox_fetch_epochs(x->s->box, rep.list, e);
    en->object = SPAN_NULL;
    buf_free(&uids);
    buf_free(&mem);
    return rc;
}

static enum rc admit(struct across *x, uint64_t size, struct err *e)
{
    if (x->n == STORE_APPEND_MAX || size > 2 * x->s->conf->max_message - x->octets)
        return reply_no(e, CAUSE_TOO_MANY_AT_ONCE);
    x->octets += size;
    return spool_expect(size, e);
}

static enum rc open_one(struct across *x, const struct store_entry *en, struct err *e)
{
    enum rc rc;

    x->spool = spool_new(UINT64_MAX);
    x->scan = scan_new();
    rc = mailbox_read(x->s->box, x->s->view->folder, en, SEAL_MESSAGE, 0, en->size, take, x, e);
    if (rc == RC_OK)
        rc = spool_end(x->spool, e);
    scan_end(x->scan);
    return rc;
}

static enum rc seal_one(struct across *x, const struct store_entry *en, struct err *e)
{
    struct imap_session *s = x->s;
    struct recipient box = {.local = true,
                            .mbx = mailbox_id(s->box),
                            .folder = x->c->dest,
                            .flags = flags_there(x, en->flags),
                            .internaldate = (int64_t)en->internaldate};
    struct file_request rq = {.message = x->spool, .scan = x->scan, .to = &box, .n_to = 1, .enforce_quota = true};
    char mid[17];
    enum rc rc;

    memcpy(box.pub, mailbox_pub(s->box), sizeof box.pub);
    log_id_new(mid);
    rq.mid = mid;
    rc = file_batch_add(x->batch, s->keyd, &rq, e);
    if (rc == RC_OK && (rc = spool_hold(en->size, e)) == RC_OK)
        x->held += en->size;
    return rc;
}

static enum rc one(struct across *x, uint32_t uid, struct err *e)
{
    struct store_entry en;
    bool there = false;
    enum rc rc = entry_of(x, uid, &en, &there, e);

    if (rc != RC_OK || !there)
        return rc;
    rc = admit(x, en.size, e);
    if (rc == RC_OK)
        rc = open_one(x, &en, e);
    homes_enter(x->s, x->to);
    if (rc == RC_OK)
        rc = seal_one(x, &en, e);
    homes_enter(x->s, x->from);
    spool_free(&x->spool);
    scan_free(&x->scan);
    if (rc == RC_OK)
        x->uid[x->n++] = uid;
    return rc;
}

/* ---- all ---- */
static enum rc gather(struct across *x, const struct imap_set *rows, struct err *e)
{
    uint32_t all = rows_count(rows);
    enum rc rc = all > STORE_APPEND_MAX ? reply_no(e, CAUSE_TOO_MANY_AT_ONCE) : RC_OK;

    for (size_t i = 0; rc == RC_OK && i < rows->n; i++)
        for (uint32_t row = rows->r[i].lo; rc == RC_OK && row <= rows->r[i].hi; row++) {
            rc = one(x, x->s->view->uid[row], e);
            reply_progress(x->s, x->n, all);
        }
    return rc;
}

static enum rc file(struct across *x, struct err *e)
{
    struct file_result res = {0};
    enum rc rc;

    homes_enter(x->s, x->to);
    rc = file_batch_file(x->batch, x->s->store, 0, 0, &res, e);
    homes_enter(x->s, x->from);
    for (size_t i = 0; rc == RC_OK && i < res.n_placed && i < x->n; i++) {
        x->c->uidvalidity = res.placed[i].uidvalidity;
        imap_set_put(&x->c->wf, x->uid[i]);
        imap_set_put(&x->c->wt, res.placed[i].uid);
        x->c->done++;
    }
    imap_set_flush(&x->c->wf);
    imap_set_flush(&x->c->wt);
    file_result_free(&res);
    return rc;
}

/* UIDs that follow each other are one pair: those of a request stand apart (store/wire/wire.h). */
static void uids_of(const struct across *x, struct buf *out)
{
    for (uint32_t i = 0; i < x->n;) {
        uint32_t lo = x->uid[i], hi = lo;

        while (++i < x->n && x->uid[i] == hi + 1)
            hi++;
        buf_u32(out, lo);
        buf_u32(out, hi);
    }
}

static enum rc take_away(struct across *x, struct err *e)
{
    struct store_expunge_req rq = {.folder = x->s->view->folder};
    struct store_expunge_rep rep;
    struct buf uids = BUF_INIT, mem = BUF_INIT; /* open: UIDs */
    enum rc rc;

    uids_of(x, &uids);
    rq.uids = buf_span(&uids);
    do {
        if ((rc = store_call_in(x->s->store, STORE_EXPUNGE, &rq, -1, &rep, &mem, e)) == RC_OK)
            view_gone_in(x->s->view, rep.expunged);
        rq.from = rc == RC_OK ? rep.next : 0;
    } while (rq.from != 0);
    buf_free(&uids);
    buf_free(&mem);
    return rc;
}

static enum rc may_move(const struct imap_session *s, struct err *e)
{
    uint32_t needs = ACL_T | ACL_E;

    return (s->view->rights & needs) == needs ? RC_OK : reply_no(e, CAUSE_NO_RIGHT);
}

enum rc across_run(struct imap_session *s, const struct imap_set *rows, struct home *dest, struct copying *c,
                   struct err *e)
{
    struct across x = {.s = s, .from = s->view_home, .to = dest, .c = c, .batch = file_batch_new()};
    enum rc rc = c->move ? may_move(s, e) : RC_OK;

    c->wf.out = &c->from;
    c->wt.out = &c->to;
    if (rc == RC_OK)
        rc = keywords_load(s, e);
    memcpy(x.names, s->keywords.name, sizeof x.names);
    spool_limit(room_of_account, s);
    if (rc == RC_OK)
        rc = gather(&x, rows, e);
    if (rc == RC_OK && x.n > 0)
        rc = file(&x, e);
    if (rc == RC_OK && x.n > 0 && c->move)
        rc = take_away(&x, e);
    if (dest)
        homes_acted_in(s, dest, c->dest, rc);
    file_batch_free(&x.batch);
    if (x.held > 0)
        spool_release(x.held);
    return rc;
}
