/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_settle.c - what became of a letter's recipients, made to stand: the report is filed first, then the queue's entries end or get
 * their next time, in one transaction. */
#include "base/clock.h"
#include "base/log.h"
#include "proto/smtp/param.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_LARGEST = 128 /* octets of one update: its error has no text */, REPORT_TRIES = 3 };

/* ---- updates ---- */
void settle_add(struct buf *updates, const struct store_queue_item *it, uint8_t state, uint64_t next_try,
                const struct verdict *why)
{
    struct buf told = BUF_INIT;
    struct store_queue_update_req up = {.qid = it->qid, .rcpt = it->rcpt, .state = state, .next_try = next_try};

    if (state < Q_DONE) {
        store_queue_error_write(&told, why->cause, why->code, span_str(why->esc));
        up.last_error = buf_span(&told);
    }
    ipc_list_add(updates, store_queue_update_req_f, &up);
    buf_free(&told);
}

enum rc settle_updates(struct scheduler *s, struct buf *updates, size_t n, struct err *e)
{
    struct store_queue_settle_req rq = {.updates = buf_span(updates)};
    struct store_queue_settle_rep rep;

    return n ? store_call(s->store, STORE_QUEUE_SETTLE, &rq, -1, &rep, e) : RC_OK;
}

/* ---- reports ---- */
static void notice_recipient(const struct scheduler *s, const struct place *p, const struct passenger *r, char mta[320],
                             struct notice_recipient *out)
{
    *out = (struct notice_recipient){.item = &r->item,
                                     .envelope = &r->envelope,
                                     .cause = r->verdict.cause,
                                     .code = r->verdict.code,
                                     .esc = span_str(r->verdict.esc),
                                     .text = span_str(r->verdict.text),
                                     .last_attempt = p ? scheduler_now() : 0,
                                     .retry_until =
                                         r->verdict.fate == FATE_LATER ? r->item.received + s->retry.max_age : 0};
    mta[0] = '\0';
    if (p && p->start.host[0])
        snprintf(mta, 320, "%s (%s)", p->start.host, p->start.ip);
    out->remote_mta = span_str(mta);
}

/* Asked for: NOTIFY=SUCCESS of a recipient whose next server does not know the word. */
static bool reports(const struct passenger *r, enum notice_kind kind)
{
    const struct verdict *v = &r->verdict;

    if (r->item.state == Q_REPORT)
        return kind == (r->sent ? NOTICE_RELAYED : NOTICE_DELIVERED);
    if (kind == NOTICE_DELAYED)
        return !r->warned;
    if (kind == NOTICE_FAILED)
        return v->fate == FATE_NEVER;
    return v->fate == FATE_TAKEN && !v->dsn_there && (r->item.notify & NOTIFY_SUCCESS);
}

static enum rc report(struct scheduler *s, const struct place *p, const struct flight *f, enum notice_kind kind,
                      bool *filed_out, struct err *e)
{
    const struct notices with = {s->keyd, s->store, s->dir, s->host, s->domain, s->report_full_max};
    struct notice_recipient *r = calloc(f->n, sizeof *r);
    char mta[320];
    size_t n = 0;
    enum rc rc = RC_OK;

    *filed_out = false;
    if (!r)
        die("out of memory");
    for (size_t i = 0; i < f->n; i++)
        if (reports(&f->p[i], kind))
            notice_recipient(s, p, &f->p[i], mta, &r[n++]);
    if (n > 0)
        rc = notice_file(&with, kind, r, n, filed_out, e);
    free(r);
    return rc;
}

/* ---- verdicts ---- */
void settle_rest(struct flight *f, enum fate fate, const struct verdict *why)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->p[i].verdict.fate == FATE_NONE) {
            f->p[i].verdict = *why;
            f->p[i].verdict.fate = fate;
        }
}

static void put_off(struct scheduler *s, struct buf *up, const struct passenger *r)
{
    uint64_t next = retry_at(&s->retry, r->item.received, r->item.attempts + 1, scheduler_now(), scheduler_random());

    if (next > s->deferred_to)
        s->deferred_to = next;
    settle_add(up, &r->item, Q_WAITING, next, &r->verdict);
}

