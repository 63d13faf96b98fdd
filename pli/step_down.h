/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/step_down.h - root's rights given up before somebody else's words or folders are read.
 *
 * Why      a folder's owner chooses what stands in it, and may change that between two calls: a link in the middle of a path would lead root to read what the
 *          owner may not, or to write there. So an administrator's command goes through a place as the place's owner, to whom no link gives anything.
 * Owner    of a path is the first user other than root to whom a step of the path belongs, a step through a link included: he can lead the rest of it
 *          elsewhere. Where there is none the place is root's, and every folder in it must be.
 * After    no connection to a daemon is open, the working folder is the one the command was called in, no right comes back by exec. An ordinary user keeps what
 *          he has.
 * Errors   PLI_OK, or an exit code after one line on standard error.   Process: pli.
 */
#pragma once
#include "pli/cmd.h"
#include <sys/types.h>

int step_down_to_nobody(struct cmd *c);                 /* another server's words; files named after that must be readable by all */
int step_down_to_owner(struct cmd *c, const char *path); /* as it was typed; need not be there yet */

/* For the two above and their test. RC_PERM: a step cannot be read. 0: root. */
enum rc step_down_owner(const char *path, uid_t *out, struct err *e);
