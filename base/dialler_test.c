/* SPDX-License-Identifier: EUPL-1.2 */
/* A dialler between a daemon and processes in a session's sandbox: they reach the daemon, again after its restart, and no more than they may. */
#include "base/dialler.h"
#include "base/dialler_int.h"
#include "base/ipc_test.h"
#include "base/sandbox.h"
#include <signal.h>
#include <sys/wait.h>

enum { MB = 1024 * 1024, IN_ALL = 100 * MB, ACCOUNT = 40 * MB };
static const char *sockets[2];
static struct dialler_conf conf = {.sockets = sockets,
                                   .hold_all = IN_ALL,
                                   .hold_account = ACCOUNT,
                                   .rates = {.account_messages = 5, .account_recipients = 100, .address_messages = 8},
                                   .clients = {.sessions = 3, .unproven = 2, .per_minute = 6}};
static struct dialler d = {-1, -1, -1};

/* ---- the daemon: a process, whose listening socket is kept by us as the supervisor keeps it ---- */
static pid_t daemon_pid;

static void start_daemon(struct world *w)
{
    if ((daemon_pid = fork()) == 0) {
        dialler_leave(&d);
        serve(w);
        _exit(0);
    }
}

static void kill_daemon(void)
{
    assert_int_equal(kill(daemon_pid, SIGKILL), 0);
    assert_int_equal(waitpid(daemon_pid, NULL, 0), daemon_pid);
}

static void nothing_to_close(void *ctx)
{
    (void)ctx;
}

static void become_session(void)
{
    struct sandbox_how how = {.kind = SB_SMTPD_SESSION};
    struct err e;

    dialler_join(&d);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("%s", e.log);
    dialler_only();
}

/* What body() gives, run as a session. */
static int in_session(struct world *w, int (*body)(struct world *w))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        become_session();
        _exit(body(w));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int echo_once(struct world *w)
{
    struct ipc *c = NULL;
    struct buf mem = BUF_INIT;
    struct echo a;
    struct err e;
    enum rc rc = ipc_dial(w->path, &proto, ROLE_SMTPD, deadline_in(60000), &c, &e);

    if (rc == RC_OK)
        rc = ipc_call(c, OP_ECHO, &(struct echo){41, SPAN_NULL}, -1, &a, &mem, NULL, &e);
    ipc_hangup(&c);
    buf_free(&mem);
    return rc == RC_OK && a.n == 42 ? 0 : 1;
}

static int tell[2], told[2]; /* a test speaks with the session it made */

static int echo_twice(struct world *w)
{
    char c = 'r';

    if (echo_once(w) != 0 || write(tell[1], &c, 1) != 1 || read(told[0], &c, 1) != 1)
        return 1;
    return echo_once(w); /* the daemon was started anew meanwhile */
}

static void test_reached(void **state)
{
    assert_int_equal(in_session(*state, echo_once), 0);
}

