/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/can_take.c - the question at RCPT: is there room in the mailbox? And since when has there been none? */
#include "base/clock.h"
#include "store/ops/folder.h"

/* Since when the mailbox has been full is noted at the first message that finds no room, and forgotten at the first that finds some. It may be lost with
 * a crash: then it begins anew. */
static enum rc note_full(struct tx *t, uint64_t mbx, uint64_t since, struct err *e)
{
    struct box b;
    enum rc rc = box_get(t, mbx, true, &b, e);

    b.full_since = since;
    return rc == RC_OK ? box_put(t, mbx, &b, e) : rc;
}

/* A sender's server tries again for days. A mailbox that nobody empties is told it sooner, so that the sender hears of it while it matters. */
static enum rc is_full(struct tx *t, const struct ask *a, uint64_t mbx, const struct box *b, enum rc *answer,
                       struct err *e)
{
    uint64_t now = (uint64_t)clock_utc(), since = b->full_since ? b->full_since : now;
    struct err why = *e;
    enum rc rc = b->full_since ? RC_OK : note_full(t, mbx, now, e);

    if (rc != RC_OK)
        return rc;
    *e = why;
    *answer = RC_QUOTA;
    if (since + a->d->full_s <= now)
        (void)!err_cause(e, RC_QUOTA, CAUSE_QUOTA_LONG, "store: mailbox %llu has been full since %llu",
                         (unsigned long long)mbx, (unsigned long long)since);
    return RC_OK;
}

struct can_take {
    const struct ask *a;
    enum rc answer;
};

static enum rc can_take(struct tx *t, void *arg, struct err *e)
{
    struct can_take *c = arg;
    const struct store_can_take_req *rq = c->a->req;
    struct box b;
    enum rc rc = box_get(t, rq->mbx, false, &b, e);

    c->answer = RC_OK;
    if (rc == RC_OK)
        rc = box_takes(c->a->d, t, rq->mbx, &b, (struct sums){.bytes = rq->size, .messages = 1}, e);
    if (rc == RC_QUOTA)
        return is_full(t, c->a, rq->mbx, &b, &c->answer, e);
    return rc == RC_OK && b.full_since ? note_full(t, rq->mbx, 0, e) : rc;
}

/* It notes what it refuses, so the refusal is no reason to abort its transaction. */
enum rc do_can_take(struct tx *none, const struct ask *a, struct err *e)
{
    const struct store_can_take_req *rq = a->req;
    struct can_take c = {.a = a};
    enum rc rc;

    (void)none;
    if (a->role == ROLE_IMAPD && (!a->s->bound || a->s->mbx != rq->mbx))
        return err_set(e, RC_DENIED, "store: not the ticket's mailbox");
    rc = tx_run(&a->d->env, TX_LAZY, can_take, &c, e);
    return rc == RC_OK ? c.answer : rc;
}
