/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/lock.c - an instance has one supervisor, and no supervisor starts while a process of an earlier one is
 * alive (INV-S1).
 *
 * run/pid    locked by the supervisor alone.
 * run/alive  locked through a descriptor that every process of the instance inherits: the lock falls when the last is gone.
 */
#include "pli/super/super.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { REMAINS_WAIT_MS = 5000, ALIVE_WAIT_MS = 200, STEP_MS = 5 };

static enum rc open_lock(const char *name, int *fd_out, struct err *e)
{
    *fd_out =
        open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* who could open it could lock it, and us out */
    return *fd_out >= 0 && fchmod(*fd_out, 0600) == 0
               ? RC_OK
               : err_sys(e, RC_PERM, "run/%s cannot be opened: run pli serve as the instance's owner", name);
}

static enum rc write_pid(int fd, struct err *e)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return err_sys(e, RC_TEMP, "run/pid cannot be written: is its disk full?");
    return RC_OK;
}

static enum rc wait_for_remains(int fd, struct err *e)
{
    const struct timespec step = {0, STEP_MS * 1000000L};

    for (int waited = 0; waited < REMAINS_WAIT_MS; waited += STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return RC_OK;
        nanosleep(&step, NULL);
    }
    return err_set(e, RC_EXISTS,
                   "processes of an earlier pli serve are still running on this instance: end them (pli doctor names "
                   "them) and try again");
}

static long pid_written(int fd)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    return n > 0 ? strtol(text, NULL, 10) : 0;
}

/* When a living supervisor holds the lock the answer is no. It comes after a moment, because another command may hold
 * the lock only to look whether the instance is served. When processes of a killed supervisor hold the lock, they end
 * within moments and are waited for. */
static enum rc take_pid(int fd, struct err *e)
{
    const struct timespec step = {0, STEP_MS * 1000000L};
    long pid = 0;

    for (int waited = 0, alive = 0; waited < REMAINS_WAIT_MS && alive < ALIVE_WAIT_MS; waited += STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return RC_OK;
        pid = pid_written(fd);
        alive += pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM) ? STEP_MS : 0;
        nanosleep(&step, NULL);
    }
    return err_set(e, RC_EXISTS, "already served by process %ld: stop it first, or use that one", pid);
}

enum rc lock_take(struct super *s, struct err *e)
{
    enum rc rc = open_lock("pid", &s->lock_fd, e);

    if (rc == RC_OK)
        rc = take_pid(s->lock_fd, e);
    if (rc == RC_OK)
        rc = write_pid(s->lock_fd, e);
    if (rc == RC_OK)
        rc = open_lock("alive", &s->alive_fd, e);
    return rc == RC_OK ? wait_for_remains(s->alive_fd, e) : rc;
}
