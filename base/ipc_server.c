/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_server.c - the answering side of base/ipc.h: one epoll, N workers, a request at a time from each peer.
 * The worker that epoll wakes reads, runs the handler and replies itself: one receive, one send, no hand-over, and no
 * allocation once its buffers have grown. */
#include "base/ipc_conn.h"
#include "base/ipc_server_int.h"
#include "base/log.h"
#include "base/wipe.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HELLO_MS = 1000, BACKLOG = 256, ACCEPTS_AT_ONCE = 16, WORKERS_MAX = 64 };

static atomic_int stop_fd = -1; /* an eventfd, made once and never closed: a late ipc_stop() writes to nothing else */
static atomic_bool stop_asked;

void ipc_stop(void)
{
    uint64_t one = 1;
    int fd, saved = errno;

    atomic_store(&stop_asked, true);
    fd = atomic_load(&stop_fd);
    if (fd >= 0 && write(fd, &one, sizeof one) < 0)
        atomic_store(&stop_asked, true); /* cannot fail but when the counter is full: it is awake then */
    errno = saved;
}

int ipc_listen(const char *path, struct err *e)
{
    struct sockaddr_un a;
    socklen_t len;
    int dir = -1, fd;
    enum rc rc = ipc_addr(path, &a, &len, &dir, e);

    if (rc != RC_OK)
        return -1;
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)unlink(a.sun_path); /* left by a process that was killed; a live one is told apart by the supervisor's lock */
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 || chmod(a.sun_path, 0666) != 0 ||
        listen(fd, BACKLOG) != 0) {
        rc = err_sys(e, RC_TEMP, "listen on %s", path);
        if (fd >= 0)
            close(fd);
    }
    if (dir >= 0)
        close(dir);
    return rc == RC_OK ? fd : -1;
}

/* ---- who comes and goes ---- */
static bool uid_may_connect(const struct ipc_service *s, uid_t uid)
{
    if (uid == 0 || uid == geteuid())
        return true;
    for (unsigned r = 1; s->uid_of_role && r <= ROLE_LAST; r <<= 1)
        if (s->uid_of_role(s->daemon, (enum ipc_role)r) == uid)
            return true;
    return false;
}

static void link_conn(struct ipc_server *sv, struct ipc_conn *c)
{
    pthread_mutex_lock(&sv->lock);
    c->next = sv->conns;
    if (c->next)
        c->next->prev = c;
    sv->conns = c;
    sv->n_conns++;
    ipc_place_take(&sv->places, c);
    pthread_mutex_unlock(&sv->lock);
}

void ipc_end_peer(struct ipc_server *sv, struct ipc_conn *c)
{
    if (c->joined && sv->s->left)
        sv->s->left(sv->s->daemon, &c->peer);
    pthread_mutex_lock(&sv->lock);
    ipc_place_leave(&sv->places, c);
    if (c->next)
        c->next->prev = c->prev;
    *(c->prev ? &c->prev->next : &sv->conns) = c->next;
    c->prev = c->next = NULL;
    sv->n_conns--;
    pthread_mutex_unlock(&sv->lock);
    ipc_conn_end(c);
    pthread_mutex_lock(&sv->lock);
    c->next = sv->spare;
    sv->spare = c;
    pthread_mutex_unlock(&sv->lock);
}

static struct ipc_conn *take_spare(struct ipc_server *sv)
{
    struct ipc_conn *c;

    pthread_mutex_lock(&sv->lock);
    c = sv->spare;
    if (c) {
        sv->spare = c->next;
        c->next = NULL;
    }
    pthread_mutex_unlock(&sv->lock);
    return c ? c : ipc_conn_new();
}

/* Those that connected from one process and said no HELLO yet: a dialler has many for a moment, when a daemon was started again. */
static bool too_many_silent(struct ipc_server *sv, pid_t pid)
{
    unsigned n;

    pthread_mutex_lock(&sv->lock);
    n = ipc_places_of(&sv->places, pid, false);
    pthread_mutex_unlock(&sv->lock);
    return n >= sv->s->max_peers - sv->s->max_peers / 2;
}

/* All places are taken: whoever sits on one without having said HELLO loses it. (The newcomer asks again.) */
static void drop_silent(struct ipc_server *sv)
{
    int64_t before = clock_mono() - HELLO_MS * 1000000LL;

    pthread_mutex_lock(&sv->lock); /* keeps each of them from being freed under us */
    for (struct ipc_conn *c = sv->conns; c; c = c->next)
        if (!atomic_load(&c->joined) && c->since < before)
            ipc_conn_break(c);
    pthread_mutex_unlock(&sv->lock);
}

