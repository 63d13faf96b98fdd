/* SPDX-License-Identifier: EUPL-1.2 */
/* store/stored/live_daemon_test.h - a real pli-stored in a child process on a folder of its own: starting and ending it, for live_test.h.
 *
 * The listening socket is the test's, as it is the supervisor's in life, so the daemon can be killed and started again
 * under its clients.
 * Process  tests.
 */
#pragma once
#include "base/boot.h"
#include "base/folder_test.h"
#include "base/log.h"
#include "base/sandbox_int.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "crypto/seal/ticket.h"
#include "store/ops/stored.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

struct live {
    char dir[64];
    pid_t pid, starter_pid;
    int listen_fd, starter;
    const char *min_free, *fault, *log; /* log: a file that its lines are added to; NULL: the test's own stderr */
    int late_ms;                        /* it begins so much later */
    const char *const *more; /* name, value, ..., NULL: further settings */
    struct ticket_keys tickets;
};

static inline int live_secret(const void *p, size_t n)
{
    int fd = memfd_create("secret", 0);

    assert_int_equal(write(fd, p, n), n);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static inline void live_child(struct live *l)
{
    struct boot *b = boot_new();
    char fd[16];

    boot_set(b, "instance", l->dir);
    boot_set(b, "uid", "0");
    /* What a start costs: as many octets as min_free are written into the reserve of a new store, a recovery fills a log file, and the sanitizer marks
     * an eighth of the cache. */
    boot_set(b, "stored.min_free", l->min_free ? l->min_free : "1M");
    boot_set(b, "stored.cache", "8M");
    boot_set(b, "stored.log_file", "4194304");
    for (const char *const *m = l->more; m && *m; m += 2)
        boot_set(b, m[0], m[1]);
    boot_give(b, "ticket.key", live_secret(l->tickets.of[TICKET_FOR_STORED], TICKET_KEY));
    boot_give(b, "ipc", l->listen_fd);
    snprintf(fd, sizeof fd, "%d", boot_memfd(b));
    setenv("PLI_BOOT", fd, 1);
    if (l->fault)
        setenv("PLI_FAULT", l->fault, 1);
    if (l->log)
        dup2(open(l->log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600), STDERR_FILENO);
    poll(NULL, 0, l->late_ms);
    _exit(stored_main(0, NULL));
}

/* "make test" sets PLI_LONG: a test that does the same to each table, or at each call, does it to all of them. "make check", the inner loop, does it to
 * every step-th. */
static inline int live_step(int step)
{
    return getenv("PLI_LONG") ? 1 : step;
}

/* ---- starting it ----
 * A process with threads may not fork and go on under the address sanitizer: another thread may hold the allocator's lock at that moment, and the
 * child waits for it for ever. So a starter is forked while the test has no threads yet, and forks the daemon whenever it is told to. The daemon's
 * parent ends at once, and the test, which is the subreaper, has the daemon as its own child. */
struct live_order {
    char min_free[32], fault[128], log[128], more[2048]; /* "": none; more: name, NUL, value, NUL ..., NUL */
    int late_ms;
};

static inline void live_obey(struct live *l, struct live_order *o)
{
    const char *more[64] = {NULL};
    size_t n = 0;

    for (char *p = o->more; *p && n < 63; p += strlen(p) + 1)
        more[n++] = p;
    l->min_free = o->min_free[0] ? o->min_free : NULL;
    l->fault = o->fault[0] ? o->fault : NULL;
    l->log = o->log[0] ? o->log : NULL;
    l->late_ms = o->late_ms;
    l->more = n > 0 ? more : NULL;
    live_child(l);
}

static inline void live_starter(struct live *l, int orders)
{
    struct live_order o;

    while (recv(orders, &o, sizeof o, 0) == sizeof o) {
        pid_t between = fork(), daemon = -1;

        if (between == 0) {
            daemon = fork();
            if (daemon == 0) {
                close(orders);
                live_obey(l, &o);
            }
            _exit(send(orders, &daemon, sizeof daemon, 0) != sizeof daemon);
        }
        waitpid(between, NULL, 0);
        (void)!send(orders, "", 1, 0); /* from now on the daemon is the test's child */
    }
    _exit(0);
}

/* SIGTERM is caught from now on, or it has ended: some tests start one that cannot live. */
static inline bool live_catches(pid_t pid)
{
    unsigned long long caught = 0;
    siginfo_t ended = {.si_pid = 0};
    char path[40], line[200];
    FILE *f;

    if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT | WNOHANG) != 0 || ended.si_pid == pid)
        return true;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "SigCgt:", 7) == 0)
            caught = strtoull(line + 7, NULL, 16);
    if (f)
        fclose(f);
    return caught >> (SIGTERM - 1) & 1;
}

