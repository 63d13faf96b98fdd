/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_turn.c - one request of one peer: read, check, handle, reply. What is malformed ends the peer with one line. */
#include "base/ipc_server_int.h"
#include "base/log.h"
#include "base/wipe.h"
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PEERS_OF_ONE = 16 }; /* connections of one process: a session has three, the one that signs four */
struct ipc_work {
    alignas(max_align_t) unsigned char req[IPC_STRUCT_MAX];
    alignas(max_align_t) unsigned char rep[IPC_STRUCT_MAX];
    unsigned char rx[IPC_MSG_MAX];
    struct buf tx, scratch;
};
struct request {
    struct ipc_head h;
    struct span body;
    int fd;
    struct ucred from; /* until HELLO: who sent it */
};

struct ipc_work *ipc_work_new(void)
{
    struct ipc_work *w = calloc(1, sizeof *w);

    if (!w)
        die("out of memory");
    w->scratch.secret = w->tx.secret = true;
    return w;
}

void ipc_work_free(struct ipc_work *w)
{
    buf_free(&w->tx);
    buf_free(&w->scratch);
    wipe(w, sizeof *w);
    free(w);
}

static bool malformed(struct ipc_conn *c, unsigned op, const char *what)
{
    const struct ipc_op *o = ipc_op_find(c->proto, (uint16_t)op);

    log_ev(LOG_WARN_, "ipc-malformed", "proto=%s peer=%ld uid=%ld op=%u name=%s cause=\"%s\"", c->proto->name,
           (long)c->peer.pid, (long)c->peer.uid, op, o ? o->name : "-", what);
    return false;
}

static void refuse(struct ipc_work *w, struct ipc_conn *c, struct ipc_head h, const struct err *why)
{
    ipc_pack_failure(&w->tx, h, why);
    ipc_conn_send(c, buf_span(&w->tx), -1, false);
}

/* ---- HELLO ---- */
static enum rc check_role(const struct ipc_service *s, const struct ipc_conn *c, uint32_t role, struct err *e)
{
    uid_t want;

    if (role == 0 || (role & (role - 1)) != 0 || role > ROLE_LAST)
        return err_set(e, RC_DENIED, "%s: no such role: %u", s->proto->name, (unsigned)role);
    if (!s->uid_of_role || c->peer.uid == 0) /* who may connect at all was settled at accept */
        return RC_OK;
    want = s->uid_of_role(s->daemon, (enum ipc_role)role);
    if (want == (uid_t)-1) /* nobody's own: for this daemon's uid, which an instance without uids of its own runs as */
        want = geteuid();
    if (want == c->peer.uid)
        return RC_OK;
    return err_cause(e, RC_DENIED, CAUSE_NOT_PERMITTED, "%s: uid %ld is not role %u's", s->proto->name,
                     (long)c->peer.uid, (unsigned)role);
}

static enum rc check_hello(const struct ipc_service *s, const struct ipc_conn *c, const struct ipc_hello *hi,
                           struct err *e)
{
    const struct ipc_proto *p = s->proto;

    if (hi->id != p->id)
        return err_set(e, RC_PERM, "%s: asked for protocol %u, this is %u", p->name, (unsigned)hi->id, (unsigned)p->id);
    if (hi->version != p->version)
        return err_set(e, RC_PERM,
                       "%s: protocol version %u asked, this daemon speaks %u: restart what was not upgraded", p->name,
                       (unsigned)hi->version, (unsigned)p->version);
    return check_role(s, c, hi->role, e);
}

/* From now on the process that said HELLO holds the place, and answers for what is asked on it. */
static bool join(struct ipc_server *sv, struct ipc_conn *c, pid_t pid, enum ipc_role role, struct err *e)
{
    unsigned most = sv->s->max_per_process ? sv->s->max_per_process : PEERS_OF_ONE;
    int off = 0;
    bool ok;

    (void)setsockopt(c->fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof off); /* each packet would say it again */
    pthread_mutex_lock(&sv->lock);
    ok = ipc_place_join(&sv->places, c, pid, role, most, sv->s->max_peers);
    pthread_mutex_unlock(&sv->lock);
    if (ok)
        return true;
    return err_set(e, RC_TEMP, "%s: process %ld or role %u has all the places it may have", sv->s->proto->name,
                   (long)pid, (unsigned)role) == RC_OK;
}

