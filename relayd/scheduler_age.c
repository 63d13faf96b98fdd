/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_age.c - recipients that have waited long: their sender is warned once, and told at the end of their life. All recipients of a
 * message have one age, so one report names them all. */
#include "base/log.h"
#include "policies/causes.h"
#include "relayd/scheduler.h"
#include <string.h>

enum { AT_ONCE = 8 };

/* What the last attempt said stands in the report beside the age. */
static void remember(struct passenger *r, enum fate fate, enum cause cause)
{
    struct store_queue_error last;

    verdict_cause(&r->verdict, fate, cause);
    if (!store_queue_error_read(r->item.last_error, &last))
        return;
    r->verdict.code = last.code;
    if (last.cause != CAUSE_NONE)
        strncat(r->verdict.text, cause_name((enum cause)last.cause), sizeof r->verdict.text - 1);
}

static void forget(struct scheduler *s, const struct flight *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->p[i].stuck)
            schedule_end(s->plan, f->p[i].item.qid, f->p[i].item.rcpt);
}

static void expire(struct scheduler *s, struct flight *f)
{
    for (size_t i = 0; i < f->n; i++)
        remember(&f->p[i], FATE_NEVER, CAUSE_QUEUE_EXPIRED);
    if (settle_flight(s, NULL, f))
        forget(s, f);
}

/* Why it waits: what we met at the last attempt ("the certificate is revoked"). Where that was the server's own reply, its code stands beside our text. */
static enum cause reason(const struct passenger *r)
{
    struct store_queue_error last;
    const struct cause_row *row = NULL;

    if (store_queue_error_read(r->item.last_error, &last) && last.cause != CAUSE_NONE)
        row = cause_row((enum cause)last.cause);
    return row && row->esc ? (enum cause)last.cause : CAUSE_QUEUE_DELAYED;
}

static void warn(struct scheduler *s, struct flight *f, uint64_t now)
{
    for (size_t i = 0; i < f->n; i++)
        remember(&f->p[i], FATE_LATER, reason(&f->p[i]));
    if (!settle_warn(s, f))
        return; /* asked about again in a minute */
    for (size_t i = 0; i < f->n; i++)
        schedule_age(s->plan, f->p[i].item.qid, f->p[i].item.rcpt, retry_age_at(&s->retry, f->p[i].item.received, now));
}

static void look(struct scheduler *s, uint64_t qid, uint32_t rcpt, uint64_t now)
{
    struct flight *f = NULL;
    bool there = false;

    switch (flight_of_state(s, qid, Q_WAITING, &f)) {
    case FL_EMPTY:
        schedule_end(s->plan, qid, rcpt);
        return;
    case FL_TEMP:
        scheduler_pause(s);
        return;
    case FL_OK:
        break;
    }
    for (size_t i = 0; i < f->n && !there; i++)
        there = f->p[i].item.rcpt == rcpt;
    if (!there)
        schedule_end(s->plan, qid, rcpt); /* held, or gone */
    if (retry_expired(&s->retry, f->p[0].item.received, now))
        expire(s, f);
    else if (retry_warns(&s->retry, f->p[0].item.received, now))
        warn(s, f, now);
    else
        schedule_age(s->plan, qid, rcpt, retry_age_at(&s->retry, f->p[0].item.received, now));
    flight_close(&f);
}

void age_round(struct scheduler *s)
{
    uint64_t now = scheduler_now(), qid;
    uint32_t rcpt, dest;

    for (int i = 0; i < AT_ONCE && !scheduler_paused(s) && schedule_old(s->plan, now, &qid, &rcpt, &dest); i++)
        look(s, qid, rcpt, now);
}
