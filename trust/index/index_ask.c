/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_ask.c - look-ups in a block that index_open() has looked at. */
#include "base/idn.h"
#include "policies/trust.h"
#include "trust/index/index_int.h"

_Thread_local unsigned long index_compared;

uint64_t index_generated(const struct trust_index *x)
{
    return x->generated;
}

size_t index_entries(const struct trust_index *x)
{
    return x->n_entries;
}

size_t index_domains(const struct trust_index *x)
{
    return x->n_domains;
}

size_t index_operators(const struct trust_index *x)
{
    return x->n_names;
}

/* Where key stands among n rows of that size, each of which begins with the offset and length of its text. */
static bool search(const struct trust_index *x, const unsigned char *rows, size_t size, size_t n, struct span key,
                   size_t *at_out)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int by = span_cmp(ix_text(x, rows + mid * size), key);
        index_compared++;
        if (by == 0) {
            *at_out = mid;
            return true;
        }
        if (by < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static bool find_domain(const struct trust_index *x, struct span domain, size_t *at_out)
{
    char name[IDN_ROOM];

    if (!idn_domain(domain, name))
        return false;
    return search(x, x->domains, D_SIZE, x->n_domains, span_str(name), at_out);
}

static bool find_name(const struct trust_index *x, struct span dn, size_t *at_out)
{
    struct buf key = BUF_INIT;
    bool found = dn_key(dn, &key) && search(x, x->names, N_SIZE, x->n_names, buf_span(&key), at_out);

    buf_free(&key);
    return found;
}

/* Is that name among those of the domain? They are in order. */
static bool domain_has(const struct trust_index *x, size_t domain, size_t name)
{
    size_t low = ix_u32(ix_domain(x, domain) + D_FIRST), high = low + ix_u32(ix_domain(x, domain) + D_COUNT);

    while (low < high) {
        size_t mid = low + (high - low) / 2, there = ix_u32(ix_entry(x, mid) + E_NAME);
        index_compared++;
        if (there == name)
            return true;
        if (there < name)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

enum index_answer index_ask(const struct trust_index *x, struct span domain, struct span dn)
{
    size_t at = 0, name = 0;

    if (domain.n > 0 && !find_domain(x, domain, &at))
        return IX_UNKNOWN_DOMAIN;
    if (dn.n == 0)
        return domain.n > 0 ? IX_YES : IX_OTHER_DN;
    if (!find_name(x, dn, &name))
        return IX_OTHER_DN;
    return domain.n == 0 || domain_has(x, at, name) ? IX_YES : IX_OTHER_DN;
}

bool index_entry(const struct trust_index *x, size_t i, struct index_entry *out)
{
    const unsigned char *e;

    if (i >= x->n_entries)
        return false;
    e = ix_entry(x, i);
    *out = (struct index_entry){.domain = ix_text(x, ix_domain(x, ix_u32(e + E_DOMAIN))),
                                .dn = ix_text(x, e + E_TEXTS + 8 * F_DN),
                                .description = ix_text(x, e + E_TEXTS + 8 * F_DESCRIPTION),
                                .responsible = ix_text(x, e + E_TEXTS + 8 * F_RESPONSIBLE),
                                .support = ix_text(x, e + E_TEXTS + 8 * F_SUPPORT),
                                .updated = ix_u64(e + E_UPDATED)};
    return true;
}

bool index_find(const struct trust_index *x, struct span domain, size_t *first_out, size_t *count_out)
{
    size_t at;

    if (!find_domain(x, domain, &at))
        return false;
    *first_out = ix_u32(ix_domain(x, at) + D_FIRST);
    *count_out = ix_u32(ix_domain(x, at) + D_COUNT);
    return true;
}
