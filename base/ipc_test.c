/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_test.c - client and server over a real socket: calls, errors, descriptors, events, refusals, garbage, and what
 * a call costs. */
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

enum { OP_ECHO = IPC_OP_FIRST, OP_FAIL, OP_FD, OP_PUSH, OP_NEWS, OP_ADMIN, OP_BIG, OP_WRONG };

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
    {OP_ECHO, "echo", ALL, echo_f, echo_f, 0, 0},   {OP_FAIL, "fail", ALL, echo_f, echo_f, 0, 0},
    {OP_FD, "fd", ALL, NULL, echo_f, 1, 1},         {OP_PUSH, "push", ALL, echo_f, NULL, 0, 0},
    {OP_NEWS, "news", 0, NULL, news_f, 0, 0},       {OP_ADMIN, "admin", ROLE_ADMIN, NULL, NULL, 0, 0},
    {OP_BIG, "big", ALL, echo_f, echo_f, 0, 0},     {OP_WRONG, "wrong", ALL, NULL, echo_f, 0, 0},
};
static const struct ipc_proto proto = {"test", 77, 3, ops, sizeof ops / sizeof ops[0]};
static const struct ipc_proto newer = {"test", 77, 4, ops, sizeof ops / sizeof ops[0]};
static const struct ipc_proto other = {"test", 78, 3, ops, sizeof ops / sizeof ops[0]};

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
    return err_set(e, (enum rc)q->n, "4.2.2", "client text", "operator %.*s", SPAN_ARG(q->text));
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
        ipc_push(p, OP_NEWS, news_f, &(struct news){i});
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

static const ipc_handler handlers[] = {h_echo, h_fail, h_fd, h_push, NULL, h_admin, h_big, NULL};
static struct ipc_service service = {
    .proto = &proto, .handlers = handlers, .joined = on_join, .left = on_leave, .uid_of_role = uid_of, .threads = 3, .max_peers = 8};

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

static int setup(void **state)
{
    static struct world w;
    struct err e;

    snprintf(w.dir, sizeof w.dir, "/tmp/pli-ipc-test.XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    snprintf(w.path, sizeof w.path, "%s/sock", w.dir);
    w.fd = ipc_listen(w.path, &e);
    assert_true(w.fd >= 0);
    assert_int_equal(pthread_create(&w.thread, NULL, serve, &w), 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    ipc_stop();
    pthread_join(w->thread, NULL);
    close(w->fd);
    unlink(w->path);
    rmdir(w->dir);
    return 0;
}

static struct ipc *dial(struct world *w, enum ipc_role role)
{
    struct ipc *c = NULL;
    struct err e;

    if (ipc_dial(w->path, &proto, role, deadline_in(5000), &c, &e) != RC_OK)
        fail_msg("dial: %s", e.log);
    return c;
}

/* ---- tests ---- */
static void test_calls(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    struct echo a;
    struct err e;

    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){i, SPAN_LIT("hello")}, -1, &a, NULL, &e), RC_OK);
        assert_int_equal(a.n, i + 1);
        assert_true(span_eq_str(a.text, "hello"));
    }
    ipc_hangup(&c);
    assert_null(c);
}

static void test_errors_travel(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    struct echo a = {42, SPAN_NULL};
    struct err e;

    for (enum rc rc = RC_MORE; rc < RC_MAX_; rc++) {
        assert_int_equal(ipc_call(c, OP_FAIL, &(struct echo){rc, SPAN_LIT("cause")}, -1, &a, NULL, &e), rc);
        assert_int_equal(e.rc, rc);
        assert_string_equal(e.esc, "4.2.2");
        assert_string_equal(e.say, "client text");
        assert_string_equal(e.log, "operator cause");
        assert_int_equal(a.n, 42); /* untouched */
    }
    assert_int_equal(ipc_call(c, OP_ADMIN, NULL, -1, NULL, NULL, &e), RC_DENIED);
    assert_int_equal(ipc_call(c, OP_WRONG, NULL, -1, &a, NULL, &e), RC_DENIED);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, &e), RC_OK); /* and lives on */
    ipc_hangup(&c);
}

