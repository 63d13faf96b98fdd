/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_link_test.c - the machine that asks, against a daemon that dies, is busy, or would not have us: a forked process behind a real
 * socket, killed in the middle of a request. A restart that nobody notices is in base/service_test.c. */
#include "base/ipc_link.h"
#include "base/log.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { OP_READ = IPC_OP_FIRST, OP_CHANGE, OP_SLOW, OP_QUICK, OP_TELL, OP_FOR_ADMIN };
enum { PATIENCE_MS = 20 * 1000, CALL_MS = 30 * 1000 };
#define FIELDS_number(F, T) F(T, U32, n)
IPC_MESSAGE(number);
IPC_TABLE(number);
static const struct ipc_op ops[] = {
    {OP_READ, "read", ROLE_SMTPD, number_f, number_f, IPC_AGAIN},
    {OP_CHANGE, "change", ROLE_SMTPD, number_f, number_f, 0},
    {OP_SLOW, "slow", ROLE_SMTPD, number_f, number_f, IPC_AGAIN | IPC_LONG},
    {OP_QUICK, "quick", ROLE_SMTPD, number_f, number_f, IPC_AGAIN},
    {OP_TELL, "tell", ROLE_SMTPD, NULL, NULL, IPC_AGAIN},
    {OP_FOR_ADMIN, "for-admin", ROLE_ADMIN, NULL, NULL, IPC_AGAIN},
};
static const struct ipc_proto proto = {"link", 99, 2, ops, sizeof ops / sizeof *ops};
static const struct ipc_proto older = {"link", 99, 1, ops, sizeof ops / sizeof *ops};

/* ---- the daemon ---- */
static struct shared {
    atomic_int done, die_at, busy, told; /* die_at: ends in the middle of that many-th request; 0: of none */
} * sh;
static char dir[] = "/tmp/pli-link-XXXXXX";
static int listen_fd;
static pid_t daemon_pid;

static enum rc work(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)fd, (void)e;
    if (atomic_fetch_add(&sh->done, 1) + 1 == atomic_load(&sh->die_at))
        _exit(9);
    ((struct number *)r->msg)->n = ((const struct number *)req)->n + 1;
    return RC_OK;
}

static enum rc busy(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    if (atomic_fetch_sub(&sh->busy, 1) > 0)
        return err_set(e, RC_TEMP, IPC_BUSY, NULL, "busy");
    return work(d, p, req, fd, r, e);
}

static enum rc tell(void *d, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    (void)d, (void)p, (void)req, (void)fd, (void)r, (void)e;
    atomic_fetch_add(&sh->told, 1);
    return RC_OK;
}

static void start(void)
{
    static const struct ipc_bind handlers[] = {{OP_READ, work}, {OP_CHANGE, work},    {OP_SLOW, busy}, {OP_QUICK, busy},
                                               {OP_TELL, tell}, {OP_FOR_ADMIN, tell}, {0, NULL}};
    struct ipc_service s = {.proto = &proto, .handlers = handlers, .threads = 1, .max_peers = 8};
    struct err e;

    daemon_pid = fork();
    assert_true(daemon_pid >= 0);
    if (daemon_pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_open("link-test", LOG_ERROR_ + 1);
    _exit(ipc_serve(&s, listen_fd, &e) == RC_OK ? 0 : 1);
}

static void end(int sig)
{
    int st;

    if (sig)
        kill(daemon_pid, sig);
    assert_int_equal(waitpid(daemon_pid, &st, 0), daemon_pid);
}

/* Ends by itself in the middle of a request; the next one is there before the asker looks again. */
static pid_t start_again_when_it_died(void)
{
    pid_t waiting = daemon_pid, pid;

    start(); /* two wait at the socket: whichever is alive takes the next connection */
    pid = daemon_pid;
    daemon_pid = waiting;
    return pid;
}

static int make(void **state)
{
    struct err e;

    (void)state;
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sh == MAP_FAILED || !mkdtemp(dir) || chdir(dir) != 0)
        return -1;
    listen_fd = ipc_listen("link.sock", &e);
    return listen_fd >= 0 ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    close(listen_fd);
    unlink("link.sock");
    return chdir("/") == 0 ? rmdir(dir) : -1;
}

static int fresh(void **state)
{
    (void)state;
    memset(sh, 0, sizeof *sh);
    start();
    return 0;
}

/* ---- the asker ---- */
static enum rc tell_once(void *ctx, struct ipc_link *l, struct err *e)
{
    unsigned *told_on = ctx;
    enum rc rc;

    if (*told_on == ipc_link_dials(l))
        return RC_OK;
    rc = ipc_link_once(l, &(struct ipc_ask){.op = OP_TELL}, e);
    *told_on = rc == RC_OK ? ipc_link_dials(l) : 0;
    return rc;
}

static struct ipc_link *asker(const struct ipc_proto *p, unsigned *told_on)
{
    return ipc_link_new(&(struct ipc_link_how){.socket = "link.sock",
                                               .proto = p,
                                               .role = ROLE_SMTPD,
                                               .patience_ms = PATIENCE_MS,
                                               .call_ms = CALL_MS,
                                               .tell = told_on ? tell_once : NULL,
                                               .ctx = told_on});
}

static enum rc ask(struct ipc_link *l, uint16_t op, uint32_t *n, struct err *e)
{
    struct number q = {*n}, a = {0};
    enum rc rc = ipc_link_call(l, &(struct ipc_ask){.op = op, .req = &q, .rep_out = &a}, e);

