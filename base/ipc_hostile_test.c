/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_hostile_test.c - peers that lie, flood or do not read: each ends its own connection and no more. */
#include "base/ipc_test.h"

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

    memcpy(h.magic, "PLI2", 4);
    assert_int_equal(ipc_pack(&b, (struct ipc_head){IPC_OP_HELLO, 0, 0, 0}, ipc_hello_fields, &h, &e), RC_OK);
    assert_int_equal(send(s, b.p, b.n, 0), b.n);
    assert_int_equal(recv(s, in, sizeof in, 0), b.n);
    buf_free(&b);
}

static void expect_end(int s)
{
    struct pollfd p = {s, POLLIN, 0};
    char in[64];

    assert_int_equal(poll(&p, 1, 60000), 1);
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
        {"wrong magic", false, SPAN_LIT("\1\0\0\0\0\0\0\0PLI1\x4d\0\0\0\3\0\0\0\1\0\0\0")},
        {"short HELLO", false, SPAN_LIT("\1\0\0\0\0\0\0\0PLI2\x4d\0\0\0\3\0\0\0\1\0\0")},
        {"one byte", true, SPAN_LIT("x")},
        {"head only of an op with fields", true, SPAN_LIT("\x10\0\0\0\0\0\0\0")},
        {"trailing byte", true, SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0x")},
        {"length beyond the packet", true, SPAN_LIT("\x10\0\0\0\0\0\0\0\1\0\0\0\xff\xff\xff\xff")},
        {"unknown op", true, SPAN_LIT("\x99\0\0\0\0\0\0\0")},
        {"a reply", true, SPAN_LIT("\x10\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0")},
        {"second HELLO", true, SPAN_LIT("\1\0\0\0\0\0\0\0PLI2\x4d\0\0\0\3\0\0\0\1\0\0\0")},
        {"descriptor missing", true, SPAN_LIT("\x12\0\0\0\0\0\0\0")},
    };
    struct ipc *c;
    struct buf mem = BUF_INIT;
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
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_OK);
    buf_free(&mem);
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
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
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
    for (int i = 0; i < 60000 && open_fds() > before; i++)
        usleep(1000);
    assert_true(open_fds() <= before); /* fewer: one of the test before was still closing */
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
    for (int i = 0;
         i < 60000 && __atomic_load_n(&joined_n, __ATOMIC_SEQ_CST) != __atomic_load_n(&left_n, __ATOMIC_SEQ_CST); i++)
        usleep(1000);
    assert_int_equal(__atomic_load_n(&joined_n, __ATOMIC_SEQ_CST), __atomic_load_n(&left_n, __ATOMIC_SEQ_CST));
}

/* One process that connects and says nothing gets half of the places, and keeps them for a second when others ask. */
static void test_silent_peers(void **state)
{
    struct world *w = *state;
    struct ipc *c = NULL;
    struct err e;
    enum { HALF = 4 };
    int s[HALF];
    int64_t began;
    enum rc rc;

    usleep(20000);
    began = clock_mono();
    for (int i = 0; i < HALF; i++)
        s[i] = raw(w);
    rc = ipc_dial(w->path, &proto, ROLE_SMTPD, deadline_in(60000), &c, &e);
    if (clock_mono() - began < INT64_C(1000000000)) /* on a slow machine the second may be over */
        assert_int_equal(rc, RC_TEMP);
    assert_true(rc == RC_OK || rc == RC_TEMP);
    if (rc == RC_OK)
        ipc_hangup(&c);
    usleep(1100000);
    c = dial(w, ROLE_SMTPD);
    ipc_hangup(&c);
    for (int i = 0; i < HALF; i++)
        expect_end(s[i]);
}

/* The kernel tells of the unread packets of ours before it gives the other side's last words. */
static void test_last_words(void **state)
{
    char got[16];
    unsigned fds;
    size_t n = 0;
    int ends[2], fd;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(ipc_tx(ends[0], SPAN_LIT("never read"), -1), 1);
    assert_int_equal(ipc_tx(ends[1], SPAN_LIT("why I go"), -1), 1);
    assert_int_equal(ipc_tx(ends[1], SPAN_LIT("adieu"), -1), 1);
    close(ends[1]);
    assert_int_equal(ipc_rx(ends[0], got, sizeof got, &n, &fd, &fds), 1);
    assert_true(span_eq(span_of(got, n), SPAN_LIT("why I go")));
    assert_int_equal(ipc_rx(ends[0], got, sizeof got, &n, &fd, &fds), 1);
    assert_true(span_eq(span_of(got, n), SPAN_LIT("adieu")));
    assert_int_equal(ipc_rx(ends[0], got, sizeof got, &n, &fd, &fds), -1);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage),      cmocka_unit_test(test_descriptor_flood), cmocka_unit_test(test_slow_peer),
        cmocka_unit_test(test_silent_peers), cmocka_unit_test(test_last_words),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
