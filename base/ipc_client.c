/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_client.c - the asking side of base/ipc.h.
 *
 * Order     replies come in the order of the requests; their seq says so, anything else is malformed.
 * Events    one that comes while a reply is awaited is kept (KEPT_MAX bytes in all) for ipc_event().
 * After     a timeout, a malformed reply or a closed peer the connection is dead: every later call says RC_CLOSED at once,
 *           since a late reply must never be taken for the answer to another question.
 * Spans     a reply that has spans leaves with its packet: rx and the caller's buffer change places, so nothing that happens to
 *           this connection later reaches them.
 * Memory    most answers are small, and a session's memory is touched page by page: rx is RX_FIRST until a larger packet came.
 */
#include "base/dialler.h"
#include "base/ipc_int.h"
#include "base/wipe.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

enum { CALL_MS = 30 * 1000, KEPT_MAX = 256 * 1024, BACKLOG_WAIT_MS = 2, RX_FIRST = 4096 };

struct ipc {
    int fd;       /* -1: dead */
    bool greeted; /* the daemon has answered our HELLO */
    const struct ipc_proto *proto;
    int64_t deadline; /* 0: CALL_MS from each call */
    int64_t due;      /* 0: none */
    uint32_t sent, answered;
    struct buf tx, rx; /* passwords and keys travel in both. rx: the packet read last; nobody else points into it */
    struct buf kept;   /* events: u32 length, packet */
    size_t kept_at;    /* how far kept has been read */
};

static int64_t until(const struct ipc *c)
{
    return c->deadline ? c->deadline : deadline_in(CALL_MS);
}

