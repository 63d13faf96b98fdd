/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice.c - see relayd/notice.h.
 *
 * Steps    who of the recipients is to be reported on (policies/dsn.h); where the sender is, if he may be written to; what was sent (its header, or all
 *          of it when that was asked for and it is not long); the report's octets (mime/report.h); filed under an object id of its own. */
#include "relayd/notice.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "flow/file.h"
#include "flow/logged.h"
#include "mime/fields.h"
#include "mime/report.h"
#include "policies/dsn.h"
#include "proto/smtp/param.h"
#include <stdio.h>
#include <stdlib.h>

#define WHOLE_MAX (UINT64_C(1) << 20) /* RET=FULL of a longer message: its header alone (RFC 3461 4.3 allows it) */
enum { REPORT_ROOM = 64 * 1024 };

/* ---- the sender ---- */
struct sender {
    struct recipient to; /* address is borrowed */
    char address[DIRD_ADDR + 1];
};
enum where { SENDER_HERE, SENDER_ELSEWHERE, SENDER_NOWHERE };

static struct span domain_of(struct span address)
{
    for (size_t i = address.n; i > 0; i--)
        if (address.p[i - 1] == '@')
            return span_from(address, i);
    return SPAN_NULL;
}

static enum rc elsewhere(const struct notices *n, struct span address, enum where *out, struct err *e)
{
    enum dird_trusted trusted;
    enum rc rc = dir_trust(n->dir, domain_of(address), SPAN_NULL, &trusted, e);

    *out = rc == RC_OK && trusted == DTR_YES ? SENDER_ELSEWHERE : SENDER_NOWHERE;
    return rc;
}

static enum rc find_sender(const struct notices *n, struct span address, struct sender *s, enum where *out,
                           struct err *e)
{
    struct dird_lookup_rep who;
    struct buf mem = BUF_SECRET_INIT;
    enum rc rc = dir_lookup(n->dir, address, &who, &mem, e);

    buf_free(&mem);
    *s = (struct sender){0};
    snprintf(s->address, sizeof s->address, "%.*s", SPAN_ARG(address));
    s->to.address = s->address;
    *out = SENDER_NOWHERE;
    if (rc == RC_SYNTAX || rc == RC_NOTFOUND)
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    if (who.kind == DK_NOT_LOCAL)
        return elsewhere(n, address, out, e);
    if (who.kind != DK_MAILBOX)
        return RC_OK;
    s->to.local = true;
    s->to.mbx = who.mbx;
    s->to.folder = STORE_INBOX;
    s->to.internaldate = clock_utc();
    memcpy(s->to.pub, who.pub, SEAL_PUB);
    *out = SENDER_HERE;
    return RC_OK;
}

/* ---- what was sent ---- */
struct original {
    struct buf octets; /* open: set up as secret by original_read() */
    bool whole;
    char id[256]; /* its Message-ID; "" */
};

static enum rc content_key_of(const struct notices *n, const struct store_queue_item *it, unsigned char cek[SEAL_CEK],
                              struct err *e)
{
    struct keyd_queue_req rq = {.epoch = it->epoch};
    enum keyd_queue_what what;

    memcpy(rq.oid, it->oid, SEAL_OID);
    memcpy(rq.wrap, it->wrap, SEAL_WRAP);
    memcpy(rq.epoch_rec, it->epoch_rec, SEAL_EPOCH_REC);
    return keyd_queue_open(n->keyd, &rq, &what, cek, e);
}

