/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/client.c - one function a purpose, over base/ipc_link.h. */
#include "crypto/keyd/client/client.h"
#include "base/ipc_link.h"
#include "base/wipe.h"
#include <stdlib.h>

enum { PATIENCE_MS = 5000, CALL_MS = 30000, WRAPS_AT_ONCE = 512 };

struct keyd {
    struct ipc_link *link;
    struct buf mem;                       /* what replies' spans point into; no span of it leaves this file */
    bool wrapping;                        /* keyd_wrap_ahead() has asked, */
    unsigned char wrapping_cek[SEAL_CEK]; /* for this key: another message's must never get its wraps */
};

struct keyd *keyd_new(enum ipc_role role)
{
    struct keyd *k = calloc(1, sizeof *k);

    if (k == NULL)
        die("out of memory");
    k->link = ipc_link_new(&(struct ipc_link_how){
        .socket = "keyd.sock", .proto = &keyd_proto, .role = role, .patience_ms = PATIENCE_MS, .call_ms = CALL_MS});
    k->mem.secret = true;
    return k;
}

static void forget_wraps(struct keyd *k)
{
    k->wrapping = false;
    wipe(k->wrapping_cek, SEAL_CEK);
}

void keyd_free(struct keyd **k)
{
    if (*k == NULL)
        return;
    forget_wraps(*k);
    ipc_link_free(&(*k)->link);
    buf_free(&(*k)->mem);
    free(*k);
    *k = NULL;
}

void keyd_dial_ahead(struct keyd *k)
{
    ipc_link_dial_ahead(k->link);
}

void keyd_rest(struct keyd *k)
{
    ipc_link_hang_up(k->link);
    forget_wraps(k);
}

static enum rc ask(struct keyd *k, enum keyd_op op, const void *req, void *rep, struct err *e)
{
    forget_wraps(k); /* the link drops an answer that nobody took */
    return ipc_link_call(k->link, &(struct ipc_ask){.op = (uint16_t)op, .req = req, .rep_out = rep, .mem = &k->mem}, e);
}

/* the replies' lists, back to records; they must be those asked for */
static enum rc wrapped_take(struct span list, const struct keyd_box *boxes, size_t n, struct keyd_wrapped *out,
                            struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        rc = ipc_list_next(&list, keyd_wrapped_f, &out[i], e);
        if (rc == RC_OK && out[i].mbx != boxes[i].mbx)
            rc = err_set(e, RC_CORRUPT, "keyd answers for another mailbox");
    }
    if (rc == RC_NOTFOUND || (rc == RC_OK && list.n != 0))
        rc = err_set(e, RC_CORRUPT, "keyd answers for more or fewer mailboxes than were asked for");
    return rc;
}

/* What keyd_wrap_ahead() asked for. Not RC_OK: ask anew. */
static enum rc wrap_answer(struct keyd *k, struct keyd_wrap_rep *rp, struct err *e)
{
    enum rc rc = ipc_link_answer(k->link, KEYD_WRAP, rp, &k->mem, e);

    forget_wraps(k);
    if (rc != RC_OK)
        keyd_rest(k);
    return rc;
}

/* rp NULL: asked only, the answer comes later. */
static enum rc wrap_ask(struct keyd *k, const unsigned char cek[SEAL_CEK], const struct keyd_box *boxes, size_t n,
                        struct keyd_wrap_rep *rp, struct err *e)
{
    struct buf list = BUF_INIT;
    struct keyd_wrap_req rq;
    enum rc rc;

    for (size_t i = 0; i < n; i++)
        ipc_list_add(&list, keyd_box_f, &boxes[i]);
    memcpy(rq.cek, cek, SEAL_CEK);
    rq.boxes = buf_span(&list);
    rc = !rp ? ipc_link_ask(k->link, KEYD_WRAP, &rq, e) : ask(k, KEYD_WRAP, &rq, rp, e);
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
    ipc_link_patience(k->link, 0); /* nobody waits here */
    k->wrapping = ipc_link_fd(k->link) >= 0 && wrap_ask(k, cek, boxes, n, NULL, &e) == RC_OK;
    ipc_link_patience(k->link, PATIENCE_MS);
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
            rc = wrap_ask(k, cek, boxes + done, m, &rp, e);
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
    rc = ask(k, KEYD_OPEN_BOX, &rq, &rp, e);
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
    enum rc rc = ask(k, KEYD_BOX_NEW, &rq, &rp, e);

    if (rc != RC_OK)
        return rc;
    memcpy(pub_out, rp.pub, SEAL_PUB);
    buf_addspan(slots_out, rp.slots);
    return RC_OK;
}

enum rc keyd_rewrap(struct keyd *k, const struct keyd_rewrap_req *rq, struct buf *slots_out, struct err *e)
{
    struct keyd_rewrap_rep rp;
    enum rc rc = ask(k, KEYD_REWRAP, rq, &rp, e);

    if (rc == RC_OK)
        buf_addspan(slots_out, rp.slots);
    return rc;
}

enum rc keyd_delegate(struct keyd *k, const struct keyd_delegate_req *rq, struct buf *slot_out, struct err *e)
{
    struct keyd_delegate_rep rp;
    enum rc rc = ask(k, KEYD_DELEGATE, rq, &rp, e);

    if (rc == RC_OK)
        buf_addspan(slot_out, rp.slot);
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

enum rc keyd_sign_profile(struct keyd *k, enum keyd_tls_key key, struct span cert, const unsigned char digest[32],
                          struct buf *cms_out, struct err *e)
{
    struct keyd_profile_req rq = {.key = (uint8_t)key, .cert = cert};
    struct keyd_profile_rep rp;
    enum rc rc;

    memcpy(rq.digest, digest, sizeof rq.digest);
    rc = ask(k, KEYD_SIGN_PROFILE, &rq, &rp, e);
    if (rc == RC_OK)
        buf_addspan(cms_out, rp.cms);
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
