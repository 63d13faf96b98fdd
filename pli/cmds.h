/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmds.h - what the table of commands points to: one function a command, each in its cmd_*.c. Process: pli. */
#pragma once
#include "pli/cmd.h"

int cmd_init(struct cmd *c);
int cmd_serve(struct cmd *c);
int cmd_account_add(struct cmd *c);
