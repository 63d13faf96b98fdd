/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/acting.h - pli --as ADDRESS: the command for a delegated administrator, within what she administers (decision 0050).
 *
 * Which    a table of the commands that there are for her; every other one is refused, so a new command is not hers until its row says so.
 * What     of them is hers dird decides, request by request (directory/dird/scope.h).
 * Process  pli.
 */
#pragma once
#include "pli/cmd.h"

/* Before inst_enter(): is this command hers, and may whoever called it by sudo give it what is given? By sudo she is a user of the machine whose files are not the
 * instance's: then no option and no word names a file or another instance, for they would be opened with rights that are not hers. */
int acting_allowed(const struct cmd *c);
/* Behind inst_enter(). PLI_OK: inst_admin() acts for her from now on, or --as was not given; else an exit code after its line. */
int acting_enter(struct cmd *c);
