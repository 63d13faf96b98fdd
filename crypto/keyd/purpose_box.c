/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_box.c - a new mailbox's key pair in its first slot; a password slot under a new password. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"

static enum rc slot_make(struct state *s, const struct keyd_box_new_req *rq, const unsigned char pub[SEAL_PUB],
                         const unsigned char priv[SEAL_PRIV], struct buf *body, struct err *e)
{
    enum rc rc;

    if (rq->slot_type == SLOT_KEYD)
        return slot_keyd_seal(s->ring->kek, rq->mbx, pub, priv, body, e);
    if (rq->slot_type != SLOT_PASSWORD || rq->password.n == 0)
        return err_set(e, RC_PERM, "a new mailbox needs a keyd slot, or a password slot and its password");
    rc = slow_enter(s, e);
    if (rc == RC_OK) {
        rc = slot_password_seal(rq->password, rq->mbx, pub, priv, body, e);
        slow_leave(s);
    }
    return rc;
}

enum rc purpose_box_new(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct keyd_box_new_req *rq = req;
    struct keyd_box_new_rep *rep = r->msg;
    unsigned char priv[SEAL_PRIV];
    struct buf body = BUF_INIT;
    enum rc rc = seal_pair_new(rep->pub, priv, e);

    (void)fd;
    if (rc == RC_OK)
        rc = slot_make(daemon, rq, rep->pub, priv, &body, e);
    wipe(priv, sizeof priv);
    if (rc == RC_OK) {
        slot_add(r->scratch, &(struct slot){rq->slot_type, 1, buf_span(&body)});
        rep->slots = buf_span(r->scratch);
        log_ev(LOG_INFO_, "box-new", "mbx=%llu slot=%u peer=%ld", (unsigned long long)rq->mbx, rq->slot_type,
               (long)p->pid);
    }
    buf_free(&body);
    return rc;
}

/* Opens body with the old password and seals it with the new one. */
static enum rc body_rewrap(const struct keyd_rewrap_req *rq, struct span body, struct buf *out, struct err *e)
{
    unsigned char priv[SEAL_PRIV];
    enum rc rc = slot_password_open(rq->old_password, rq->mbx, rq->pub, body, priv, e);

    if (rc == RC_OK)
        rc = slot_password_seal(rq->new_password, rq->mbx, rq->pub, priv, out, e);
    wipe(priv, sizeof priv);
    return rc;
}

/* Writes the list with its first password slot replaced. A list without one is written as it was. */
static enum rc list_rewrap(const struct keyd_rewrap_req *rq, struct buf *out, struct err *e)
{
    struct buf body = BUF_INIT;
    struct span rest = rq->slots;
    struct slot slot;
    bool done = false;
    enum rc rc;

    while ((rc = slot_next(&rest, &slot, e)) == RC_OK) {
        if (slot.type == SLOT_PASSWORD && !done) {
            rc = body_rewrap(rq, slot.body, &body, e);
            if (rc != RC_OK)
                break;
            slot.body = buf_span(&body);
            done = true;
        }
        slot_add(out, &slot);
    }
    buf_free(&body);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc purpose_rewrap(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_rewrap_req *rq = req;
    struct slot slot;
    enum rc rc = limit_take(s, s->limits, "rewrap", span_of(&rq->mbx, sizeof rq->mbx), s->open_most, e);

    (void)fd;
    if (rc == RC_OK && slot_find(rq->slots, SLOT_PASSWORD, &slot, e) == RC_OK && rq->new_password.n == 0)
        rc = err_set(e, RC_PERM, "the new password is empty");
    if (rc == RC_OK)
        rc = slow_enter(s, e);
    if (rc != RC_OK)
        return rc;
    rc = list_rewrap(rq, r->scratch, e);
    slow_leave(s);
    if (rc == RC_OK)
        ((struct keyd_rewrap_rep *)r->msg)->slots = buf_span(r->scratch);
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "rewrap", "mbx=%llu peer=%ld rc=%s", (unsigned long long)rq->mbx,
           (long)p->pid, rc_name(rc));
    return rc;
}