static void test_descriptors(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    int fd = memfd_create("t", MFD_CLOEXEC), back = -1;
    struct echo a;
    struct err e;
    char ch;

    assert_int_equal(write(fd, "Z", 1), 1);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ipc_call(c, OP_FD, NULL, fd, &a, &back, &e), RC_OK);
        assert_int_equal(a.n, 'Z');
        assert_int_equal(pread(back, &ch, 1, 0), 1);
        assert_int_equal(ch, 'Z');
        assert_true(fcntl(back, F_GETFD) & FD_CLOEXEC);
        close(back);
    }
    assert_int_equal(ipc_call(c, OP_FD, NULL, fd, &a, NULL, &e), RC_OK); /* unwanted: closed, not leaked */
    close(fd);
    ipc_hangup(&c);
}

static void test_events(void **state)
{
    struct ipc *c = dial(*state, ROLE_IMAPD);
    struct news n;
    struct echo a;
    struct err e;
    uint16_t op;

    assert_int_equal(ipc_event(c, &op, &n, &e), RC_MORE);
    assert_int_equal(ipc_call(c, OP_PUSH, &(struct echo){3, SPAN_NULL}, -1, NULL, NULL, &e), RC_OK);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, &e), RC_OK);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(ipc_event(c, &op, &n, &e), RC_OK);
        assert_int_equal(op, OP_NEWS);
        assert_int_equal(n.modseq, i);
    }
    assert_int_equal(ipc_event(c, &op, &n, &e), RC_MORE);
    ipc_hangup(&c);
}

/* 40 answers of 80 KB asked before the first is read: the daemon waits for this peer and for nobody else. */
static void test_pipeline(void **state)
{
    struct ipc *c = dial(*state, ROLE_IMAPD), *d = dial(*state, ROLE_SMTPD);
    struct echo a;
    struct err e;

    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(ipc_send(c, OP_BIG, &(struct echo){80000 + i, SPAN_NULL}, -1, &e), RC_OK);
    assert_int_equal(ipc_call(d, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, &e), RC_OK);
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(ipc_recv(c, OP_BIG, &a, NULL, &e), RC_OK);
        assert_int_equal(a.text.n, 80000 + i);
    }
    ipc_hangup(&d);
    ipc_hangup(&c);
}

static void test_bounds(void **state)
{
    struct ipc *c = dial(*state, ROLE_IMAPD);
    char *big = calloc(1, 90001);
    struct echo a;
    struct err e;

    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, span_of(big, 90000)}, -1, &a, NULL, &e), RC_OK);
    assert_int_equal(a.text.n, 90000);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, span_of(big, 90001)}, -1, &a, NULL, &e), RC_PERM);
    assert_int_equal(ipc_call(c, OP_BIG, &(struct echo){90001, SPAN_NULL}, -1, &a, NULL, &e), RC_PERM);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, &e), RC_OK);
    free(big);
    ipc_hangup(&c);
}

static void test_refusals(void **state)
{
    static const struct {
        const struct ipc_proto *p;
        enum ipc_role role;
        enum rc rc;
        const char *says;
    } t[] = {
        {&newer, ROLE_SMTPD, RC_PERM, "protocol version 4 asked, this daemon speaks 3"},
        {&other, ROLE_SMTPD, RC_PERM, "asked for protocol 78, this is 77"},
        {&proto, (enum ipc_role)3, RC_DENIED, "no such role"},
        {&proto, (enum ipc_role)0, RC_DENIED, "no such role"},
        {&proto, (enum ipc_role)256, RC_DENIED, "no such role"},
    };
    struct world *w = *state;
    struct ipc *c = NULL;
    struct err e;

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_int_equal(ipc_dial(w->path, t[i].p, t[i].role, deadline_in(5000), &c, &e), t[i].rc);
        assert_non_null(strstr(e.log, t[i].says));
        assert_null(c);
    }
    if (geteuid() != 0) /* root may take any role */
        assert_int_equal(ipc_dial(w->path, &proto, ROLE_KEYD, deadline_in(5000), &c, &e), RC_DENIED);
    assert_int_equal(ipc_dial("/nonexistent/sock", &proto, ROLE_SMTPD, deadline_in(100), &c, &e), RC_TEMP);
}

