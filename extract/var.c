/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/var.c - see extract/var.h. */
#include "extract/var.h"

enum { BITS = 7, LAST = 63 };

void var_u64(struct buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= BITS)
        buf_u8(b, (uint8_t)(v | 0x80));
    buf_u8(b, (uint8_t)v);
}

void var_bytes(struct buf *b, struct span s)
{
    var_u64(b, s.n);
    buf_addspan(b, s);
}

uint64_t rd_var(struct rd *r)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift <= LAST; shift += BITS) {
        uint8_t c = rd_u8(r);

        if (shift == LAST && c > 1) /* the tenth octet has one bit */
            break;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return v;
    }
    r->bad = true;
    return 0;
}

struct span rd_var_bytes(struct rd *r)
{
    uint64_t n = rd_var(r);

    return rd_take(r, n <= r->s.n ? (size_t)n : r->s.n + 1); /* one more than there is: bad */
}
