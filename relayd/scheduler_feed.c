/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_feed.c - from the queue into the schedule. Two walks: the news (what became due lately), soon after stored says that there is
 * some; and all that is due, now and then, for what a walk through the news cannot see (a commit that came late, a clock that was set).
 *
 * A walk takes one page a round of the loop, so that a queue of 100,000 delays nobody. It rests a multiple of the time that it took, so that a long
 * backlog costs stored a bounded share. */
#include "base/ascii.h"
#include "base/log.h"
#include "base/wipe.h"
#include "proto/smtp/path.h"
#include "relayd/identity.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <string.h>

enum {
    PAGE_ITEMS = 32 /* a round is short: sessions wait for it */,
    NEWS_SLACK_S = 3,
    NEWS_REST = 5,
    ALL_REST = 20,
    ALL_MS = 10 * 1000,
    TICK_MS = 1000
};
#define MS 1000000LL

/* ---- one item ---- */
static uint64_t hash_of(struct span sender)
{
    uint64_t h = 1469598103934665603u;

    for (size_t i = 0; i < sender.n; i++)
        h = (h ^ ascii_lower(sender.p[i])) * 1099511628211u;
    return h;
}

static uint64_t age_at(const struct scheduler *s, const struct store_queue_item *it, uint64_t now)
{
    if (it->notify & QUEUE_WARNED)
        return it->received + s->retry.max_age;
    return retry_warns(&s->retry, it->received, now) ? now : retry_age_at(&s->retry, it->received, now);
}

/* A domain as a destination: mail that leaves with a certificate of its sender's domain has destinations of its own, "loin.fr 12", and so never shares a
 * connection with mail that leaves with another one. place_new() reads it. */
static void add(struct scheduler *s, const struct store_queue_item *it, const struct queued_envelope *v, uint64_t now)
{
    struct schedule_item si = {
        .qid = it->qid, .rcpt = it->rcpt, .next_try = it->next_try, .age_at = age_at(s, it, now)};
    struct span d = span_head(smtp_domain_of(v->recipient), SCHEDULE_DOMAIN - IDENTITY_DIGITS);
    uint32_t as = identity_of(s->identities, v->sender);
    char text[SCHEDULE_DOMAIN + 1];

    ascii_lower_all(d, text);
    text[d.n] = 0;
    if (as > 0)
        snprintf(text + d.n, sizeof text - d.n, " %u", as);
    schedule_add(s->plan, span_str(text), hash_of(v->sender), &si);
}

/* An envelope that does not open can go nowhere, and may not be lost: it is held, for a person to look at. */
static void hold(struct scheduler *s, const struct store_queue_item *it, const struct err *why)
{
    struct buf up = BUF_INIT;
    struct verdict v = {0};
    struct err e;

    log_err(LOG_ERROR_, "queue-damaged", why);
    verdict_cause(&v, FATE_LATER, CAUSE_DAMAGED);
    settle_add(&up, it, Q_HELD, it->next_try, &v);
    if (settle_updates(s, &up, 1, &e) != RC_OK)
        log_err(LOG_WARN_, "queue-unsettled", &e);
    buf_free(&up);
}

static bool see(struct scheduler *s, const struct store_queue_item *it, uint64_t now)
{
    struct queued_envelope v = {.mem = BUF_SECRET_INIT};
    unsigned char cek[SEAL_CEK];
    struct err e;
    enum rc rc;

    if (it->state == Q_DROPPED || it->state == Q_REPORT)
        return reports_due(s, it);
    if (it->state != Q_WAITING || schedule_see(s->plan, it->qid, it->rcpt, it->next_try, now) != SS_NEW)
        return true;
    rc = content_key(s, it, cek, &e);
    if (rc == RC_OK)
        rc = envelope_open(it, cek, &v, &e);
    wipe(cek, sizeof cek);
    if (rc == RC_OK)
        add(s, it, &v, now);
    else if (rc == RC_CORRUPT || rc == RC_DENIED)
        hold(s, it, &e);
    else
        log_err(LOG_WARN_, "queue-unseen", &e);
    queued_envelope_free(&v);
    return rc == RC_OK || rc == RC_CORRUPT || rc == RC_DENIED;
}