static enum rc read_chunks(const struct notices *n, const struct store_queue_item *it, struct seal_obj *obj,
                           uint32_t count, struct buf *out, struct err *e)
{
    uint32_t last = seal_chunks(it->size) - 1;
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

/* Cuts what was read to its header block, and finds the Message-ID in it. A header that is longer than one chunk ends with its last whole line. */
static void cut_header(struct original *o)
{
    struct span all = buf_span(&o->octets), rest = all;
    struct field f;
    struct err e;
    size_t end = 0;

    while (field_next(&rest, &f, &e) == RC_OK) {
        if (f.raw.n == 0 || f.raw.p[f.raw.n - 1] != '\n')
            break;
        end = (size_t)(f.raw.p - all.p) + f.raw.n;
        if (span_ieq_str(f.name, "message-id") && !o->id[0])
            snprintf(o->id, sizeof o->id, "%.*s", SPAN_ARG(span_trim(f.body)));
    }
    if (!o->whole)
        buf_cut(&o->octets, end);
}

static enum rc original_read(const struct notices *n, const struct notice_recipient *r, enum notice_kind kind,
                             struct original *o, struct err *e)
{
    const struct store_queue_item *it = r->item;
    unsigned char cek[SEAL_CEK];
    struct seal_obj *obj = NULL;
    enum rc rc;

    *o = (struct original){.octets = BUF_SECRET_INIT,
                           .whole = r->envelope->ret == RET_FULL && kind == NOTICE_FAILED && it->size <= WHOLE_MAX};
    rc = content_key_of(n, it, cek, e);
    if (rc == RC_OK)
        rc = seal_obj_open(cek, it->oid, SEAL_MESSAGE, &obj, e);
    if (rc == RC_OK)
        rc = read_chunks(n, it, obj, o->whole ? seal_chunks(it->size) : 1, &o->octets, e);
    seal_obj_close(&obj);
    wipe(cek, sizeof cek);
    if (rc == RC_OK)
        cut_header(o);
    return rc;
}

/* ---- the report ---- */
static const struct {
    enum report_kind report;
    enum dsn_event event;
    const char *fr, *en;
} kinds[] = {
    [NOTICE_FAILED] = {REPORT_FAILED, DSN_FAILED, "Refuse par le serveur du destinataire",
                       "Refused by the recipient's server"},
    [NOTICE_DELAYED] = {REPORT_DELAYED, DSN_DELAYED, "Le message n'est pas encore remis",
                        "The message is not delivered yet"},
    [NOTICE_DELIVERED] = {REPORT_DELIVERED, DSN_DELIVERED, "Remis", "Delivered"},
    [NOTICE_RELAYED] = {REPORT_RELAYED, DSN_RELAYED, "Transmis", "Relayed"},
};

/* What one recipient's row borrows from. */
struct words {
    char status[16];
    char diagnostic[REPORT_TEXT];
};

static bool is_failure(enum notice_kind kind)
{
    return kind == NOTICE_FAILED || kind == NOTICE_DELAYED;
}

/* A status must have the class of what happened: 5 for failed, 4 for delayed, 2 else (RFC 3464 2.3.4). */
static void status_of(enum notice_kind kind, const struct notice_recipient *r, const struct cause_row *row,
                      char out[16])
{
    const char class = kind == NOTICE_FAILED ? '5' : kind == NOTICE_DELAYED ? '4' : '2';

    if (!is_failure(kind))
        snprintf(out, 16, "2.0.0");
    else if (row && row->esc)
        snprintf(out, 16, "%s", row->esc);
    else if (r->esc.n > 4 && r->esc.n < 12)
        snprintf(out, 16, "%.*s", SPAN_ARG(r->esc));
    else
        snprintf(out, 16, "%c.0.0", class);
    out[0] = class;
}

static void row_of(enum notice_kind kind, const struct notice_recipient *r, struct words *w,
                   struct report_recipient *out)
{
    const struct cause_row *row = is_failure(kind) && r->cause != CAUSE_NONE ? cause_row(r->cause) : NULL;

    status_of(kind, r, row, w->status);
    w->diagnostic[0] = '\0';
    if (r->code != 0)
        snprintf(w->diagnostic, sizeof w->diagnostic, "%u %.*s%s%.*s", r->code, SPAN_ARG(r->esc),
                 r->esc.n > 0 ? " " : "", SPAN_ARG(r->text));
    *out = (struct report_recipient){.final = r->envelope->recipient,
                                     .original = r->envelope->orcpt,
                                     .status = w->status,
                                     .remote_mta = r->remote_mta,
                                     .diagnostic = span_str(w->diagnostic),
                                     .fr = row ? row->fr : kinds[kind].fr,
                                     .en = row ? row->en : kinds[kind].en,
                                     .last_attempt = (int64_t)r->last_attempt,
                                     .retry_until = (int64_t)r->retry_until};
}

/* The same message, kind and recipients have the same id, whoever asks and whenever: stored files it once. The shard octet is as drawn by chance. */
static void oid_of(enum notice_kind kind, const struct notice_recipient *const *r, size_t n,
                   unsigned char oid[SEAL_OID])
{
    struct buf b = BUF_INIT; /* open: numbers */
    unsigned char sum[DIGEST_LEN];

    buf_addf(&b, "report %d", (int)kind);
    buf_add(&b, r[0]->item->oid, SEAL_OID);
    for (size_t i = 0; i < n; i++)
        buf_addf(&b, " %llu.%u", (unsigned long long)r[i]->item->qid, r[i]->item->rcpt);
    digest_of(buf_span(&b), sum);
    memcpy(oid, sum, SEAL_OID);
    buf_free(&b);
}

static enum rc write_report(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r,
                            size_t count, const struct original *o, const char *mid, struct buf *out, struct err *e)
{
    struct report_recipient *rows = calloc(count, sizeof *rows);
    struct words *words = calloc(count, sizeof *words);
    struct report rep = {.kind = kinds[kind].report,
                         .to = r[0]->envelope->sender,
                         .host = n->host,
                         .domain = n->domain,
                         .id = mid,
                         .envid = r[0]->envelope->envid,
                         .original_id = span_str(o->id),
                         .original = buf_span(&o->octets),
                         .whole = o->whole,
                         .arrival = (int64_t)r[0]->item->received,
                         .now = clock_utc(),
                         .r = rows,
                         .n = count};
    enum rc rc;

    if (!rows || !words)
        die("out of memory");
    for (size_t i = 0; i < count; i++)
        row_of(kind, r[i], &words[i], &rows[i]);
    rc = report_write(&rep, out, e);
    free(rows);
    free(words);
    return rc;
}

static enum rc file_it(const struct notices *n, const struct sender *s, struct span report, const char *mid,
                       const unsigned char oid[SEAL_OID], struct err *e)
{
    struct spool *spool = spool_new(WHOLE_MAX + REPORT_ROOM + 2 * report.n);
    struct file_request rq = {.message = spool, .to = &s->to, .n_to = 1, .mid = mid, .oid = oid};
    struct file_result filed = {0};
    enum rc rc = spool_put(spool, report, e);

    if (s->to.local)
        rq.trace = SPAN_LIT("Return-Path: <>\r\n");
    if (rc == RC_OK)
        rc = spool_end(spool, e);
    if (rc == RC_OK)
        rc = file_message(n->keyd, n->store, &rq, &filed, e);
    file_result_free(&filed);
    spool_free(&spool);
    return rc;
}

static enum rc make_and_file(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r,
                             size_t count, const struct sender *s, struct err *e)
{
    struct buf report = BUF_SECRET_INIT;
    unsigned char oid[SEAL_OID];
    struct original o;
    char mid[17];
    enum rc rc = original_read(n, r[0], kind, &o, e);

    log_id_new(mid);
    oid_of(kind, r, count, oid);
    if (rc == RC_OK)
        rc = write_report(n, kind, r, count, &o, mid, &report, e);
    if (rc == RC_OK)
        rc = file_it(n, s, buf_span(&report), mid, oid, e);
    if (rc == RC_OK)
        log_ev(LOG_INFO_, "report", "mid=%.*s report=%s kind=%s recipients=%zu", SPAN_ARG(r[0]->item->mid), mid,
               kind == NOTICE_FAILED      ? "failed"
               : kind == NOTICE_DELAYED   ? "delayed"
               : kind == NOTICE_DELIVERED ? "delivered"
                                          : "relayed",
               count);
    buf_free(&o.octets);
    buf_free(&report);
    return rc;
}

/* The sender's account has gone, or its domain has left the trust space: nobody can be told. */
static void nobody(const struct notice_recipient *r, enum notice_kind kind)
{
    char name[LOGGED_MAX];

    log_ev(LOG_WARN_, "report-dropped", "mid=%.*s kind=%d sender=%s", SPAN_ARG(r->item->mid), (int)kind,
           logged_address(r->envelope->sender, name));
}

enum rc notice_file(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r, size_t count,
                    bool *filed_out, struct err *e)
{
    const struct notice_recipient **due = calloc(count + 1, sizeof *due);
    enum where where = SENDER_NOWHERE;
    struct sender s;
    size_t n_due = 0;
    enum rc rc = RC_OK;

    if (!due)
        die("out of memory");
    *filed_out = false;
    for (size_t i = 0; i < count; i++)
        if (dsn_due(kinds[kind].event, r[i].item->notify, r[i].envelope->sender.n == 0))
            due[n_due++] = &r[i];
    if (n_due > 0)
        rc = find_sender(n, due[0]->envelope->sender, &s, &where, e);
    if (rc == RC_OK && n_due > 0 && where == SENDER_NOWHERE)
        nobody(due[0], kind);
    else if (rc == RC_OK && n_due > 0) {
        rc = make_and_file(n, kind, due, n_due, &s, e);
        *filed_out = rc == RC_OK;
    }
    free(due);
    return rc == RC_OK || rc == RC_TEMP ? rc : err_set(e, RC_TEMP, "report: %.200s", e->log);
}
