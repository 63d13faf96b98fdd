/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row_fuzz.c - any octets as a header and as a line; what is good makes an entry that keeps its bounds. */
#include "directory/import/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    ptrdiff_t nl = span_chr(in, '\n');
    struct national_header h = {.columns = NC_COLUMNS_, .siret = NATIONAL_COLUMNS_MAX};
    struct national_row row;
    struct err e;
    for (unsigned i = 0; i < NC_COLUMNS_; i++)
        h.at[i] = i;
    if (nl >= 0 && national_header_parse(span_head(in, (size_t)nl), &h, &e) == RC_OK)
        in = span_from(in, (size_t)nl + 1);
    if (national_row_parse(&h, in, &row) != NF_NONE)
        return 0;
    struct national_entry en;
    struct buf ldif = BUF_INIT;
    national_entry_make(&row, 1, &row, 1, &en); /* its own person's activity, too */
    national_entry_ldif(&en, &ldif);
    if (ldif.n == 0 || ldif.p[ldif.n - 1] != '\n')
        __builtin_trap();
    for (size_t i = 0; i < ldif.n; i++)
        if (ldif.p[i] == 0 || ldif.p[i] == '\r')
            __builtin_trap();
    buf_free(&ldif);
    national_entry_free(&en);
    return 0;
}
