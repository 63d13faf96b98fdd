/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_quota.c - mailboxes that fill up: their holders are told by a mail (mime/warning.h), filed like a report, from <>.
 *
 * Once     stored says which level of which mailbox is to be told (store/ops/fullness.h). The mail's object id follows from that, so a warning that was filed
 *          before a crash is not filed twice. Then stored is told.
 * Room     a full mailbox takes it, as it takes reports: it is filed without the question of RCPT, so it is never refused and never counts as a refusal.
 * Nobody   an account that is disabled takes no mail, and one that is gone has no mailbox: the warning ends.
 * Later    what cannot be told now (dird has not read the account yet, the disk is full) is tried again every AGAIN_S for a day. No letter waits for it, and
 *          no other holder: the scheduler does not pause for a warning. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal/digest.h"
#include "flow/file.h"
#include "flow/logged.h"
#include "mime/warning.h"
#include "relayd/scheduler.h"
#include <stdio.h>

enum { LOOK_S = 60 /* an event may be lost with its connection */, AGAIN_S = 5, LONGEST_S = 86400 };
#define SECOND INT64_C(1000000000)

static void identify(const struct store_warning *w, unsigned char sum[DIGEST_LEN])
{
    struct buf b = BUF_INIT; /* open: numbers */

    buf_addstr(&b, "pli warning 1");
    buf_u64(&b, w->mbx);
    buf_u8(&b, w->level);
    buf_u64(&b, w->at);
    digest_of(buf_span(&b), sum);
    buf_free(&b);
}

