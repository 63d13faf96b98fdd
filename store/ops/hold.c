/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/hold.c - see hold.h. */
#include "store/ops/hold.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/ops/believed.h"
#include "store/ops/freed.h"

static enum rc read_notes(struct tx *t, uint64_t mbx, bool write, struct buf *out, struct err *e)
{
    struct key k = key_part(mbx, PART_HOLD);
    enum rc rc = tx_get(t, T_BOXES, &k, write ? TX_FOR_WRITE : 0, out, e);

    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

static size_t count(struct span notes)
{
    struct store_hold_note n;
    struct err e;
    size_t k = 0;

    while (ipc_list_next(&notes, store_hold_note_f, &n, &e) == RC_OK)
        k++;
    return k;
}

static enum rc lawful(const struct store_hold_req *rq, const struct box *b, struct span notes, struct err *e)
{
    bool held = b->flags & BOX_HELD;

    if (rq->what > HOLD_CLEAR || rq->who.n == 0 || rq->why.n == 0)
        return err_set(e, RC_SYNTAX, "store: a hold needs a name and a reason");
    if (held == (rq->what == HOLD_SET))
        return err_set(e, RC_EXISTS, "store: mailbox %llu is %son hold", (unsigned long long)rq->mbx,
                       held ? "" : "not ");
    if (count(notes) >= HOLD_NOTES)
        return err_set(e, RC_PERM, "store: mailbox %llu has %d notes of holds", (unsigned long long)rq->mbx,
                       HOLD_NOTES);
    return RC_OK;
}

static enum rc add_note(struct tx *t, const struct store_hold_req *rq, struct buf *notes, struct err *e)
{
    struct store_hold_note n = {.when = (uint64_t)clock_utc(), .what = rq->what, .who = rq->who, .why = rq->why};
    struct key k = key_part(rq->mbx, PART_HOLD);

    ipc_list_add(notes, store_hold_note_f, &n);
    return tx_put(t, T_BOXES, &k, buf_span(notes), 0, e);
}

/* What was over its share while the hold was set is looked at when it is cleared. */
static enum rc change(struct tx *t, const struct store_hold_req *rq, struct buf *notes, struct err *e)
{
    struct key over = key_removed(FREED_OVER, 0, rq->mbx, 0);
    struct box b;
    enum rc rc = box_get(t, rq->mbx, true, &b, e);

    if (rc == RC_OK)
        rc = lawful(rq, &b, buf_span(notes), e);
    if (rc == RC_OK)
        rc = add_note(t, rq, notes, e);
    if (rc != RC_OK)
        return rc;
    b.flags = rq->what == HOLD_SET ? b.flags | BOX_HELD : b.flags & ~(uint32_t)BOX_HELD;
    rc = box_put(t, rq->mbx, &b, e);
    if (rc == RC_OK && rq->what == HOLD_CLEAR)
        rc = tx_put(t, T_REMOVED, &over, SPAN_LIT("\0\0\0\0"), 0, e);
    return rc;
}

static enum rc answer(struct tx *t, const struct ask *a, uint64_t mbx, struct span notes, struct err *e)
{
    struct store_hold_rep *rep = a->rep;
    struct freed_head h;
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK)
        rc = freed_head_get(t, mbx, false, &h, e);
    if (rc != RC_OK)
        return rc;
    buf_addspan(a->out, notes);
    *rep = (struct store_hold_rep){.held = (b.flags & BOX_HELD) != 0,
                                   .now = believed_time(a->d),
                                   .kept = h.messages,
                                   .kept_bytes = h.bytes,
                                   .notes = buf_span(a->out)};
    return RC_OK;
}

enum rc do_hold(struct tx *t, const struct ask *a, struct err *e)
{
    struct store_hold_req rq = *(const struct store_hold_req *)a->req;
    struct buf notes = BUF_INIT;
    bool own = a->s->bound && (rq.mbx == 0 || rq.mbx == a->s->mbx) && rq.what == HOLD_SHOW;
    enum rc rc;

    if (a->role != ROLE_ADMIN && !own)
        return err_set(e, RC_DENIED, "store: a hold is the administrator's");
    rq.mbx = rq.mbx ? rq.mbx : a->s->mbx;
    rc = read_notes(t, rq.mbx, rq.what != HOLD_SHOW, &notes, e);
    if (rc == RC_OK && rq.what != HOLD_SHOW)
        rc = change(t, &rq, &notes, e);
    if (rc == RC_OK)
        rc = answer(t, a, rq.mbx, buf_span(&notes), e);
    buf_free(&notes);
    return rc;
}

void hold_done(const struct ask *a)
{
    const struct store_hold_req *rq = a->req;

    if (rq->what == HOLD_CLEAR)
        atomic_fetch_add(&a->d->cleared, 1);
    if (rq->what != HOLD_SHOW)
        log_ev(LOG_WARN_, rq->what == HOLD_SET ? "hold-set" : "hold-cleared", "mbx=%llu who=%s why=%s",
               (unsigned long long)rq->mbx, log_esc(rq->who), log_esc(rq->why));
}

enum rc hold_none(struct tx *t, uint64_t mbx, struct err *e)
{
    struct box b;
    enum rc rc = box_get(t, mbx, true, &b, e);

    if (rc == RC_OK && b.flags & BOX_HELD)
        return err_set(e, RC_PERM, "store: mailbox %llu is on legal hold", (unsigned long long)mbx);
    return rc;
}

enum rc hold_remove(struct tx *t, uint64_t mbx, struct err *e)
{
    struct key k = key_part(mbx, PART_HOLD);
    enum rc rc = tx_del(t, T_BOXES, &k, e);

    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}
