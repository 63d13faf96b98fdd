/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/file.c - see flow/file.h.
 *
 * Sealed   A message in memory is sealed here, chunk by chunk. One that lies in a memfd was sealed while it came: its chunks are filed as they lie, with the
 *          trace as their lead (docs/decisions/0041). Where that cannot be (spool_give()) it is sealed anew.
 * Passes   1  trace and message through the scan (structure, offsets), unless the caller has a scan that takes the trace in front
 *          2  of the message, what the search text looks at
 *          3  unless it is sealed already: all of it again, through the sealer
 *          Then the summary and the search text are sealed behind the message. When all of it fits one packet it goes
 *          inline. Otherwise it lies in a memfd that is sealed against change before stored sees it. Neither holds an
 *          octet in clear.
 * Retry    the object id is drawn once, or the caller's, so that asking stored again files the message once.
 */
#include "flow/file.h"
#include "base/wipe.h"
#include "extract/queued.h"
#include "extract/summary.h"
#include "extract/text.h"
#include "flow/file_out.h"
#include "flow/logged.h"
#include "policies/dsn.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIXED_PART = 512 /* the request without its lists and objects, rounded up */ };

struct filing {
    const struct file_request *rq;
    unsigned char cek[SEAL_CEK];
    struct store_deliver_req req;
    struct scan *scan; /* rq's, or .own_scan */
    struct scan *own_scan;
    struct spool_given given; /* .len 0: it is sealed here */
    struct text_extract *text;
    struct file_out *out;
    const struct recipient **local, **remote; /* one for each place */
    const struct recipient **told;            /* of .local's, and who shares a place: their delivery is reported */
    size_t n_local, n_remote, n_told;
    struct keyd_box *boxes; /* whom the content key is wrapped for: the mailboxes in order, then the queue */
    size_t n_boxes;
    struct keyd_wrapped *wrapped; /* the same order */
    struct buf places, remotes;   /* open: wraps and sealed envelopes */
};

static bool is_queued(const struct filing *f)
{
    return f->n_remote + f->n_told > 0;
}

