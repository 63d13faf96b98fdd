/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/admin.c - pli admin grant|revoke|list|show: who administers which accounts (decision 0050). */
#include "admin/admins.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *kind_name(uint8_t kind)
{
    return kind == SCOPE_DOMAIN ? "domain" : "structure";
}

/* ---- given, taken ---- */
static int scope_option(struct cmd *c, enum dird_scope_kind *kind_out, struct span *id_out)
{
    const char *structure = opt_get(c, "--structure"), *domain = opt_get(c, "--domain");

    if (!structure == !domain)
        return cmd_usage(c, "one of --structure NUMBER and --domain DOMAIN says what is administered");
    *kind_out = structure ? SCOPE_STRUCTURE : SCOPE_DOMAIN;
    *id_out = span_str(structure ? structure : domain);
    return PLI_OK;
}

static int answer_scope(struct cmd *c, struct span address, enum dird_scope_kind kind, struct span id, bool on)
{
    if (c->json)
        return out_json(json_pack("{s:o,s:s,s:o,s:b}", "address", json_text(address), "kind", kind_name(kind), "id",
                                  json_text(id), "granted", on));
    printf("%.*s %s the accounts of %s %.*s\n", SPAN_ARG(address), on ? "administers" : "no longer administers",
           kind_name(kind), SPAN_ARG(id));
    return PLI_OK;
}

static int set(struct cmd *c, bool on)
{
    enum dird_scope_kind kind = SCOPE_STRUCTURE;
    struct span id = SPAN_NULL;
    struct account a = {.mem = BUF_INIT};
    struct err e;
    int answer = scope_option(c, &kind, &id);

    if (answer == PLI_OK)
        answer = account_of(c, c->pos[0], &a);
    if (answer == PLI_OK)
        answer = admin_scope_set(inst_admin(c), a.is.address, kind, id, on, &e) == RC_OK
                     ? answer_scope(c, a.is.address, kind, id, on)
                     : cmd_err(c, &e);
    account_free(&a);
    return answer;
}

int cmd_admin_grant(struct cmd *c)
{
    return set(c, true);
}

int cmd_admin_revoke(struct cmd *c)
{
    return set(c, false);
}

/* ---- shown ---- */
struct showing {
    struct cmd *c;
    json_t *all;
    const char *of; /* of this one alone; NULL: of all */
    size_t n;
};

static enum rc show_one(const struct dird_scope *s, void *ctx, struct err *e)
{
    struct showing *h = ctx;

    (void)e;
    if (h->of && !span_ieq_str(s->address, h->of))
        return RC_OK;
    h->n++;
    if (h->c->json)
        json_array_append_new(h->all, json_pack("{s:o,s:o,s:s,s:o,s:b}", "address", json_text(s->address), "name",
                                                json_text(s->name), "kind", kind_name(s->kind), "id", json_text(s->id),
                                                "active", s->on));
    else
        printf("%-40.*s %-9s %.*s%s\n", SPAN_ARG(s->address), kind_name(s->kind), SPAN_ARG(s->id),
               s->on ? "" : "  (suspended: acts for nobody)");
    return RC_OK;
}

static int show(struct cmd *c, const char *of)
{
    struct showing h = {c, json_array(), of, 0};
    struct err e;
    int answer = admin_each(inst_admin(c), show_one, &h, &e) == RC_OK ? PLI_OK : cmd_err(c, &e);

    if (answer == PLI_OK && c->json)
        answer = out_json(json_incref(h.all));
    else if (answer == PLI_OK && h.n == 0 && of)
        printf("%s administers nothing\n", of);
    json_decref(h.all);
    return answer;
}

int cmd_admin_list(struct cmd *c)
{
    return show(c, NULL);
}

int cmd_admin_show(struct cmd *c)
{
    char address[ADDRESS_ROOM];
    struct account a;
    int answer = account_of(c, c->pos[0], &a);

    if (answer == PLI_OK) {
        snprintf(address, sizeof address, "%.*s", SPAN_ARG(a.is.address));
        answer = show(c, address);
    }
    account_free(&a);
    return answer;
}