/* Turned away before HELLO: told why in the form that its ipc_dial() reads. */
static void turn_away(int fd, const struct err *why)
{
    struct buf b = BUF_INIT;

    ipc_pack_failure(&b, (struct ipc_head){IPC_OP_HELLO, 0, 0, 0}, why);
    (void)ipc_tx(fd, buf_span(&b), -1);
    buf_free(&b);
    close(fd);
}

static void welcome(struct ipc_server *sv, int fd)
{
    struct epoll_event ev = {.events = EPOLLONESHOT};
    struct ucred who = {0};
    socklen_t len = sizeof who;
    struct ipc_conn *c;
    struct err e;
    enum rc rc;
    unsigned n;

    pthread_mutex_lock(&sv->lock);
    n = sv->n_conns;
    pthread_mutex_unlock(&sv->lock);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || !uid_may_connect(sv->s, who.uid)) {
        rc = err_cause(&e, RC_DENIED, CAUSE_NOT_PERMITTED, "%s: not for uid %ld", sv->s->proto->name, (long)who.uid);
    } else if (n >= sv->s->max_peers || too_many_silent(sv, who.pid) || !(c = take_spare(sv))) {
        rc = err_set(&e, RC_TEMP, "%s: %u peers already, the most allowed", sv->s->proto->name, n);
        drop_silent(sv);
    } else {
        ipc_size_buffers(fd);
        ipc_conn_begin(c, fd, sv->ep, sv->s->proto);
        c->peer.uid = who.uid;
        c->peer.pid = who.pid;
        link_conn(sv, c);
        if (epoll_ctl(sv->ep, EPOLL_CTL_ADD, fd, &ev) != 0 || !ipc_conn_arm(c))
            ipc_end_peer(sv, c);
        return;
    }
    log_ev(LOG_WARN_, "ipc-turned-away", "proto=%s peer=%ld uid=%ld peers=%u rc=%s", sv->s->proto->name, (long)who.pid,
           (long)who.uid, n, rc_name(rc));
    turn_away(fd, &e);
}

static void accept_some(struct ipc_server *sv)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &sv->listen_fd};

    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(sv->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            welcome(sv, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            log_ev(LOG_ERROR_, "ipc-accept", "proto=%s errno=%d", sv->s->proto->name, errno);
            usleep(10 * 1000); /* it stays readable: do not spin */
        }
        break;
    }
    if (epoll_ctl(sv->ep, EPOLL_CTL_MOD, sv->listen_fd, &ev) != 0)
        bug("ipc: the listening socket cannot be armed");
}

/* ---- workers ---- */
static void *work(void *arg)
{
    struct ipc_server *sv = arg;
    struct ipc_work *w = ipc_work_new();
    struct epoll_event ev;

    for (;;) {
        int n = epoll_wait(sv->ep, &ev, 1, -1);
        if (n < 0 && errno != EINTR)
            bug("%s: epoll_wait failed, errno %d", sv->s->proto->name, errno);
        if (atomic_load(&stop_asked))
            break;
        if (n <= 0)
            continue;
        if (ev.data.ptr == &sv->listen_fd)
            accept_some(sv);
        else if (ev.data.ptr)
            ipc_turn(sv, w, ev.data.ptr);
    }
    ipc_work_free(w);
    return NULL;
}

static unsigned start_workers(struct ipc_server *sv, pthread_t *threads, unsigned n)
{
    sigset_t all, before;
    unsigned started = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay with the thread that called ipc_serve() */
    while (started < n && pthread_create(&threads[started], NULL, work, sv) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started < n)
        log_ev(LOG_ERROR_, "ipc-threads", "proto=%s wanted=%u got=%u", sv->s->proto->name, n + 1, started + 1);
    return started;
}

