/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/octets.c - see mime/octets.h. A word holds a zero byte exactly when (w - 01..01) & ~w & 80..80 is not 0. */
#include "mime/octets.h"

#define ONES 0x0101010101010101u
#define HIGH 0x8080808080808080u

static uint64_t zero_byte(uint64_t w)
{
    return (w - ONES) & ~w & HIGH;
}

unsigned octets_in(struct span s)
{
    uint64_t high = 0, nul = 0, cr = 0, w;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&w, s.p + i, 8);
        high |= w;
        nul |= zero_byte(w);
        cr |= zero_byte(w ^ (ONES * '\r'));
    }
    for (; i < s.n; i++) {
        high |= s.p[i];
        nul |= s.p[i] == 0;
        cr |= s.p[i] == '\r';
    }
    return (high & HIGH ? OCT_8BIT : 0u) | (nul ? OCT_NUL : 0u) | (cr ? OCT_BARE_CR : 0u);
}
