/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_life.c - pli account suspend, resume (disable, enable: the same without a reason), close, reopen, delete; the acts are of admin/life.h. */
#include "admin/life.h"
#include "base/clock.h"
#include "base/settings.h"
#include "pli/cmds.h"
#include "pli/conf.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, KEEP_MOST = 3650 };

/* ---- what is said ---- */
static int done(const struct cmd *c, const struct account *a, const char *what)
{
    if (c->json)
        return out_json(json_pack("{s:o,s:s}", "address", json_text(a->is.address), "done", what));
    printf("account %.*s %s\n", SPAN_ARG(a->is.address), what);
    return PLI_OK;
}

static int answered(const struct cmd *c, const struct account *a, enum rc rc, const struct err *e, const char *what)
{
    return rc == RC_OK ? done(c, a, what) : cmd_err(c, e);
}

static struct span reason(const struct cmd *c)
{
    const char *v = opt_get(c, "--reason");

    return span_str(v ? v : "");
}

/* ---- suspended, resumed ---- */
static int suspend(struct cmd *c, const struct account *a)
{
    struct err e;

    return answered(c, a, account_suspend(inst_admin(c), a, reason(c), &e), &e, "suspended");
}

static int resume(struct cmd *c, const struct account *a)
{
    struct err e;

    return answered(c, a, account_resume(inst_admin(c), a, &e), &e, "resumed");
}

static int disable(struct cmd *c, const struct account *a)
{
    struct err e;

    return answered(c, a, account_suspend(inst_admin(c), a, SPAN_NULL, &e), &e, "disabled");
}

static int enable(struct cmd *c, const struct account *a)
{
    struct err e;

    return answered(c, a, account_resume(inst_admin(c), a, &e), &e, "enabled");
}

/* ---- closed, reopened ---- */
/* --keep DAYS, else the setting. */
static int keep_option(struct cmd *c, struct account_closing *how)
{
    const struct setting s = {"--keep", SET_INT, "0", 0, KEEP_MOST, SET_AT_START, NULL};
    const char *v = opt_get(c, "--keep");
    struct conf *conf = NULL;
    struct err e;
    int64_t days = 0;
    int answer = v ? PLI_OK : inst_conf(c, &conf);

    if (v && setting_check(&s, v, &days, &e) != RC_OK)
        return cmd_usage(c, "--keep is a number of days, from 0 to %d", KEEP_MOST);
    how->keep_told = v != NULL;
    how->keep_until = (uint64_t)(clock_utc() + (v ? days * DAY : conf ? conf_num(conf, "account.keep_closed") : 0));
    conf_free(&conf);
    return answer;
}

/* As it stands now: a second close leaves the first one's time. */
static int say_closed(struct cmd *c, const struct account *a)
{
    struct account now;
    char until[32];
    int answer = account_of(c, c->pos[0], &now);

    moment_text(now.is.keep_until, until);
    if (answer == PLI_OK && c->json)
        answer = out_json(
            json_pack("{s:o,s:s,s:s}", "address", json_text(a->is.address), "done", "closed", "keep_until", until));
    else if (answer == PLI_OK)
        printf(
            "account %.*s closed; its mail and its keys are kept until %.10s, and pli account reopen gives it back\n",
            SPAN_ARG(a->is.address), until);
    account_free(&now);
    return answer;
}

static int close_(struct cmd *c, const struct account *a)
{
    struct account_closing how = {.reason = reason(c)};
    struct err e;
    int answer = keep_option(c, &how);

    if (answer == PLI_OK && account_close(inst_admin(c), a, &how, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? say_closed(c, a) : answer;
}

static int reopen(struct cmd *c, const struct account *a)
{
    struct err e;

    return answered(c, a, account_reopen(inst_admin(c), a, &e), &e, "reopened");
}

/* ---- deleted ---- */
static bool confirmed(const struct cmd *c, struct span address)
{
    char typed[300] = "";

    if (opt_get(c, "--yes") || !isatty(0))
        return true;
    fprintf(stderr, "This destroys the mailbox and all its mail. Type the address to go on: ");
    return fgets(typed, sizeof typed, stdin) && span_eq(span_trim(span_str(typed)), address);
}

static int delete (struct cmd *c, const struct account *a)
{
    struct err e;
    enum rc rc;

    if (!confirmed(c, a->is.address))
        return cmd_fail(c, "nothing was deleted");
    rc = opt_get(c, "--never-used") ? account_unmake(inst_admin(c), a, &e) : account_delete(inst_admin(c), a, &e);
    return answered(c, a, rc, &e, "deleted");
}

static int with_account(struct cmd *c, int (*act)(struct cmd *c, const struct account *a))
{
    struct account a;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK)
        answer = act(c, &a);
    account_free(&a);
    return answer;
}

int cmd_account_suspend(struct cmd *c)
{
    return with_account(c, suspend);
}

int cmd_account_resume(struct cmd *c)
{
    return with_account(c, resume);
}

int cmd_account_disable(struct cmd *c)
{
    return with_account(c, disable);
}

int cmd_account_enable(struct cmd *c)
{
    return with_account(c, enable);
}

int cmd_account_close(struct cmd *c)
{
    return with_account(c, close_);
}

int cmd_account_reopen(struct cmd *c)
{
    return with_account(c, reopen);
}

int cmd_account_delete(struct cmd *c)
{
    return with_account(c, delete);
}
