/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/input.h - a file that a command is given by its name, read whole ("-" is standard input); and what stands in it, shown.
 * Process  pli.
 */
#pragma once
#include "base/buf.h"
#include "pli/cmd.h"
#include <stdio.h>

/* Appended to *out; of one that has more than most octets a few more than that, so that whoever reads it sees that. PLI_OK, or a failure that was told. */
int input_read(struct cmd *c, const char *name, size_t most, struct buf *out);
/* Words of a file or of another server, as a terminal may show them: with a control or a direction mark in them they are escaped, and cut. */
void input_show(FILE *to, struct span words);
