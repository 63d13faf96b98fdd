/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_release.c - pli queue release: what was held waits again, and is tried now. */
#include "pli/cmds.h"
#include "pli/queue_change.h"

int cmd_queue_release(struct cmd *c)
{
    return queue_pick_and_change(c, QUEUE_RELEASE, "released");
}
