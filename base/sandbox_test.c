/* SPDX-License-Identifier: EUPL-1.2 */
/* base/sandbox_test.c - each forbidden act is tried from inside, in a forked child: it must be refused or deadly. Each lawful
 * act is tried too, so that a filter that forbids everything fails here as well. As root, uid and empty root are proved. */
#include "base/sandbox.h"
#include "base/sandbox_acts_test.h"
#include "base/sandbox_int.h"
#include "base/span.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

enum { OWN_UID = 64321 };
static bool in_nursery; /* this child is one */

/* A listener's child: narrower still, and cannot fork again. */
static int a_session(void)
{
    struct sandbox_how h = {in_nursery ? SB_RELAY_SESSION : SB_SMTPD_SESSION, 0, NULL, NULL};
    struct err e;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (sandbox_enter(&h, &e) != RC_OK || a_pair() != 0)
            _exit(1);
        (void)fork();
        _exit(2);
    }
    if (waitpid(pid, &status, 0) != pid)
        return errno;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? 0 : EDOM;
}

/* ---- what each process may and may not ---- */
#define BIT(k) (1u << (k))
#define LISTENERS (BIT(SB_SMTPD_LISTENER) | BIT(SB_IMAPD_LISTENER) | BIT(SB_HTTPD_LISTENER))
#define SESSIONS (BIT(SB_SMTPD_SESSION) | BIT(SB_IMAPD_SESSION) | BIT(SB_HTTPD_SESSION) | BIT(SB_RELAY_SESSION))
#define EVERY (BIT(SB_KINDS_) - 1)
#define NET (BIT(SB_DIRD) | BIT(SB_TRUSTD))
#define RELAYD BIT(SB_RELAYD) /* the scheduler: its siblings, and nobody else */
#define FINDER BIT(SB_RELAY_FINDER)
#define NURSERY BIT(SB_RELAY_NURSERY)
#define STARTER BIT(SB_TRUST_STARTER)
#define PUBD BIT(SB_PUBD)
#define THREADED (BIT(SB_STORED) | BIT(SB_KEYD) | PUBD | NET)
static const struct act {
    const char *name;
    int (*run)(void);
    unsigned works;  /* kinds for which it must work; for the others it must fail or kill */
    bool open_ended; /* allowed kinds may also be refused by the machine: not checked that it works */
} acts[] = {
    {"open /etc/passwd", a_open_passwd, NET, false},
    {"make a file", a_open_write, 0, false},
    {"read another's environment", a_open_home, 0, false},
    {"exec", a_exec, 0, false},
    {"ptrace the parent", a_ptrace, 0, false},
    {"connect by TCP", a_inet, NET | FINDER, true},
    {"listen on TCP", a_bind_inet, 0, false},
    {"connect to a sibling", a_local, LISTENERS | BIT(SB_DIALLER) | NET | RELAYD | FINDER | PUBD, false},
    {"turn a peer's socket elsewhere", a_turn, NET | FINDER, true},
    {"fork", a_fork, LISTENERS | NURSERY | STARTER, false},
    {"start a thread", a_thread, THREADED, false},
    {"executable memory", a_exec_memory, NET, false},
    {"signal the parent", a_kill_parent, 0, true},
    {"no core dump", a_core, EVERY, false},
    {"memfd", a_memfd, EVERY, false},
    {"shorten a file", a_shorten, BIT(SB_STORED) | BIT(SB_TRUSTD) | PUBD, false},
    {"write over the log", a_no_append, EVERY & ~SESSIONS, true},
    {"socket pair", a_pair, EVERY & ~(BIT(SB_TRUST_PARSER) | BIT(SB_SLAPD_SAYS)), false},
    {"ask for a limit", a_ask_limit, EVERY, false},
    {"set a limit", a_set_limit, STARTER, false},
    {"own folder", a_own_file, BIT(SB_STORED) | PUBD, false},
    {"accept", a_accept, LISTENERS | THREADED, true},
    {"fork a session", a_session, LISTENERS | NURSERY | STARTER, false},
};

enum { BROKEN = 99 };

/* The process that forks it. */
static enum sandbox_kind above_of(int session)
{
    return session == SB_SMTPD_SESSION   ? SB_SMTPD_LISTENER
           : session == SB_IMAPD_SESSION ? SB_IMAPD_LISTENER
           : session == SB_HTTPD_SESSION ? SB_HTTPD_LISTENER
                                         : SB_RELAY_NURSERY;
}

