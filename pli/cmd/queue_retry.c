/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/queue_retry.c - pli queue retry: what waits is tried now, whatever its time; what an administrator holds is not. */
#include "pli/cmds.h"
#include "pli/queue_change.h"

int cmd_queue_retry(struct cmd *c)
{
    return queue_pick_and_change(c, QUEUE_RETRY, "to be tried now");
}
