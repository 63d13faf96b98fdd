/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/rows.c - a table read into memory: its first row, the others, their cells. See admin/rows.h. */
#include "admin/rows.h"
#include "admin/encoding.h"
#include <stdlib.h>

struct reading {
    struct rows *r;
    struct columns columns;
};

/* ---- rows ---- */
enum rc rows_begin(struct span text, const struct rows_form *form, struct rows *out, struct err *e)
{
    *out = (struct rows){.form = form};
    return text.n <= form->file_most ? RC_OK
                                     : err_set(e, RC_SYNTAX, "the file is larger than %zu MiB", form->file_most >> 20);
}

static bool grow(struct rows *r)
{
    uint32_t cap = r->cap ? r->cap * 2 : 256;
    struct row *row = realloc(r->row, cap * sizeof *row);
    struct row_cell *cell = NULL;

    if (row) {
        r->row = row;
        cell = realloc(r->cell, cap * sizeof *cell * (size_t)r->form->n_columns);
    }
    if (cell) {
        r->cell = cell;
        r->cap = cap;
    }
    return cell != NULL;
}

static struct row_cell *cell_at(const struct rows *r, uint32_t row, int column)
{
    return &r->cell[(size_t)row * (size_t)r->form->n_columns + (size_t)column];
}

enum rc rows_add(struct rows *r, uint32_t line, struct err *e)
{
    if (r->n == r->form->rows_most)
        return err_set(e, RC_SYNTAX, "line %u: more than %u rows", (unsigned)line, (unsigned)r->form->rows_most);
    if (r->n == r->cap && !grow(r))
        return err_set(e, RC_TEMP, "out of memory for %u rows", (unsigned)r->n + 1);
    r->row[r->n++] = (struct row){.line = line};
    for (int c = 0; c < r->form->n_columns; c++)
        *cell_at(r, r->n - 1, c) = (struct row_cell){.n = 0};
    return RC_OK;
}

void rows_set(struct rows *r, int column, struct span cell)
{
    *cell_at(r, r->n - 1, column) = (struct row_cell){(uint32_t)r->text.n, (uint32_t)cell.n};
    buf_addspan(&r->text, cell);
}

struct span rows_cell(const struct rows *r, uint32_t row, int column)
{
    const struct row_cell *c = cell_at(r, row, column);

    return span_head(span_from(buf_span(&r->text), c->off), c->n);
}

void rows_free(struct rows *r)
{
    free(r->row);
    free(r->cell);
    buf_free(&r->text);
    *r = (struct rows){.n = 0};
}

/* ---- a table ---- */
static enum rc read_heading(struct reading *in, const struct table_row *row, struct err *e)
{
    const struct rows_form *form = in->r->form;
    enum rc rc = columns_begin(&in->columns, row, e);

    in->r->has = in->columns.has;
    if (rc == RC_OK && (in->r->has & form->needed) != form->needed)
        return err_set(e, RC_SYNTAX, "line 1: %s must be there", form->needed_says);
    return rc;
}

static enum rc read_row(struct reading *in, const struct table_row *row, struct err *e)
{
    enum rc rc = columns_fit(&in->columns, row, e);

    if (rc == RC_OK)
        rc = rows_add(in->r, row->line, e);
    for (size_t i = 0; rc == RC_OK && i < row->n; i++)
        rows_set(in->r, in->columns.column[i], row->cell[i]);
    return rc;
}

static enum rc take(const struct table_row *row, void *ctx, struct err *e)
{
    struct reading *in = ctx;

    return in->columns.begun ? read_row(in, row, e) : read_heading(in, row, e);
}

enum rc rows_read(struct span text, const char *encoding, const struct rows_form *form, struct rows *out, struct err *e)
{
    struct reading in = {.r = out, .columns = {.all = form->columns, .n = form->n_columns}};
    enum rc rc = rows_begin(text, form, out, e);

    if (rc == RC_OK)
        rc = encoding_table(encoding, text, take, &in, e);
    if (rc == RC_OK && !in.columns.begun)
        rc = err_set(e, RC_SYNTAX, "the file is empty: its first line names the columns");
    return rc;
}
