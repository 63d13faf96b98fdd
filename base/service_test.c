/* SPDX-License-Identifier: EUPL-1.2 */
/* base/service_test.c - the skeleton of a daemon (base/service.h) and the one who asks it (base/ipc_link.h), with the small daemon of
 * tests/lib/small_daemon.c as a process of its own, in its sandbox: started, asked, killed and started again under its asker; stopped;
 * quiet and loud as log.level says; and whose uid may claim which role. */
#include "base/ipc_link.h"
#include "base/log.h"
#include "base/service.h"
#include "tests/lib/small_daemon.c" /* linked here: it is no part of any library */
#include <fcntl.h>
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

enum { PATIENCE_MS = 60 * 1000, CALL_MS = 60 * 1000 };
static char dir[] = "/tmp/pli-service-XXXXXX";
static int listen_fd = -1;
static pid_t daemon_pid;

/* The listening socket is the test's, as it is the supervisor's in life. */
static void start(const char *level)
{
    struct boot *b = boot_new();
    char fd[16];
    int log_fd;

    daemon_pid = fork();
    assert_true(daemon_pid >= 0);
    if (daemon_pid > 0) {
        boot_free(&b);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_fd = open("small.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log_fd, 2);
    boot_set(b, "instance", dir);
    boot_set(b, "run", dir);
    boot_set(b, "log.level", level);
    boot_give(b, "ipc", listen_fd);
    (void)snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    setenv("PLI_BOOT", fd, 1);
    _exit(small_main(0, NULL));
}

static int stop(int sig)
{
    int st = 0;

    kill(daemon_pid, sig);
    assert_int_equal(waitpid(daemon_pid, &st, 0), daemon_pid);
    return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static int make(void **state)
{
    struct err e;

    (void)state;
    if (!mkdtemp(dir) || chdir(dir) != 0)
        return -1;
    listen_fd = ipc_listen("small.sock", &e);
    return listen_fd >= 0 ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    close(listen_fd);
    unlink("small.sock");
    unlink("small.log");
    return chdir("/") == 0 ? rmdir(dir) : -1;
}

static struct ipc_link *asker_of(const char *socket)
{
    return ipc_link_new(&(struct ipc_link_how){
        .socket = socket, .proto = &small_proto, .role = ROLE_SMTPD, .patience_ms = PATIENCE_MS, .call_ms = CALL_MS});
}

static struct ipc_link *asker(void)
{
    return asker_of("small.sock");
}

static enum rc ask(struct ipc_link *l, uint64_t *n, struct err *e)
{
    struct small_count q = {*n}, a = {0};
    enum rc rc = ipc_link_call(l, &(struct ipc_ask){.op = SMALL_COUNT, .req = &q, .rep_out = &a}, e);

    *n = a.n;
    return rc;
}

/* ---- a restart under the asker ----
 * The asker is a process of its own: one with threads may not fork the daemons (address sanitizer). */
static struct shared {
    atomic_bool enough;
    atomic_ullong asked;
    unsigned dials;
    char why[sizeof(((struct err *)0)->log)];
} * sh;

static void ask_on(void)
{
    struct ipc_link *l = asker();
    uint64_t n = 0;
    struct err e;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (!atomic_load(&sh->enough) && !sh->why[0]) {
        if (ask(l, &n, &e) != RC_OK)
            (void)snprintf(sh->why, sizeof sh->why, "%s", e.log);
        else if (n != atomic_load(&sh->asked) + 1)
            (void)snprintf(sh->why, sizeof sh->why, "an answer to another question");
        atomic_store(&sh->asked, n);
    }
    sh->dials = ipc_link_dials(l);
    ipc_link_free(&l);
    _exit(0);
}

static void until_asked_more(void)
{
    uint64_t before = atomic_load(&sh->asked);

    for (int i = 0; i < 60 * 1000 && atomic_load(&sh->asked) < before + 20 && !sh->why[0]; i++)
        usleep(1000);
    assert_string_equal(sh->why, "");
    assert_true(atomic_load(&sh->asked) >= before + 20);
}

static void test_restart_is_a_delay(void **state)
{
    enum { RESTARTS = 3 };
    pid_t pid;
    int st;

    (void)state;
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(sh, MAP_FAILED);
    start("error");
    pid = fork();
    if (pid == 0)
        ask_on();
    for (int i = 0; i < RESTARTS; i++) {
        until_asked_more();
        assert_int_equal(stop(SIGKILL), 128 + SIGKILL);
        start("error");
    }
    until_asked_more();
    atomic_store(&sh->enough, true);
    assert_int_equal(waitpid(pid, &st, 0), pid);
    assert_string_equal(sh->why, "");
    assert_int_equal(sh->dials, RESTARTS + 1); /* each death ended a connection, and none was felt */
    assert_int_equal(stop(SIGTERM), 0);
    munmap(sh, sizeof *sh);
}

/* Nobody there, and little patience. */
static void test_away(void **state)
{
    struct ipc_link *l = asker_of("nobody.sock");
    uint64_t n = 1;
    struct err e;

    (void)state;
    ipc_link_patience(l, 100);
    assert_int_equal(ask(l, &n, &e), RC_TEMP);
    assert_non_null(strstr(e.log, "small is away"));
    assert_int_equal(ipc_link_dials(l), 0);
    ipc_link_free(&l);
}

/* ---- log.level ---- */
static bool logged(const char *text)
{
    char all[16384];
    int fd = open("small.log", O_RDONLY);
    ssize_t n = read(fd, all, sizeof all - 1);

    close(fd);
    assert_true(n >= 0);
    all[n] = 0;
    return strstr(all, text) != NULL;
}

static void run_at(const char *level)
{
    struct ipc_link *l = asker();
    uint64_t n = 41;
    struct err e;

    unlink("small.log");
    start(level);
    assert_int_equal(ask(l, &n, &e), RC_OK);
    assert_int_equal(n, 42);
    ipc_link_free(&l);
    assert_int_equal(stop(SIGTERM), 0);
}

static void test_log_level(void **state)
{
    (void)state;
    run_at("error");
    assert_false(logged("small["));
    run_at("info");
    assert_true(logged(" info ev=ready ") && logged(" info ev=stopped ") && !logged(" debug "));
    run_at("debug");
    assert_true(logged(" debug ev=count n=41"));
}

/* ---- uids ---- */
static const struct boot *booted(const char *const *given)
{
    static struct boot *super, *b;
    char fd[16];

    boot_free(&super);
    boot_free(&b);
    super = boot_new();
    for (; given && given[0]; given += 2)
        boot_set(super, given[0], given[1]);
    (void)snprintf(fd, sizeof fd, "%d", dup(boot_memfd(super)));
    setenv("PLI_BOOT", fd, 1);
    b = boot_load();
    return b;
}

static void test_uids(void **state)
{
    static const char *const own[] = {"uid.smtpd", "60901",     "uid.keyd", "60902", "uid.imapd",
                                      "0",         "uid.admin", "60999",    NULL};
    uid_t nobody = (uid_t)-1;

    (void)state;
    service_uids(booted(own));
    assert_int_equal(service_uid_of_role(NULL, ROLE_SMTPD), 60901);
    assert_int_equal(service_uid_of_role(NULL, ROLE_KEYD), 60902);
    assert_int_equal(service_uid_of_role(NULL, ROLE_IMAPD), nobody); /* no uid of its own */
    assert_int_equal(service_uid_of_role(NULL, ROLE_DIRD), nobody);  /* not in the list */
    assert_int_equal(service_uid_of_role(NULL, ROLE_ADMIN), 60999);
    assert_int_equal(service_uid_of_role(NULL, ROLE_SUPER), 60999);
    service_uids(booted(NULL));
    assert_int_equal(service_uid_of_role(NULL, ROLE_SMTPD), nobody);
    assert_int_equal(service_uid_of_role(NULL, ROLE_ADMIN), geteuid()); /* who started it, and not what it becomes */
    booted(NULL);
}

/* ---- names that no table has: a fault of ours, found at the first start ---- */
static bool aborts(void (*what)(const struct boot *b))
{
    int st;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        log_open("service-test", LOG_ERROR_ + 1);
        dup2(open("/dev/null", O_WRONLY), 2);
        what(booted(NULL));
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &st, 0), pid);
    return WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT;
}

static void get_unknown(const struct boot *b)
{
    (void)boot_get(b, "smtpd.max_mesage");
}

static void num_unknown(const struct boot *b)
{
    (void)boot_num(b, "uid");
}

static void given_unknown(const struct boot *b)
{
    (void)boot_given(b, "smtpd.max_message");
}

static void get_known(const struct boot *b)
{
    (void)boot_get(b, "smtpd.max_message");
}

static void test_unknown_names(void **state)
{
    (void)state;
    assert_true(aborts(get_unknown));
    assert_true(aborts(num_unknown));
    assert_true(aborts(given_unknown));
    assert_false(aborts(get_known));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restart_is_a_delay), cmocka_unit_test(test_away),
        cmocka_unit_test(test_log_level),          cmocka_unit_test(test_uids),
        cmocka_unit_test(test_unknown_names),
    };

    log_open("service-test", LOG_ERROR_ + 1);
    return cmocka_run_group_tests_name("service", tests, make, unmake);
}
