/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_export.c - pli account export: every account as a row that pli account import takes. No password, no key. */
#include "admin/roster.h"
#include "admin/table.h"
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>

enum { SEPARATOR = ';' };
struct exporting {
    json_t *rows; /* NULL: lines */
    struct buf line;
};

static void put(struct exporting *x, struct span cell)
{
    if (x->line.n)
        buf_addc(&x->line, SEPARATOR);
    table_put(&x->line, cell, SEPARATOR);
}

static void put_number(struct exporting *x, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    put(x, span_str(text));
}

/* Spaces between them, as roster_wish() takes them. */
static void put_aliases(struct exporting *x, struct span lines)
{
    struct buf cell = BUF_INIT;

    buf_addspan(&cell, lines);
    for (size_t i = 0; i < cell.n; i++)
        if (cell.p[i] == '\n')
            cell.p[i] = ' ';
    put(x, buf_span(&cell));
    buf_free(&cell);
}

static void end_line(struct exporting *x)
{
    printf("%s\r\n", buf_cstr(&x->line));
    buf_clear(&x->line);
}

static void put_account(struct exporting *x, const struct dird_account *a)
{
    const struct span texts[] = {a->address,
                                 span_str(type_name(a->type)),
                                 a->name,
                                 a->given,
                                 a->sn,
                                 a->rpps,
                                 a->structure,
                                 a->profession,
                                 a->specialty,
                                 a->service,
                                 a->responsible,
                                 a->civility,
                                 a->adeli,
                                 a->telephone,
                                 a->description,
                                 a->town,
                                 a->structure_name};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put(x, texts[i]);
    put_aliases(x, a->aliases);
    put_number(x, a->quota);
    put_number(x, a->most);
    put(x, span_str(a->flags & DF_SIGN ? "yes" : "no"));
    put(x, span_str(a->flags & DF_RED_LIST ? "yes" : "no"));
    put_number(x, a->rank);
    put(x, a->paperless == SAID_NOTHING ? SPAN_NULL : span_str(said_word(a->paperless)));
    put(x, span_str(a->state == DA_ERASING ? state_name(DA_CLOSED) : state_name(a->state)));
    end_line(x);
}

static enum rc row(const struct dird_account *a, void *ctx, struct err *e)
{
    struct exporting *x = ctx;

    (void)e;
    if (x->rows)
        json_array_append_new(x->rows, account_json(a));
    else
        put_account(x, a);
    return RC_OK;
}

int cmd_account_export(struct cmd *c)
{
    struct exporting x = {.rows = c->json ? json_array() : NULL};
    struct err e;
    int answer = PLI_OK;

    for (int i = 0; !c->json && i < ROSTER_COLUMNS; i++)
        put(&x, span_str(roster_columns[i].english));
    if (!c->json)
        end_line(&x);
    if (account_each(inst_admin(c), row, &x, &e) != RC_OK)
        answer = cmd_err(c, &e);
    else if (c->json)
        answer = out_json(json_incref(x.rows));
    json_decref(x.rows);
    buf_free(&x.line);
    return answer;
}
