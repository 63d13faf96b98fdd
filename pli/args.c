/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/args.c - argv to a row of the table, its options and its words. See pli/cmd.h. */
#include "base/settings.h"
#include "pli/cmd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cmd_opt *in_table(const struct cmd_opt *o, const char *name)
{
    for (; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

/* An option may stand before the words that name its command. Then an option of that name of any command tells whether
 * a value follows. */
static const struct cmd_opt *known(const struct command *def, const char *name)
{
    const struct cmd_opt *o = in_table(common_opts, name);

    if (!o && def)
        o = in_table(def->opts, name);
    for (const struct command *d = commands; !o && !def && d->words; d++)
        o = in_table(d->opts, name);
    return o;
}

/* A known name is suggested when it differs by a slip of the finger. A name that differs more would only mislead. */
static bool near(const char *asked, size_t distance)
{
    return distance <= 1 + strlen(asked) / 3;
}

static const char *nearest_opt(const struct command *def, const char *name)
{
    const struct cmd_opt *lists[2] = {common_opts, def ? def->opts : NULL};
    const char *best = NULL;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < 2; i++)
        for (const struct cmd_opt *o = lists[i]; o && o->name; o++)
            if (name_distance(name, o->name) < least) {
                least = name_distance(name, o->name);
                best = o->name;
            }
    return near(name, least) ? best : NULL;
}

static const char *nearest_command(const char *words)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;

    for (const struct command *d = commands; d->words; d++)
        if (name_distance(words, d->words) < least) {
            least = name_distance(words, d->words);
            best = d->words;
        }
    return near(words, least) ? best : NULL;
}

static int unknown_option(const struct cmd *c, const char *name)
{
    const char *best = nearest_opt(c->def, name);

    if (best)
        return cmd_usage(c, "unknown option %s: did you mean %s?", name, best);
    return cmd_usage(c, "unknown option %s: pli help%s%s tells those there are", name, c->def ? " " : "",
                     c->def ? c->def->words : "");
}

static int unknown_command(const struct cmd *c)
{
    char words[64];
    const char *best;

    snprintf(words, sizeof words, "%.30s%s%.30s", c->pos[0], c->n_pos > 1 ? " " : "", c->n_pos > 1 ? c->pos[1] : "");
    best = nearest_command(words);
    if (best)
        return cmd_usage(c, "unknown command \"%s\": did you mean \"%s\"? (pli help lists all)", words, best);
    return cmd_usage(c, "unknown command \"%s\": pli help lists all", words);
}

/* "add, show or list" of the commands that begin with this word; false when none does. */
static bool family_text(const char *word, char out[256])
{
    size_t n = strlen(word), at = 0;

    for (const struct command *d = commands; d->words; d++)
        if (n > 0 && strncmp(d->words, word, n) == 0 && d->words[n] == ' ' && at < 240)
            at += (size_t)snprintf(out + at, 256 - at, "%s%s", at ? ", " : "", d->words + n + 1);
    return at > 0;
}

static const struct command *find_words(const char *words)
{
    for (const struct command *d = commands; d->words; d++)
        if (strcmp(d->words, words) == 0)
            return d;
    return NULL;
}

/* The command is the first two words, or the first; its words are taken off the list. */
static void settle(struct cmd *c)
{
    char two[64];
    size_t used = 1;

    if (c->def || c->n_pos == 0)
        return;
    snprintf(two, sizeof two, "%.30s %.30s", c->pos[0], c->n_pos > 1 ? c->pos[1] : "");
    if (c->n_pos > 1 && (c->def = find_words(two)))
        used = 2;
    else
        c->def = find_words(c->pos[0]);
    if (!c->def)
        return;
    c->n_pos -= used;
    memmove(c->pos, c->pos + used, c->n_pos * sizeof *c->pos);
}

/* In "--name --password-stdin" the value was forgotten, and what follows is an option of its own. A value that does
 * begin with "--" is written --name=VALUE. */
static bool is_option(const struct cmd *c, const char *word)
{
    return word[0] == '-' && word[1] && (word[1] == '-' || strcmp(word, "-h") == 0 || known(c->def, word));
}

