/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_drop.c - pli queue drop: what waits is not sent, and its sender is told so (relayd writes the report); with --silent nobody is told.
 * Nothing brings it back. So it says what it will do, and asks when more than one message goes. */
#include "pli/cmds.h"
#include "pli/queue_change.h"
#include "pli/queue_rows.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(const struct queue_pick *p, bool silent, char *out, size_t room)
{
    char age[24];

    snprintf(out, room, "%zu message%s, %zu recipient%s (%.*s), the oldest %s old, will not be sent; %s", p->messages,
             p->messages == 1 ? "" : "s", p->n, p->n == 1 ? "" : "s", (int)(p->to.n < 400 ? p->to.n : 400),
             (const char *)p->to.p, queue_age(p->oldest, age), silent ? "nobody is told" : "their senders are told");
}

static int confirmed(struct cmd *c, const char *what)
{
    char typed[16] = "";

    if (opt_get(c, "--yes"))
        return PLI_OK;
    if (!isatty(0))
        return cmd_usage(c, "%s: --yes says that this is meant", what);
    fprintf(stderr, "%s. Type yes to go on: ", what);
    if (fgets(typed, sizeof typed, stdin) && span_eq_str(span_trim(span_str(typed)), "yes"))
        return PLI_OK;
    return cmd_fail(c, "nothing was dropped");
}

int cmd_queue_drop(struct cmd *c)
{
    bool silent = opt_get(c, "--silent") != NULL;
    enum queue_act act = silent ? QUEUE_END : QUEUE_DROP;
    struct queue_pick p;
    char what[700];
    int answer = queue_pick(c, act, &p);

    if (answer == PLI_OK && p.messages > 1) {
        say(&p, silent, what, sizeof what);
        answer = confirmed(c, what);
    }
    if (answer == PLI_OK)
        answer = queue_change(c, &p, act, silent ? "dropped, nobody is told" : "dropped, their senders are told");
    queue_pick_free(&p);
    return answer;
}