static void hex(const unsigned char *p, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static enum rc write_mail(const struct scheduler *s, const struct store_warning *w, struct span to,
                          const unsigned char *sum, struct spool *spool, struct err *e)
{
    struct span domain = span_from(to, (size_t)span_chr(to, '@') + 1); /* the account's own, of those served here */
    char own[DIRD_ADDR + 1];
    struct warning mail = {.host = s->host,
                           .domain = own,
                           .now = scheduler_now(),
                           .to = to,
                           .level = w->level,
                           .used = w->used,
                           .quota = w->quota,
                           .messages = w->messages,
                           .most = w->most};
    struct buf octets = BUF_INIT; /* open: numbers of a mailbox, nothing of its mail */
    enum rc rc;

    snprintf(own, sizeof own, "%.*s", SPAN_ARG(domain));
    hex(sum, SEAL_OID, mail.id);
    rc = warning_write(&mail, &octets, e);
    if (rc == RC_OK)
        rc = spool_put(spool, buf_span(&octets), e);
    if (rc == RC_OK)
        rc = spool_end(spool, e);
    buf_free(&octets);
    return rc;
}

static enum rc file_mail(const struct scheduler *s, const struct dird_lookup_rep *holder, const unsigned char *sum,
                         struct spool *spool, struct err *e)
{
    char address[DIRD_ADDR + 1], mid[STORE_MID + 1];
    struct recipient to = {
        .address = address, .local = true, .mbx = holder->mbx, .folder = STORE_INBOX, .internaldate = clock_utc()};
    struct file_request rq = {
        .trace = SPAN_LIT("Return-Path: <>\r\n"), .message = spool, .to = &to, .n_to = 1, .mid = mid, .oid = sum};
    struct file_result filed = {0};
    enum rc rc;

    scheduler_text(address, sizeof address, holder->address);
    memcpy(to.pub, holder->pub, SEAL_PUB);
    hex(sum + SEAL_OID, 8, mid); /* of the form that every message id of ours has */
    rc = file_message(s->keyd, s->store, &rq, &filed, e);
    file_result_free(&filed);
    return rc;
}

static enum rc tell(const struct scheduler *s, const struct store_warning *w, const struct dird_lookup_rep *holder,
                    struct err *e)
{
    struct spool *spool = spool_new(4096);
    unsigned char sum[DIGEST_LEN];
    char mid[STORE_MID + 1], name[LOGGED_MAX];
    enum rc rc;

    identify(w, sum);
    rc = write_mail(s, w, holder->address, sum, spool, e);
    if (rc == RC_OK)
        rc = file_mail(s, holder, sum, spool, e);
    spool_free(&spool);
    hex(sum + SEAL_OID, 8, mid);
    if (rc == RC_OK)
        log_ev(LOG_INFO_, "quota-warning", "mid=%s account=<%s> level=%u", mid, logged_address(holder->address, name),
               w->level);
    return rc == RC_EXISTS ? RC_OK : rc; /* filed by a run that ended before it said so */
}

/* What will be no different another time ends here, with a line in the log. */
static enum rc never(enum rc rc, const struct err *e)
{
    if (rc == RC_OK || rc == RC_TEMP || rc == RC_CLOSED || rc == RC_TIMEOUT)
        return rc;
    if (rc != RC_NOTFOUND)
        log_err(LOG_ERROR_, "quota-warning-unmade", e);
    return RC_OK;
}

/* RC_TEMP: another time. */
static enum rc tell_holder(struct scheduler *s, const struct store_warning *w, struct err *e)
{
    struct dird_holder_req rq = {w->mbx};
    struct dird_lookup_rep holder;
    struct buf mem = BUF_INIT; /* open: an address */
    enum rc rc = dir_call_in(s->dir, DIRD_HOLDER, &rq, &holder, &mem, e);

    if (rc == RC_OK && holder.kind == DK_UNKNOWN)
        rc = err_set(e, RC_TEMP, "dird has not read the holder of mailbox %llu yet", (unsigned long long)w->mbx);
    if (rc == RC_OK && holder.kind == DK_MAILBOX)
        rc = tell(s, w, &holder, e);
    buf_free(&mem);
    return never(rc, e);
}

static enum rc warn(struct scheduler *s, const struct store_warning *w, struct err *e)
{
    struct store_warned_req told = {w->mbx, w->level, w->at};
    enum rc rc = tell_holder(s, w, e);

    if (rc == RC_TEMP && w->at + LONGEST_S < scheduler_now()) {
        log_err(LOG_ERROR_, "quota-warning-unmade", e);
        rc = RC_OK;
    }
    return rc == RC_OK ? store_call(s->store, STORE_WARNED, &told, -1, NULL, e) : rc;
}

/* The first that fails is noted in e; after a connection that is gone no other is tried. */
static enum rc warn_all(struct scheduler *s, struct span *list, struct err *e)
{
    enum rc rc = RC_OK, first = RC_OK;
    struct store_warning w;
    struct err here;

    while (rc != RC_CLOSED && rc != RC_TIMEOUT && ipc_list_next(list, store_warning_f, &w, &here) == RC_OK) {
        rc = warn(s, &w, &here);
        if (rc != RC_OK && first == RC_OK) {
            first = rc;
            *e = here;
        }
    }
    return first;
}

void quota_round(struct scheduler *s)
{
    struct store_list_rep rep = {0};
    struct buf mem = BUF_INIT; /* open: numbers */
    int64_t now = clock_mono();
    struct err e;
    enum rc rc;

    if (scheduler_paused(s) || now < quota_next(s))
        return;
    rc = store_call_in(s->store, STORE_WARNINGS, NULL, -1, &rep, &mem, &e);
    if (rc == RC_OK)
        rc = warn_all(s, &rep.list, &e);
    buf_free(&mem);
    s->quota_wanted = rc != RC_OK || rep.next != 0;
    s->quota_at = now + LOOK_S * SECOND;
    s->quota_rest = rc != RC_OK ? now + AGAIN_S * SECOND : 0;
    if (rc != RC_OK)
        log_err(LOG_WARN_, "quota-unseen", &e);
}

int64_t quota_next(const struct scheduler *s)
{
    return s->quota_wanted ? s->quota_rest : s->quota_at;
}
