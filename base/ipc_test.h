/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_test.h - the daemon that the tests of ipc talk to: it runs on threads of the test itself.
 * Process  base/ipc_test.c, base/ipc_hostile_test.c.
 */
#pragma once
#include "base/ipc_int.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { OP_ECHO = IPC_OP_FIRST, OP_FAIL, OP_FD, OP_PUSH, OP_NEWS, OP_ADMIN, OP_BIG };

struct echo {
    uint32_t n;
    struct span text;
};
struct news {
    uint64_t modseq;
};
static const struct ipc_field echo_f[] = {IPC_F_U32(echo, n), IPC_F_BYTES(echo, text, 90000), IPC_F_END};
static const struct ipc_field news_f[] = {IPC_F_U64(news, modseq), IPC_F_END};
#define ALL 0xffu
static const struct ipc_op ops[] = {
    {OP_ECHO, "echo", ALL, echo_f, echo_f, IPC_AGAIN}, {OP_FAIL, "fail", ALL, echo_f, echo_f, 0},
    {OP_FD, "fd", ALL, NULL, echo_f, IPC_REQ_FD | IPC_REP_FD}, {OP_PUSH, "push", ALL, echo_f, NULL, 0},
    {OP_NEWS, "news", 0, NULL, news_f, 0}, {OP_ADMIN, "admin", ROLE_ADMIN, NULL, NULL, 0},
    {OP_BIG, "big", ALL, echo_f, echo_f, 0},
};
static const struct ipc_proto proto = {"test", 77, 3, ops, sizeof ops / sizeof ops[0]};
/* asked for in vain */
static const struct ipc_proto newer __attribute__((unused)) = {"test", 77, 4, ops, sizeof ops / sizeof ops[0]};
static const struct ipc_proto other __attribute__((unused)) = {"test", 78, 3, ops, sizeof ops / sizeof ops[0]};

static int joined_n, left_n;

/* ---- the daemon ---- */
static enum rc h_echo(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct echo *q = req;
    struct echo *a = r->msg;

    (void)d, (void)p, (void)fd, (void)e;
    buf_addspan(r->scratch, q->text);
    *a = (struct echo){q->n + 1, buf_span(r->scratch)};
    return RC_OK;
}

static enum rc h_fail(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct echo *q = req;

    (void)d, (void)p, (void)fd, (void)r;
    return err_cause(e, (enum rc)q->n, CAUSE_QUOTA, "operator %.*s", SPAN_ARG(q->text));
}

static enum rc h_fd(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct echo *a = r->msg;
    char c = 0;

    (void)d, (void)p, (void)req, (void)e;
    assert_int_equal(pread(fd, &c, 1, 0), 1);
    a->n = (unsigned char)c;
    r->fd = dup(fd);
    return RC_OK;
}

static enum rc h_push(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct echo *q = req;

    (void)d, (void)fd, (void)r, (void)e;
    for (uint64_t i = 1; i <= q->n; i++)
        ipc_push(p, OP_NEWS, &(struct news){i});
    return RC_OK;
}

static enum rc h_admin(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)r, (void)e;
    return RC_OK;
}

static enum rc h_big(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    const struct echo *q = req;
    struct echo *a = r->msg;

    (void)d, (void)p, (void)fd;
    if (buf_reserve(r->scratch, q->n, e) != RC_OK)
        return e->rc;
    memset(r->scratch->p, 'x', q->n);
    r->scratch->n = q->n;
    *a = (struct echo){q->n, buf_span(r->scratch)};
    return RC_OK;
}

static void on_join(void *d, struct ipc_peer *p)
{
    (void)d, (void)p;
    __atomic_add_fetch(&joined_n, 1, __ATOMIC_SEQ_CST);
}

static void on_leave(void *d, struct ipc_peer *p)
{
    (void)d, (void)p;
    __atomic_add_fetch(&left_n, 1, __ATOMIC_SEQ_CST);
}

static uid_t uid_of(void *d, enum ipc_role r)
{
    (void)d;
    return r == ROLE_KEYD ? geteuid() + 1 : geteuid();
}

static const struct ipc_bind handlers[] = {{OP_BIG, h_big},   {OP_ECHO, h_echo},   {OP_FAIL, h_fail}, {OP_FD, h_fd},
                                           {OP_PUSH, h_push}, {OP_ADMIN, h_admin}, {0, NULL}};
static struct ipc_service service = {.proto = &proto,
                                     .handlers = handlers,
                                     .joined = on_join,
                                     .left = on_leave,
                                     .uid_of_role = uid_of,
                                     .threads = 3,
                                     .max_peers = 8,
                                     .max_per_process = 64};

struct world {
    char dir[64], path[80];
    pthread_t thread;
    int fd;
};

static void *serve(void *arg)
{
    struct world *w = arg;
    struct err e;

    if (ipc_serve(&service, w->fd, &e) != RC_OK)
        die("%s", e.log);
    return NULL;
}

static inline void start_server(struct world *w)
{
    struct err e;

    w->fd = ipc_listen(w->path, &e);
    assert_true(w->fd >= 0);
    assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
}

static inline void stop_server(struct world *w)
{
    ipc_stop();
    pthread_join(w->thread, NULL);
    close(w->fd);
}

static inline int setup(void **state)
{
    static struct world w;

    snprintf(w.dir, sizeof w.dir, "/tmp/pli-ipc-test.XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    snprintf(w.path, sizeof w.path, "%s/sock", w.dir);
    start_server(&w);
    *state = &w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;

    stop_server(w);
    unlink(w->path);
    rmdir(w->dir);
    return 0;
}

static inline struct ipc *dial(struct world *w, enum ipc_role role)
{
    struct ipc *c = NULL;
    struct err e;

    for (int i = 0; ipc_dial(w->path, &proto, role, deadline_in(60000), &c, &e) != RC_OK; i++) {
        if (e.rc != RC_TEMP || i == 5000) /* those of the test before may still hold their places */
            fail_msg("dial: %s", e.log);
        usleep(1000);
    }
    return c;
}
