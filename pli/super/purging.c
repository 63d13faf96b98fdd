/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/super/purging.c - closed accounts whose time has passed are destroyed while the instance runs: "pli account purge" is started as an administrator would
 * start it, the first time soon after the instance is ready, then every account.purge_every. So an instance that is started anew each day purges as well.
 *
 * INV-S4   The supervisor asks nobody for this: the child does, and its end is all that is looked at. What it did is in dird's lines of the log.
 * Crash    of the child, or of all: the next one ends what was begun (admin/life.h).
 */
#include "base/clock.h"
#include "base/log.h"
#include "pli/super/super.h"
#include <sys/wait.h>

enum { SOON_S = 30, MS = 1000 };

static int64_t every_s(const struct super *s)
{
    return conf_num(s->conf, "account.purge_every");
}

void purge_plan(struct super *s)
{
    s->purge_due = every_s(s) > 0 ? deadline_in((every_s(s) < SOON_S ? every_s(s) : SOON_S) * MS) : DEADLINE_NEVER;
}

int64_t purge_look(struct super *s)
{
    const char *const argv[] = {"pli", "account", "purge", "--root", s->dir, NULL};

    if (!s->ready || s->purge > 0 || s->purge_due == DEADLINE_NEVER)
        return DEADLINE_NEVER;
    if (s->purge_due > clock_mono())
        return s->purge_due;
    s->purge = spawn_self(s, argv);
    s->purge_due = deadline_in(every_s(s) * MS);
    return s->purge > 0 ? DEADLINE_NEVER : s->purge_due;
}

void purge_ended(struct super *s, int status)
{
    s->purge = 0;
    if (!s->stopping && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        log_ev(LOG_WARN_, "purge-failed", "exit=%d signal=%d", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
               WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}
