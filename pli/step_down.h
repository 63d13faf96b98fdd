/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/step_down.h - root's rights given up before somebody else's words or folders are read.
 *
 * Why      a folder's owner chooses what stands in it, and may change that between two calls: a link in the middle of a path would lead root to read what the
 *          owner may not, or to write there. So an administrator's command goes through a place as the place's owner, to whom no link gives anything.
 * Owner    of a path is the first user other than root to whom a step of the path belongs: he can lead the rest of it elsewhere. Root's links are followed step by
 *          step in the same way, so a link of his behind one of root's is his. Where there is none the place is root's, and every folder in it must be.
 *          A folder that others may write to, and root's name in it, is taken only with the sticky bit (/tmp): else anybody might put another thing there.
 * After    no connection to a daemon is open, the working folder is the one the command was called in, no right comes back by exec. An ordinary user keeps what
 *          he has.
 * Errors   PLI_OK, or an exit code after one line on standard error.   Process: pli.
 */
#pragma once
#include "pli/cmd.h"
#include <sys/types.h>

int step_down_to_nobody(struct cmd *c); /* another server's words; files named after that must be readable by all */
int step_down_to_owner(struct cmd *c, const char *path, bool make); /* as it was typed. make: it need not be there yet */

/* For the one above and its test. make: a folder that is missing in one like /tmp is made (0700), before another user does. RC_PERM: a step cannot be read, or
 * anybody may have put it there. 0: root, or nobody can put anything there but root. */
enum rc step_down_owner(const char *path, bool make, uid_t *out, struct err *e);
