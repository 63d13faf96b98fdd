/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/stopping.c - an orderly end. Daemons that take new work are stopped first, then their sessions, then the
 * daemons that these ask, then slapd.
 *   rank 0  smtpd imapd relayd: told to stop; their sessions finish what they promised, at most 5 s
 *   rank 1  stored keyd dird: what is in flight is answered and flushed
 *   rank 2  slapd
 * A process that does not end when told is killed. No acknowledged message is lost by that, because promise 1 rests on
 * the commits of stored. */
#include "base/clock.h"
#include "base/log.h"
#include "pli/super/super.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RANK_MS = 5000, STEP_MS = 5, RANKS = 3 };

static void reap(struct super *s)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        ended(s, pid, status);
}

static bool is_ours(const struct super *s, pid_t pid)
{
    for (size_t i = 0; i < PROCS_; i++)
        if (s->procs[i].pid == pid)
            return true;
    return pid == s->guard || pid == s->says;
}

/* Sessions whose listener is gone are children of the supervisor (subreaper). Sends each of them sig (0: no signal) and
 * returns how many there are. */
static unsigned orphans(const struct super *s, int sig)
{
    char path[64], *line = NULL;
    size_t room = 0;
    unsigned n = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)getpid(), (long)getpid());
    f = fopen(path, "re");
    if (!f)
        return 0; /* a kernel without this file: the guard's group is killed at the end */
    if (getline(&line, &room, f) > 0) {
        char *p = line, *end;
        for (long pid = strtol(p, &end, 10); end != p; pid = strtol(p, &end, 10)) {
            p = end;
            if (is_ours(s, (pid_t)pid))
                continue;
            n++;
            if (sig)
                kill((pid_t)pid, sig);
        }
    }
    free(line);
    fclose(f);
    return n;
}

static unsigned rank_signal(const struct super *s, unsigned rank, int sig)
{
    unsigned n = 0;

    for (size_t i = 0; i < PROCS_; i++)
        if (proc_defs[i].stop_rank == rank && s->procs[i].pid > 0) {
            n++;
            if (sig)
                kill(s->procs[i].pid, sig);
        }
    return n;
}

static void stop_rank(struct super *s, unsigned rank)
{
    int64_t deadline = deadline_in(RANK_MS);
    bool told = false;
    unsigned left;

    rank_signal(s, rank, SIGTERM);
    for (;;) {
        reap(s);
        left = rank_signal(s, rank, 0);
        if (rank == 0) { /* a session is told once, when its listener has gone */
            left += orphans(s, !told && left == 0 ? SIGTERM : 0);
            told = told || rank_signal(s, rank, 0) == 0;
        }
        if (left == 0)
            return;
        if (clock_mono() >= deadline)
            break;
        nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
    }
    log_ev(LOG_WARN_, "killed-at-stop", "rank=%u left=%u", rank, left);
    rank_signal(s, rank, SIGKILL);
    if (rank == 0)
        orphans(s, SIGKILL);
    reap(s);
}

void stop_all(struct super *s)
{
    int status;
    pid_t pid;

    s->stopping = true;
    if (s->probe > 0)
        kill(s->probe, SIGKILL);
    for (unsigned rank = 0; rank < RANKS; rank++)
        stop_rank(s, rank);
    says_stop(s);
    guard_dismiss(s);
    while ((pid = waitpid(-1, &status, 0)) > 0 || (pid < 0 && errno == EINTR))
        if (pid > 0)
            ended(s, pid, status);
}