static void test_too_many(void **state)
{
    struct world *w = *state;
    struct ipc *c[8], *more = NULL;
    struct err e;

    usleep(20000); /* those of the tests before have gone */
    for (int i = 0; i < 8; i++)
        c[i] = dial(w, ROLE_SMTPD);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ipc_dial(w->path, &proto, ROLE_SMTPD, deadline_in(5000), &more, &e), RC_TEMP);
        assert_non_null(strstr(e.log, "8 peers already"));
    }
    for (int i = 0; i < 8; i++)
        ipc_hangup(&c[i]);
    for (int i = 0; i < 100 && ipc_dial(w->path, &proto, ROLE_SMTPD, deadline_in(5000), &more, &e) != RC_OK; i++)
        usleep(1000);
    assert_non_null(more);
    ipc_hangup(&more);
}

/* ---- garbage: each ends its own connection, and the daemon serves the next ---- */
static int raw(struct world *w)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    memcpy(a.sun_path, w->path, strlen(w->path) + 1);
    assert_int_equal(connect(s, (struct sockaddr *)&a, sizeof a), 0);
    return s;
}

static void raw_hello(int s)
{
    struct ipc_hello h = {"", proto.id, proto.version, ROLE_SMTPD};
    struct buf b = BUF_INIT;
    struct err e;
    char in[64];

    memcpy(h.magic, "PLI1", 4);
    assert_int_equal(ipc_pack(&b, (struct ipc_head){IPC_OP_HELLO, 0, 0}, ipc_hello_fields, &h, &e), RC_OK);
    assert_int_equal(send(s, b.p, b.n, 0), b.n);
    assert_int_equal(recv(s, in, sizeof in, 0), b.n);
    buf_free(&b);
}

static void expect_end(int s)
{
    struct pollfd p = {s, POLLIN, 0};
    char in[64];

    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_true(recv(s, in, sizeof in, 0) <= 0);
    close(s);
}

static void test_garbage(void **state)
{
    static const struct {
        const char *what;
        bool hello;
        struct span packet;
    } t[] = {
        {"text before HELLO", false, SPAN_LIT("GET / HTTP/1.0\r\n\r\n")},
        {"op before HELLO", false, SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0")},
        {"wrong magic", false, SPAN_LIT("\1\0\0\0\0\0\0\0PLI2\x4d\0\0\0\3\0\0\0\1\0\0\0")},
        {"short HELLO", false, SPAN_LIT("\1\0\0\0\0\0\0\0PLI1\x4d\0\0\0\3\0\0\0\1\0\0")},
        {"one byte", true, SPAN_LIT("x")},
        {"head only of an op with fields", true, SPAN_LIT("\x10\0\0\0\0\0\0\0")},
        {"trailing byte", true, SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0x")},
        {"length beyond the packet", true, SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\xff\xff\xff\xff")},
        {"unknown op", true, SPAN_LIT("\x99\0\0\0\0\0\0\0")},
        {"a reply", true, SPAN_LIT("\x10\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0")},
        {"second HELLO", true, SPAN_LIT("\1\0\0\0\0\0\0\0PLI1\x4d\0\0\0\3\0\0\0\1\0\0\0")},
        {"descriptor missing", true, SPAN_LIT("\x12\0\0\0\0\0\0\0")},
    };
    struct ipc *c;
    struct echo a;
    struct err e;

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int s = raw(*state);
        if (t[i].hello)
            raw_hello(s);
        print_message("%s\n", t[i].what);
        assert_int_equal(send(s, t[i].packet.p, t[i].packet.n, 0), t[i].packet.n);
        expect_end(s);
    }
    c = dial(*state, ROLE_SMTPD);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, NULL, &e), RC_OK);
    ipc_hangup(&c);
}

