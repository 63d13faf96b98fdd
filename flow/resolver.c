/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/resolver.c - see flow/resolver.h. */
#include "flow/resolver.h"
#include "base/dialler.h"
#include "base/ipc_int.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

IPC_TABLE(resolver_req);
IPC_TABLE(resolver_rep);

enum { PACKET = 8192 };

static enum rc wait_for(int fd, short what, int64_t deadline, struct err *e)
{
    struct pollfd p = {.fd = fd, .events = what};
    int n;

    do
        n = poll(&p, 1, deadline_left_ms(deadline));
    while (n < 0 && errno == EINTR);
    return n > 0 ? RC_OK : err_set(e, RC_TEMP, "resolver: no answer in time");
}

static enum rc send_packet(int fd, struct span packet, int with, int64_t deadline, struct err *e)
{
    int sent = 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && (sent = ipc_tx(fd, packet, with)) == 0)
        rc = wait_for(fd, POLLOUT, deadline, e);
    return rc == RC_OK && sent < 0 ? err_sys(e, RC_TEMP, "resolver: send") : rc;
}

static enum rc take_packet(int fd, struct buf *mem, int *with_out, int64_t deadline, struct err *e)
{
    unsigned fds = 0;
    size_t n = 0;
    int got = 0;
    enum rc rc = buf_reserve(mem, PACKET, e);

    *with_out = -1;
    while (rc == RC_OK && (got = ipc_rx(fd, mem->p, PACKET, &n, with_out, &fds)) == 0)
        rc = wait_for(fd, POLLIN, deadline, e);
    if (rc == RC_OK && got < 0)
        return err_sys(e, RC_TEMP, "resolver: receive");
    mem->n = n;
    return rc;
}

static enum rc answer_of(int conn, int64_t deadline, uint64_t *size_out, struct err *e)
{
    struct buf mem = BUF_INIT; /* open: numbers */
    struct resolver_rep rep;
    int none = -1;
    enum rc rc = take_packet(conn, &mem, &none, deadline, e);

    if (none >= 0)
        close(none);
    if (rc == RC_OK)
        rc = ipc_decode(buf_span(&mem), resolver_rep_f, &rep, e);
    buf_free(&mem);
    if (rc != RC_OK)
        return rc;
    *size_out = rep.size;
    if (rep.rc == RC_OK)
        return RC_OK;
    return err_cause(e, rep.rc == RC_PERM || rep.rc == RC_DENIED ? RC_PERM : RC_TEMP, (enum cause)rep.cause,
                     "resolver: refused rc=%u", rep.rc);
}

enum rc resolver_ask(const struct resolver_req *rq, int64_t deadline, int *octets_out, uint64_t *size_out,
                     struct err *e)
{
    struct buf packet = BUF_SECRET_INIT; /* a ticket */
    int conn = -1, pair[2] = {-1, -1};
    enum rc rc = dialler_connect(RESOLVER_SOCKET, deadline, &conn, e);

    if (rc == RC_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        rc = err_sys(e, RC_TEMP, "resolver: socketpair");
    ipc_encode(&packet, resolver_req_f, rq);
    if (rc == RC_OK)
        rc = send_packet(conn, buf_span(&packet), pair[1], deadline, e);
    if (pair[1] >= 0)
        close(pair[1]);
    if (rc == RC_OK)
        rc = answer_of(conn, deadline, size_out, e);
    buf_free(&packet);
    if (conn >= 0)
        close(conn);
    if (rc != RC_OK && pair[0] >= 0)
        close(pair[0]);
    if (rc == RC_OK)
        *octets_out = pair[0];
    return rc == RC_CLOSED || rc == RC_SYNTAX ? err_set(e, RC_TEMP, "resolver: imapd is away") : rc;
}

enum rc resolver_take(int fd, uid_t uid, int64_t deadline, struct buf *mem, struct resolver_req *rq_out,
                      int *octets_out, struct err *e)
{
    struct ucred who;
    socklen_t len = sizeof who;
    enum rc rc;

    *octets_out = -1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || who.uid != (uid == (uid_t)-1 ? geteuid() : uid))
        return err_set(e, RC_DENIED, "resolver: asked by another than smtpd");
    rc = take_packet(fd, mem, octets_out, deadline, e);
    if (rc == RC_OK)
        rc = ipc_decode(buf_span(mem), resolver_req_f, rq_out, e);
    if (rc == RC_OK && *octets_out < 0)
        rc = err_set(e, RC_SYNTAX, "resolver: a question without its socket");
    return rc;
}

enum rc resolver_answer(int fd, const struct resolver_rep *rep, struct err *e)
{
    enum { ANSWER_MS = 5000 };
    struct buf packet = BUF_INIT; /* open: numbers */
    enum rc rc;

    ipc_encode(&packet, resolver_rep_f, rep);
    rc = send_packet(fd, buf_span(&packet), -1, deadline_in(ANSWER_MS), e);
    buf_free(&packet);
    return rc;
}
