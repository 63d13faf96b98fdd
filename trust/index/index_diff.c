/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_diff.c - what another list gains and loses: both are in domain order, so one walk over both. */
#include "trust/index/index_int.h"

static struct span domain_text(const struct trust_index *x, size_t i)
{
    return ix_text(x, ix_domain(x, i));
}

static struct span entry_key(const struct trust_index *x, size_t entry)
{
    return ix_text(x, ix_name(x, ix_u32(ix_entry(x, entry) + E_NAME)));
}

/* The next distinct name of a run that ends at end. */
static size_t past_name(const struct trust_index *x, size_t at, size_t end)
{
    uint32_t name = ix_u32(ix_entry(x, at) + E_NAME);

    while (at < end && ix_u32(ix_entry(x, at) + E_NAME) == name)
        at++;
    return at;
}

static bool same_names(const struct trust_index *a, size_t da, const struct trust_index *b, size_t db)
{
    size_t i = ix_u32(ix_domain(a, da) + D_FIRST), i_end = i + ix_u32(ix_domain(a, da) + D_COUNT);
    size_t k = ix_u32(ix_domain(b, db) + D_FIRST), k_end = k + ix_u32(ix_domain(b, db) + D_COUNT);

    while (i < i_end && k < k_end) {
        if (!span_eq(entry_key(a, i), entry_key(b, k)))
            return false;
        i = past_name(a, i, i_end);
        k = past_name(b, k, k_end);
    }
    return i == i_end && k == k_end;
}

enum rc index_diff(const struct trust_index *from, const struct trust_index *to,
                   enum rc (*see)(void *ctx, const struct index_change *c, struct err *e), void *ctx, struct err *e)
{
    size_t i = 0, k = 0, n = from ? from->n_domains : 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && (i < n || k < to->n_domains)) {
        int by = i == n ? 1 : k == to->n_domains ? -1 : span_cmp(domain_text(from, i), domain_text(to, k));
        struct index_change c = {by < 0 ? '-' : by > 0 ? '+' : '~', by < 0 ? domain_text(from, i) : domain_text(to, k)};
        if (by != 0 || !same_names(from, i, to, k))
            rc = see(ctx, &c, e);
        i += by <= 0;
        k += by >= 0;
    }
    return rc;
}
