/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_hold.c - pli queue hold: nothing of it is tried until pli queue release; its life in the queue runs on. */
#include "pli/cmds.h"
#include "pli/queue_change.h"

int cmd_queue_hold(struct cmd *c)
{
    return queue_pick_and_change(c, QUEUE_HOLD, "held");
}
