/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_alias.c - pli account alias add|remove|list: the further addresses of a mailbox, in any domain of this instance. Two who
 * add at once lose none: dird merges. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    uint32_t what; /* 0: only looked at */
} acts[] = {{"list", 0}, {"add", CHANGE_ALIAS_ADD}, {"remove", CHANGE_ALIAS_REMOVE}};
enum { ACTS = sizeof acts / sizeof *acts };

static size_t act_of(const char *word)
{
    size_t i = 0;

    while (i < ACTS && strcmp(acts[i].word, word) != 0)
        i++;
    return i;
}

static int change(struct cmd *c, const struct account *a, uint32_t what)
{
    struct span aliases[CMD_POS_MAX], about;
    struct account_change ch = {.what = what, .aliases = aliases, .n_aliases = c->n_pos - 2};
    enum account_fault fault;
    struct err e;

    if (ch.n_aliases > DIRD_ALIASES_MOST)
        return cmd_fail(c, "more than %d aliases", DIRD_ALIASES_MOST);
    for (size_t i = 2; i < c->n_pos; i++)
        aliases[i - 2] = span_str(c->pos[i]);
    if (ch.n_aliases == 0)
        return cmd_usage(c, "names no alias to %s", c->pos[0]);
    fault = account_change_fault(&ch, &about);
    if (fault != ACCOUNT_RIGHT)
        return wish_refused(c, fault, about);
    return account_change(inst_admin(c), a, &ch, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);
}

static int show(struct cmd *c, const struct account *a)
{
    json_t *all = account_json(&a->is);
    json_t *aliases = json_object_get(all, "aliases"), *one;
    size_t i;

    if (c->json) {
        (void)out_json(json_pack("{s:o,s:O}", "address", json_text(a->is.address), "aliases", aliases));
    } else {
        json_array_foreach(aliases, i, one) printf("%s\n", json_string_value(one));
    }
    json_decref(all);
    return PLI_OK;
}

int cmd_account_alias(struct cmd *c)
{
    size_t act = act_of(c->pos[0]);
    struct account a;
    int answer;

    if (act == ACTS)
        return cmd_usage(c, "account alias add, remove or list, not %s", c->pos[0]);
    answer = account_of(c, c->pos[1], &a);
    if (answer == PLI_OK && acts[act].what) {
        answer = change(c, &a, acts[act].what);
        account_free(&a);
        if (answer == PLI_OK)
            answer = account_of(c, c->pos[1], &a); /* as it is now */
    }
    if (answer == PLI_OK)
        answer = show(c, &a);
    account_free(&a);
    return answer;
}
