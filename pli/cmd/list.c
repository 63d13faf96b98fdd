/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/list.c - pli list add, set, member, list, show, delete: distribution lists (admin/lists.h). */
#include "admin/lists.h"
#include "base/wipe.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int address_of(struct cmd *c, const char *typed, char out[ADDRESS_ROOM])
{
    struct span domain;

    if (!address_normal(span_str(typed), out, &domain))
        return cmd_usage(c, "\"%.100s\" cannot be the address of a list", typed);
    return PLI_OK;
}

static int done(const struct cmd *c, const char *address, const char *what)
{
    if (c->json)
        return out_json(json_pack("{s:s,s:s}", "address", address, "done", what));
    printf("list %s %s\n", address, what);
    return PLI_OK;
}

/* ---- made, changed, deleted ---- */
static int read_wish(struct cmd *c, struct dird_group *g, char address[ADDRESS_ROOM])
{
    const char *post = opt_get(c, "--post");
    int answer = address_of(c, c->pos[0], address);

    if (answer != PLI_OK)
        return answer;
    g->address = span_str(address);
    g->name = span_str(opt_get(c, "--name"));
    g->note = span_str(opt_get(c, "--description"));
    g->what = (opt_get(c, "--name") ? DW_NAME : 0) | (opt_get(c, "--description") ? DW_NOTE : 0) | (post ? DW_POST : 0);
    g->post = post ? list_post_of(span_str(post)) : GP_MEMBERS;
    if (g->post == 0)
        return cmd_usage(c, "--post is members, domain, anyone-signed-in or trust-space, not %s", post);
    return PLI_OK;
}

int cmd_list_add(struct cmd *c)
{
    struct dird_group g = {.what = 0};
    char address[ADDRESS_ROOM];
    struct err e;
    int answer = read_wish(c, &g, address);

    if (answer == PLI_OK && g.name.n == 0)
        return cmd_usage(c, "needs --name NAME, as colleagues look for the list");
    if (answer == PLI_OK && list_add(inst_admin(c), &g, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, address, "added") : answer;
}

int cmd_list_set(struct cmd *c)
{
    struct dird_group g = {.what = 0};
    char address[ADDRESS_ROOM];
    struct err e;
    int answer = read_wish(c, &g, address);

    if (answer == PLI_OK && g.what == 0)
        return cmd_usage(c, "nothing to change: pli help list set tells the options");
    if (answer == PLI_OK && list_set(inst_admin(c), &g, &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, address, "changed") : answer;
}

int cmd_list_delete(struct cmd *c)
{
    char address[ADDRESS_ROOM];
    struct err e;
    int answer = address_of(c, c->pos[0], address);

    if (answer == PLI_OK && list_remove(inst_admin(c), span_str(address), &e) != RC_OK)
        answer = cmd_err(c, &e);
    return answer == PLI_OK ? done(c, address, "deleted") : answer;
}

/* ---- members ---- */
/* The words behind the list, or of standard input, one a line, for "-". */
static int read_members(struct cmd *c, struct buf *out)
{
    char line[1024];

    if (c->n_pos == 3 && strcmp(c->pos[2], "-") == 0) {
        while (out->n <= DIRD_MEMBERS_TEXT && fgets(line, sizeof line, stdin))
            buf_addf(out, "%s\n", line);
        return out->n > 0 ? PLI_OK : cmd_usage(c, "no address on standard input");
    }
    for (size_t i = 2; i < c->n_pos; i++)
        buf_addf(out, "%s\n", c->pos[i]);
    return PLI_OK;
}

static int change(struct cmd *c, const char *address, bool add, struct span members)
{
    struct dird_group_change_rep rep = {0};
    struct err e;

    if (list_change(inst_admin(c), span_str(address), add, members, &rep, &e) != RC_OK)
        return cmd_err(c, &e);
    if (c->json)
        return out_json(json_pack("{s:s,s:i,s:i}", "address", address, add ? "added" : "removed", (int)rep.changed,
                                  "members", (int)rep.members));
    printf("list %s: %u %s, %u members\n", address, rep.changed, add ? "added" : "removed", rep.members);
    return PLI_OK;
}

int cmd_list_member(struct cmd *c)
{
    struct buf members = BUF_INIT;
    char address[ADDRESS_ROOM];
    bool add = strcmp(c->pos[0], "add") == 0;
    int answer = address_of(c, c->pos[1], address);

    if (!add && strcmp(c->pos[0], "remove") != 0)
        return cmd_usage(c, "list member add or list member remove, not %s", c->pos[0]);
    if (answer == PLI_OK)
        answer = read_members(c, &members);
    if (answer == PLI_OK)
        answer = change(c, address, add, buf_span(&members));
    buf_free(&members);
    return answer;
}

/* ---- shown ---- */
static json_t *list_json(const struct dird_group *g)
{
    json_t *j = json_object();

    json_object_set_new(j, "address", json_text(g->address));
    json_object_set_new(j, "name", json_text(g->name));
    json_object_set_new(j, "description", json_text(g->note));
    json_object_set_new(j, "post", json_string(list_post_name(g->post)));
    json_object_set_new(j, "members", json_integer((json_int_t)g->members));
    return j;
}

static enum rc row(const struct dird_group *g, void *ctx, struct err *e)
{
    (void)e;
    if (ctx)
        json_array_append_new(ctx, list_json(g));
    else
        printf("%-40.*s %4u  %-16s  %.*s\n", SPAN_ARG(g->address), g->members, list_post_name(g->post),
               SPAN_ARG(g->name));
    return RC_OK;
}

int cmd_list_list(struct cmd *c)
{
    json_t *rows = c->json ? json_array() : NULL;
    struct err e;

    if (list_each(inst_admin(c), row, rows, &e) == RC_OK)
        return rows ? out_json(rows) : PLI_OK;
    json_decref(rows);
    return cmd_err(c, &e);
}

static const char *kind_text(const struct dird_member *m)
{
    static const char *const texts[] = {
        [DK_UNKNOWN] = "gone",      [DK_MAILBOX] = "account", [DK_NOT_LOCAL] = "elsewhere",
        [DK_DISABLED] = "disabled", [DK_GROUP] = "list",      [DK_CLOSED] = "closed"};

    return m->flags & DF_DOMAIN_OFF ? "domain-disabled" : m->kind <= DK_CLOSED ? texts[m->kind] : "?";
}

static enum rc member_row(const struct dird_member *m, void *ctx, struct err *e)
{
    (void)e;
    if (ctx)
        json_array_append_new(ctx, json_pack("{s:o,s:s}", "address", json_text(m->address), "is", kind_text(m)));
    else
        printf("%-40.*s %s\n", SPAN_ARG(m->address), kind_text(m));
    return RC_OK;
}

int cmd_list_show(struct cmd *c)
{
    json_t *rows = c->json ? json_array() : NULL;
    char address[ADDRESS_ROOM];
    struct err e;
    int answer = address_of(c, c->pos[0], address);

    if (answer == PLI_OK && list_each_member(inst_admin(c), span_str(address), member_row, rows, &e) != RC_OK)
        answer = cmd_err(c, &e);
    if (answer == PLI_OK && rows)
        return out_json(json_pack("{s:s,s:o}", "address", address, "members", rows));
    json_decref(rows);
    return answer;
}
