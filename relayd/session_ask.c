/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_ask.c - the session's side of its channel. */
#include "base/log.h"
#include "relayd/session.h"
#include <errno.h>
#include <poll.h>

/* False: nothing more will come. */
static bool wait_channel(const struct session *n)
{
    struct pollfd p = {n->channel, POLLIN, 0};
    int got;

    do
        got = poll(&p, 1, -1);
    while (got < 0 && errno == EINTR);
    return got > 0;
}

bool session_tell(struct session *n, uint16_t op, const struct ipc_field *fields, const void *msg)
{
    struct err e;

    return channel_send(n->channel, op, fields, msg, &e) == RC_OK;
}

static bool take(struct session *n, uint16_t op, const struct ipc_field *fields, void *out)
{
    struct span body;
    uint16_t got;
    struct err e;
    enum rc rc;

    do
        rc = wait_channel(n) ? channel_recv(n->channel, &n->mem, &got, &body, &e) : RC_CLOSED;
    while (rc == RC_MORE);
    return rc == RC_OK && got == op && ipc_decode(body, fields, out, &e) == RC_OK;
}

bool session_ask(struct session *n, uint16_t op, const struct ipc_field *rq_fields, const void *rq,
                 const struct ipc_field *rep_fields, void *rep_out)
{
    return session_tell(n, op, rq_fields, rq) && take(n, op, rep_fields, rep_out);
}

/* A server that speaks while nothing was asked says 421, and one that leaves says nothing. Either way there is no more to be sent here. */
static bool peer_spoke(struct session *n)
{
    if (!session_reply(n, CS_QUIT, QUIT_MS))
        return false;
    if (session_class(n) >= 4)
        return session_answered(n, CAUSE_NONE);
    n->stage = CS_MAIL; /* a yes to a question that nobody asked: the next answers would be one too early */
    return session_failed(n, CAUSE_PEER_PROTOCOL, "a reply that nobody asked for");
}

bool session_next(struct session *n, struct channel_next_rep *out)
{
    int which = 0;
    struct err e;

    n->stage = CS_MAIL;
    if (!session_tell(n, CH_NEXT, NULL, NULL))
        return false;
    if (stream_buffered(n->s) > 0)
        return session_silent(n);
    if (stream_wait(n->s, n->channel, -1, DEADLINE_NEVER, &which, &e) != RC_OK)
        return session_io(n, &e);
    if (which & STREAM_INPUT)
        return peer_spoke(n);
    return take(n, CH_NEXT, channel_next_rep_f, out);
}

bool session_wanted(const struct session *n)
{
    struct pollfd p = {n->channel, POLLIN, 0};

    return poll(&p, 1, 0) == 0; /* nothing is due from there: what can be read is its end */
}

static enum rc sign(void *ctx, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e)
{
    struct session *n = ctx;
    struct channel_sign_rep rep;

    if (!session_ask(n, CH_SIGN, keyd_tls_req_f, rq, channel_sign_rep_f, &rep) || !rep.ok)
        return err_set(e, RC_TEMP, "the scheduler had nothing signed");
    buf_addspan(sig_out, rep.signature);
    return RC_OK;
}

struct tls_signer session_signer(struct session *n)
{
    return (struct tls_signer){sign, n};
}
