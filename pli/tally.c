/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/tally.c - see pli/tally.h. */
#include "pli/tally.h"
#include <stdio.h>

void tally_line(const struct tally *t, uint32_t rows, bool dry)
{
    printf("%s%u rows:", dry ? "nothing was written. " : "", (unsigned)rows);
    for (int i = 0; i < ROSTER_OUTCOMES; i++)
        if (t->of[i] || i < ROSTER_REFUSED)
            printf("%s %zu %s", i ? "," : "", t->of[i], roster_outcomes[i]);
    printf("\n");
}

void tally_json(const struct tally *t, json_t *all)
{
    for (int i = 0; i < ROSTER_OUTCOMES; i++)
        json_object_set_new(all, roster_outcomes[i], json_integer((json_int_t)t->of[i]));
}

int tally_answer(const struct tally *t)
{
    return t->of[ROSTER_REFUSED] + t->of[ROSTER_FAILED] + t->of[ROSTER_UNTRIED] ? PLI_FAILED : PLI_OK;
}
