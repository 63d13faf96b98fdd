/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_reports.c - entries of the queue that want a report and no session: what an administrator dropped (pli queue drop), a member of a list
 * who could not get the message, and what was
 * delivered to a mailbox here for a sender who asked to hear of it. Report first, then the entry ends. What cannot be done now is met again: the entry
 * is due, and the next walk through the queue finds it. One that is with a session just now is left until it comes back: it may have been sent. */
#include "base/log.h"
#include "relayd/scheduler.h"
#include "store/wire/queue_error.h"

/* An administrator's, or that of a member of a list who could not get the message (flow/file.h). */
static enum cause why(const struct store_queue_item *it)
{
    struct store_queue_error told;

    return store_queue_error_read(it->last_error, &told) && told.cause != CAUSE_NONE ? (enum cause)told.cause
                                                                                     : CAUSE_QUEUE_DROPPED;
}

static void dropped(struct scheduler *s, struct flight *f)
{
    for (size_t i = 0; i < f->n; i++)
        verdict_cause(&f->p[i].verdict, FATE_NEVER, why(&f->p[i].item));
    if (settle_flight(s, NULL, f))
        for (size_t i = 0; i < f->n; i++)
            if (!f->p[i].stuck)
                schedule_end(s->plan, f->p[i].item.qid, f->p[i].item.rcpt);
}

bool reports_due(struct scheduler *s, const struct store_queue_item *it)
{
    struct flight *f = NULL;

    switch (flight_of_state(s, it->qid, it->state, &f)) {
    case FL_EMPTY:
        return true; /* another recipient's turn has done it */
    case FL_TEMP:
        return false;
    case FL_OK:
        break;
    }
    if (it->state == Q_DROPPED)
        dropped(s, f);
    else
        settle_delivered(s, f);
    flight_close(&f);
    return true;
}
