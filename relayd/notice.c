/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/notice.c - see relayd/notice.h.
 *
 * Steps    where the sender is, and whether he may be written to; who of the recipients is to be reported on (policies/dsn.h); what was sent, and the
 *          report's octets (notice_write.c); filed under an object id that follows from what it reports. */
#include "relayd/notice.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "flow/file.h"
#include "flow/logged.h"
#include "policies/dsn.h"
#include "policies/identifiers.h"
#include "proto/smtp/param.h"
#include "proto/smtp/path.h"
#include "relayd/notice_int.h"
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)DSN_NEVER == (int)NOTIFY_NEVER && (int)DSN_SUCCESS == (int)NOTIFY_SUCCESS &&
                   (int)DSN_FAILURE == (int)NOTIFY_FAILURE && (int)DSN_DELAY == (int)NOTIFY_DELAY,
               "policies/dsn.h has the bits of NOTIFY");
_Static_assert((int)NOTICE_RELAYED == (int)DSN_RELAYED, "a notice is of an outcome");

static const char *const kind_names[] = {[NOTICE_FAILED] = "failed",
                                         [NOTICE_DELAYED] = "delayed",
                                         [NOTICE_DELIVERED] = "delivered",
                                         [NOTICE_RELAYED] = "relayed"};

/* ---- the sender ---- */
struct sender {
    struct recipient to; /* its address is the next one */
    char address[DIRD_ADDR + 1];
    enum dsn_sender where;
    const char *nobody; /* why there is none to be told, for the log */
};

static enum rc elsewhere(const struct notices *n, struct span address, struct sender *s, struct err *e)
{
    enum dird_trusted trusted;
    enum rc rc = dir_trust(n->dir, smtp_domain_of(address), SPAN_NULL, &trusted, e);

    if (rc == RC_OK && trusted == DTR_YES)
        s->where = DSN_SENDER_TRUSTED;
    else
        s->nobody = "left-trust-space";
    return rc;
}

/* A disabled account keeps its mailbox, and what came to pass may be read there later. */
static void here(const struct dird_lookup_rep *who, struct sender *s)
{
    s->where = DSN_SENDER_HERE;
    s->to.local = true;
    s->to.mbx = who->mbx;
    s->to.folder = STORE_INBOX;
    s->to.internaldate = clock_utc();
    memcpy(s->to.pub, who->pub, SEAL_PUB);
}

/* A suspended account, and a closed one while its mail is kept, may find the report one day. */
static bool has_mailbox(const struct dird_lookup_rep *who)
{
    return who->kind == DK_MAILBOX || who->kind == DK_DISABLED || (who->kind == DK_CLOSED && who->mbx != 0);
}

static enum rc find_sender(const struct notices *n, struct span address, struct sender *s, struct err *e)
{
    struct dird_lookup_rep who;
    struct buf mem = BUF_SECRET_INIT;
    enum rc rc;

