/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/guard.c - no process outlives the supervisor (INV-S2). The kernel forgets the parent-death signal when a
 * process changes its uid, as the daemons do. So a small process, the guard, watches instead. It leads the process
 * group of all daemons and waits on a pipe that only the supervisor holds open for writing. When the pipe ends without
 * a farewell, the guard kills the group. */
#include "base/log.h"
#include "pli/super/super.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_but(int keep)
{
    if (keep > 3)
        close_range(3, (unsigned)keep - 1, 0);
    close_range((unsigned)keep + 1, ~0U, 0);
    for (int fd = 0; fd < 3; fd++)
        if (fd != keep)
            close(fd);
}

static void watch(int fd, pid_t group)
{
    char farewell;
    ssize_t n;

    prctl(PR_SET_NAME, "pli-guard");
    for (int sig = 1; sig < NSIG; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            signal(sig, SIG_IGN); /* a Ctrl-C is the supervisor's to handle */
    setpgid(0, group);
    close_but(fd);
    do
        n = read(fd, &farewell, 1);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        kill(-getpgrp(), SIGKILL); /* this process too */
    _exit(0);
}

void guard_start(struct super *s)
{
    int ends[2];

    if (s->guard_fd >= 0)
        close(s->guard_fd);
    if (pipe2(ends, O_CLOEXEC) != 0 || (s->guard = fork()) < 0)
        die("the guard process cannot be started (errno %d)", errno);
    if (s->guard == 0)
        watch(ends[0], s->group);
    close(ends[0]);
    s->guard_fd = ends[1];
    if (s->group == 0)
        s->group = s->guard;
    setpgid(s->guard, s->group); /* whoever of the two comes first */
}

void guard_dismiss(struct super *s)
{
    if (s->guard_fd < 0)
        return;
    if (write(s->guard_fd, "q", 1) != 1)
        log_ev(LOG_WARN_, "guard-deaf", "pid=%ld", (long)s->guard);
    close(s->guard_fd);
    s->guard_fd = -1;
    waitpid(s->guard, NULL, 0);
}
