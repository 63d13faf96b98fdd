/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/client.c - one function a purpose, over one connection that is dialled again after keyd restarted.
 * Every request may be asked twice (keyd keeps no state a second asking would spoil), so one that met a closed connection
 * is asked once more on a new one.
 */
#include "crypto/keyd/client/client.h"
#include "base/wipe.h"
#include <stdlib.h>
#include <time.h>

enum { DIAL_MS = 5000, CALL_MS = 30000 };

enum { WRAPS_AT_ONCE = 512 };

struct keyd {
    enum ipc_role role;
    struct ipc *c;
    struct buf mem;                       /* what replies' spans point into; no span of it leaves this file */
    bool wrapping;                        /* keyd_wrap_ahead() has asked, */
    unsigned char wrapping_cek[SEAL_CEK]; /* for this key: another message's must never get its wraps */
};

struct keyd *keyd_new(enum ipc_role role)
{
    struct keyd *k = calloc(1, sizeof *k);

    if (k == NULL)
        die("out of memory");
    k->role = role;
    k->mem.secret = true;
    return k;
}

void keyd_free(struct keyd **k)
{
    if (*k == NULL)
        return;
    keyd_rest(*k);
    buf_free(&(*k)->mem);
    free(*k);
    *k = NULL;
}

void keyd_dial_ahead(struct keyd *k)
{
    struct err e;

    if (!k->c && ipc_dial_ahead("keyd.sock", &keyd_proto, k->role, deadline_in(0), &k->c, &e) != RC_OK)
        k->c = NULL; /* not now: the first request dials, and says why when it can not */
}

void keyd_rest(struct keyd *k)
{
    ipc_hangup(&k->c);
    k->wrapping = false;
    wipe(k->wrapping_cek, SEAL_CEK);
}

static enum rc once(struct keyd *k, bool ahead, enum keyd_op op, const void *req, void *rep, struct err *e)
{
    enum rc rc = RC_OK;

    if (k->wrapping) /* an answer that nobody took is in the way */
        keyd_rest(k);
    if (!k->c)
        rc = (ahead ? ipc_dial_ahead : ipc_dial)("keyd.sock", &keyd_proto, k->role, deadline_in(DIAL_MS), &k->c, e);
    if (rc != RC_OK)
        return rc;
    ipc_deadline(k->c, deadline_in(CALL_MS));
    return ipc_call(k->c, (uint16_t)op, req, -1, rep, &k->mem, NULL, e);
}

static enum rc ask(struct keyd *k, enum keyd_op op, const void *req, void *rep, struct err *e)
{
    enum rc rc = once(k, true, op, req, rep, e);

    if (rc == RC_CLOSED || rc == RC_TIMEOUT || rc == RC_SYNTAX)
        ipc_hangup(&k->c); /* what is on its way can no longer be told apart */
    if (rc == RC_CLOSED)   /* gone since the last call, or it would not have us: dialled anew it says which */
        rc = once(k, false, op, req, rep, e);
    if (rc == RC_CLOSED) {
        ipc_hangup(&k->c);
        return err_set(e, RC_TEMP, "4.3.0", NULL, "keyd went away");
    }
    return rc;
}

/* for what may need a slow hash: keyd never lets a worker wait for one, so we do */
static enum rc ask_slow(struct keyd *k, enum keyd_op op, const void *req, void *rep, struct err *e)
{
    int64_t until = deadline_in(CALL_MS);
    long ms = 5;
    enum rc rc;

    while ((rc = ask(k, op, req, rep, e)) == RC_TEMP && strcmp(e->esc, KEYD_BUSY) == 0 && deadline_left_ms(until) > 0) {
        nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
        ms = ms < 80 ? ms * 2 : ms;
    }
    return rc;
}

/* the replies' lists, back to records; they must be those asked for */
static enum rc wrapped_take(struct span list, const struct keyd_box *boxes, size_t n, struct keyd_wrapped *out,
                            struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        rc = ipc_list_next(&list, keyd_wrapped_f, &out[i], e);
        if (rc == RC_OK && out[i].mbx != boxes[i].mbx)
            rc = err_set(e, RC_CORRUPT, NULL, NULL, "keyd answers for another mailbox");
    }
    if (rc == RC_NOTFOUND || (rc == RC_OK && list.n != 0))
        rc = err_set(e, RC_CORRUPT, NULL, NULL, "keyd answers for more or fewer mailboxes than were asked for");
    return rc;
}

/* What keyd_wrap_ahead() asked for. Not RC_OK: ask anew. */
static enum rc wrap_answer(struct keyd *k, struct keyd_wrap_rep *rp, struct err *e)
{
    enum rc rc;

    ipc_deadline(k->c, deadline_in(CALL_MS));
    rc = ipc_recv(k->c, KEYD_WRAP, rp, &k->mem, NULL, e);
    k->wrapping = false;
    wipe(k->wrapping_cek, SEAL_CEK);
    if (rc != RC_OK)
        keyd_rest(k);
    return rc;
}

static enum rc wrap_ask(struct keyd *k, bool ahead, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes,
                        size_t n, struct keyd_wrap_rep *rp, struct err *e)
{
    struct buf list = BUF_INIT;
    struct keyd_wrap_req rq;
    enum rc rc;

    for (size_t i = 0; i < n; i++)
        ipc_list_add(&list, keyd_box_f, &boxes[i]);
    memcpy(rq.cek, cek, SEAL_CEK);
    rq.boxes = buf_span(&list);
    rc = ahead ? ipc_send(k->c, KEYD_WRAP, &rq, -1, e) : ask(k, KEYD_WRAP, &rq, rp, e);
    wipe(rq.cek, sizeof rq.cek);
    buf_free(&list);
    return rc;
}