    *s = (struct sender){.where = DSN_SENDER_STRANGER};
    snprintf(s->address, sizeof s->address, "%.*s", SPAN_ARG(address));
    s->to.address = s->address;
    if (address.n == 0) {
        s->where = DSN_SENDER_NULL;
        s->nobody = "double-bounce";
        return RC_OK;
    }
    rc = dir_lookup(n->dir, address, &who, &mem, e);
    buf_free(&mem);
    if (rc == RC_OK && who.kind == DK_NOT_LOCAL)
        return elsewhere(n, address, s, e);
    if (rc == RC_OK && has_mailbox(&who))
        here(&who, s);
    else
        s->nobody = "no-such-account";
    return rc == RC_SYNTAX || rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- which report ---- */
static int by_rcpt(const void *a, const void *b)
{
    uint32_t x = (*(const struct notice_recipient *const *)a)->item->rcpt;
    uint32_t y = (*(const struct notice_recipient *const *)b)->item->rcpt;

    return (x > y) - (x < y);
}

/* The same message, kind and recipients have the same id, whoever asks and whenever: stored files it once. */
static void identify(enum notice_kind kind, const struct notice_recipient *const *r, size_t n,
                     unsigned char sum[DIGEST_LEN])
{
    struct buf b = BUF_INIT; /* open: numbers */

    buf_addstr(&b, "pli report 1");
    buf_u8(&b, (uint8_t)kind);
    buf_u64(&b, r[0]->item->qid);
    for (size_t i = 0; i < n; i++)
        buf_u32(&b, r[i]->item->rcpt);
    digest_of(buf_span(&b), sum);
    buf_free(&b);
}

static void hex(const unsigned char *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

/* ---- filed ---- */
/* What the report says of its recipients stands in the queue from the same transaction on. So none is reported twice, however the next attempt would end
 * after a crash in between, and none ends without its report. */
static void settle(enum notice_kind kind, const struct notice_recipient *const *r, size_t n, struct buf *up)
{
    static const uint8_t states[] = {[NOTICE_FAILED] = Q_FAILED,
                                     [NOTICE_DELAYED] = Q_WAITING,
                                     [NOTICE_DELIVERED] = Q_DONE,
                                     [NOTICE_RELAYED] = Q_DONE};

    for (size_t i = 0; i < n; i++) {
        const struct store_queue_item *it = r[i]->item;
        struct store_queue_update_req one = {.qid = it->qid, .rcpt = it->rcpt, .state = states[kind]};

        if (kind == NOTICE_DELAYED) {
            one.next_try = it->next_try;
            one.marks = QUEUE_WARNED;
        }
        ipc_list_add(up, store_queue_update_req_f, &one);
    }
}

static enum rc file_it(const struct notices *n, const struct sender *s, struct span report, uint8_t flags,
                       const unsigned char sum[DIGEST_LEN], const char *mid, struct span settle, struct err *e)
{
    struct spool *spool = spool_new(report.n + 1);
    struct file_request rq = {.message = spool,
                              .to = &s->to,
                              .n_to = 1,
                              .mid = mid,
                              .oid = sum,
                              .ret = RET_HDRS,
                              .flags = flags,
                              .settle = settle};
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

static void log_nobody(const struct notice_recipient *r, enum notice_kind kind, const char *why)
{
    char name[LOGGED_MAX];

    log_ev(LOG_WARN_, "report-dropped", "mid=%.*s kind=%s why=%s sender=<%s>", SPAN_ARG(r->item->mid), kind_names[kind],
           why, r->envelope->sender.n ? logged_address(r->envelope->sender, name) : "");
}

/* A report to an account here comes from the account's own domain: an instance that serves many is no concern of its. */
static const char *speaks_as(const struct notices *n, const struct sender *s)
{
    struct span domain = smtp_domain_of(span_str(s->address));

    return s->where == DSN_SENDER_HERE && mail_domain_ok(domain) ? (const char *)domain.p : n->domain;
}

static enum rc make_and_file(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r,
                             size_t count, const struct sender *s, struct err *e)
{
    struct buf report = BUF_SECRET_INIT, updates = BUF_INIT;
    struct report_needs needs = {0};
    struct notices as = *n;
    unsigned char sum[DIGEST_LEN];
    struct original o;
    char id[REPORT_ID], mid[STORE_MID + 1], name[LOGGED_MAX];
    uint8_t flags = r[0]->envelope->flags & QE_REQUIRETLS; /* RFC 8689 5: what was said in confidence is told so */
    enum rc rc = original_read(n, kind, r[0], &o, e);

    as.domain = speaks_as(n, s);
    identify(kind, r, count, sum);
    settle(kind, r, count, &updates);
    hex(sum, SEAL_OID, id);
    hex(sum + SEAL_OID, 8, mid); /* of the form that every message id of ours has */
    if (rc == RC_OK)
        rc = notice_write(&as, kind, r, count, &o, id, &report, &needs, e);
    if (rc == RC_OK)
        rc = file_it(n, s, buf_span(&report), (uint8_t)(flags | (needs.utf8 ? QE_UTF8 : 0)), sum, mid,
                     buf_span(&updates), e);
    if (rc == RC_OK)
        log_ev(LOG_INFO_, "report", "mid=%.*s report=%s kind=%s recipients=%zu to=<%s> full=%s",
               SPAN_ARG(r[0]->item->mid), mid, kind_names[kind], count, logged_address(r[0]->envelope->sender, name),
               o.full ? "yes" : "no");
    buf_free(&o.octets);
    buf_free(&report);
    buf_free(&updates);
    return rc;
}

/* What will never be otherwise: the entry has ended, the sender's mailbox has just been deleted, or no report can be made of it. */
static bool never(enum rc rc)
{
    return rc == RC_NOTFOUND || rc == RC_SYNTAX;
}

static enum rc report(const struct notices *n, enum notice_kind kind, const struct notice_recipient *const *r,
                      size_t count, const struct sender *s, bool *filed_out, struct err *e)
{
    enum rc rc = make_and_file(n, kind, r, count, s, e);

    if (rc == RC_EXISTS) { /* filed by a run that ended before it wrote so in the queue */
        log_ev(LOG_INFO_, "report-known", "mid=%.*s kind=%s", SPAN_ARG(r[0]->item->mid), kind_names[kind]);
        rc = RC_OK;
    }
    *filed_out = rc == RC_OK;
    if (!never(rc))
        return rc == RC_OK || rc == RC_TEMP ? rc : err_set(e, RC_TEMP, "report: %.200s", e->log);
    log_err(LOG_ERROR_, "report-unmade", e);
    log_nobody(r[0], kind, "no-report");
    return RC_OK;
}

/* ---- the whole ---- */
static bool asked(enum notice_kind kind, const struct notice_recipient *r)
{
    bool again = kind == NOTICE_DELAYED && (r->item->notify & QUEUE_WARNED);

    return !again && dsn_asked(r->item->notify, (enum dsn_outcome)kind);
}

enum rc notice_file(const struct notices *n, enum notice_kind kind, const struct notice_recipient *r, size_t count,
                    bool *filed_out, struct err *e)
{
    const struct notice_recipient **due = calloc(count + 1, sizeof *due);
    struct sender s;
    size_t n_due = 0;
    enum rc rc = RC_OK;

    if (!due)
        die("out of memory");
    *filed_out = false;
    for (size_t i = 0; i < count; i++)
        if (asked(kind, &r[i]))
            due[n_due++] = &r[i];
    qsort(due, n_due, sizeof *due, by_rcpt);
    if (n_due > 0)
        rc = find_sender(n, due[0]->envelope->sender, &s, e);
    if (rc == RC_OK && n_due > 0) {
        if (dsn_due(due[0]->item->notify, (enum dsn_outcome)kind, s.where))
            rc = report(n, kind, due, n_due, &s, filed_out, e);
        else
            log_nobody(due[0], kind, s.nobody);
    }
    free(due);
    return rc;
}
