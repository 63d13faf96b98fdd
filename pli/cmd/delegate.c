/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/delegate.c - pli delegate add|remove|list: who opens a mailbox beside its holder, with her own sign-in, and what she may do there. */
#include "admin/delegates.h"
#include "base/rights.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word, *letters;
} named[] = {{"read", "lr"}, {"work", "lrswite"}, {"send", "lrswitep"}, {"all", "lrswipkxtea"}};

/* A letter twice is a word that was mistyped: "reed" would let her delete. */
static bool has_twice(const char *v)
{
    for (; *v; v++)
        if (strchr(v + 1, *v))
            return true;
    return false;
}

/* One of the words, or the letters of RFC 4314. */
static int rights_option(struct cmd *c, uint32_t *out)
{
    const char *v = opt_get(c, "--rights");

    if (!v)
        return cmd_usage(c, "--rights says what the delegate may do: read, work, send, all, or letters of RFC 4314");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(v, named[i].word) == 0)
            v = named[i].letters;
    if (has_twice(v) || !rights_parse(span_str(v), out) || *out == 0)
        return cmd_usage(c, "--rights: read, work, send, all, or letters of lrswipkxtea, not %s", v);
    return PLI_OK;
}

static int answer_rights(struct cmd *c, const struct account *box, struct span to, uint32_t rights)
{
    struct buf letters = BUF_INIT;
    int answer = PLI_OK;

    rights_put(rights, false, &letters);
    if (c->json)
        answer = out_json(json_pack("{s:o,s:o,s:s}", "mailbox", json_text(box->is.address), "to", json_text(to),
                                    "rights", buf_cstr(&letters)));
    else if (rights)
        printf("%.*s opens %.*s: %s\n", SPAN_ARG(to), SPAN_ARG(box->is.address), buf_cstr(&letters));
    else
        printf("%.*s opens %.*s no more\n", SPAN_ARG(to), SPAN_ARG(box->is.address));
    buf_free(&letters);
    return answer;
}

static int failed(struct cmd *c, const struct account *box, enum rc rc, const struct err *e)
{
    if (e->cause == CAUSE_STRICT_DELEGATE)
        return cmd_why(c, PLI_FAILED, e->cause,
                       "%.*s is a strict mailbox: only its holder opens it, so it has no delegates",
                       SPAN_ARG(box->is.address));
    return rc == RC_PERM && e->cause == CAUSE_REFUSED ? cmd_usage(c, "%s", e->log) : cmd_err(c, e);
}

static int add(struct cmd *c, const struct account *box, const struct account *to)
{
    uint32_t rights = 0;
    struct err e = {0};
    int answer = rights_option(c, &rights);
    enum rc rc;

    if (answer != PLI_OK)
        return answer;
    rc = delegate_add(inst_admin(c), box, to, rights, &e);
    return rc == RC_OK ? answer_rights(c, box, to->is.address, rights) : failed(c, box, rc, &e);
}

int cmd_delegate_add(struct cmd *c)
{
    const char *name = opt_get(c, "--to");
    struct account box, to;
    int answer;

    if (!name)
        return cmd_usage(c, "--to names the delegate, by her address");
    answer = account_of(c, c->pos[0], &box);
    if (answer == PLI_OK) {
        answer = account_of(c, name, &to);
        if (answer == PLI_OK)
            answer = add(c, &box, &to);
        account_free(&to);
    }
    account_free(&box);
    return answer;
}

static int removed(struct cmd *c, const struct account *box, const char *name, enum rc rc, const struct err *e)
{
    return rc == RC_NOTFOUND ? cmd_fail(c, "%s is no delegate of that mailbox", name)
           : rc == RC_OK     ? answer_rights(c, box, span_str(name), 0)
                             : failed(c, box, rc, e);
}

/* What is remembered of it ends without slapd being asked who that is. */
int cmd_delegate_remove(struct cmd *c)
{
    const char *name = opt_get(c, "--to");
    struct account box = {.is = {.address = span_str(c->pos[0])}};
    struct err e = {0};
    enum rc rc;
    int answer;

    if (!name)
        return cmd_usage(c, "--to names the delegate, by her address");
    rc = delegate_end(inst_admin(c), box.is.address, span_str(name), &e);
    if (rc != RC_NOTFOUND)
        return removed(c, &box, name, rc, &e);
    answer = account_of(c, c->pos[0], &box);
    if (answer == PLI_OK) {
        rc = delegate_remove(inst_admin(c), &box, span_str(name), &e);
        answer = removed(c, &box, name, rc, &e);
    }
    account_free(&box);
    return answer;
}

struct listing {
    struct cmd *c;
    json_t *all;
};

static enum rc show_one(const struct dird_delegation *d, void *ctx, struct err *e)
{
    struct listing *l = ctx;
    struct buf letters = BUF_INIT;

    (void)e;
    rights_put(d->acl, false, &letters);
    if (l->c->json)
        json_array_append_new(l->all, json_pack("{s:o,s:s}", "to", json_text(d->to), "rights", buf_cstr(&letters)));
    else
        printf("%-40.*s %s\n", SPAN_ARG(d->to), buf_cstr(&letters));
    buf_free(&letters);
    return RC_OK;
}

int cmd_delegate_list(struct cmd *c)
{
    struct listing l = {c, json_array()};
    struct account box;
    struct err e = {0};
    int answer = account_of(c, c->pos[0], &box);

    if (answer == PLI_OK && delegate_each(inst_admin(c), &box, show_one, &l, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && c->json)
        answer = out_json(json_incref(l.all));
    json_decref(l.all);
    account_free(&box);
    return answer;
}