static int take_option(struct cmd *c, const char *arg, const char *next, bool *used_next)
{
    const char *eq = strncmp(arg, "--", 2) == 0 ? strchr(arg, '=') : NULL;
    char name[64];
    const struct cmd_opt *o;

    snprintf(name, sizeof name, "%.*s", eq ? (int)(eq - arg) : 60, arg);
    o = known(c->def, strcmp(name, "-h") == 0 ? "--help" : name);
    if (!o)
        return unknown_option(c, name);
    if (!o->arg && eq)
        return cmd_usage(c, "option %s takes no value", name);
    if (o->arg && !eq && !next)
        return cmd_usage(c, "option %s needs a value: %s", name, o->arg);
    if (c->n_given == CMD_OPTS_MAX)
        return cmd_usage(c, "more than %d options", CMD_OPTS_MAX);
    if (o->arg && !eq && is_option(c, next))
        return cmd_usage(
            c, "option %s needs a value (%s), and %.40s is an option: write %s=VALUE for a value that begins so", name,
            o->arg, next, name);
    *used_next = o->arg && !eq;
    c->given[c->n_given].name = o->name;
    c->given[c->n_given++].value = !o->arg ? "" : eq ? eq + 1 : next;
    return PLI_OK;
}

static int take_word(struct cmd *c, const char *arg)
{
    if (c->n_pos == CMD_POS_MAX)
        return cmd_usage(c, "too many words: \"%.60s\" is one too many", arg);
    c->pos[c->n_pos++] = arg;
    settle(c);
    return PLI_OK;
}

/* A first word alone may be the start of two: "account" waits for "add". */
static int take_all(struct cmd *c, int argc, char **argv)
{
    bool words_only = false;
    int rc = PLI_OK;

    for (int i = 0; i < argc && rc == PLI_OK; i++) {
        bool used_next = false;
        if (!words_only && strcmp(argv[i], "--") == 0)
            words_only = true;
        else if (!words_only && argv[i][0] == '-' && argv[i][1])
            rc = take_option(c, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used_next);
        else
            rc = take_word(c, argv[i]);
        i += used_next;
    }
    return rc;
}

/* No command of the table was named: nothing at all, a family's first word alone, or a mistake. */
static int settle_rest(struct cmd *c)
{
    char members[256];

    if (c->n_pos == 0) {
        c->asked_all = true;
        c->def = find_words(opt_get(c, "--version") ? "version" : "help");
        return PLI_OK;
    }
    if (c->n_pos > 1 || !family_text(c->pos[0], members))
        return unknown_command(c);
    if (!opt_get(c, "--help") && !opt_get(c, "--version"))
        return cmd_usage(c, "\"%s\" is the first word of several commands: %s (pli help %s)", c->pos[0], members,
                         c->pos[0]);
    c->family = c->pos[0];
    c->def = find_words("help");
    return PLI_OK;
}

static int check(struct cmd *c)
{
    int rc = c->def ? PLI_OK : settle_rest(c);

    if (rc != PLI_OK)
        return rc;
    for (size_t i = 0; i < c->n_given; i++)
        if (!known(c->def, c->given[i].name))
            return unknown_option(c, c->given[i].name);
    if (opt_get(c, "--help") || opt_get(c, "--version"))
        return PLI_OK;
    if (c->n_pos < c->def->least)
        return cmd_usage(c, "needs %s: pli %s %s", c->def->args, c->def->words, c->def->args);
    if (c->n_pos > c->def->most)
        return cmd_usage(c, "one word too many: \"%.60s\" (usage: pli %s%s%s)", c->pos[c->def->most], c->def->words,
                         c->def->args[0] ? " " : "", c->def->args);
    return PLI_OK;
}

/* Known before the first mistake is told: it is told as JSON too. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

int args_parse(struct cmd *c, int argc, char **argv)
{
    const char *env = getenv("PLI_ROOT");
    int rc;

    c->json = wants_json(argc, argv);
    rc = take_all(c, argc, argv);
    if (rc == PLI_OK)
        rc = check(c);
    c->root = opt_get(c, "--root") ? opt_get(c, "--root") : env && env[0] ? env : NULL;
    c->root_named = c->root != NULL;
    if (!c->root)
        c->root = "/var/lib/pli";
    if (rc == PLI_OK && !c->root[0])
        rc = cmd_usage(c, "--root needs a folder");
    return rc;
}

const char *opt_get(const struct cmd *c, const char *name)
{
    for (size_t i = c->n_given; i > 0; i--) /* the last one counts */
        if (strcmp(c->given[i - 1].name, name) == 0)
            return c->given[i - 1].value;
    return NULL;
}
