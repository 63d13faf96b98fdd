/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/saying.c - the process that carries what slapd prints to the log, kept running. See pli/super/slapd_says.h. */
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/ticket.h"
#include "pli/super/slapd_says.h"
#include "pli/super/super.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { YOUNG_MS = 1000, PATIENCE_MS = 5000, STEP_MS = 5, MS = 1000000 };

int64_t says_look(struct super *s)
{
    if (s->says > 0)
        return DEADLINE_NEVER;
    if (s->says_due > clock_mono())
        return s->says_due;
    if (s->says_fd[0] < 0 && !slapd_says_pipe(s->says_fd))
        die("what slapd says cannot be followed (errno %d)", errno);
    s->says_started = clock_mono();
    s->says = fork();
    if (s->says == 0) {
        child_begins(s);
        wipe(s->tickets, sizeof *s->tickets); /* it reads what strangers have a hand in, and needs none of these */
        wipe(s->log_key, sizeof s->log_key);
        slapd_says_follow(s->says_fd[0], s->alive_fd, s->uids[P_SLAPD]);
    }
    if (s->says > 0) {
        setpgid(s->says, s->group);
        return DEADLINE_NEVER;
    }
    log_ev(LOG_ERROR_, "spawn-failed", "name=slapd-says errno=%d", errno);
    s->says = 0;
    return s->says_due = deadline_in(YOUNG_MS);
}

/* At once, but for one that cannot live. */
void says_ended(struct super *s)
{
    bool young = clock_mono() - s->says_started < (int64_t)YOUNG_MS * MS;

    s->says = 0;
    s->says_due = young ? deadline_in(YOUNG_MS) : 0;
}

void says_stop(struct super *s)
{
    int64_t deadline = deadline_in(PATIENCE_MS);

    for (int i = 0; i < 2 && s->says_fd[i] >= 0; i++)
        close(s->says_fd[i]);
    while (s->says > 0 && waitpid(s->says, NULL, WNOHANG) != s->says) {
        if (clock_mono() > deadline)
            kill(s->says, SIGKILL);
        nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
    }
    s->says = 0;
}
