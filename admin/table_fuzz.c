/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/table_fuzz.c - any octets as a table: rows begin in order, and cells lie within what was read. */
#include "admin/table.h"
#include <stdlib.h>

static enum rc see(const struct table_row *row, void *ctx, struct err *e)
{
    uint32_t *last = ctx;
    size_t all = 0;

    (void)e;
    for (size_t i = 0; i < row->n; i++)
        for (size_t k = 0; k < row->cell[i].n; k++)
            all += row->cell[i].p[k] != 0;
    if (row->line <= *last || row->n > TABLE_CELLS || all > TABLE_ROW_MOST)
        abort();
    *last = row->line;
    return RC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint32_t last = 0;
    struct err e;

    (void)table_each(span_of(data, n), see, &last, &e);
    return 0;
}
