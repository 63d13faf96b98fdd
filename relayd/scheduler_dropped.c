/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_dropped.c - what an administrator dropped (pli queue drop): its sender is told, then the entry ends. One that is with a session just
 * now is left until it comes back: it may have been sent. */
#include "relayd/scheduler.h"

bool dropped_report(struct scheduler *s, uint64_t qid)
{
    struct flight *f = NULL;
    bool ok;

    switch (flight_of_dropped(s, qid, &f)) {
    case FL_EMPTY:
        return true; /* another recipient's turn has done it, or it is with a session */
    case FL_TEMP:
        return false;
    case FL_OK:
        break;
    }
    for (size_t i = 0; i < f->n; i++)
        verdict_cause(&f->p[i].verdict, FATE_NEVER, CAUSE_QUEUE_DROPPED);
    ok = settle_flight(s, NULL, f);
    for (size_t i = 0; ok && i < f->n; i++)
        schedule_end(s->plan, f->p[i].item.qid, f->p[i].item.rcpt);
    flight_close(&f);
    return ok;
}