/* It was taken, and is never sent again: its entry waits for the report alone (scheduler_reports.c). */
static void report_later(struct scheduler *s, struct buf *up, const struct passenger *r)
{
    struct store_queue_update_req one = {
        .qid = r->item.qid, .rcpt = r->item.rcpt, .state = Q_REPORT, .next_try = scheduler_now(), .marks = QUEUE_SENT};

    if (one.next_try > s->deferred_to)
        s->deferred_to = one.next_try;
    ipc_list_add(up, store_queue_update_req_f, &one);
}

static void add_update(struct scheduler *s, struct buf *up, const struct passenger *r)
{
    if (r->report_later)
        report_later(s, up, r);
    else if (r->verdict.fate == FATE_TAKEN)
        settle_add(up, &r->item, Q_DONE, 0, &r->verdict);
    else if (r->verdict.fate == FATE_NEVER)
        settle_add(up, &r->item, Q_FAILED, 0, &r->verdict);
    else
        put_off(s, up, r);
}

static bool passes(enum rc rc)
{
    return rc == RC_TEMP || rc == RC_TIMEOUT || rc == RC_CLOSED;
}

/* The report cannot be made now: the recipients it is about stay in the queue. Those that failed are tried again, those that were taken wait for their report.
 * So none ends without it. */
static void keep(struct flight *f, enum notice_kind kind)
{
    for (size_t i = 0; i < f->n; i++)
        if (!reports(&f->p[i], kind))
            continue;
        else if (kind == NOTICE_FAILED)
            f->p[i].verdict.fate = FATE_LATER;
        else
            f->p[i].report_later = true;
}

bool settle_reports(struct scheduler *s, const struct place *p, struct flight *f)
{
    struct err e;
    bool filed;
    enum rc rc;

    for (; f->reports < 2; f->reports++) {
        enum notice_kind kind = f->reports == 0 ? NOTICE_FAILED : NOTICE_RELAYED;

        rc = report(s, p, f, kind, &filed, &e);
        if (rc == RC_OK)
            continue;
        log_err(passes(rc) ? LOG_WARN_ : LOG_ERROR_, "report-unfiled", &e);
        if (passes(rc) && ++f->tries < REPORT_TRIES) {
            f->not_before = deadline_in(PAUSE_MS); /* and then under the same id again; nobody else waits for it */
            return false;
        }
        keep(f, kind);
    }
    return true;
}

size_t settle_write(struct scheduler *s, struct buf *up, const struct flight *f, size_t from)
{
    size_t n = 0;

    while (from + n < f->n && n < STORE_SETTLES_MAX && up->n < STORE_PAGE - SETTLE_LARGEST)
        add_update(s, up, &f->p[from + n++]);
    return n;
}

/* Not so now: everything stays as it is and is done again; what ended already is passed over. */
enum rc settle_commit(struct scheduler *s, struct buf *up, size_t n)
{
    struct err e;
    enum rc rc = settle_updates(s, up, n, &e);

    if (rc == RC_OK)
        return RC_OK;
    log_err(passes(rc) ? LOG_WARN_ : LOG_ERROR_, "queue-unsettled", &e);
    if (passes(rc))
        scheduler_pause(s);
    return passes(rc) ? RC_TEMP : RC_PERM;
}

/* A batch is refused as a whole for one of its entries (its page cannot be read). Asked for alone, the others end; that one stays with nobody until this
 * process ends, for it may have been taken, and must not go twice. */
bool settle_singly(struct scheduler *s, struct flight *f)
{
    struct buf up = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < f->n && rc != RC_TEMP; i++) {
        buf_clear(&up);
        add_update(s, &up, &f->p[i]);
        rc = settle_commit(s, &up, 1);
        f->p[i].stuck = rc == RC_PERM;
        if (rc == RC_PERM)
            log_ev(LOG_ERROR_, "queue-stuck", "qid=%llu.%u", (unsigned long long)f->p[i].item.qid, f->p[i].item.rcpt);
    }
    buf_free(&up);
    return rc != RC_TEMP;
}

