/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue_act.c - see admin/queue.h: the queue changed. Each act is one row: the states it is for, the state that it leaves behind. */
#include "admin/queue.h"
#include "base/clock.h"

enum { WAITING = 1 << Q_WAITING, HELD = 1 << Q_HELD, DROPPED = 1 << Q_DROPPED };
static const struct act {
    uint16_t from;
    uint8_t to;
    bool now;         /* next_try becomes now: it is due; else it stays */
    enum cause cause; /* told as the last error; CAUSE_NONE: that stays */
} acts[] = {
    [QUEUE_RETRY] = {WAITING, Q_WAITING, true, CAUSE_NONE},
    [QUEUE_HOLD] = {WAITING, Q_HELD, false, CAUSE_NONE},
    [QUEUE_RELEASE] = {HELD, Q_WAITING, true, CAUSE_NONE},
    [QUEUE_DROP] = {WAITING | HELD, Q_DROPPED, true, CAUSE_QUEUE_DROPPED},
    [QUEUE_END] = {WAITING | HELD | DROPPED, Q_FAILED, false, CAUSE_QUEUE_DROPPED},
};

uint16_t queue_act_states(enum queue_act act)
{
    return acts[act].from;
}

enum rc queue_act(struct admin *ad, const struct store_queue_item *item, enum queue_act act, enum queue_done *out,
                  struct err *e)
{
    const struct act *is = &acts[act];
    struct store_queue_update_req rq = {.qid = item->qid,
                                        .rcpt = item->rcpt,
                                        .state = is->to,
                                        .next_try = is->now ? (uint64_t)clock_utc() : item->next_try,
                                        .from_states = is->from};
    struct buf told = BUF_INIT;
    enum rc rc;

    if (is->cause != CAUSE_NONE) {
        store_queue_error_write(&told, is->cause, 0, SPAN_NULL);
        rq.last_error = buf_span(&told);
    }
    rc = store_call(ad->store, STORE_QUEUE_UPDATE, &rq, -1, NULL, e);
    buf_free(&told);
    *out = rc == RC_OK ? QUEUE_DONE : QUEUE_MISSED;
    return rc == RC_NOTFOUND || rc == RC_EXISTS ? RC_OK : rc;
}
