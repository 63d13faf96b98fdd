/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row_fuzz.c - any octets as a header and as a line of either file; what is good comes back from its own writing, and makes an entry that keeps
 * its bounds. */
#include "directory/import/entry.h"

static void make_entry(const struct national_row *row)
{
    struct national_entry en;
    struct buf ldif = BUF_INIT;
    national_entry_make(row, 1, row, 1, &en); /* its own person's activity, too */
    national_entry_ldif(&en, &ldif);
    if (ldif.n == 0 || ldif.p[ldif.n - 1] != '\n')
        __builtin_trap();
    for (size_t i = 0; i < ldif.n; i++)
        if (ldif.p[i] == 0 || ldif.p[i] == '\r')
            __builtin_trap();
    buf_free(&ldif);
    national_entry_free(&en);
}

static void write_again(enum national_kind kind, const struct national_row *row)
{
    struct buf head = BUF_INIT, line = BUF_INIT;
    struct national_header h;
    struct national_row again;
    unsigned char before[NATIONAL_KEY], after[NATIONAL_KEY];
    struct err e;
    national_header_write(kind, &head);
    national_row_write(kind, row, &line);
    if (national_header_parse(buf_span(&head), &h, &e) != RC_OK || h.kind != kind ||
        national_row_parse(&h, buf_span(&line), &again) != NF_NONE)
        __builtin_trap();
    national_digest(row, before);
    national_digest(&again, after);
    if (memcmp(before, after, sizeof before) != 0)
        __builtin_trap();
    buf_free(&head);
    buf_free(&line);
}

static void try_line(const struct national_header *h, struct span line)
{
    struct national_row row;
    if (national_row_parse(h, line, &row) != NF_NONE)
        return;
    write_again(h->kind, &row);
    make_entry(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    ptrdiff_t nl = span_chr(in, '\n');
    struct national_header h;
    struct err e;
    if (nl >= 0 && national_header_parse(span_head(in, (size_t)nl), &h, &e) == RC_OK)
        try_line(&h, span_from(in, (size_t)nl + 1));
    for (enum national_kind k = NK_BOXES; k < NK_KINDS_; k++) {
        struct buf head = BUF_INIT;
        national_header_write(k, &head);
        if (national_header_parse(buf_span(&head), &h, &e) != RC_OK)
            __builtin_trap();
        try_line(&h, in);
        buf_free(&head);
    }
    return 0;
}
