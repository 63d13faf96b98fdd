/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/tally.h - what became of the rows of a file (admin/roster.h), counted and told: pli account import, pli domain import.
 * Process  pli.
 */
#pragma once
#include "admin/roster.h"
#include "pli/cmd.h"
#include <jansson.h>

struct tally { /* zeroed */
    size_t of[ROSTER_OUTCOMES];
};
/* "3 rows: 1 added, 0 changed, 2 unchanged", and behind it what was refused, failed or was not tried, if anything was. */
void tally_line(const struct tally *t, uint32_t rows, bool dry);
void tally_json(const struct tally *t, json_t *all); /* each outcome's word and its number */
int tally_answer(const struct tally *t);             /* PLI_FAILED: not every row is as the file says */
