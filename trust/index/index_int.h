/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/index/index_int.h - the rows of the index; inside trust/index only. docs/internals/trust.md draws them.
 * Units    Offsets are octets from the start of their section, texts' from the start of the texts. Every number is little-endian.
 * Process  trustd, dird, pli.
 */
#pragma once
#include "trust/index/index.h"

#define INDEX_MAGIC "PliTrIx1"
enum { INDEX_VERSION = 1 };
enum { /* header: where each field stands */
    H_MAGIC = 0, H_VERSION = 8, H_DOMAINS = 12, H_ENTRIES = 16, H_NAMES = 20, H_GENERATED = 24, H_TEXTS = 32, H_SUM = 40 /* of the sections */, H_SIZE = 48
};
enum { /* rows */
    D_TEXT = 0, D_LENGTH = 4, D_FIRST = 8, D_COUNT = 12, D_SIZE = 16,                                /* a domain: its text, its run of entries */
    E_DOMAIN = 0, E_NAME = 4, E_UPDATED = 8, E_TEXTS = 16 /* offset and length, E_FIELDS times */, E_SIZE = 48, /* an entry */
    N_KEY = 0, N_LENGTH = 4, N_SIZE = 8 /* a distinct DN */
};
enum { F_DN, F_DESCRIPTION, F_RESPONSIBLE, F_SUPPORT, E_FIELDS };

struct trust_index {
    struct span all;      /* the block */
    const unsigned char *domains, *entries, *names;
    struct span texts;
    size_t n_domains, n_entries, n_names;
    uint64_t generated;
    void *map;            /* munmap(2); NULL: copy */
    unsigned char *copy;  /* free(3) */
};
uint64_t index_sum(struct span s); /* FNV-1a, 64 bits: every change of one octet changes it */

static inline uint32_t ix_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t ix_u64(const unsigned char *p)
{
    return ix_u32(p) | (uint64_t)ix_u32(p + 4) << 32;
}
static inline const unsigned char *ix_domain(const struct trust_index *x, size_t i)
{
    return x->domains + i * D_SIZE;
}
static inline const unsigned char *ix_entry(const struct trust_index *x, size_t i)
{
    return x->entries + i * E_SIZE;
}
static inline const unsigned char *ix_name(const struct trust_index *x, size_t i)
{
    return x->names + i * N_SIZE;
}
/* A text by the offset and length that stand at p; index_open() has seen that it is there. */
static inline struct span ix_text(const struct trust_index *x, const unsigned char *p)
{
    return span_of(x->texts.p + ix_u32(p), ix_u32(p + 4));
}
extern _Thread_local unsigned long index_compared; /* comparisons of look-ups in this thread: tests count cost by them */