static inline void live_start(struct live *l)
{
    struct live_order o = {0};
    size_t at = 0;
    char done;

    snprintf(o.min_free, sizeof o.min_free, "%s", l->min_free ? l->min_free : "");
    snprintf(o.fault, sizeof o.fault, "%s", l->fault ? l->fault : "");
    snprintf(o.log, sizeof o.log, "%s", l->log ? l->log : "");
    o.late_ms = l->late_ms;
    for (const char *const *m = l->more; m && *m; m++) {
        assert_true(at + strlen(*m) + 2 < sizeof o.more);
        at += (size_t)snprintf(o.more + at, sizeof o.more - at, "%s", *m) + 1;
    }
    assert_int_equal(send(l->starter, &o, sizeof o, 0), sizeof o);
    assert_int_equal(recv(l->starter, &l->pid, sizeof l->pid, 0), sizeof l->pid);
    assert_int_equal(recv(l->starter, &done, 1, 0), 1);
    assert_true(l->pid > 0);
    while (!live_catches(l->pid))
        poll(NULL, 0, 2);
}

static inline void live_fork_starter(struct live *l)
{
    int sv[2];

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
    l->starter_pid = fork();
    assert_true(l->starter_pid >= 0);
    if (l->starter_pid == 0) {
        close(sv[0]);
        live_starter(l, sv[1]);
    }
    close(sv[1]);
    l->starter = sv[0];
}

/* In the folder of that name; NULL: in TMPDIR, which the runner puts into memory, else /tmp. A daemon that is killed leaves the same bytes in
 * either; what a disk adds is that it waits at each flush. */
static inline void live_new_in(struct live *l, const char *parent)
{
    struct err e;
    char sub[80];

    if (!parent)
        parent = getenv("TMPDIR");
    memset(l, 0, sizeof *l);
    assert_in_range(snprintf(l->dir, sizeof l->dir, "%s/pli-stored-XXXXXX", parent && *parent ? parent : "/tmp"), 1, sizeof l->dir - 1);
    assert_non_null(mkdtemp(l->dir));
    snprintf(sub, sizeof sub, "%s/store", l->dir);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_int_equal(chdir(l->dir), 0);
    ticket_keys_new(&l->tickets);
    l->listen_fd = ipc_listen("stored.sock", &e);
    assert_true(l->listen_fd >= 0);
    sandbox_warm_reports(); /* once: every daemon forked from here inherits what the sanitizer read for its reports */
    live_fork_starter(l);
    live_start(l);
}

static inline void live_new(struct live *l)
{
    live_new_in(l, NULL);
}

/* Ends the daemon by that signal; its exit code, or 128 + signal. */
static inline int live_stop(struct live *l, int sig)
{
    int st = 0;

    if (l->pid <= 0)
        return -1;
    if (sig)
        kill(l->pid, sig);
    waitpid(l->pid, &st, 0);
    l->pid = 0;
    return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static inline void live_end(struct live *l)
{
    assert_int_equal(live_stop(l, SIGTERM), 0);
    close(l->starter); /* and it ends */
    waitpid(l->starter_pid, NULL, 0);
    close(l->listen_fd);
    assert_int_equal(chdir("/"), 0);
    folder_drop(l->dir);
}