/* ---- walks ---- */
static void begin(struct feed *f, uint64_t from, uint64_t now)
{
    f->on = true;
    f->begun = clock_mono();
    f->rq = (struct store_queue_list_req){.due_before = now ? now : 1, .due_from = from, .most = PAGE_ITEMS};
}

static void end(struct scheduler *s, struct feed *f)
{
    int64_t now = clock_mono(), took = now - f->begun;

    f->on = false;
    if (f == &s->news)
        s->news_at = now + NEWS_REST * took;
    else {
        s->all_at = now + (ALL_REST * took > ALL_MS * MS ? ALL_REST * took : ALL_MS * MS);
        s->news_at = now;
    }
    s->seen_to = f->rq.due_before;
}

static void page(struct scheduler *s, struct feed *f)
{
    struct store_queue_list_rep rep = {0};
    struct store_queue_item it;
    struct buf mem = BUF_INIT;
    uint64_t now = scheduler_now(), due_from = f->rq.due_from;
    struct err e;
    enum rc rc = store_call_in(s->store, STORE_QUEUE_LIST, &f->rq, -1, &rep, &mem, &e);
    bool ok = rc == RC_OK;

    if (!ok)
        log_err(LOG_WARN_, "queue-unseen", &e);
    while (ok && ipc_list_next(&rep.items, store_queue_item_f, &it, &e) == RC_OK)
        if ((ok = see(s, &it, now)) && it.next_try > due_from)
            due_from = it.next_try;
    buf_free(&mem);
    if (!ok) {
        scheduler_pause(s); /* and then the same page again */
        return;
    }
    f->rq.due_from =
        due_from; /* when the cursor's item has ended meanwhile, the walk goes on from this second, and not from its beginning */
    f->rq.qid_from = rep.next_qid;
    f->rq.rcpt_from = rep.next_rcpt;
    if (rep.next_qid == 0)
        end(s, f);
}

static void listen_again(struct scheduler *s)
{
    struct err e;

    if (s->listening)
        return;
    s->listening = store_call(s->ear, STORE_WATCH, &(struct store_watch_req){QUEUE_NEWS}, -1, NULL, &e) == RC_OK;
    if (s->listening)
        s->all_at = s->quota_at = 0; /* what happened meanwhile */
    else {
        log_err(LOG_WARN_, "queue-unseen", &e);
        scheduler_pause(s);
    }
}

void feed_event(struct scheduler *s)
{
    struct store_ev_changed ev;
    struct err e;
    enum rc rc;

    while ((rc = store_event(s->ear, &ev, &e)) == RC_OK)
        *(ev.folder == QUEUE_QUOTA ? &s->quota_wanted : &s->news_wanted) = true;
    if (rc == RC_CLOSED)
        s->listening = false;
}

/* Without an event there may be news too: what this process put off comes due. */
static bool news_due(const struct scheduler *s, uint64_t now)
{
    return s->news_wanted || (s->seen_to < now && s->seen_to <= s->deferred_to);
}

void feed_round(struct scheduler *s)
{
    int64_t mono = clock_mono();
    uint64_t now = scheduler_now();

    if (scheduler_paused(s))
        return;
    listen_again(s);
    if (!s->all.on && mono >= s->all_at)
        begin(&s->all, 0, now);
    else if (!s->news.on && mono >= s->news_at && news_due(s, now)) {
        begin(&s->news, s->seen_to > NEWS_SLACK_S ? s->seen_to - NEWS_SLACK_S : 1, now);
        s->news_wanted = false;
    }
    if (s->news.on)
        page(s, &s->news);
    else if (s->all.on)
        page(s, &s->all);
}

int64_t feed_next(const struct scheduler *s)
{
    int64_t next = s->all_at, tick = clock_mono() + TICK_MS * MS;

    if (scheduler_paused(s))
        return s->pause_until;
    if (s->news.on || s->all.on || !s->listening)
        return 0;
    if (quota_next(s) < next)
        next = quota_next(s);
    if (s->news_wanted && s->news_at < next)
        next = s->news_at;
    else if (s->seen_to <= s->deferred_to && tick < next)
        next = tick;
    return next;
}
