/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_queue.c - the content key of a queue entry for relayd; for an administrator only the key of its
 * envelope. Also the purpose status.
 *
 * Opening an epoch costs a key agreement, and all that came in its time lies under one: an opened epoch of the queue is
 * kept for a few minutes. That gives nobody more than keyd has anyway, because the queue's private key is here too. */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/seal/digest.h"

/* Number and record together: a record under another number must not be found. */
static void find_by(const struct keyd_queue_req *rq, unsigned char key[CACHE_KEY])
{
    struct digest *d = digest_new();

    digest_add(d, span_of(&rq->epoch, sizeof rq->epoch));
    digest_add(d, span_of(rq->epoch_rec, SEAL_EPOCH_REC));
    digest_end(&d, key);
}

static enum rc open_epoch(struct state *s, const struct keyd_queue_req *rq, unsigned char key_out[SEAL_EPOCH_KEY],
                          struct err *e)
{
    unsigned char at[CACHE_KEY];
    enum rc rc;

    find_by(rq, at);
    if (kept_recall(s->queue_epochs, at, key_out))
        return RC_OK;
    rc = seal_epoch_open(s->ring->queue_priv, s->ring->queue_pub, SEAL_QUEUE_BOX, rq->epoch, rq->epoch_rec, key_out, e);
    if (rc == RC_OK)
        kept_remember(s->queue_epochs, at, key_out);
    return rc;
}

static enum rc queue_cek(struct state *s, const struct keyd_queue_req *rq, unsigned char cek_out[SEAL_CEK],
                         struct err *e)
{
    unsigned char key[SEAL_EPOCH_KEY];
    enum rc rc = open_epoch(s, rq, key, e);

    if (rc == RC_OK)
        rc = seal_unwrap(key, SEAL_QUEUE_BOX, rq->epoch, rq->wrap, cek_out, e);
    wipe(key, sizeof key);
    return rc;
}

enum rc purpose_queue(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct keyd_queue_req *rq = req;
    struct keyd_queue_rep *rep = r->msg;
    unsigned char cek[SEAL_CEK];
    enum rc rc = queue_cek(daemon, rq, cek, e);

    (void)fd;
    rep->what = p->role == ROLE_RELAYD ? KEYD_QUEUE_CEK : KEYD_QUEUE_ENVELOPE;
    if (rc == RC_OK && p->role == ROLE_RELAYD)
        memcpy(rep->key, cek, SEAL_CEK);
    else if (rc == RC_OK)
        rc = seal_obj_key(cek, rq->oid, SEAL_ENVELOPE, rep->key, e);
    wipe(cek, sizeof cek);
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "queue-open", "what=%s peer=%ld rc=%s",
           rep->what == KEYD_QUEUE_CEK ? "message" : "envelope", (long)p->pid, rc_name(rc));
    return rc;
}

enum rc purpose_status(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    struct keyd_status_rep *rep = r->msg;

    (void)p;
    (void)req;
    (void)fd;
    (void)e;
    rep->wraps = atomic_load(&s->wraps);
    rep->opens = atomic_load(&s->opens);
    rep->signatures = atomic_load(&s->signatures);
    rep->tls = atomic_load(&s->tls_signs);
    rep->denied = atomic_load(&s->denied);
    rep->epochs = atomic_load(&s->epochs_made);
    rep->queue_pub = span_of(s->ring->queue_pub, SEAL_PUB);
    return RC_OK;
}
