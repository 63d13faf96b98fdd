/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_delegate.c - a delegate's slot: the mailbox's key, opened from its keyd slot, sealed to her mailbox's public key. The key leaves
 * keyd in no other form. A strict mailbox has no keyd slot: nobody but its holder gives it to others. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"

static enum rc key_of(struct state *s, const struct keyd_delegate_req *rq, unsigned char priv[SEAL_PRIV], struct err *e)
{
    struct slot slot;
    enum rc rc = slot_find(rq->slots, SLOT_KEYD, &slot, e);

    if (rc == RC_NOTFOUND)
        return err_cause(e, RC_DENIED, CAUSE_STRICT_DELEGATE, "mailbox %llu is strict: only its holder opens it",
                         (unsigned long long)rq->mbx);
    return rc == RC_OK ? slot_keyd_open(s->ring->kek, rq->mbx, rq->pub, slot.body, priv, e) : rc;
}

enum rc purpose_delegate(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct keyd_delegate_req *rq = req;
    struct delegate_slot d = {.mbx = rq->mbx, .delegate = rq->delegate, .grant = rq->grant};
    unsigned char priv[SEAL_PRIV];
    struct buf body = BUF_INIT;
    enum rc rc;

    (void)fd;
    if (rq->delegate == 0 || rq->delegate == rq->mbx)
        return err_set(e, RC_PERM, "delegate: a mailbox is no delegate of itself");
    memcpy(d.pub, rq->pub, SEAL_PUB);
    memcpy(d.delegate_pub, rq->delegate_pub, SEAL_PUB);
    rc = key_of(daemon, rq, priv, e);
    if (rc == RC_OK)
        rc = slot_delegate_seal(&d, priv, &body, e);
    wipe(priv, sizeof priv);
    if (rc == RC_OK) {
        slot_add(r->scratch, &(struct slot){SLOT_DELEGATE, 1, buf_span(&body)});
        ((struct keyd_delegate_rep *)r->msg)->slot = buf_span(r->scratch);
    }
    buf_free(&body);
    log_ev(LOG_INFO_, "delegate", "mbx=%llu delegate=%llu peer=%ld rc=%s", (unsigned long long)rq->mbx,
           (unsigned long long)rq->delegate, (long)p->pid, rc_name(rc));
    return rc;
}
