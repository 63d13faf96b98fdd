/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/due.c - see due.h. */
#include "store/ops/due.h"
#include "base/log.h"
#include "store/db/guard.h"

static enum rc look(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of(DUE_UNKEPT);
    enum rc rc = tx_has(t, T_META, &k, e);

    *(bool *)arg = rc == RC_OK;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* When nobody can tell, the index may be of long ago: it is not used. */
void due_load(struct stored *d)
{
    bool unkept = false;
    struct err e;

    if (tx_run(&d->env, TX_READ, look, &unkept, &e) != RC_OK)
        unkept = true;
    atomic_store(&d->env.due_unkept, unkept);
}

bool due_kept(const struct tx *t)
{
    return !atomic_load(&t->v->due_unkept);
}

static enum rc note(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of(DUE_UNKEPT);

    (void)arg;
    return tx_put(t, T_META, &k, SPAN_LIT("1"), 0, e);
}

/* Nobody leaves the index behind before the row that says so is on stable storage. */
bool due_give_up(struct stored *d, enum rc rc)
{
    struct err e;

    if (rc != RC_CORRUPT || !guard_met(T_DUE))
        return false;
    if (atomic_load(&d->env.due_unkept))
        return true;
    if (tx_run(&d->env, TX_WRITE, note, NULL, &e) != RC_OK) {
        log_err(LOG_ERROR_, "queue-index-kept", &e);
        return false;
    }
    atomic_store(&d->env.due_unkept, true);
    log_ev(LOG_ERROR_, "queue-index-damaged",
           "do=\"the queue is read without it; pli store check, then pli store salvage\"");
    return true;
}

enum rc due_put(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e)
{
    struct key due = key_due(q->next_try, qid, rcpt);

    return queue_state_due(q->state) && due_kept(t) ? tx_put(t, T_DUE, &due, SPAN_LIT("d"), 0, e) : RC_OK;
}

enum rc due_del(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e)
{
    struct key due = key_due(q->next_try, qid, rcpt);

    return queue_state_due(q->state) && due_kept(t) ? tx_del(t, T_DUE, &due, e) : RC_OK;
}