static unsigned open_fds(void)
{
    unsigned n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* n descriptors ride with an echo, which wants none: the peer ends, and this process (server included) keeps none. */
static void send_with_fds(struct world *w, unsigned n)
{
    unsigned char room[CMSG_SPACE(32 * sizeof(int))] __attribute__((aligned(8))) = {0};
    struct span p = SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0");
    struct iovec iov = {(void *)(uintptr_t)p.p, p.n};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int s = raw(w), fds[32];

    for (unsigned i = 0; i < n; i++)
        fds[i] = s;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    raw_hello(s);
    assert_int_equal(sendmsg(s, &m, 0), p.n);
    expect_end(s);
}

static void test_descriptor_flood(void **state)
{
    unsigned before;

    usleep(20000);
    before = open_fds();
    send_with_fds(*state, 1);
    send_with_fds(*state, 2);
    send_with_fds(*state, 32);
    for (int i = 0; i < 1000 && open_fds() != before; i++)
        usleep(1000);
    assert_int_equal(open_fds(), before);
}

/* A peer that is pushed at and never reads is dropped, and its joins and leaves balance. */
static void test_slow_peer(void **state)
{
    struct ipc *c = dial(*state, ROLE_IMAPD);
    enum rc rc = RC_OK;
    struct err e;

    for (int i = 0; i < 2000 && rc == RC_OK; i++)
        rc = ipc_send(c, OP_PUSH, &(struct echo){20000, SPAN_NULL}, -1, &e);
    assert_int_equal(rc, RC_CLOSED);
    ipc_hangup(&c);
    for (int i = 0; i < 1000 && __atomic_load_n(&joined_n, __ATOMIC_SEQ_CST) != __atomic_load_n(&left_n, __ATOMIC_SEQ_CST); i++)
        usleep(1000);
    assert_int_equal(__atomic_load_n(&joined_n, __ATOMIC_SEQ_CST), __atomic_load_n(&left_n, __ATOMIC_SEQ_CST));
}

static void test_timeout(void **state)
{
    char path[80];
    struct world *w = *state;
    struct ipc *c = NULL;
    struct err e;
    int64_t t = clock_mono();
    int fd;

    snprintf(path, sizeof path, "%s/mute", w->dir);
    fd = ipc_listen(path, &e); /* its kernel queue takes us in; nobody answers */
    assert_int_equal(ipc_dial(path, &proto, ROLE_SMTPD, deadline_in(50), &c, &e), RC_TIMEOUT);
    assert_true(clock_mono() - t < 2000 * 1000000LL);
    close(fd);
    unlink(path);
}

static void test_long_path(void **state)
{
    char dir[200], path[220];
    struct world *w = *state;
    struct err e;
    int fd;

    snprintf(dir, sizeof dir, "%s/%0120d", w->dir, 1);
    snprintf(path, sizeof path, "%s/sock", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    fd = ipc_listen(path, &e);
    assert_true(fd >= 0);
    assert_int_equal(access(path, F_OK), 0);
    close(fd);
    unlink(path);
    rmdir(dir);
}

static void test_cost(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    int64_t t, n = 2000;
    struct echo a;
    struct err e;

    t = clock_mono();
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("0123456789")}, -1, &a, NULL, &e), RC_OK);
    print_message("%.1f microseconds a call\n", (double)(clock_mono() - t) / 1000.0 / (double)n);
    ipc_hangup(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),      cmocka_unit_test(test_errors_travel), cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_events),     cmocka_unit_test(test_pipeline),      cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_too_many),      cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_descriptor_flood), cmocka_unit_test(test_slow_peer), cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_long_path),  cmocka_unit_test(test_cost),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
