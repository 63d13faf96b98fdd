/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/columns.c - see admin/columns.h. */
#include "admin/columns.h"
#include "directory/fold.h"
#include <string.h>

/* A heading is typed by a person: "Prénom", "Liste rouge" and "liste_rouge" are what they look like. */
bool columns_same_words(struct span typed, const char *known)
{
    struct buf a = BUF_INIT, b = BUF_INIT;
    bool same;

    fold_words(typed, &a);
    fold_words(span_str(known), &b);
    same = span_eq(buf_span(&a), buf_span(&b));
    buf_free(&a);
    buf_free(&b);
    return same;
}

static int column_of(const struct columns *c, struct span name)
{
    for (int i = 0; i < c->n; i++)
        if (columns_same_words(name, c->all[i].english) || columns_same_words(name, c->all[i].french))
            return i;
    return -1;
}

/* Does some heading of the row stand in French alone? */
static bool is_french(const struct columns *c, const struct table_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        for (int k = 0; k < c->n; k++)
            if (strcmp(c->all[k].english, c->all[k].french) != 0 && columns_same_words(row->cell[i], c->all[k].french))
                return true;
    return false;
}

/* The headings that there are, in the language of the file: those of both do not go into an error. */
static enum rc unknown(const struct columns *c, const struct table_row *row, size_t at, struct err *e)
{
    struct buf known = BUF_INIT;
    bool french = is_french(c, row);
    enum rc rc;

    for (int i = 0; i < c->n; i++)
        buf_addf(&known, "%s%s", i ? " " : "", french ? c->all[i].french : c->all[i].english);
    if (row->cell[at].n > 0)
        rc = err_set(e, RC_SYNTAX, "line 1: no such column: %.*s (known: %s)",
                     SPAN_ARG(span_head_text(row->cell[at], 40)), buf_cstr(&known));
    else
        rc = err_set(e, RC_SYNTAX, "line 1: column %zu has no name: give it one, or delete the column", at + 1);
    buf_free(&known);
    return rc;
}

enum rc columns_begin(struct columns *c, const struct table_row *row, struct err *e)
{
    for (size_t i = 0; i < row->n; i++) {
        int at = column_of(c, row->cell[i]);

        if (at < 0)
            return unknown(c, row, i, e);
        if (c->has & 1u << at)
            return err_set(e, RC_SYNTAX, "line 1: the column %s is there twice", c->all[at].english);
        c->has |= 1u << at;
        c->column[i] = at;
    }
    c->cells = row->n;
    c->begun = true;
    return RC_OK;
}

enum rc columns_fit(const struct columns *c, const struct table_row *row, struct err *e)
{
    if (row->n > c->cells)
        return err_set(e, RC_SYNTAX, "line %u: %zu cells, but %zu columns", (unsigned)row->line, row->n, c->cells);
    return RC_OK;
}

enum rc columns_not(const struct column_heading *h, struct span cell, struct err *e)
{
    return err_set(e, RC_SYNTAX, "%s: not \"%.*s\" but %s", h->english, SPAN_ARG(span_head_text(cell, 60)), h->form);
}
