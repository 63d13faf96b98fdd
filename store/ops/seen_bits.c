/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_bits.c - see seen_bits.h. */
#include "store/ops/seen_bits.h"

static unsigned char *octet(struct seen_bits *s, uint32_t uid)
{
    return &s->b[uid % SEEN_BLOCK / 8];
}

bool seen_bits_has(const struct seen_bits *s, uint32_t uid)
{
    return s->b[uid % SEEN_BLOCK / 8] >> uid % 8 & 1;
}

void seen_bits_put(struct seen_bits *s, uint32_t uid, bool yes)
{
    unsigned char bit = (unsigned char)(1u << uid % 8);

    *octet(s, uid) = (unsigned char)(yes ? *octet(s, uid) | bit : *octet(s, uid) & ~bit);
}

uint32_t seen_bits_count(const struct seen_bits *s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < SEEN_OCTETS; i++)
        n += (uint32_t)__builtin_popcount(s->b[i]);
    return n;
}

bool seen_bits_keep(struct seen_bits *s, const struct seen_bits *of)
{
    bool any = false;

    for (size_t i = 0; i < SEEN_OCTETS; i++) {
        any |= (s->b[i] & ~of->b[i]) != 0;
        s->b[i] &= of->b[i];
    }
    return any;
}

enum rc seen_bits_read(struct span row, struct seen_bits *out, struct err *e)
{
    struct seen_row r;
    enum rc rc = rec_read(row, seen_row_f, &r, e);

    memset(out, 0, sizeof *out);
    if (rc == RC_OK && r.bits.n > 0)
        memcpy(out->b, r.bits.p, r.bits.n);
    return rc;
}

void seen_bits_write(const struct seen_bits *s, struct buf *row_out)
{
    struct seen_row r = {span_of(s->b, SEEN_OCTETS)};

    while (r.bits.n > 0 && s->b[r.bits.n - 1] == 0)
        r.bits.n--;
    rec_write(row_out, seen_row_f, &r);
}
