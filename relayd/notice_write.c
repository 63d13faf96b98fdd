/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice_write.c - the octets of a report: what was sent is read from the queue, and each recipient's row is made from its verdict. */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "mime/fields.h"
#include "policies/causes.h"
#include "proto/smtp/param.h"
#include "relayd/notice_int.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- what was sent ---- */
static enum rc open_original(const struct notices *n, const struct store_queue_item *it, struct seal_obj **out,
                             struct err *e)
{
    struct keyd_queue_req rq = {.epoch = it->epoch};
    unsigned char cek[SEAL_CEK];
    enum keyd_queue_what what;
    enum rc rc;

    memcpy(rq.oid, it->oid, SEAL_OID);
    memcpy(rq.wrap, it->wrap, SEAL_WRAP);
    memcpy(rq.epoch_rec, it->epoch_rec, SEAL_EPOCH_REC);
    rc = keyd_queue_open(n->keyd, &rq, &what, cek, e);
    if (rc == RC_OK && what != KEYD_QUEUE_CEK)
        rc = err_set(e, RC_DENIED, "keyd gives this process no content key");
    if (rc == RC_OK)
        rc = seal_obj_open(cek, it->oid, SEAL_MESSAGE, out, e);
    if (rc == RC_OK)
        seal_obj_led(*out, it->lead);
    wipe(cek, sizeof cek);
    return rc;
}

static enum rc read_chunks(const struct notices *n, const struct store_queue_item *it, struct seal_obj *obj,
                           uint32_t count, struct buf *out, struct err *e)
{
    uint32_t last = seal_led_chunks(it->size, it->lead) - 1;
    struct buf mem = BUF_INIT; /* open: sealed */
    enum rc rc = RC_OK;

    for (uint32_t i = 0; rc == RC_OK && i < count; i++) {
        struct store_queue_read_req rq = {.qid = it->qid, .kind = SEAL_MESSAGE, .chunk = i};
        struct store_read_rep rep;

        rc = store_call_in(n->store, STORE_QUEUE_READ, &rq, -1, &rep, &mem, e);
        if (rc == RC_OK)
            rc = open_chunk(obj, i, i == last, rep.chunks, out, e);
    }
    buf_free(&mem);
    return rc;
}

/* Those that the header is read from: one, behind the lead. */
static uint32_t head_chunks(const struct store_queue_item *it)
{
    return it->lead > 0 ? 2 : 1;
}

/* A header that is longer than what was read ends with its last whole field. */
static void cut_to_header(struct buf *octets)
{
    struct span all = buf_span(octets), rest = all;
    struct field f;
    struct err e;
    size_t end = 0;

    while (field_next(&rest, &f, &e) == RC_OK && f.raw.n > 0 && f.raw.p[f.raw.n - 1] == '\n')
        end = (size_t)(f.raw.p - all.p) + f.raw.n;
    buf_cut(octets, end);
}

/* All of it is sent back when that was asked for, something failed (RFC 3461 4.3), and it is not too long. */
static bool wants_full(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r)
{
    return r->envelope->ret == RET_FULL && kind == NOTICE_FAILED && r->item->size <= n->full_max;
}

enum rc original_read(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r,
                      struct original *out, struct err *e)
{
    const struct store_queue_item *it = r->item;
    struct seal_obj *obj = NULL;
    enum rc rc;

    *out = (struct original){.octets = BUF_SECRET_INIT, .full = wants_full(n, kind, r)};
    rc = open_original(n, it, &obj, e);
    if (rc == RC_OK)
        rc =
            read_chunks(n, it, obj, out->full ? seal_led_chunks(it->size, it->lead) : head_chunks(it), &out->octets, e);
    seal_obj_close(&obj);
    if (rc == RC_OK && !out->full)
        cut_to_header(&out->octets);
    if (rc != RC_CORRUPT)
        return rc;
    log_err(LOG_ERROR_, "report-original", e);
    buf_clear(&out->octets);
    out->full = false;
    return RC_OK;
}

/* ---- a recipient's row ---- */
static const struct {
    enum report_kind report;
    char class; /* of the status, RFC 3464 2.3.4 */
} kinds[] = {
    [NOTICE_FAILED] = {REPORT_FAILED, '5'},
    [NOTICE_DELAYED] = {REPORT_DELAYED, '4'},
    [NOTICE_DELIVERED] = {REPORT_DELIVERED, '2'},
    [NOTICE_RELAYED] = {REPORT_RELAYED, '2'},
};
struct words { /* what a row borrows */
    char status[16];
    struct buf reply; /* secret: the peer's words may name a patient */
};

/* Our own cause says more than the last reply ("not in time" and not "try again"), and the class is that of what happened. */
static void status_of(enum notice_kind kind, const struct notice_recipient *r, const struct cause_row *row,
                      char out[16])
{
    if (row && row->esc)
        snprintf(out, 16, "%s", row->esc);
    else if (r->esc.n > 4 && r->esc.n < 12)
        snprintf(out, 16, "%.*s", SPAN_ARG(r->esc));
    else
        snprintf(out, 16, "?.0.0");
    if (kinds[kind].class == '2')
        snprintf(out, 16, "2.0.0");
    out[0] = kinds[kind].class;
}

static void row_of(enum notice_kind kind, const struct notice_recipient *r, struct words *w,
                   struct report_recipient *out)
{
    bool trouble = kinds[kind].class != '2';
    const struct cause_row *row = trouble && r->cause != CAUSE_NONE ? cause_row(r->cause) : NULL;

    w->reply = (struct buf)BUF_SECRET_INIT;
    status_of(kind, r, row, w->status);
    if (r->esc.n > 0)
        buf_addf(&w->reply, "%.*s ", SPAN_ARG(r->esc));
    buf_addspan(&w->reply, r->text);
    *out = (struct report_recipient){.address = r->envelope->recipient,
                                     .orcpt = r->envelope->orcpt,
                                     .status = span_str(w->status),
                                     .code = r->code,
                                     .words = buf_span(&w->reply),
                                     .remote_mta = r->remote_mta,
                                     .last_attempt = r->last_attempt,
                                     .retry_until = r->retry_until,
                                     .fr = row ? row->fr : NULL,
                                     .en = row ? row->en : NULL};
}

enum rc notice_write(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r,
                     size_t count, const struct original *o, const char *id, struct buf *out,
                     struct report_needs *needs_out, struct err *e)
{
    struct report_recipient *rows = calloc(count, sizeof *rows);
    struct words *words = calloc(count, sizeof *words);
    struct report rep = {.kind = kinds[kind].report,
                         .host = n->host,
                         .domain = n->domain,
                         .now = (uint64_t)clock_utc(),
                         .arrival = r[0]->item->received,
                         .to = r[0]->envelope->sender,
                         .envid = r[0]->envelope->envid,
                         .original = buf_span(&o->octets),
                         .full = o->full,
                         .utf8 = r[0]->envelope->flags & QE_UTF8,
                         .rcpts = rows,
                         .n = count};
    enum rc rc;

    if (!rows || !words)
        die("out of memory");
    snprintf(rep.id, sizeof rep.id, "%s", id);
    for (size_t i = 0; i < count; i++)
        row_of(kind, r[i], &words[i], &rows[i]);
    rc = report_write(&rep, out, needs_out, e);
    for (size_t i = 0; i < count; i++)
        buf_free(&words[i].reply);
    free(rows);
    free(words);
    return rc;
}
