/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domain_roster_fuzz.c - fuzz: any octets as a file of domains. Each cell lies in the roster's memory, and every row can be wished for and compared. */
#include "admin/domain_roster.h"
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const struct dird_domain is = {.quota = 1, .own_quota = 1};
    struct rows r;
    struct domain_wish w;
    char why[512];
    struct err e;

    if (domain_roster_read(span_of(p, n), NULL, &r, &e) == RC_OK)
        for (uint32_t row = 0; row < r.n; row++) {
            for (int c = 0; c < DOMAIN_COLUMNS; c++)
                if (r.cell[row * DOMAIN_COLUMNS + (uint32_t)c].off + rows_cell(&r, row, c).n > r.text.n)
                    abort();
            if (domain_wish(&r, row, &w, &e) == RC_OK && (domain_differs(&w, &is, why, sizeof why) & ~w.d.what) != 0)
                abort();
        }
    rows_free(&r);
    return 0;
}