/* ---- the passes ---- */
static enum rc to_scan(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

static enum rc to_seal(void *ctx, struct span piece, struct err *e)
{
    return file_out_put(ctx, piece, e);
}

static enum rc pass(struct filing *f, enum rc (*sink)(void *, struct span, struct err *), void *ctx, struct err *e)
{
    enum rc rc = f->rq->trace.n > 0 ? sink(ctx, f->rq->trace, e) : RC_OK;

    return rc == RC_OK ? spool_each(f->rq->message, sink, ctx, e) : rc;
}

static enum rc scan_message(struct filing *f, struct err *e)
{
    enum rc rc;

    f->scan = f->rq->scan;
    if (f->scan && (f->rq->trace.n == 0 || scan_lead(f->scan, f->rq->trace)))
        return RC_OK;
    f->scan = f->own_scan = scan_new();
    rc = pass(f, to_scan, f->scan, e);
    scan_end(f->scan);
    return rc;
}

static enum rc read_at(struct filing *f, uint64_t off, struct buf *mem, struct span *piece_out, struct err *e)
{
    if (off >= f->rq->trace.n)
        return spool_read(f->rq->message, off - f->rq->trace.n, mem, piece_out, e);
    *piece_out = span_from(f->rq->trace, (size_t)off);
    return RC_OK;
}

static enum rc take_text(struct filing *f, struct err *e)
{
    struct buf mem = BUF_SECRET_INIT;
    struct span piece;
    enum rc rc = RC_OK;
    uint64_t off;

    f->text = text_new(f->scan);
    while (rc == RC_OK && text_wants(f->text, &off) && off < f->req.size)
        if ((rc = read_at(f, off, &mem, &piece, e)) == RC_OK)
            text_feed_at(f->text, off, piece);
    buf_free(&mem);
    return rc;
}

static enum rc seal_message(struct filing *f, struct err *e)
{
    enum rc rc;

    if (f->given.len > 0) {
        f->req.lead = f->given.lead;
        f->req.len_message = f->given.len;
        return file_out_given(f->out, &f->given, e);
    }
    rc = file_out_begin(f->out, f->cek, f->req.oid, f->req.size, e);
    if (rc == RC_OK)
        rc = pass(f, to_seal, f->out, e);
    return rc == RC_OK ? file_out_end(f->out, &f->req.len_message, e) : rc;
}

static enum rc seal_small(struct filing *f, enum seal_kind kind, struct buf *plain, uint64_t *len_out, struct err *e)
{
    struct buf sealed = BUF_INIT; /* open: sealed */
    enum rc rc = seal_whole(f->cek, f->req.oid, kind, buf_span(plain), &sealed, e);

    if (rc == RC_OK)
        rc = file_out_raw(f->out, buf_span(&sealed), e);
    if (rc == RC_OK)
        *len_out = sealed.n;
    buf_free(&sealed);
    return rc;
}

static enum rc seal_extracts(struct filing *f, struct err *e)
{
    struct buf summary = BUF_SECRET_INIT, search = BUF_SECRET_INIT;
    enum rc rc;

    text_end(f->text, &search);
    summary_build(f->scan, f->text, &summary);
    rc = seal_small(f, SEAL_SUMMARY, &summary, &f->req.len_summary, e);
    if (rc == RC_OK)
        rc = seal_small(f, SEAL_SEARCH, &search, &f->req.len_search, e);
    buf_free(&summary);
    buf_free(&search);
    return rc;
}

/* ---- who gets it ---- */
static void *array_of(size_t n, size_t size)
{
    void *p = calloc(n + 1, size);

    if (!p)
        die("out of memory");
    return p;
}

static void list_told(struct filing *f)
{
    f->told = array_of(f->rq->n_to, sizeof *f->told);
    for (size_t i = 0; f->rq->sender.n > 0 && i < f->rq->n_to; i++) {
        const struct recipient *r = &f->rq->to[i];

        if (r->verdict == CAUSE_NONE ? r->local && dsn_asked(r->notify, DSN_DELIVERED) : r->via != NULL)
            f->told[f->n_told++] = r;
    }
}

static void list_boxes(struct filing *f)
{
    list_told(f);
    f->local = array_of(f->rq->n_to, sizeof *f->local);
    f->remote = array_of(f->rq->n_to, sizeof *f->remote);
    f->n_local = recipients_pick(f->rq->to, f->rq->n_to, true, f->local);
    f->n_remote = recipients_pick(f->rq->to, f->rq->n_to, false, f->remote);
    f->boxes = array_of(f->n_local + 1, sizeof *f->boxes);
    f->wrapped = array_of(f->n_local + 1, sizeof *f->wrapped);
    for (size_t i = 0; i < f->n_local; i++) {
        f->boxes[i].mbx = f->local[i]->mbx;
        memcpy(f->boxes[i].pub, f->local[i]->pub, SEAL_PUB);
    }
    f->n_boxes = f->n_local;
    if (is_queued(f))
        f->boxes[f->n_boxes++].mbx = SEAL_QUEUE_BOX;
}

static void add_places(struct filing *f)
{
    for (size_t i = 0; i < f->n_local; i++) {
        const struct recipient *b = f->local[i];
        const struct keyd_wrapped *w = &f->wrapped[i];
        struct store_place p = {.mbx = b->mbx,
                                .folder = b->folder,
                                .flags = b->flags,
                                .internaldate = (uint64_t)b->internaldate,
                                .epoch = w->epoch};

        memcpy(p.wrap, w->wrap, sizeof p.wrap);
        memcpy(p.epoch_rec, w->epoch_rec, sizeof p.epoch_rec);
        ipc_list_add(&f->places, store_place_f, &p);
    }
}

static uint8_t flags(const struct filing *f)
{
    return (uint8_t)(f->rq->flags | (scan_facts(f->scan)->has_8bit ? QE_8BIT : 0));
}

/* What was delivered to a list is reported of the list: who stands in it is nobody's business. */
static uint8_t state_of(const struct recipient *r)
{
    if (r->verdict != CAUSE_NONE)
        return Q_DROPPED;
    return r->local ? Q_REPORT : Q_WAITING;
}

static enum rc add_item(struct filing *f, const struct recipient *r, struct err *e)
{
    unsigned char oid[SEAL_OID], keys[LOGGED_QUEUE_KEYS];
    struct buf plain = BUF_SECRET_INIT;
    struct buf sealed = BUF_INIT; /* open: sealed */
    struct store_remote rec = {.notify = r->notify, .state = state_of(r), .cause = (uint16_t)r->verdict};
    struct span to = span_str(rec.state == Q_REPORT && r->via ? r->via : r->address);
    enum rc rc;

    queued_envelope_write(&(struct queued_envelope){.sender = f->rq->sender,
                                                    .recipient = to,
                                                    .orcpt = span_str(r->orcpt),
                                                    .envid = f->rq->envid,
                                                    .ret = f->rq->ret,
                                                    .flags = flags(f)},
                          &plain);
    seal_oid_new(oid);
    buf_add(&sealed, oid, sizeof oid);
    rc = seal_whole(f->cek, oid, SEAL_ENVELOPE, buf_span(&plain), &sealed, e);
    if (rc == RC_OK) {
        logged_queue_keys(f->rq->sender, to, keys);
        rec.keys = span_of(keys, sizeof keys);
        rec.envelope = buf_span(&sealed);
        ipc_list_add(&f->remotes, store_remote_f, &rec);
    }
    buf_free(&plain);
    buf_free(&sealed);
    return rc;
}

static enum rc address_it(struct filing *f, struct keyd *k, struct err *e)
{
    enum rc rc = keyd_wrap(k, f->cek, f->boxes, f->n_boxes, f->wrapped, e);

    if (rc != RC_OK)
        return rc;
    add_places(f);
    for (size_t i = 0; rc == RC_OK && i < f->n_remote; i++)
        rc = add_item(f, f->remote[i], e);
    for (size_t i = 0; rc == RC_OK && i < f->n_told; i++)
        rc = add_item(f, f->told[i], e);
    if (is_queued(f)) {
        const struct keyd_wrapped *w = &f->wrapped[f->n_local];

        f->req.queue_epoch = w->epoch;
        memcpy(f->req.queue_wrap, w->wrap, sizeof f->req.queue_wrap);
        memcpy(f->req.queue_epoch_rec, w->epoch_rec, sizeof f->req.queue_epoch_rec);
    }
    f->req.places = buf_span(&f->places);
    f->req.remotes = buf_span(&f->remotes);
    if (rc == RC_OK && FIXED_PART + f->places.n + f->remotes.n + f->req.settle.n > IPC_MSG_MAX)
        rc = err_cause(e, RC_TEMP, CAUSE_TOO_MANY_RCPT, "recipients do not fit one request");
    return rc;
}

/* ---- the one request ---- */
static enum rc take_answer(struct span rest, size_t n, struct file_result *out, struct err *e)
{
    struct store_placed *placed = calloc(n + 1, sizeof *placed);
    enum rc rc = RC_OK;

    if (!placed)
        die("out of memory");
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        rc = ipc_list_next(&rest, store_placed_f, &placed[i], e);
    if (rc != RC_OK) {
        free(placed);
        return err_set(e, RC_TEMP, "stored answered for fewer mailboxes than were asked for");
    }
    out->placed = placed;
    out->n_placed = n;
    return RC_OK;
}

static enum rc deliver(struct filing *f, struct store *st, struct file_result *out, struct err *e)
{
    size_t lists = FIXED_PART + f->places.n + f->remotes.n + f->req.settle.n;
    struct store_deliver_rep rep;
    struct buf mem = BUF_INIT; /* open: numbers of places */
    int fd = -1;
    enum rc rc;

    if (!file_out_inline(f->out, IPC_MSG_MAX - lists, &f->req.objects)) {
        rc = file_out_memfd(f->out, &fd, e);
        if (rc != RC_OK)
            return rc;
        f->req.skip = f->out->skip;
    }
    rc = store_call_in(st, fd < 0 ? STORE_DELIVER : STORE_DELIVER_FD, &f->req, fd, &rep, &mem, e);
    if (rc == RC_OK && rep.first.n > 0)
        snprintf(out->first, sizeof out->first, "%.*s", SPAN_ARG(rep.first));
    else if (rc == RC_OK)
        rc = take_answer(rep.placed, f->n_local, out, e);
    if (rc == RC_OK)
        out->qid = rep.qid;
    buf_free(&mem);
    return rc;
}

static void filing_end(struct filing *f)
{
    wipe(f->cek, sizeof f->cek);
    wipe(f->given.cek, sizeof f->given.cek);
    text_free(&f->text);
    scan_free(&f->own_scan);
    free(f->local);
    free(f->remote);
    free(f->told);
    free(f->boxes);
    free(f->wrapped);
    buf_free(&f->places);
    buf_free(&f->remotes);
}

/* The key and the id that the waiting chunks are sealed under, or fresh ones. */
static void draw_keys(struct filing *f)
{
    const struct file_request *rq = f->rq;

    if (!rq->oid && spool_give(rq->message, rq->trace, &f->given)) {
        memcpy(f->cek, f->given.cek, SEAL_CEK);
        memcpy(f->req.oid, f->given.oid, SEAL_OID);
        return;
    }
    seal_cek_new(f->cek);
    if (rq->oid)
        memcpy(f->req.oid, rq->oid, SEAL_OID);
    else
        seal_oid_new(f->req.oid);
}

static void filing_begin(struct filing *f, struct keyd *k)
{
    const struct file_request *rq = f->rq;

    draw_keys(f);
    f->req.mid = span_str(rq->mid);
    f->req.size = rq->trace.n + spool_size(rq->message);
    f->req.received = (uint64_t)clock_utc();
    f->req.enforce_quota = rq->enforce_quota;
    f->req.once = rq->once;
    f->req.once_s = rq->once_s;
    f->req.settle = rq->settle;
    list_boxes(f);
    keyd_wrap_ahead(k, f->cek, f->boxes, f->n_boxes); /* keyd wraps while we seal */
}

/* All that comes before stored is asked. */
static enum rc prepare(struct filing *f, struct keyd *k, struct err *e)
{
    enum rc rc;

    filing_begin(f, k);
    rc = scan_message(f, e);
    if (rc == RC_OK)
        rc = take_text(f, e);
    if (rc == RC_OK)
        rc = seal_message(f, e);
    if (rc == RC_OK)
        rc = seal_extracts(f, e);
    return rc == RC_OK ? address_it(f, k, e) : rc;
}

enum rc file_message(struct keyd *k, struct store *st, const struct file_request *rq, struct file_result *out,
                     struct err *e)
{
    struct file_out objects = FILE_OUT_INIT;
    struct filing f = {.rq = rq, .out = &objects};
    struct file_result r = {0};
    enum rc rc = prepare(&f, k, e);

    r.size = f.req.size;
    r.n_remotes = f.n_remote;
    if (rc == RC_OK)
        rc = deliver(&f, st, &r, e);
    if (rc == RC_OK)
        *out = r;
    filing_end(&f);
    file_out_free(&objects);
    return rc;
}

/* ---- several at once ---- */
struct file_batch {
    struct file_out out;
    struct buf list; /* open: sealed lengths and wraps */
    size_t n;
};

struct file_batch *file_batch_new(void)
{
    struct file_batch *b = calloc(1, sizeof *b);

    if (!b)
        die("out of memory");
    b->out = (struct file_out)FILE_OUT_INIT;
    return b;
}

void file_batch_free(struct file_batch **b)
{
    if (*b == NULL)
        return;
    file_out_free(&(*b)->out);
    buf_free(&(*b)->list);
    free(*b);
    *b = NULL;
}

enum rc file_batch_add(struct file_batch *b, struct keyd *k, const struct file_request *rq, struct err *e)
{
    struct filing f = {.rq = rq, .out = &b->out};
    enum rc rc = b->n < STORE_APPEND_MAX ? prepare(&f, k, e)
                                         : err_cause(e, RC_PERM, CAUSE_TOO_MANY_AT_ONCE, "a batch takes no more");

    if (rc == RC_OK && f.n_local != 1)
        bug("a batch is for one mailbox");
    if (rc == RC_OK)
        ipc_list_add(&b->list, store_deliver_req_f, &f.req);
    if (rc == RC_OK && b->list.n > STORE_PLACES_BYTES)
        rc = err_cause(e, RC_PERM, CAUSE_TOO_MANY_AT_ONCE, "a batch takes no more");
    b->n += rc == RC_OK;
    filing_end(&f);
    return rc;
}

enum rc file_batch_file(struct file_batch *b, struct store *st, uint32_t gone_folder, uint32_t gone_uid,
                        struct file_result *out, struct err *e)
{
    struct store_append_req rq = {buf_span(&b->list), gone_folder, gone_uid, b->out.skip};
    struct store_append_rep rep;
    struct buf mem = BUF_INIT; /* open: numbers of places */
    int fd = -1;
    enum rc rc = file_out_memfd(&b->out, &fd, e);

    *out = (struct file_result){0};
    if (rc == RC_OK)
        rc = store_call_in(st, STORE_APPEND, &rq, fd, &rep, &mem, e);
    if (rc == RC_OK)
        rc = take_answer(rep.placed, b->n, out, e);
    buf_free(&mem);
    return rc;
}

void file_result_free(struct file_result *r)
{
    free(r->placed);
    *r = (struct file_result){0};
}