static void bury(struct ipc *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static enum rc dead(struct ipc *c, struct err *e)
{
    return err_set(e, RC_CLOSED, "4.3.0", NULL, "%s: connection is closed", c->proto->name);
}

static enum rc malformed(struct ipc *c, struct err *e, const char *what)
{
    bury(c);
    return err_set(e, RC_CLOSED, "4.3.0", NULL, "%s: malformed: %s", c->proto->name, what);
}

static enum rc await(struct ipc *c, short what, int64_t deadline, struct err *e)
{
    struct pollfd p = {c->fd, what, 0};
    int n;

    do
        n = poll(&p, 1, deadline_left_ms(deadline));
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return RC_OK;
    bury(c);
    if (n < 0)
        return err_sys(e, RC_TEMP, "%s: poll", c->proto->name);
    return err_set(e, RC_TIMEOUT, "4.3.0", NULL, "%s: no answer before the deadline", c->proto->name);
}

/* ---- one packet ---- */
static enum rc send_packet(struct ipc *c, int fd, struct err *e)
{
    int64_t deadline = until(c);
    int n;

    while ((n = ipc_tx(c->fd, buf_span(&c->tx), fd)) == 0) {
        enum rc rc = await(c, POLLOUT, deadline, e);
        if (rc != RC_OK)
            return rc;
    }
    if (n > 0)
        return RC_OK;
    bury(c);
    return err_sys(e, RC_CLOSED, "%s: send", c->proto->name);
}

static void rx_begin(struct ipc *c)
{
    struct err e;

    if (buf_reserve(&c->rx, RX_FIRST, &e) != RC_OK)
        die("%s", e.log);
}

/* One packet into rx, whatever its length: what does not fit is taken aside, and rx is longer from then on. */
static int rx_packet(struct ipc *c, int *fd_out, unsigned *fds_out)
{
    static _Thread_local unsigned char aside[IPC_MSG_MAX];
    struct iovec parts[2];
    size_t n = 0, fits;
    int got;

    buf_cut(&c->rx, 0);
    if (c->rx.cap == 0)
        rx_begin(c);
    parts[0] = (struct iovec){c->rx.p, c->rx.cap};
    parts[1] = (struct iovec){aside, c->rx.cap < IPC_MSG_MAX ? IPC_MSG_MAX - c->rx.cap : 0};
    got = ipc_rx_over(c->fd, parts, &n, fd_out, fds_out);
    fits = n < c->rx.cap ? n : c->rx.cap;
    c->rx.n = fits;
    if (n > fits) {
        buf_add(&c->rx, aside, n - fits);
        wipe(aside, n - fits);
    }
    return got;
}

/* RC_MORE when nothing is there. A peer that refused us and left may show its reset before its last words: read again. */
static enum rc read_packet(struct ipc *c, int *fd_out, unsigned *fds_out, struct err *e)
{
    for (int again = 0; again < 2; again++) {
        int got = rx_packet(c, fd_out, fds_out);

        if (got >= 0)
            return got > 0 ? RC_OK : RC_MORE;
        if (errno != ECONNRESET)
            break;
    }
    bury(c);
    return err_sys(e, RC_CLOSED, "%s: gone", c->proto->name);
}

static enum rc keep_event(struct ipc *c, struct err *e)
{
    if (c->kept_at == c->kept.n) {
        buf_clear(&c->kept);
        c->kept_at = 0;
    }
    if (c->kept.n + c->rx.n > KEPT_MAX)
        return malformed(c, e, "more events than anyone reads");
    buf_bytes(&c->kept, buf_span(&c->rx));
    return RC_OK;
}

static void drop_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The next reply in rx; events on the way are kept. */
static enum rc await_reply(struct ipc *c, struct ipc_head *h, struct span *body, int *fd_out, struct err *e)
{
    int64_t deadline = until(c);
    unsigned fds;
    enum rc rc;

    for (;;) {
        if ((rc = await(c, POLLIN, deadline, e)) != RC_OK)
            return rc;
        rc = read_packet(c, fd_out, &fds, e);
        if (rc == RC_MORE)
            continue;
        if (rc != RC_OK)
            return rc;
        if (fds <= 1 && ipc_unhead(buf_span(&c->rx), h, body) && h->flags == IPC_EVENT && fds == 0) {
            if ((rc = keep_event(c, e)) != RC_OK)
                return rc;
            continue;
        }
        if (fds <= 1 && c->rx.n >= IPC_HEAD && (h->flags & ~IPC_ERROR) == IPC_REPLY)
            return RC_OK;
        drop_fd(fd_out);
        return malformed(c, e, "not a reply");
    }
}

/* ---- calls ---- */
enum rc ipc_send(struct ipc *c, uint16_t op, const void *req, int req_fd, struct err *e)
{
    const struct ipc_op *o = ipc_op_find(c->proto, op);
    enum rc rc;

    if (!o || (req_fd >= 0) != ((o->bits & IPC_REQ_FD) != 0))
        bug("%s: op %u asked with the wrong form", c->proto->name, (unsigned)op);
    if (c->fd < 0)
        return dead(c, e);
    rc = ipc_pack(&c->tx, (struct ipc_head){op, 0, c->sent, c->due}, o->req, req, e);
    if (rc != RC_OK)
        return rc;
    rc = send_packet(c, req_fd, e);
    if (rc == RC_OK)
        c->sent++;
    return rc;
}

static enum rc refused(struct ipc *c, struct span body, struct err *e)
{
    struct ipc_failure f;

    if (ipc_decode(body, ipc_failure_fields, &f, e) != RC_OK || f.rc == RC_OK || f.rc >= RC_MAX_)
        return malformed(c, e, "error reply");
    return ipc_unfailure(body, e);
}

static enum rc hear_hello(struct ipc *c, struct err *e)
{
    struct ipc_hello theirs;
    struct ipc_head h;
    struct span body;
    int fd = -1;
    enum rc rc = await_reply(c, &h, &body, &fd, e);

    if (rc != RC_OK)
        return rc;
    drop_fd(&fd);
    if (h.op != IPC_OP_HELLO)
        return malformed(c, e, "no HELLO");
    if (h.flags & IPC_ERROR)
        return refused(c, body, e);
    if (ipc_decode(body, ipc_hello_fields, &theirs, e) != RC_OK || memcmp(theirs.magic, "PLI1", 4) != 0)
        return malformed(c, e, "HELLO");
    if (theirs.id != c->proto->id || theirs.version != c->proto->version)
        return malformed(c, e, "another protocol or version");
    c->greeted = true;
    return RC_OK;
}

/* Dialled ahead: what would have kept ipc_dial() from succeeding ends the connection. */
static enum rc greeted(struct ipc *c, struct err *e)
{
    enum rc rc = c->greeted ? RC_OK : hear_hello(c, e);
    struct err why;

    if (rc == RC_OK || rc == RC_TIMEOUT)
        return rc;
    why = *e;
    bury(c);
    return err_set(e, RC_CLOSED, "4.3.0", NULL, "%s", why.log);
}

/* The packet becomes the caller's; what the caller had is read into next. Both are wiped when they are freed. */
static void give_packet(struct ipc *c, struct buf *mem)
{
    struct buf packet = c->rx;

    c->rx = *mem;
    c->rx.secret = true;
    c->rx.max = 0;
    *mem = packet;
}

enum rc ipc_recv(struct ipc *c, uint16_t op, void *rep_out, struct buf *mem, int *rep_fd_out, struct err *e)
{
    const struct ipc_op *o = ipc_op_find(c->proto, op);
    struct ipc_head h;
    struct span body;
    int fd = -1;
    enum rc rc;

    if (!o || c->sent == c->answered)
        bug("%s: reply to op %u awaited, none asked", c->proto->name, (unsigned)op);
    if (!mem && ipc_has_spans(o->rep))
        bug("%s: the reply to %s has spans: whose memory do they live in?", c->proto->name, o->name);
    if (c->fd < 0)
        return dead(c, e);
    if ((rc = greeted(c, e)) != RC_OK || (rc = await_reply(c, &h, &body, &fd, e)) != RC_OK)
        return rc;
    if (h.op != op || h.seq != c->answered || (fd >= 0 && (!(o->bits & IPC_REP_FD) || h.flags & IPC_ERROR))) {
        drop_fd(&fd);
        return malformed(c, e, "reply to another question");
    }
    c->answered++;
    if (h.flags & IPC_ERROR)
        return refused(c, body, e);
    if (ipc_decode(body, o->rep, rep_out, e) != RC_OK) {
        drop_fd(&fd);
        return malformed(c, e, "fields of a reply");
    }
    if (mem)
        give_packet(c, mem);
    if (rep_fd_out)
        *rep_fd_out = fd;
    else
        drop_fd(&fd);
    return RC_OK;
}

enum rc ipc_call(struct ipc *c, uint16_t op, const void *req, int req_fd, void *rep_out, struct buf *mem,
                 int *rep_fd_out, struct err *e)
{
    enum rc rc = ipc_send(c, op, req, req_fd, e);

    return rc == RC_OK ? ipc_recv(c, op, rep_out, mem, rep_fd_out, e) : rc;
}

/* ---- rest ---- */
void ipc_rest(struct ipc *c)
{
    buf_free(&c->tx);
    buf_free(&c->rx);
}

/* ---- events ---- */
static bool next_kept(struct ipc *c)
{
    struct rd r = rd_of(span_from(buf_span(&c->kept), c->kept_at));
    struct span packet;

    if (c->kept_at == c->kept.n)
        return false;
    packet = rd_bytes(&r);
    buf_cut(&c->rx, 0);
    buf_addspan(&c->rx, packet);
    c->kept_at += 4 + packet.n;
    return true;
}

/* Takes an event off the socket when no reply can be there. */
static enum rc poll_event(struct ipc *c, struct err *e)
{
    unsigned fds;
    enum rc rc;
    int fd;

    if (c->fd < 0)
        return dead(c, e);
    if (c->sent != c->answered)
        return err_set(e, RC_MORE, NULL, NULL, "replies come first");
    if ((rc = greeted(c, e)) != RC_OK)
        return rc;
    rc = read_packet(c, &fd, &fds, e);
    if (rc == RC_MORE)
        return err_set(e, RC_MORE, NULL, NULL, "no event");
    if (rc != RC_OK)
        return rc;
    drop_fd(&fd);
    return fds == 0 ? RC_OK : malformed(c, e, "event with a descriptor");
}

enum rc ipc_event(struct ipc *c, uint16_t *op_out, void *msg_out, struct err *e)
{
    const struct ipc_op *o;
    struct ipc_head h;
    struct span body;
    enum rc rc;

    if (!next_kept(c) && (rc = poll_event(c, e)) != RC_OK)
        return rc;
    if (!ipc_unhead(buf_span(&c->rx), &h, &body) || h.flags != IPC_EVENT || !(o = ipc_op_find(c->proto, h.op)))
        return malformed(c, e, "not an event");
    if (ipc_has_spans(o->rep))
        bug("%s: the event %s has spans", c->proto->name, o->name);
    if (ipc_decode(body, o->rep, msg_out, e) != RC_OK)
        return malformed(c, e, "fields of an event");
    *op_out = h.op;
    return RC_OK;
}

/* ---- life ---- */
static enum rc connect_to(const char *path, int sock, int64_t deadline, struct err *e)
{
    struct sockaddr_un a;
    socklen_t len;
    int dir, n;
    enum rc rc = ipc_addr(path, &a, &len, &dir, e);

    if (rc != RC_OK)
        return rc;
    while ((n = connect(sock, (struct sockaddr *)&a, len)) < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (deadline_left_ms(deadline) == 0) /* its queue of new peers stays full */
            break;
        poll(NULL, 0, BACKLOG_WAIT_MS);
    }
    if (n < 0)
        rc = err_sys(e, RC_TEMP, "connect %s", path);
    if (dir >= 0)
        close(dir);
    return rc;
}

/* A socket connected to path: by ourselves, or by the dialler where this process has no connect(2). */
static enum rc connected(const char *path, int64_t deadline, int *fd_out, struct err *e)
{
    if (dialler_needed())
        return dialler_connect(path, deadline, fd_out, e);
    *fd_out = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd_out < 0)
        return err_sys(e, RC_TEMP, "socket");
    return connect_to(path, *fd_out, deadline, e);
}

