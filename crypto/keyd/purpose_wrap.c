/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_wrap.c - a message's content key, wrapped for each recipient's current epoch. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"

enum { BOXES_MOST = 512, PEOPLE_FROM = 16, BOX_OCTETS = 4 + 8 + SEAL_PUB /* a record of the list */ };

static enum rc wrap_one(struct state *s, pid_t pid, const struct keyd_box *b, const unsigned char cek[SEAL_CEK],
                        struct buf *out, struct err *e)
{
    const unsigned char *pub = b->mbx == SEAL_QUEUE_BOX ? s->ring->queue_pub : b->pub;
    struct keyd_wrapped w;
    enum rc rc;

    if (b->mbx != SEAL_QUEUE_BOX && b->mbx < PEOPLE_FROM)
        return err_set(e, RC_PERM, "mailbox %llu is nobody's", (unsigned long long)b->mbx);
    rc = epoch_wrap(s, pid, b->mbx, pub, cek, &w, e);
    if (rc == RC_OK)
        ipc_list_add(out, keyd_wrapped_f, &w);
    return rc;
}

/* Bounds how many mailboxes one request may name, and one process per minute. So a session that was taken over cannot
 * keep keyd busy at the cost of all others. */
static enum rc bounded(struct state *s, const struct ipc_peer *p, struct span boxes, struct err *e)
{
    size_t n = boxes.n / BOX_OCTETS;
    enum rc rc;

    if (n > BOXES_MOST)
        return err_set(e, RC_PERM, "more than %d mailboxes at once", BOXES_MOST);
    rc = limit_take_n(s, s->handshakes, "wrap", span_of(&p->pid, sizeof p->pid), (uint32_t)n, s->wrap_most, e);
    if (rc != RC_OK)
        log_err(LOG_WARN_, "wrap-refused", e);
    else
        atomic_fetch_add(&s->wraps, n);
    return rc;
}

enum rc purpose_wrap(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_wrap_req *rq = req;
    struct span rest = rq->boxes;
    struct keyd_box box;
    enum rc rc = bounded(s, p, rq->boxes, e);

    (void)fd;
    while (rc == RC_OK && (rc = ipc_list_next(&rest, keyd_box_f, &box, e)) == RC_OK)
        rc = wrap_one(s, p->pid, &box, rq->cek, r->scratch, e);
    if (rc != RC_NOTFOUND)
        return rc;
    log_ev(LOG_DEBUG_, "wrap", "peer=%ld boxes=%zu", (long)p->pid, rq->boxes.n / BOX_OCTETS);
    ((struct keyd_wrap_rep *)r->msg)->wrapped = buf_span(r->scratch);
    return RC_OK;
}
