/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_test.c - client and server over a real socket: calls, errors, descriptors, events, refusals, and what a call
 * costs. */
#include "base/ipc_test.h"

static struct buf mem; /* what the answers' spans live in */

static void test_calls(void **state)
{
    struct ipc *c = dial(*state, ROLE_SMTPD);
    struct echo a;
    struct err e;

    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){i, SPAN_LIT("hello")}, -1, &a, &mem, NULL, &e), RC_OK);
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
        assert_int_equal(ipc_call(c, OP_FAIL, &(struct echo){rc, SPAN_LIT("cause")}, -1, &a, &mem, NULL, &e), rc);
        assert_int_equal(e.rc, rc);
        assert_int_equal(e.cause, CAUSE_QUOTA);
        assert_string_equal(e.log, "operator cause");
        assert_int_equal(a.n, 42); /* untouched */
    }
    assert_int_equal(ipc_call(c, OP_ADMIN, NULL, -1, NULL, NULL, NULL, &e), RC_DENIED);
    assert_int_equal(ipc_call(c, OP_NEWS, NULL, -1, &(struct news){0}, NULL, NULL, &e), RC_PERM); /* told, not asked */
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e),
                     RC_OK); /* and lives on */
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
        assert_int_equal(ipc_call(c, OP_FD, NULL, fd, &a, &mem, &back, &e), RC_OK);
        assert_int_equal(a.n, 'Z');
        assert_int_equal(pread(back, &ch, 1, 0), 1);
        assert_int_equal(ch, 'Z');
        assert_true(fcntl(back, F_GETFD) & FD_CLOEXEC);
        close(back);
    }
    assert_int_equal(ipc_call(c, OP_FD, NULL, fd, &a, &mem, NULL, &e), RC_OK); /* unwanted: closed, not leaked */
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
    assert_int_equal(ipc_call(c, OP_PUSH, &(struct echo){3, SPAN_NULL}, -1, NULL, NULL, NULL, &e), RC_OK);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_OK);
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
    assert_int_equal(ipc_call(d, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_OK);
    for (uint32_t i = 0; i < 40; i++) {
        assert_int_equal(ipc_recv(c, OP_BIG, &a, &mem, NULL, &e), RC_OK);
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

    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, span_of(big, 90000)}, -1, &a, &mem, NULL, &e), RC_OK);
    assert_int_equal(a.text.n, 90000);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, span_of(big, 90001)}, -1, &a, &mem, NULL, &e), RC_PERM);
    assert_int_equal(ipc_call(c, OP_BIG, &(struct echo){90001, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_PERM);
    assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_OK);
    free(big);
    ipc_hangup(&c);
}

enum { RX_TWICE = 9000 }; /* beyond what a client makes room for at first */

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
        {&proto, (enum ipc_role)(2 * ROLE_LAST), RC_DENIED, "no such role"},
    };
    struct world *w = *state;
    struct ipc *c = NULL;
    struct err e;

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        assert_int_equal(ipc_dial(w->path, t[i].p, t[i].role, deadline_in(60000), &c, &e), t[i].rc);
        assert_non_null(strstr(e.log, t[i].says));
        assert_null(c);
    }
    if (geteuid() != 0) /* root may take any role */
        assert_int_equal(ipc_dial(w->path, &proto, ROLE_KEYD, deadline_in(60000), &c, &e), RC_DENIED);
    assert_int_equal(ipc_dial("/nonexistent/sock", &proto, ROLE_SMTPD, deadline_in(100), &c, &e), RC_TEMP);
}

