/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/table.h - a table in a text: comma-separated values, as spreadsheets write them.
 *
 * Form     RFC 4180, read by libcsv in its strict mode: a cell with a separator, a quote or a line end stands in quotes. Line ends of Unix, of Windows and of a
 *          Mac (CR); a byte order mark is passed over. The separator is the one of ; , and TAB that the first line has most of (French spreadsheets write ;),
 *          or the one of a first line "sep=;", which is then no row.
 * Formula  a cell that begins with = + - @ is one for a spreadsheet, and whoever may name an account may write it. It is written with an apostrophe in
 *          front, which is taken away where one of these, or another apostrophe, follows it.
 * Text     UTF-8. A file in another charset is refused whole: half of its names would be wrong. admin/encoding.h makes UTF-8 of it.
 * Rows     empty lines, and rows of empty cells alone, are passed over. Cells lose spaces at both ends.
 * Errors   RC_SYNTAX: no such text; e->log names the line.   Memory: one row.
 * Process  pli; later the HTTP daemon. Pure.   Source RFC 4180.
 */
#pragma once
#include "base/buf.h"

enum { TABLE_CELLS = 64, TABLE_ROW_MOST = 65536 /* octets of a row's cells */ };
struct table_row {
    uint32_t line; /* where it begins, from 1 */
    size_t n;
    struct span cell[TABLE_CELLS]; /* live until the call returns */
};
/* Not RC_OK ends the reading with that. */
typedef enum rc (*table_see)(const struct table_row *row, void *ctx, struct err *e);
enum rc table_each(struct span text, table_see see, void *ctx, struct err *e);
/* The line of the octet at that place, from 1. */
uint32_t table_line(struct span text, size_t at);
/* A cell as it must be written: in quotes where it needs them. */
void table_put(struct buf *out, struct span cell, char separator);