static void test_restart(void **state)
{
    struct world *w = *state;
    int status;
    char c;
    pid_t pid;

    assert_int_equal(pipe(tell) | pipe(told), 0);
    if ((pid = fork()) == 0) {
        become_session();
        _exit(echo_twice(w));
    }
    assert_int_equal(read(tell[0], &c, 1), 1);
    kill_daemon();
    start_daemon(w);
    assert_int_equal(write(told[1], "g", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int other_socket(struct world *w)
{
    struct err e;
    int fd;

    if (dialler_connect("/run/systemd/notify", deadline_in(60000), &fd, &e) != RC_CLOSED)
        return 1;
    return dialler_connect(w->path, deadline_in(60000), &fd, &e) == RC_CLOSED ? 0
                                                                              : 2; /* and it is not spoken with again */
}

static void test_other_socket(void **state)
{
    assert_int_equal(in_session(*state, other_socket), 0);
    assert_int_equal(in_session(*state, echo_once), 0); /* nobody else notices */
}

static int ask_for_ever(struct world *w)
{
    struct err e;
    int n = 0, fd;

    while (n < 2 * DIALLER_RATE && dialler_connect(w->path, deadline_in(0), &fd, &e) == RC_OK) {
        close(fd);
        n++;
    }
    return n > 0 && n <= DIALLER_RATE && e.rc == RC_TEMP ? 0 : 1;
}

static void test_rate(void **state)
{
    assert_int_equal(in_session(*state, ask_for_ever), 0);
    assert_int_equal(in_session(*state, echo_once), 0);
}

static int prove(struct world *w)
{
    (void)w;
    dialler_proven();
    return 0;
}

static void test_proven(void **state)
{
    struct pollfd p = {d.news, POLLIN, 0};
    pid_t pid = 0, proven = fork();

    if (proven == 0) {
        become_session();
        _exit(prove(*state));
    }
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_int_equal(read(d.news, &pid, sizeof pid), sizeof pid);
    assert_int_equal(pid, proven); /* by the kernel's word */
    assert_int_equal(waitpid(proven, NULL, 0), proven);
}

/* A session that holds, says so, and waits to be killed. */
static pid_t holder(uint64_t bytes, const char *account, bool *granted)
{
    char c;
    pid_t pid;

    assert_int_equal(pipe(tell), 0);
    if ((pid = fork()) == 0) {
        become_session();
        c = dialler_hold(bytes, account) ? 'y' : 'n';
        if (write(tell[1], &c, 1) == 1)
            poll(NULL, 0, 60000);
        _exit(0);
    }
    assert_int_equal(read(tell[0], &c, 1), 1);
    close(tell[0]);
    close(tell[1]);
    *granted = c == 'y';
    return pid;
}

static int grows(struct world *w)
{
    (void)w;
    if (!dialler_hold(10 * MB, "grows") || !dialler_hold(ACCOUNT, "grows") || dialler_hold(ACCOUNT + 1, "grows"))
        return 1;
    if (!dialler_hold(5 * MB, "grows") || !dialler_hold(0, "grows"))
        return 2;
    return dialler_hold(ACCOUNT, "grows") ? 0 : 3;
}

static void test_held(void **state)
{
    static const struct {
        const char *account;
        uint64_t bytes;
        bool granted;
    } rows[] = {{"a", 30 * MB, true}, {"a", 11 * MB, false}, {"a", 10 * MB, true},
                {"b", 40 * MB, true}, {"c", 21 * MB, false}, /* all: 80 of 100 */
                {"c", 20 * MB, true}, {"d", 1, false}};
    enum { ROWS = sizeof rows / sizeof *rows };
    pid_t pids[ROWS];
    bool granted;

    for (int i = 0; i < ROWS; i++) {
        pids[i] = holder(rows[i].bytes, rows[i].account, &granted);
        assert_int_equal(granted, rows[i].granted);
    }
    for (int i = 0; i < ROWS; i++) {
        kill(pids[i], SIGKILL); /* what it held is free again, however it ended */
        assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
    }
    for (int i = 0; i < 1000; i++) { /* the dialler hears of each end in its own time */
        pid_t pid = holder(ACCOUNT, "a", &granted);

        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        if (granted)
            break;
        usleep(5000);
    }
    assert_true(granted);
    for (int i = 0, rc = 1; i < 1000 && rc != 0; i++) {
        rc = in_session(*state, grows);
        assert_true(rc == 0 || i < 999);
        usleep(1000);
    }
}

/* Rates outlive sessions: each row is asked by another one. */
static const struct rated {
    const char *account, *ip;
    unsigned recipients;
    enum dialler_answer_to is;
} rated[] = {
    {"a", "192.0.2.1", 50, DIALLER_YES},
    {"a", "192.0.2.1", 51, DIALLER_ACCOUNT_RATE},
    {"a", "192.0.2.1", 49, DIALLER_YES}, /* what was refused has used nothing */
    {"b", "192.0.2.1", 1, DIALLER_YES},
    {"b", "192.0.2.1", 1, DIALLER_YES},
    {"b", "::ffff:192.0.2.1", 1, DIALLER_YES},
    {"b", "192.0.2.1", 1, DIALLER_YES},
    {"b", "192.0.2.1", 1, DIALLER_YES},
    {"b", "192.0.2.2", 1, DIALLER_ACCOUNT_RATE},
    {"c", "192.0.2.1", 1, DIALLER_YES},
    {"c", "192.0.2.1", 1, DIALLER_ADDRESS_RATE},
    {"c", "192.0.2.2", 1, DIALLER_YES},
    {"c", "127.0.0.1", 1, DIALLER_YES}, /* loopback has no rate; its account has */
    {"c", "::1", 1, DIALLER_YES},
    {"c", "127.0.0.1", 1, DIALLER_YES},
    {"c", "127.0.0.1", 1, DIALLER_ACCOUNT_RATE},
    {"d", "127.0.0.1", 500, DIALLER_YES}, /* a message that is more than all of it goes once */
    {"d", "127.0.0.1", 1, DIALLER_ACCOUNT_RATE},
};
static const struct rated *row;

static int ask_row(struct world *w)
{
    (void)w;
    return (int)dialler_rated(row->account, row->ip, row->recipients);
}

static void test_rates_of_submission(void **state)
{
    for (size_t i = 0; i < sizeof rated / sizeof *rated; i++) {
        row = &rated[i];
        assert_int_equal(in_session(*state, ask_row), row->is);
    }
}

/* A session that tells its client when it is let go, proves itself or not, and waits to be killed. All are there before the first is let go: what is
 * asked within a minute does not wait for processes to be made. */
struct client {
    pid_t pid;
    int go, answer;
};

static struct client client(const char *ip, bool proves)
{
    struct client one;

    assert_int_equal(pipe(tell) | pipe(told), 0);
    if ((one.pid = fork()) == 0) {
        char c;

        become_session();
        if (read(told[0], &c, 1) != 1)
            _exit(1);
        c = (char)('0' + dialler_client(ip));
        if (proves) {
            dialler_proven();
            (void)dialler_hold(0, "x"); /* answered behind it */
        }
        if (write(tell[1], &c, 1) == 1)
            poll(NULL, 0, 60000);
        _exit(0);
    }
    close(tell[1]);
    close(told[0]);
    one.go = told[1];
    one.answer = tell[0];
    return one;
}

static char answer_of(const struct client *one)
{
    char got = '?';

    return write(one->go, "g", 1) == 1 && read(one->answer, &got, 1) == 1 ? got : '?';
}

static void client_gone(const struct client *one)
{
    kill(one->pid, SIGKILL);
    assert_int_equal(waitpid(one->pid, NULL, 0), one->pid);
    close(one->go);
    close(one->answer);
}

static void test_clients_of_a_proxy(void **state)
{
    static const struct {
        const char *ip;
        bool proves;
        enum dialler_answer_to is;
    } rows[] = {{"192.0.2.1", true, DIALLER_YES},
                {"192.0.2.1", false, DIALLER_YES},
                {"192.0.2.1", false, DIALLER_YES},
                {"192.0.2.1", false, DIALLER_ADDRESS_SESSIONS}, /* three */
                {"2001:db8::1", false, DIALLER_YES},
                {"2001:db8::ffff:2", false, DIALLER_YES},         /* one /64 */
                {"2001:db8::3", false, DIALLER_ADDRESS_SESSIONS}, /* two that have proven nothing */
                {"2001:db8:0:1::1", true, DIALLER_YES},
                {"192.0.2.1", false, DIALLER_ADDRESS_SESSIONS},
                {"192.0.2.1", false, DIALLER_ADDRESS_SESSIONS},
                {"192.0.2.1", false, DIALLER_ADDRESS_RATE}, /* the seventh of a minute */
                {"192.0.2.9", false, DIALLER_YES}};
    enum { ROWS = sizeof rows / sizeof *rows };
    struct client all[ROWS];
    char got[ROWS];

    (void)state;
    for (int i = 0; i < ROWS; i++)
        all[i] = client(rows[i].ip, rows[i].proves);
    for (int i = 0; i < ROWS; i++)
        got[i] = answer_of(&all[i]);
    for (int i = 0; i < ROWS; i++) /* before anything is judged: one that stayed would keep the dialler from its end */
        client_gone(&all[i]);
    for (int i = 0; i < ROWS; i++)
        if (got[i] != (char)('0' + rows[i].is))
            fail_msg("row %d: %c", i, got[i]);
}

static int tells_twice(struct world *w)
{
    (void)w;
    if (dialler_client("192.0.2.77") != DIALLER_YES)
        return 1;
    return dialler_client("192.0.2.78") == DIALLER_GONE ? 0 : 2; /* one client a session: the channel ends */
}

static void test_one_client(void **state)
{
    assert_int_equal(in_session(*state, tells_twice), 0);
}

static void test_ends_with_its_listener(void **state)
{
    pid_t pid = d.pid;

    (void)state;
    dialler_leave(&d);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int setup_dialler(void **state)
{
    static struct world w;
    struct err e;

    snprintf(w.dir, sizeof w.dir, "/tmp/pli-dialler-test.XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    snprintf(w.path, sizeof w.path, "%s/sock", w.dir);
    w.fd = ipc_listen(w.path, &e);
    assert_true(w.fd >= 0);
    sockets[0] = w.path;
    service.max_peers = 2000;
    service.max_per_process = 16;
    start_daemon(&w);
    assert_true(dialler_start(&d, &conf, nothing_to_close, NULL));
    *state = &w;
    return 0;
}

static int teardown_dialler(void **state)
{
    struct world *w = *state;

    kill_daemon();
    close(w->fd);
    unlink(w->path);
    rmdir(w->dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reached),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_other_socket),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_proven),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_rates_of_submission),
        cmocka_unit_test(test_clients_of_a_proxy),
        cmocka_unit_test(test_one_client),
        cmocka_unit_test(test_ends_with_its_listener),
    };

    log_open("dialler-test", LOG_ERROR_);
    return cmocka_run_group_tests(tests, setup_dialler, teardown_dialler);
}