static bool take_hello(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c, const struct request *r)
{
    struct ipc_hello hi = {0};
    struct err e;

    if (r->h.op != IPC_OP_HELLO || r->fd >= 0 || ipc_decode(r->body, ipc_hello_fields, &hi, &e) != RC_OK ||
        memcmp(hi.magic, "PLI2", 4) != 0)
        return malformed(c, r->h.op, "HELLO comes first");
    if (check_hello(sv->s, c, &hi, &e) != RC_OK) {
        log_err(LOG_WARN_, "ipc-refused", &e);
        refuse(w, c, r->h, &e);
        return false;
    }
    if (!join(sv, c, r->from.pid, (enum ipc_role)hi.role, &e)) {
        log_err(LOG_WARN_, "ipc-turned-away", &e);
        refuse(w, c, r->h, &e);
        return false;
    }
    if (sv->s->joined)
        sv->s->joined(sv->s->daemon, &c->peer);
    hi.role = 0;
    if (ipc_pack(&w->tx, (struct ipc_head){IPC_OP_HELLO, IPC_REPLY, r->h.seq, 0}, ipc_hello_fields, &hi, &e) != RC_OK)
        bug("%s", e.log);
    ipc_conn_send(c, buf_span(&w->tx), -1, false);
    return true;
}

/* ---- requests ---- */
static void answer(struct ipc_work *w, struct ipc_conn *c, const struct request *r, const struct ipc_op *o,
                   struct ipc_reply *rep)
{
    struct ipc_head h = {r->h.op, IPC_REPLY, r->h.seq, 0};
    struct err e;

    if (rep->fd >= 0 && !(o->bits & IPC_REP_FD))
        bug("%s: %s replied with a descriptor", c->proto->name, o->name);
    if (ipc_pack(&w->tx, h, o->rep, rep->msg, &e) != RC_OK) {
        log_err(LOG_ERROR_, "ipc-reply-too-long", &e);
        if (rep->fd >= 0)
            close(rep->fd);
        refuse(w, c, r->h, &e);
        return;
    }
    ipc_conn_send(c, buf_span(&w->tx), rep->fd, false);
}

static void handle(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c, const struct request *r,
                   const struct ipc_op *o)
{
    ipc_handler run = sv->run[o - sv->s->proto->ops];
    struct ipc_reply rep = {w->rep, &w->scratch, -1};
    struct err e = {0};
    enum rc rc;

    if (!run) {
        rc = err_set(&e, RC_PERM, "%s: %s is told, not asked", c->proto->name, o->name);
    } else if (!(o->roles & (uint32_t)c->peer.role)) {
        rc = err_cause(&e, RC_DENIED, CAUSE_NOT_PERMITTED, "%s: %s is not for role %u", c->proto->name, o->name,
                       (unsigned)c->peer.role);
        log_err(LOG_WARN_, "ipc-denied", &e);
    } else if (r->h.due && clock_mono() >= r->h.due) { /* whoever asked has given up, or will before this were done */
        rc = err_set(&e, RC_TEMP, "%s: %s: asked too long ago", c->proto->name, o->name);
    } else {
        memset(w->rep, 0, sizeof w->rep);
        c->peer.due = r->h.due;
        rc = run(sv->s->daemon, &c->peer, w->req, r->fd, &rep, &e);
    }
    if (rc == RC_OK) {
        answer(w, c, r, o, &rep);
    } else {
        if (rep.fd >= 0)
            close(rep.fd);
        e.rc = rc; /* a handler may pass an inner error on under another result */
        refuse(w, c, r->h, &e);
    }
    buf_clear(&w->scratch);
    buf_clear(&w->tx);
}

static bool take_request(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c, const struct request *r)
{
    const struct ipc_op *o = ipc_op_find(c->proto, r->h.op);
    struct err e;

    if (!o)
        return malformed(c, r->h.op, "unknown op");
    if ((r->fd >= 0) != ((o->bits & IPC_REQ_FD) != 0))
        return malformed(c, r->h.op, "descriptor missing or not due");
    memset(w->req, 0, sizeof w->req);
    if (ipc_decode(r->body, o->req, w->req, &e) != RC_OK)
        return malformed(c, r->h.op, e.log);
    handle(sv, w, c, r, o);
    wipe(w->req, sizeof w->req);
    return true;
}

/* Reads one packet and answers it. False: the peer is to be ended. */
static bool serve_one(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c)
{
    struct request r = {.fd = -1, .from = {c->peer.pid, c->peer.uid, 0}};
    size_t n = 0;
    unsigned fds;
    int got = ipc_rx_from(c->fd, w->rx, sizeof w->rx, &n, &r.fd, &fds, &r.from);
    bool ok;

    if (got <= 0)
        return got == 0;
    if (fds > 1)
        ok = malformed(c, 0, "more than one descriptor");
    else if (!ipc_unhead(span_of(w->rx, n), &r.h, &r.body) || r.h.flags != 0)
        ok = malformed(c, 0, "packet head");
    else
        ok = c->joined ? take_request(sv, w, c, &r) : take_hello(sv, w, c, &r);
    if (r.fd >= 0)
        close(r.fd);
    wipe(w->rx, n);
    return ok;
}

void ipc_turn(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c)
{
    bool ok = true;

    if (!ipc_conn_claim(c))
        return;
    if (ipc_conn_drain(c))
        ok = serve_one(sv, w, c);
    if (!ok || !ipc_conn_arm(c))
        ipc_end_peer(sv, c);
}