static enum rc open_epoll(struct ipc_server *sv, struct err *e)
{
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = NULL};
    struct epoll_event come = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = &sv->listen_fd};
    enum rc rc;

    if (atomic_load(&stop_fd) < 0)
        atomic_store(&stop_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    sv->ep = epoll_create1(EPOLL_CLOEXEC);
    if (sv->ep >= 0 && epoll_ctl(sv->ep, EPOLL_CTL_ADD, atomic_load(&stop_fd), &stop) == 0 &&
        epoll_ctl(sv->ep, EPOLL_CTL_ADD, sv->listen_fd, &come) == 0)
        return RC_OK;
    rc = err_sys(e, RC_TEMP, "%s: epoll", sv->s->proto->name);
    if (sv->ep >= 0)
        close(sv->ep);
    return rc;
}

/* For the next ipc_serve() of this process, if there is one. */
static void forget_stop(void)
{
    uint64_t n;

    atomic_store(&stop_asked, false);
    if (read(atomic_load(&stop_fd), &n, sizeof n) < 0)
        n = 0; /* it was asked before there was an eventfd */
}

/* ---- the list of handlers ---- */
static enum rc bind_one(const struct ipc_proto *p, const struct ipc_bind *b, ipc_handler *out, struct err *e)
{
    const struct ipc_op *o = ipc_op_find(p, b->op);

    if (!o)
        return err_set(e, RC_PERM, "%s: a handler of op %u, which is not in the table", p->name, (unsigned)b->op);
    if (o->roles == 0)
        return err_set(e, RC_PERM, "%s: a handler of %s, which nobody may ask", p->name, o->name);
    if (out[o - p->ops])
        return err_set(e, RC_PERM, "%s: two handlers of %s", p->name, o->name);
    out[o - p->ops] = b->run;
    return RC_OK;
}

enum rc ipc_bound(const struct ipc_service *s, ipc_handler *out, struct err *e)
{
    const struct ipc_proto *p = s->proto;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < p->n_ops; i++)
        out[i] = NULL;
    for (const struct ipc_bind *b = s->handlers; b->run && rc == RC_OK; b++)
        rc = bind_one(p, b, out, e);
    for (size_t i = 0; i < p->n_ops && rc == RC_OK; i++)
        if (!out[i] && p->ops[i].roles != 0)
            rc = err_set(e, RC_PERM, "%s: no handler of %s", p->name, p->ops[i].name);
    return rc;
}

static ipc_handler *bind_all(const struct ipc_service *s)
{
    ipc_handler *run = calloc(s->proto->n_ops, sizeof *run);
    struct err e;

    if (!run)
        die("out of memory");
    if (ipc_bound(s, run, &e) != RC_OK)
        bug("%s", e.log);
    return run;
}

enum rc ipc_serve(const struct ipc_service *s, int listen_fd, struct err *e)
{
    ipc_handler *run = bind_all(s);
    struct ipc_server sv = {.s = s, .run = run, .listen_fd = listen_fd, .lock = PTHREAD_MUTEX_INITIALIZER};
    int on = 1;
    unsigned more = s->threads < 1 ? 0 : s->threads > WORKERS_MAX ? WORKERS_MAX - 1 : s->threads - 1;
    pthread_t threads[WORKERS_MAX];
    unsigned started;
    enum rc rc = open_epoll(&sv, e);

    if (rc != RC_OK) {
        free(run);
        return rc;
    }
    /* HELLO says which process it comes from, whoever connected for it */
    if (setsockopt(listen_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        bug("%s: the listening socket does not say who sends", s->proto->name);
    if (atomic_load(&stop_asked))
        ipc_stop(); /* perhaps asked before there was an eventfd to write to */
    started = start_workers(&sv, threads, more);
    work(&sv);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    while (sv.conns)
        ipc_end_peer(&sv, sv.conns);
    while (sv.spare) {
        struct ipc_conn *c = sv.spare;

        sv.spare = c->next;
        ipc_conn_free(c);
    }
    close(sv.ep);
    free(run);
    forget_stop();
    return RC_OK;
}

void ipc_push(struct ipc_peer *p, uint16_t op, const void *msg)
{
    struct ipc_conn *c = (struct ipc_conn *)p;
    const struct ipc_op *o = ipc_op_find(c->proto, op);
    struct buf b = BUF_INIT;
    struct err e;

    if (!o || o->roles != 0)
        bug("%s: op %u is no event", c->proto->name, (unsigned)op);
    if (ipc_pack(&b, (struct ipc_head){op, IPC_EVENT, 0, 0}, o->rep, msg, &e) != RC_OK)
        bug("%s", e.log);
    ipc_conn_send(c, buf_span(&b), -1, true);
    buf_free(&b);
}