void settle_landed(struct scheduler *s, const struct flight *f)
{
    bool stuck = false;

    for (size_t i = 0; i < f->n; i++)
        stuck = stuck || f->p[i].stuck;
    if (!stuck)
        schedule_drop(s->plan, f->letter.letter);
    for (size_t i = 0; stuck && i < f->n; i++)
        if (!f->p[i].stuck)
            schedule_end(s->plan, f->p[i].item.qid, f->p[i].item.rcpt);
}

/* All recipients' updates, as many requests as it takes. False: not now. */
static bool settle_all(struct scheduler *s, struct flight *f)
{
    struct buf up = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0, n; rc == RC_OK && i < f->n; i += n) {
        buf_clear(&up);
        n = settle_write(s, &up, f, i);
        rc = settle_commit(s, &up, n);
    }
    buf_free(&up);
    return rc == RC_PERM ? settle_singly(s, f) : rc == RC_OK;
}

bool settle_flight(struct scheduler *s, const struct place *p, struct flight *f)
{
    bool ok = settle_reports(s, p, f) && settle_all(s, f);

    for (size_t i = 0; ok && i < f->n; i++)
        log_recipient(s, p, &f->p[i]);
    return ok;
}

/* ---- reports alone ---- */
void settle_delivered(struct scheduler *s, struct flight *f)
{
    struct err e;
    bool filed;
    enum rc rc = report(s, NULL, f, NOTICE_DELIVERED, &filed, &e);

    if (rc == RC_OK)
        rc = report(s, NULL, f, NOTICE_RELAYED, &filed, &e);
    if (rc != RC_OK)
        log_err(passes(rc) ? LOG_WARN_ : LOG_ERROR_, "report-unfiled", &e);
    for (size_t i = 0; rc == RC_OK && i < f->n; i++)
        f->p[i].verdict.fate = FATE_TAKEN;
    if (rc == RC_OK)
        (void)settle_all(s, f); /* else it is met again */
}

/* When the marks cannot be set the sender is warned again after a restart, if stored has forgotten the first warning by then. */
static void mark_warned(struct scheduler *s, const struct flight *f)
{
    struct buf up = BUF_INIT;
    struct err e;

    for (size_t i = 0, n; i < f->n; i += n) {
        buf_clear(&up);
        for (n = 0; i + n < f->n && n < STORE_SETTLES_MAX; n++) {
            const struct store_queue_item *it = &f->p[i + n].item;

            ipc_list_add(&up, store_queue_update_req_f,
                         &(struct store_queue_update_req){.qid = it->qid,
                                                          .rcpt = it->rcpt,
                                                          .state = Q_WAITING,
                                                          .next_try = it->next_try,
                                                          .marks = QUEUE_WARNED});
        }
        if (settle_updates(s, &up, n, &e) != RC_OK)
            log_err(LOG_WARN_, "queue-unsettled", &e);
    }
    buf_free(&up);
}

bool settle_warn(struct scheduler *s, const struct flight *f)
{
    struct err e;
    bool filed;

    if (report(s, NULL, f, NOTICE_DELAYED, &filed, &e) != RC_OK) {
        log_err(LOG_WARN_, "report-unfiled", &e);
        return false;
    }
    mark_warned(s, f);
    if (filed)
        log_delayed(f);
    return true;
}

/* ---- a host's failure ---- */
void settle_note(struct scheduler *s, uint32_t dest, uint64_t until, const struct verdict *why)
{
    struct schedule_item first[NOTED];
    size_t n = schedule_first(s->plan, dest, first, NOTED);
    struct buf up = BUF_INIT;
    struct err e;

    for (size_t i = 0; i < n; i++)
        settle_add(&up, &(struct store_queue_item){.qid = first[i].qid, .rcpt = first[i].rcpt}, Q_WAITING, until, why);
    if (settle_updates(s, &up, n, &e) != RC_OK)
        log_err(LOG_WARN_, "queue-unsettled", &e); /* it is shown later, or not: nothing hangs on it */
    else
        for (size_t i = 0; i < n; i++)
            schedule_stamp(s->plan, first[i].qid, first[i].rcpt, until);
    buf_free(&up);
}
