/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_open.c - a mailbox's private key, for a ticket: from the keyd slot, or from a password slot with its password. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"

/* every password slot in turn; what the last one said */
static enum rc open_password(struct state *s, uint64_t mbx, const struct keyd_open_req *rq, struct keyd_open_rep *rep,
                             struct err *e)
{
    struct span rest = rq->slots;
    struct slot slot;
    bool tried = false;
    enum rc rc, last = RC_OK;

    while ((rc = slot_next(&rest, &slot, e)) == RC_OK) {
        if (slot.type != SLOT_PASSWORD)
            continue;
        tried = true;
        last = password_open(s, mbx, rq->pub, &slot, rq->password, rep->priv, e);
        if (last != RC_DENIED)
            break;
    }
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return rc;
    if (!tried)
        return err_set(e, RC_NOTFOUND, "mailbox %llu has no key slot that keyd can open", (unsigned long long)mbx);
    if (last == RC_DENIED)
        return err_cause(e, RC_DENIED, CAUSE_STRICT_PASSWORD, "mailbox %llu: strict, and not its password",
                         (unsigned long long)mbx);
    rep->slot_type = SLOT_PASSWORD;
    return last;
}

static enum rc open_slots(struct state *s, uint64_t mbx, const struct keyd_open_req *rq, struct keyd_open_rep *rep,
                          struct err *e)
{
    struct slot slot;
    enum rc rc = slot_find(rq->slots, SLOT_KEYD, &slot, e);

    if (rc == RC_NOTFOUND)
        return open_password(s, mbx, rq, rep, e);
    rep->slot_type = SLOT_KEYD;
    return rc == RC_OK ? slot_keyd_open(s->ring->kek, mbx, rq->pub, slot.body, rep->priv, e) : rc;
}

static void opened_log(const struct ticket *t, const struct ipc_peer *p, const struct err *why)
{
    log_ev(why ? LOG_WARN_ : LOG_INFO_, why ? "open-box-refused" : "open-box",
           "address=%s actor=%s mbx=%llu peer=%ld%s%s", log_esc(span_str(t->address)), log_esc(span_str(t->actor)),
           (unsigned long long)t->mbx, (long)p->pid, why ? " cause=" : "", why ? log_esc(span_str(why->log)) : "");
}

enum rc purpose_open(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_open_req *rq = req;
    struct keyd_open_rep *rep = r->msg;
    struct ticket t;
    enum rc rc = ticket_for(s, rq->ticket, RIGHT_READ, &t, e);

    (void)fd;
    if (rc == RC_OK && ticket_delegate(&t)) /* she opens her own slot, with her own mailbox's key */
        rc = err_set(e, RC_DENIED, "keyd opens no mailbox for a delegate");
    if (rc != RC_OK)
        return rc;
    rc = limit_take(s, s->limits, "open-box", span_of(&t.mbx, sizeof t.mbx), s->open_most, e);
    if (rc == RC_OK)
        rc = open_slots(s, t.mbx, rq, rep, e);
    if (rc == RC_OK)
        atomic_fetch_add(&s->opens, 1);
    if (rc == RC_DENIED)
        atomic_fetch_add(&s->denied, 1);
    if (rc == RC_OK || e->cause != CAUSE_BUSY)
        opened_log(&t, p, rc == RC_OK ? NULL : e);
    return rc;
}
