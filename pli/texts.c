/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/texts.c - prepares what a person typed to be shown to others: names, wards, notes, subjects, search words. A text
 * gets one form (NFC). It must have no control character and no direction mark, because a name with a line end breaks
 * every list that shows it, and one with a direction mark shows another name than it holds. It must not be longer than
 * directory/wire.c takes. See pli/cmd.h. */
#include "base/prepare.h"
#include "pli/cmd.h"
#include <stdlib.h>
#include <string.h>

/* By the word that stands for the value in the table of options, or of the words. */
static const struct {
    const char *arg;
    size_t most; /* octets, as directory/wire.c has it */
} kinds[] = {{"NAME", 255}, {"TEXT", 255}, {"DN", 511}};

static size_t bound_of(const char *arg)
{
    for (size_t i = 0; arg && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(arg, kinds[i].arg) == 0)
            return kinds[i].most;
    return 0;
}

static const char *arg_of(const struct cmd *c, const char *option)
{
    for (const struct cmd_opt *o = c->def->opts; o && o->name; o++)
        if (strcmp(o->name, option) == 0)
            return o->arg;
    return NULL;
}

/* The prepared form stands in memory of its own, for as long as the program runs. Empty is left to the command: it may mean "none". */
static int one_text(struct cmd *c, const char *what, size_t most, const char **value)
{
    struct buf as = BUF_INIT;
    struct err e;
    int answer = PLI_OK;
    char *own = NULL;

    if (most == 0 || !(*value)[0])
        return PLI_OK;
    if (strlen(*value) > most)
        return cmd_usage(c, "%s is %zu octets long, at most %zu are kept: shorten it", what, strlen(*value), most);
    if (prepare_name(span_str(*value), &as, &e) != RC_OK)
        answer = cmd_usage(c, "%s cannot be kept: %s", what, e.rc == RC_SYNTAX ? "it is not UTF-8" : e.log);
    else if (as.n > most || !(own = strdup(buf_cstr(&as))))
        answer = cmd_usage(c, "%s is longer than %zu octets: shorten it", what, most);
    else
        *value = own;
    buf_free(&as);
    return answer;
}

int texts_prepare(struct cmd *c)
{
    int answer = PLI_OK;

    for (size_t i = 0; i < c->n_given && answer == PLI_OK; i++)
        answer = one_text(c, c->given[i].name, bound_of(arg_of(c, c->given[i].name)), &c->given[i].value);
    for (size_t i = 0; i < c->n_pos && answer == PLI_OK; i++)
        answer = one_text(c, c->def->args, bound_of(c->def->args), &c->pos[i]);
    return answer;
}
