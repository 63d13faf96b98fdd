/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_set.c - pli account set: the options read, the act done by admin/accounts.h. */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* A text option, the field it sets, and the bit that says so. */
static const struct {
    const char *option;
    size_t off;
    uint32_t what;
} texts[] = {{"--name", offsetof(struct account_change, name), CHANGE_NAME},
             {"--service", offsetof(struct account_change, service), CHANGE_SERVICE},
             {"--responsible", offsetof(struct account_change, responsible), CHANGE_RESPONSIBLE},
             {"--profession", offsetof(struct account_change, profession), CHANGE_PROFESSION},
             {"--specialty", offsetof(struct account_change, specialty), CHANGE_SPECIALTY},
             {"--rpps", offsetof(struct account_change, rpps), CHANGE_RPPS},
             {"--civility", offsetof(struct account_change, civility), CHANGE_CIVILITY},
             {"--adeli", offsetof(struct account_change, adeli), CHANGE_ADELI},
             {"--telephone", offsetof(struct account_change, telephone), CHANGE_TELEPHONE},
             {"--description", offsetof(struct account_change, description), CHANGE_DESCRIPTION},
             {"--town", offsetof(struct account_change, town), CHANGE_TOWN},
             {"--structure-name", offsetof(struct account_change, structure_name), CHANGE_STRUCTURE_NAME}};

struct changing {
    struct account_change ch;
    struct span aliases[CMD_OPTS_MAX];
};

/* ---- what was asked ---- */
static int read_texts(struct cmd *c, struct changing *n)
{
    struct span about = SPAN_NULL;
    enum account_fault fault;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *v = opt_get(c, texts[i].option);
        if (!v)
            continue;
        *(struct span *)((char *)&n->ch + texts[i].off) = span_str(v);
        n->ch.what |= texts[i].what;
    }
    if (opt_get(c, "--alias")) { /* an empty one clears the list */
        n->ch.what |= CHANGE_ALIASES;
        n->ch.aliases = n->aliases;
        n->ch.n_aliases = aliases_given(c, n->aliases);
    }
    fault = account_change_fault(&n->ch, &about);
    return fault == ACCOUNT_RIGHT ? PLI_OK : wish_refused(c, fault, about);
}

static bool yes_no(const char *v, const char *yes, const char *no, bool *out)
{
    *out = strcmp(v, yes) == 0;
    return *out || strcmp(v, no) == 0;
}

static int read_flags(struct cmd *c, struct changing *n)
{
    const char *sign = opt_get(c, "--sign"), *red = opt_get(c, "--red-list"), *seen = opt_get(c, "--seen");

    if (sign && !yes_no(sign, "always", "never", &n->ch.sign))
        return cmd_usage(c, "--sign is always or never");
    if (red && !yes_no(red, "yes", "no", &n->ch.red_list))
        return cmd_usage(c, "--red-list is yes or no");
    if (seen && !yes_no(seen, "each", "shared", &n->ch.seen_each))
        return cmd_usage(c, "--seen is each or shared");
    n->ch.what |= (sign ? CHANGE_SIGN : 0) | (red ? CHANGE_RED_LIST : 0) | (seen ? CHANGE_SEEN : 0);
    return PLI_OK;
}

static int read_contact(struct cmd *c, struct changing *n)
{
    uint64_t rank = 0;
    int answer = PLI_OK;

    if (opt_get(c, "--rank") && number_option(c, "--rank", RANK_MOST, &rank, &answer)) {
        n->ch.rank = (uint32_t)rank;
        n->ch.what |= CHANGE_RANK;
    }
    if (answer == PLI_OK && said_option(c, "--paperless", &n->ch.paperless, &answer))
        n->ch.what |= CHANGE_PAPERLESS;
    return answer;
}

static int read_quota(struct cmd *c, struct changing *n)
{
    int answer = PLI_OK;

    if (opt_get(c, "--quota") && size_option(c, "--quota", &n->ch.quota, &answer))
        n->ch.what |= CHANGE_QUOTA;
    if (answer == PLI_OK && !n->ch.what)
        answer = cmd_usage(c, "nothing to change: name at least one option (pli help account set)");
    return answer;
}

static int (*const readers[])(struct cmd *c, struct changing *n) = {read_texts, read_flags, read_contact, read_quota};

/* ---- the act ---- */
static int set(struct cmd *c, const struct account *a)
{
    struct changing n = {.ch = {.what = 0}};
    struct err e;
    int answer = PLI_OK;

    for (size_t i = 0; i < sizeof readers / sizeof *readers && answer == PLI_OK; i++)
        answer = readers[i](c, &n);
    if (answer == PLI_OK && account_change(inst_admin(c), a, &n.ch, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && c->json)
        return out_json(json_pack("{s:o,s:s}", "address", json_text(a->is.address), "done", "changed"));
    if (answer == PLI_OK)
        printf("account %.*s changed\n", SPAN_ARG(a->is.address));
    return answer;
}

int cmd_account_set(struct cmd *c)
{
    struct account a;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK)
        answer = set(c, &a);
    account_free(&a);
    return answer;
}