/* The exit status is what the act gave; the sandbox itself failing is BROKEN. */
static int in_sandbox_below(const struct sandbox_how *above, enum sandbox_kind k, uid_t uid, const char *root,
                            int (*run)(void))
{
    struct sandbox_how h = {k, uid, root, k == SB_STORED || k == SB_PUBD ? rw_dir : NULL};
    int status;
    struct err e;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        in_nursery = k == SB_RELAY_NURSERY;
        if (chdir(dir) != 0 || (above && sandbox_enter(above, &e) != RC_OK) || sandbox_enter(&h, &e) != RC_OK) {
            dprintf(2, "sandbox_enter: %s\n", e.log);
            _exit(BROKEN);
        }
        _exit(run());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGSYS);
        return -SIGSYS;
    }
    assert_int_not_equal(WEXITSTATUS(status), BROKEN);
    return WEXITSTATUS(status);
}

static int in_sandbox(enum sandbox_kind k, uid_t uid, const char *root, int (*run)(void))
{
    return in_sandbox_below(NULL, k, uid, root, run);
}

/* ---- a session's filter is its own on its listener's: together they must forbid what its whole filter forbids ---- */

/* Whether it sleeps in that call, made with the arguments below: then it was let through. */
static bool waits_in(pid_t pid, long call)
{
    char path[64];
    long in = -1;
    unsigned long a = 0, b = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    f = fopen(path, "re");
    if (f == NULL)
        return false;
    if (fscanf(f, "%ld %lx %lx", &in, &a, &b) != 3) /* "running" */
        in = -1;
    fclose(f);
    return in == call && a == ULONG_MAX && b == ULONG_MAX;
}

/* Made with arguments that can do nothing. Only whether it was killed for asking counts; one that waits or leaves was not. */
static bool killed_for(enum sandbox_kind first, enum sandbox_kind then, long call)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct err e;

        alarm(60); /* where nobody can see in which call it waits */
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || sandbox_filter_install(first, &e) != RC_OK ||
            (then != first && sandbox_filter_install(then, &e) != RC_OK))
            _exit(BROKEN);
        syscall(call, -1L, -1L, -1L, -1L, -1L, -1L);
        _exit(0);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (waits_in(pid, call))
            kill(pid, SIGKILL);
        usleep(200);
    }
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == BROKEN);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

enum { CALLS = 462, SEEN_ALLOWED = 100 };

static void test_narrowing(void **state)
{
    struct err e;
    int allowed = 0, step = getenv("PLI_LONG") ? 1 : 3; /* make test asks each call */

    (void)state;
    assert_int_equal(sandbox_filter_prepare(SB_SMTPD_LISTENER, &e), RC_OK);
    assert_int_equal(sandbox_filter_prepare(SB_SMTPD_SESSION, &e), RC_OK);
    fflush(NULL);
    for (long call = 0; call < CALLS; call += step) {
        bool whole = killed_for(SB_SMTPD_SESSION, SB_SMTPD_SESSION, call);

        if (killed_for(SB_SMTPD_LISTENER, SB_SMTPD_SESSION, call) != whole)
            fail_msg("call %ld: %s", call,
                     whole ? "forbidden by the whole filter only" : "forbidden on the listener's only");
        allowed += !whole;
    }
    assert_in_range(allowed, SEEN_ALLOWED / step, CALLS / 2 / step);
}

/* Whatever the kernel's Landlock knows of networks (Debian 12: nothing), no session may call connect. */
static void test_no_connect(void **state)
{
    (void)state;
    fflush(NULL);
    for (int k = 0; k < SB_KINDS_; k++)
        if (BIT(k) & SESSIONS) {
            enum sandbox_kind above = above_of(k);

            assert_true(killed_for(above, (enum sandbox_kind)k, SYS_connect));
            assert_true(killed_for(above, (enum sandbox_kind)k, SYS_socket));
        }
}

static void make_tcp_peer(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(l, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(l, 1), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(connect(c, (struct sockaddr *)&a, len), 0);
    tcp_peer = accept(l, NULL, NULL);
    assert_true(tcp_peer >= 0);
    close(l);
}

static bool needs_landlock(const struct act *a, enum sandbox_kind k)
{
    return (a->run == a_open_home && BIT(k) & (NET | BIT(SB_STORED))) ||
           (BIT(k) & (NET | FINDER) && a->run == a_bind_inet) ||
           (k == SB_STORED && (a->run == a_open_write || a->run == a_open_passwd)) ||
           (a->run == a_kill_parent && BIT(k) & (LISTENERS | NURSERY | STARTER)) ||
           (a->run == a_turn && BIT(k) & (LISTENERS | BIT(SB_DIALLER) | RELAYD | FINDER));
}

static void try_all(uid_t uid, const char *root)
{
    int abi = sandbox_landlock_abi();

    for (int k = 0; k < SB_KINDS_; k++)
        for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
            const struct act *a = &acts[i];
            bool works = a->works & BIT(k);
            int got;
            if (root && a->run == a_open_passwd && works)
                works = false; /* an empty root has no /etc */
            if (root && a->run == a_own_file)
                continue; /* stored is not given a root it cannot see its folder from */
            if (needs_landlock(a, (enum sandbox_kind)k) && abi < 6)
                continue;
            got = in_sandbox((enum sandbox_kind)k, uid, root, a->run);
            if (BIT(k) & SESSIONS) {
                struct sandbox_how above = {above_of(k), uid, root, NULL};

                assert_int_equal(in_sandbox_below(&above, (enum sandbox_kind)k, uid, root, a->run), got);
            }
            if ((works && !a->open_ended && got != 0) || (!works && got == 0))
                fail_msg("%s: %s: %s (%d)", sandbox_profiles[k].name, a->name, works ? "does not work" : "works", got);
        }
}

