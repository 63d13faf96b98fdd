/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/roster_fuzz.c - fuzz: any octets as a roster, a table or LDIF. Each cell lies in the roster's memory, and every row can be wished for. */
#include "admin/roster.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct roster_defaults d = {.quota = 1};
    struct roster r;
    /* the last octet chooses: as it is, or from an encoding */
    const char *encoding = n > 0 && p[n - 1] % 2 ? p[n - 1] % 4 == 1 ? "windows-1252" : "utf-16" : NULL;
    struct err e;

    if (roster_read(span_of(p, n), encoding, &r, &e) == RC_OK)
        for (uint32_t row = 0; row < r.rows.n; row++) {
            struct roster_wish w;

            for (int c = 0; c < ROSTER_COLUMNS; c++) {
                struct span cell = roster_cell(&r, row, (enum roster_column)c);

                if (r.rows.cell[row * ROSTER_COLUMNS + (uint32_t)c].off + cell.n > r.rows.text.n)
                    abort();
            }
            (void)!roster_wish(&r, row, &d, &w, &e);
            roster_wish_free(&w);
        }
    roster_free(&r);
    return 0;
}