/* HELLO is answered with the first reply; who is refused finds the connection closed at the first question. */
static void test_ahead(void **state)
{
    struct world *w = *state;
    struct ipc *c = NULL;
    char big[RX_TWICE] = {0};
    struct echo a;
    struct err e;

    assert_int_equal(ipc_dial_ahead(w->path, &proto, ROLE_SMTPD, deadline_in(60000), &c, &e), RC_OK);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(
            ipc_call(c, OP_ECHO, &(struct echo){i, span_of(big, i * sizeof big / 2)}, -1, &a, &mem, NULL, &e), RC_OK);
        assert_int_equal(a.n, i + 1);
        assert_int_equal(a.text.n, i * sizeof big / 2);
        ipc_rest(c);
    }
    ipc_hangup(&c);
    assert_int_equal(ipc_dial_ahead(w->path, &newer, ROLE_SMTPD, deadline_in(60000), &c, &e), RC_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_NULL}, -1, &a, &mem, NULL, &e), RC_CLOSED);
    ipc_hangup(&c);
    assert_int_equal(ipc_dial_ahead("/nonexistent/sock", &proto, ROLE_SMTPD, deadline_in(100), &c, &e), RC_TEMP);
    assert_null(c);
}

static void test_too_many(void **state)
{
    struct world *w = *state;
    struct ipc *c[8], *more = NULL;
    struct err e;

    for (int i = 0; i < 8; i++)
        c[i] = dial(w, i < 6 ? ROLE_SMTPD : ROLE_IMAPD); /* a role has three quarters of the places */
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ipc_dial(w->path, &proto, ROLE_SMTPD, deadline_in(60000), &more, &e), RC_TEMP);
        assert_non_null(strstr(e.log, "8 peers already"));
    }
    for (int i = 0; i < 8; i++)
        ipc_hangup(&c[i]);
    more = dial(w, ROLE_SMTPD);
    ipc_hangup(&more);
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
    assert_true(clock_mono() - t < 60000 * 1000000LL);
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
        assert_int_equal(ipc_call(c, OP_ECHO, &(struct echo){1, SPAN_LIT("0123456789")}, -1, &a, &mem, NULL, &e),
                         RC_OK);
    print_message("%.1f microseconds a call\n", (double)(clock_mono() - t) / 1000.0 / (double)n);
    ipc_hangup(&c);
}

/* Asked to stop before it starts: it stops; and it can serve again. */
static void test_stop(void **state)
{
    struct world *w = *state;
    struct ipc *c;

    for (int i = 0; i < 3; i++) {
        stop_server(w);
        ipc_stop();
        start_server(w);
        pthread_join(w->thread, NULL);
        close(w->fd);
        start_server(w);
        c = dial(w, ROLE_SMTPD);
        ipc_hangup(&c);
    }
}

/* Handlers are bound by name: what is missing, doubled, or of nothing that may be asked is named before anybody is served. */
static void test_bound(void **state)
{
    static const struct {
        struct ipc_bind list[10];
        const char *why;
    } wrong[] = {
        {{{OP_ECHO, h_echo}, {OP_FAIL, h_fail}, {OP_FD, h_fd}, {OP_PUSH, h_push}, {OP_ADMIN, h_admin}},
         "test: no handler of big"},
        {{{OP_ECHO, h_echo}, {OP_ECHO, h_big}}, "test: two handlers of echo"},
        {{{OP_NEWS, h_echo}}, "test: a handler of news, which nobody may ask"},
        {{{OP_BIG + 1, h_echo}}, "test: a handler of op 23, which is not in the table"},
    };
    ipc_handler run[sizeof ops / sizeof *ops];
    struct ipc_service s = service;
    struct err e;

    (void)state;
    assert_int_equal(ipc_bound(&s, run, &e), RC_OK);
    assert_ptr_equal(run[0], h_echo);
    assert_ptr_equal(run[4], NULL); /* the event */
    assert_ptr_equal(run[6], h_big);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s.handlers = wrong[i].list;
        assert_int_equal(ipc_bound(&s, run, &e), RC_PERM);
        assert_string_equal(e.log, wrong[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),       cmocka_unit_test(test_calls),    cmocka_unit_test(test_errors_travel),
        cmocka_unit_test(test_descriptors), cmocka_unit_test(test_events),   cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_bounds),      cmocka_unit_test(test_refusals), cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_too_many),    cmocka_unit_test(test_timeout),  cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_stop),        cmocka_unit_test(test_cost),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