/* The reader of a white list is forked by the starter, which may fork and set limits: nothing of that is left to it. */
static void test_the_parser_below_its_starter(void **state)
{
    const struct sandbox_how starter = {SB_TRUST_STARTER, 0, NULL, NULL};

    (void)state;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        int got = in_sandbox_below(&starter, SB_TRUST_PARSER, 0, NULL, acts[i].run);

        if (!acts[i].open_ended && (got == 0) != ((acts[i].works & BIT(SB_TRUST_PARSER)) != 0))
            fail_msg("%s: %d", acts[i].name, got);
    }
}

static void test_as_we_are(void **state)
{
    (void)state;
    try_all(0, NULL);
}

static int a_who(void)
{
    return getuid() == OWN_UID && geteuid() == OWN_UID && getgid() == OWN_UID && getegid() == OWN_UID ? 0 : EPERM;
}

static int a_root_is_run(void)
{
    return a_local() != 0 ? errno : access("/peer", F_OK) == 0 || errno == EACCES ? 0 : errno;
}

static void test_as_root(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_sandbox(SB_KEYD, OWN_UID, dir, a_who), 0);
    assert_int_equal(in_sandbox(SB_SMTPD_LISTENER, OWN_UID, dir, a_root_is_run), 0);
    try_all(OWN_UID, dir);
}

static void test_seen_from_outside(void **state)
{
    struct sandbox_how h = {SB_KEYD, geteuid() == 0 ? OWN_UID : 0, dir, NULL};
    struct sandbox_state s;
    int gate[2], back[2];
    struct err e;
    char c;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(gate) | pipe(back), 0);
    pid = fork();
    if (pid == 0) {
        if (sandbox_enter(&h, &e) != RC_OK || write(back[1], "x", 1) != 1)
            _exit(BROKEN);
        (void)!read(gate[0], &c, 1);
        _exit(0);
    }
    assert_int_equal(read(back[0], &c, 1), 1);
    sandbox_state_of(pid, &s);
    assert_true(s.seccomp && s.no_new_privs);
    assert_int_equal(s.landlock, sandbox_landlock_abi() > 0);
    assert_int_equal(s.own_uid, geteuid() == 0);
    assert_int_equal(s.empty_root, geteuid() == 0);
    sandbox_state_of(getpid(), &s);
    assert_false(s.own_uid || s.empty_root);
    assert_int_equal(write(gate[1], "x", 1), 1);
    waitpid(pid, NULL, 0);
    close(gate[0]), close(gate[1]), close(back[0]), close(back[1]);
}

static int setup(void **state)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct err e;

    (void)state;
    sandbox_warm_reports();
    make_tcp_peer();
    for (int k = 0; k < SB_KINDS_; k++) /* once, not in each of three hundred children */
        assert_int_equal(sandbox_filter_prepare((enum sandbox_kind)k, &e), RC_OK);
    snprintf(dir, sizeof dir, "/tmp/pli-sandbox-test.XXXXXX");
    snprintf(rw_dir, sizeof rw_dir, "/tmp/pli-sandbox-rw.XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_non_null(mkdtemp(rw_dir));
    assert_int_equal(chmod(dir, 0755), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(rw_dir, OWN_UID, OWN_UID), 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s/peer", dir);
    listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
    assert_int_equal(
        bind(listening, (struct sockaddr *)&a, sizeof a) | chmod(a.sun_path, 0666) | listen(listening, 500), 0);
    return 0;
}

static int teardown(void **state)
{
    char path[80];

    (void)state;
    snprintf(path, sizeof path, "%s/peer", dir);
    unlink(path);
    rmdir(dir);
    rmdir(rw_dir);
    close(listening);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_narrowing),
        cmocka_unit_test(test_no_connect),
        cmocka_unit_test(test_the_parser_below_its_starter),
        cmocka_unit_test(test_as_we_are),
        cmocka_unit_test(test_as_root),
        cmocka_unit_test(test_seen_from_outside),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