static enum rc say_hello(struct ipc *c, enum ipc_role role, struct err *e)
{
    struct ipc_hello mine = {"", c->proto->id, c->proto->version, (uint32_t)role};
    enum rc rc;

    memcpy(mine.magic, "PLI1", 4);
    rc = ipc_pack(&c->tx, (struct ipc_head){IPC_OP_HELLO, 0, 0, 0}, ipc_hello_fields, &mine, e);
    if (rc == RC_OK)
        (void)ipc_tx(c->fd, buf_span(&c->tx),
                     -1); /* a daemon that has no room for us has said so and left: read that */
    return rc;
}

enum rc ipc_dial_ahead(const char *path, const struct ipc_proto *p, enum ipc_role role, int64_t deadline,
                       struct ipc **c_out, struct err *e)
{
    struct ipc *c = calloc(1, sizeof *c);
    enum rc rc;

    if (!c)
        die("out of memory");
    c->proto = p;
    c->deadline = deadline;
    c->tx.secret = c->rx.secret = true;
    c->fd = -1;
    if ((rc = connected(path, until(c), &c->fd, e)) != RC_OK)
        goto out;
    ipc_size_buffers(c->fd);
    if ((rc = say_hello(c, role, e)) != RC_OK)
        goto out;
    c->deadline = 0;
    *c_out = c;
    return RC_OK;
out:
    ipc_hangup(&c);
    return rc;
}

enum rc ipc_dial(const char *path, const struct ipc_proto *p, enum ipc_role role, int64_t deadline, struct ipc **c_out,
                 struct err *e)
{
    struct ipc *c = NULL;
    enum rc rc = ipc_dial_ahead(path, p, role, deadline, &c, e);

    if (rc != RC_OK)
        return rc;
    c->deadline = deadline;
    rc = hear_hello(c, e);
    c->deadline = 0;
    if (rc == RC_OK)
        *c_out = c;
    else
        ipc_hangup(&c);
    return rc;
}

void ipc_hangup(struct ipc **cp)
{
    struct ipc *c = *cp;

    if (!c)
        return;
    *cp = NULL;
    bury(c);
    buf_free(&c->tx);
    buf_free(&c->rx);
    buf_free(&c->kept);
    free(c);
}

int ipc_fd(const struct ipc *c)
{
    return c->fd;
}

void ipc_due(struct ipc *c, int64_t due)
{
    c->due = due;
}

void ipc_deadline(struct ipc *c, int64_t deadline)
{
    c->deadline = deadline;
}