    *n = a.n;
    return rc;
}

/* What may have been done is not done twice: the asker hears of it, at once. What does no harm is asked again. */
static void test_a_lost_answer(void **state)
{
    struct ipc_link *l = asker(&proto, NULL);
    pid_t next;
    uint32_t n = 1;
    struct err e;

    (void)state;
    atomic_store(&sh->die_at, 1);
    assert_int_equal(ask(l, OP_CHANGE, &n, &e), RC_TEMP);
    assert_non_null(strstr(e.log, "link is away"));
    assert_int_equal(atomic_load(&sh->done), 1);
    end(0);
    start();
    n = 5;
    assert_int_equal(ask(l, OP_CHANGE, &n, &e), RC_OK); /* and it dials again */
    assert_int_equal(n, 6);
    atomic_store(&sh->die_at, 3);
    next = start_again_when_it_died();
    n = 7;
    assert_int_equal(ask(l, OP_READ, &n, &e), RC_OK);
    assert_int_equal(n, 8);
    assert_true(atomic_load(&sh->done) >= 4);
    kill(next, SIGKILL);
    waitpid(next, NULL, 0);
    ipc_link_free(&l);
}

/* A change that was never sent is sent on the next connection. */
static void test_not_sent(void **state)
{
    struct ipc_link *l = asker(&proto, NULL);
    uint32_t n = 1;
    struct err e;

    (void)state;
    assert_int_equal(ask(l, OP_READ, &n, &e), RC_OK);
    end(SIGKILL);
    start();
    n = 3;
    assert_int_equal(ask(l, OP_CHANGE, &n, &e), RC_OK);
    assert_int_equal(n, 4);
    assert_int_equal(atomic_load(&sh->done), 2);
    assert_int_equal(ipc_link_dials(l), 2);
    ipc_link_free(&l);
}

/* Busy: asked again by itself where the table says that it may take long, and only there. */
static void test_busy(void **state)
{
    struct ipc_link *l = asker(&proto, NULL);
    uint32_t n = 1;
    struct err e;

    (void)state;
    atomic_store(&sh->busy, 4);
    assert_int_equal(ask(l, OP_SLOW, &n, &e), RC_OK);
    assert_int_equal(n, 2);
    atomic_store(&sh->busy, 1);
    assert_int_equal(ask(l, OP_QUICK, &n, &e), RC_TEMP);
    assert_string_equal(e.esc, IPC_BUSY);
    ipc_link_free(&l);
}

/* A refusal is final: another version and another role are not waited for. */
static void test_refused(void **state)
{
    struct ipc_link *l = asker(&older, NULL);
    uint32_t n = 1;
    struct err e;

    (void)state;
    assert_int_equal(ask(l, OP_READ, &n, &e), RC_PERM);
    assert_non_null(strstr(e.log, "version"));
    ipc_link_free(&l);
    l = asker(&proto, NULL);
    assert_int_equal(ipc_link_call(l, &(struct ipc_ask){.op = OP_FOR_ADMIN}, &e), RC_DENIED);
    ipc_link_free(&l);
}

/* Each connection is told once what it must know. */
static void test_told(void **state)
{
    unsigned told_on = 0;
    struct ipc_link *l = asker(&proto, &told_on);
    uint32_t n = 1;
    struct err e;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(l, OP_READ, &n, &e), RC_OK);
    assert_int_equal(atomic_load(&sh->told), 1);
    end(SIGKILL);
    start();
    assert_int_equal(ask(l, OP_READ, &n, &e), RC_OK);
    assert_int_equal(atomic_load(&sh->told), 2);
    ipc_link_free(&l);
}

/* Asked ahead: answers in order; a call in between, or a death, forgets the questions, and whoever wants their answers is told. */
static void test_pipelined(void **state)
{
    struct ipc_link *l = asker(&proto, NULL);
    struct number a;
    uint32_t n = 50;
    struct err e;

    (void)state;
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(ipc_link_ask(l, OP_READ, &(struct number){i * 10}, &e), RC_OK);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(ipc_link_answer(l, OP_READ, &a, NULL, &e), RC_OK);
        assert_int_equal(a.n, i * 10 + 1);
    }
    assert_int_equal(ipc_link_ask(l, OP_READ, &(struct number){7}, &e), RC_OK);
    assert_int_equal(ask(l, OP_READ, &n, &e), RC_OK);
    assert_int_equal(n, 51); /* not 8 */
    assert_int_equal(ipc_link_answer(l, OP_READ, &a, NULL, &e), RC_TEMP);
    assert_int_equal(ipc_link_ask(l, OP_READ, &(struct number){7}, &e), RC_OK);
    assert_int_equal(ipc_link_answer(l, OP_READ, &a, NULL, &e), RC_OK);
    assert_int_equal(a.n, 8);
    ipc_link_free(&l);
}

static int stop(void **state)
{
    (void)state;
    end(SIGKILL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_lost_answer, fresh, stop),
        cmocka_unit_test_setup_teardown(test_not_sent, fresh, stop),
        cmocka_unit_test_setup_teardown(test_busy, fresh, stop),
        cmocka_unit_test_setup_teardown(test_refused, fresh, stop),
        cmocka_unit_test_setup_teardown(test_told, fresh, stop),
        cmocka_unit_test_setup_teardown(test_pipelined, fresh, stop),
    };

    signal(SIGPIPE, SIG_IGN);
    log_open("link-test", LOG_ERROR_ + 1);
    return cmocka_run_group_tests_name("ipc link", tests, make, unmake);
}