void keyd_wrap_ahead(struct keyd *k, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes, size_t n)
{
    struct err e;

    if (n > WRAPS_AT_ONCE)
        return;
    if (k->wrapping)
        keyd_rest(k);
    keyd_dial_ahead(k);
    k->wrapping = k->c && wrap_ask(k, true, cek, boxes, n, NULL, &e) == RC_OK;
    if (k->wrapping)
        memcpy(k->wrapping_cek, cek, SEAL_CEK);
}

enum rc keyd_wrap(struct keyd *k, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes, size_t n,
                  struct keyd_wrapped *out, struct err *e)
{
    enum rc rc = RC_OK;

    if (k->wrapping && memcmp(k->wrapping_cek, cek, SEAL_CEK) != 0)
        keyd_rest(k);
    for (size_t done = 0; done < n && rc == RC_OK; done += WRAPS_AT_ONCE) {
        size_t m = n - done < WRAPS_AT_ONCE ? n - done : WRAPS_AT_ONCE;
        struct keyd_wrap_rep rp;

        if (!k->wrapping || wrap_answer(k, &rp, e) != RC_OK)
            rc = wrap_ask(k, false, cek, boxes + done, m, &rp, e);
        if (rc == RC_OK)
            rc = wrapped_take(rp.wrapped, boxes + done, m, out + done, e);
    }
    return rc;
}

enum rc keyd_open_box(struct keyd *k, struct span ticket, const unsigned char pub[SEAL_PUB], struct span slots,
                      struct span password, unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    struct keyd_open_req rq = {.ticket = ticket, .slots = slots, .password = password};
    struct keyd_open_rep rp;
    enum rc rc;

    memcpy(rq.pub, pub, SEAL_PUB);
    rc = ask_slow(k, KEYD_OPEN_BOX, &rq, &rp, e);
    if (rc == RC_OK)
        memcpy(priv_out, rp.priv, SEAL_PRIV);
    wipe(&rp, sizeof rp);
    return rc;
}

enum rc keyd_box_new(struct keyd *k, uint64_t mbx, enum slot_type t, struct span password,
                     unsigned char pub_out[SEAL_PUB], struct buf *slots_out, struct err *e)
{
    struct keyd_box_new_req rq = {.mbx = mbx, .slot_type = (uint16_t)t, .password = password};
    struct keyd_box_new_rep rp;
    enum rc rc = ask_slow(k, KEYD_BOX_NEW, &rq, &rp, e);

    if (rc != RC_OK)
        return rc;
    memcpy(pub_out, rp.pub, SEAL_PUB);
    buf_addspan(slots_out, rp.slots);
    return RC_OK;
}

enum rc keyd_rewrap(struct keyd *k, const struct keyd_rewrap_req *rq, struct buf *slots_out, struct err *e)
{
    struct keyd_rewrap_rep rp;
    enum rc rc = ask_slow(k, KEYD_REWRAP, rq, &rp, e);

    if (rc == RC_OK)
        buf_addspan(slots_out, rp.slots);
    return rc;
}

enum rc keyd_sign_mail(struct keyd *k, struct span ticket, struct span slots, const unsigned char digest[32],
                       int64_t when, struct buf *cms_out, struct err *e)
{
    struct keyd_sign_req rq = {.ticket = ticket, .slots = slots, .when = (uint64_t)when};
    struct keyd_sign_rep rp;
    enum rc rc;

    memcpy(rq.digest, digest, sizeof rq.digest);
    rc = ask(k, KEYD_SIGN_MAIL, &rq, &rp, e);
    if (rc == RC_OK)
        buf_addspan(cms_out, rp.cms);
    return rc;
}

enum rc keyd_tls_sign(struct keyd *k, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e)
{
    struct keyd_tls_rep rp;
    enum rc rc = ask(k, KEYD_TLS_SIGN, rq, &rp, e);

    if (rc == RC_OK)
        buf_addspan(sig_out, rp.signature);
    return rc;
}

enum rc keyd_issue_trial(struct keyd *k, const struct keyd_issue_req *rq, struct buf *cert_der_out,
                         struct buf *slot_out, struct buf *key_pem_out, struct err *e)
{
    struct keyd_issue_rep rp;
    enum rc rc = ask(k, KEYD_ISSUE_TRIAL, rq, &rp, e);

    if (rc != RC_OK)
        return rc;
    buf_addspan(cert_der_out, rp.cert_der);
    if (slot_out != NULL)
        buf_addspan(slot_out, rp.slot);
    if (key_pem_out != NULL)
        buf_addspan(key_pem_out, rp.key_pem);
    return RC_OK;
}

enum rc keyd_queue_open(struct keyd *k, const struct keyd_queue_req *rq, enum keyd_queue_what *what_out,
                        unsigned char key_out[SEAL_CEK], struct err *e)
{
    struct keyd_queue_rep rp;
    enum rc rc = ask(k, KEYD_QUEUE_OPEN, rq, &rp, e);

    if (rc == RC_OK) {
        *what_out = (enum keyd_queue_what)rp.what;
        memcpy(key_out, rp.key, SEAL_CEK);
    }
    wipe(&rp, sizeof rp);
    return rc;
}

enum rc keyd_status(struct keyd *k, struct keyd_status_rep *out, struct buf *mem, struct err *e)
{
    enum rc rc = ask(k, KEYD_STATUS, NULL, out, e);

    buf_clear(mem);
    if (rc == RC_OK)
        buf_addspan(mem, out->queue_pub);
    out->queue_pub = buf_span(mem);
    return rc;
}
