/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/help.c - the table of commands, shown to people and, with --json, to programs and tests. */
#include "pli/cmd.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static json_t *opts_json(const struct cmd_opt *o)
{
    json_t *list = json_array();

    for (; o && o->name; o++)
        json_array_append_new(list, json_pack("{s:s,s:s?,s:s}", "name", o->name, "value", o->arg, "help", o->help));
    return list;
}

static json_t *command_json(const struct command *d)
{
    return json_pack("{s:s,s:s,s:s,s:b,s:o}", "command", d->words, "args", d->args, "summary", d->summary,
                     "needs_server", d->needs == NEED_SERVER, "options", opts_json(d->opts));
}

static void opts_text(const struct cmd_opt *o)
{
    char left[64];

    for (; o && o->name; o++) {
        snprintf(left, sizeof left, "%s %s", o->name, o->arg ? o->arg : "");
        printf("  %-34s %s\n", left, o->help);
    }
}

int help_of(const struct command *d, bool json)
{
    if (json)
        return out_json(command_json(d));
    printf("usage: pli %s%s%s%s\n%s\n", d->words, d->args[0] ? " " : "", d->args, d->opts ? " [options]" : "",
           d->summary);
    opts_text(d->opts);
    opts_text(common_opts);
    return PLI_OK;
}

int help_all(bool json)
{
    json_t *list = json_array();

    for (const struct command *d = commands; d->words; d++) {
        if (json)
            json_array_append_new(list, command_json(d));
        else
            printf("  pli %-21s %-22s %s\n", d->words, d->args, d->summary);
    }
    if (json)
        return out_json(json_pack("{s:o,s:o}", "commands", list, "options", opts_json(common_opts)));
    json_decref(list);
    opts_text(common_opts);
    printf("pli help COMMAND tells its options; pli(1) tells the rest.\n");
    return PLI_OK;
}

int help_of_family(const char *word, bool json)
{
    size_t n = strlen(word), shown = 0;
    json_t *list = json_array();

    for (const struct command *d = commands; d->words; d++) {
        if (strncmp(d->words, word, n) != 0 || d->words[n] != ' ')
            continue;
        shown++;
        if (json)
            json_array_append_new(list, command_json(d));
        else
            printf("  pli %-21s %-22s %s\n", d->words, d->args, d->summary);
    }
    if (shown && json)
        return out_json(json_pack("{s:o,s:o}", "commands", list, "options", opts_json(common_opts)));
    json_decref(list);
    if (shown)
        printf("pli help %s COMMAND tells its options; pli(1) tells the rest.\n", word);
    return shown ? PLI_OK : PLI_USAGE;
}

/* "pli help account add": the row it names; "pli help account": the rows of that family. */
int cmd_help(struct cmd *c)
{
    char words[64];

    if (c->n_pos == 0)
        return help_all(c->json);
    snprintf(words, sizeof words, "%.30s%s%.30s", c->pos[0], c->n_pos > 1 ? " " : "", c->n_pos > 1 ? c->pos[1] : "");
    for (const struct command *d = commands; d->words; d++)
        if (strcmp(d->words, words) == 0)
            return help_of(d, c->json);
    return help_of_family(words, c->json) == PLI_OK ? PLI_OK
                                                    : cmd_usage(c, "no command \"%s\": pli help lists all", words);
}

int cmd_version(struct cmd *c)
{
    if (c->json)
        return out_json(json_pack("{s:s}", "version", PLI_VERSION));
    printf("pli %s\n", PLI_VERSION);
    return PLI_OK;
}
