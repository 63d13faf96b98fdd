/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/rows.h - the rows of a file that people made, kept in memory: of accounts (admin/roster.h), of domains (admin/domain_roster.h).
 *
 * File     a table (admin/table.h) whose first row names its columns (admin/columns.h).
 * Twice    rows are worked on in any order, and tried dry; so which rows name what another one has is settled before (rows_twice()): the name that a row is
 *          called by before any alias, then the earlier row.
 * Errors   RC_SYNTAX: e->log names the line. RC_TEMP: out of memory.
 * Owns     struct rows: its memory, after an error too; rows_free().
 * Process  pli; later the HTTP daemon. Pure.
 */
#pragma once
#include "admin/columns.h"

struct rows_form {
    const struct column_heading *columns;
    int n_columns;
    uint32_t needed; /* 1 << column: must be there */
    const char *needed_says; /* "the column domain" */
    uint32_t rows_most;
    size_t file_most; /* octets */
};
struct row {
    uint32_t line, same_as; /* same_as: the line of an earlier row with this name; 0: none */
    uint32_t alias_of;      /* the line of another row that has an alias of this one, as its name or as an alias; 0: none */
};
struct rows {
    const struct rows_form *form;
    struct row *row;
    struct row_cell {
        uint32_t off, n; /* in .text */
    } *cell;             /* form->n_columns of each row */
    uint32_t n, cap;
    uint32_t has; /* 1 << column: the file has it */
    struct buf text;
};
/* encoding: what the table is in (admin/encoding.h); NULL: UTF-8. */
enum rc rows_read(struct span text, const char *encoding, const struct rows_form *form, struct rows *out, struct err *e);
struct span rows_cell(const struct rows *r, uint32_t row, int column); /* empty: it is, or it is not there */
void rows_free(struct rows *r);

/* ---- for a file of another kind (admin/roster_ldif.c) ---- */
enum rc rows_begin(struct span text, const struct rows_form *form, struct rows *out, struct err *e); /* RC_SYNTAX: the file is too large */
enum rc rows_add(struct rows *r, uint32_t line, struct err *e); /* one more, all its cells empty */
void rows_set(struct rows *r, int column, struct span cell);    /* of the last one */

/* ---- rows_twice.c ---- */
struct row_names { /* zeroed; rows_twice() frees it */
    struct row_name {
        uint32_t name;           /* where it begins in .text */
        uint32_t row : 31;
        uint32_t alias : 1;
    } *v;
    size_t n, cap;
    struct buf text; /* the names, a NUL behind each: a file may have millions */
    bool failed; /* out of memory */
};
/* name: in its one form. What has none is not added: its row is refused as such. */
void row_names_add(struct row_names *all, uint32_t row, const char *name, bool alias);
enum rc rows_twice(struct rows *r, struct row_names *all, struct err *e); /* fills same_as and alias_of */
