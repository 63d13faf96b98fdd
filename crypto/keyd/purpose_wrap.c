/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_wrap.c - a message's content key, wrapped for each recipient's current epoch. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"

enum { BOXES_MOST = 512, PEOPLE_FROM = 16 };

static enum rc wrap_one(struct state *s, const struct keyd_box *b, const unsigned char cek[SEAL_CEK], struct buf *out,
                        struct err *e)
{
    const unsigned char *pub = b->mbx == SEAL_QUEUE_BOX ? s->ring->queue_pub : b->pub;
    struct keyd_wrapped w;
    enum rc rc;

    if (b->mbx != SEAL_QUEUE_BOX && b->mbx < PEOPLE_FROM)
        return err_set(e, RC_PERM, NULL, NULL, "mailbox %llu is nobody's", (unsigned long long)b->mbx);
    rc = epoch_wrap(s, b->mbx, pub, cek, &w, e);
    if (rc == RC_OK)
        ipc_list_add(out, keyd_wrapped_f, &w);
    return rc;
}

enum rc purpose_wrap(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_wrap_req *rq = req;
    struct span rest = rq->boxes;
    struct keyd_box box;
    unsigned n = 0;
    enum rc rc;

    (void)fd;
    while ((rc = ipc_list_next(&rest, keyd_box_f, &box, e)) == RC_OK) {
        if (++n > BOXES_MOST)
            return err_set(e, RC_PERM, NULL, NULL, "more than %d mailboxes at once", BOXES_MOST);
        rc = wrap_one(s, &box, rq->cek, r->scratch, e);
        if (rc != RC_OK)
            return rc;
    }
    if (rc != RC_NOTFOUND)
        return rc;
    atomic_fetch_add(&s->wraps, n);
    log_ev(LOG_DEBUG_, "wrap", "peer=%ld boxes=%u", (long)p->pid, n);
    ((struct keyd_wrap_rep *)r->msg)->wrapped = buf_span(r->scratch);
    return RC_OK;
}
