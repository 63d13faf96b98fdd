/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/columns.h - the first row of a table that people type: which column is which. Accounts (admin/roster.h) and domains (admin/domain_roster.h) are read with it.
 *
 * Names    French or English, in any order; accents, capitals, spaces and hyphens do not count. An unknown column refuses the file: it would be a misspelt one whose
 *          contents are lost.
 * Errors   RC_SYNTAX, with the line.
 * Owns     nothing.
 * Process  pli; later the HTTP daemon. Pure.
 */
#pragma once
#include "admin/table.h"
#include "base/buf.h"
#include "base/err.h"

struct column_heading {
    const char *english, *french, *form; /* form: what a cell may be, for who typed another */
};
struct columns {
    const struct column_heading *all;
    int n;                   /* of all; 32 at most */
    int column[TABLE_CELLS]; /* which of all each cell of a row is */
    size_t cells;
    uint32_t has; /* 1 << which of all */
    bool begun;   /* the first row was read */
};
enum rc columns_begin(struct columns *c, const struct table_row *row, struct err *e); /* the first row */
enum rc columns_fit(const struct columns *c, const struct table_row *row, struct err *e); /* another: it has no cell without a column */
enum rc columns_not(const struct column_heading *h, struct span cell, struct err *e); /* RC_SYNTAX: that cell is none of that column */
bool columns_same_words(struct span typed, const char *known); /* accents, capitals, spaces and hyphens apart */
