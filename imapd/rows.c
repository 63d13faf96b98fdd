/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/rows.c - see imapd/rows.h. */
#include "imapd/rows.h"

uint32_t rows_count(const struct imap_set *rows)
{
    uint32_t n = 0;

    for (size_t i = 0; i < rows->n; i++)
        n += rows->r[i].hi - rows->r[i].lo + 1;
    return n;
}

bool rows_add(struct imap_session *s, struct imap_set *rows, uint32_t row)
{
    if (rows->n > 0 && rows->r[rows->n - 1].hi + 1 == row) {
        rows->r[rows->n - 1].hi = row;
        return true;
    }
    if ((rows->r = imap_arena_grow(&s->mem, rows->r, rows->n, sizeof *rows->r)) == NULL)
        return false;
    rows->r[rows->n++] = (struct imap_range){row, row};
    return true;
}

enum rc rows_where(struct imap_session *s, const struct imap_set *rows, rows_keep *keep, const void *arg,
                   struct imap_set *out, struct err *e)
{
    struct imap_set kept = {0};
    enum rc rc = RC_OK;

    for (size_t i = 0; i < rows->n; i++)
        for (uint32_t row = rows->r[i].lo; rc == RC_OK && row <= rows->r[i].hi; row++)
            if (keep(s->view, row, arg) && !rows_add(s, &kept, row))
                rc = reply_bad(s, e, CAUSE_TOO_COMPLEX);
    *out = kept;
    return rc;
}

void rows_slice(struct imap_set *rows, uint32_t from, uint32_t to)
{
    uint32_t at = 0;
    size_t k = 0;

    for (size_t i = 0; i < rows->n; i++) {
        struct imap_range r = rows->r[i];
        uint32_t n = r.hi - r.lo + 1, lo = from > at ? from - at : 0, hi = to > at ? to - at : 0;

        at += n;
        if (hi > n)
            hi = n;
        if (lo < hi)
            rows->r[k++] = (struct imap_range){r.lo + lo, r.lo + hi - 1};
    }
    rows->n = k;
}
