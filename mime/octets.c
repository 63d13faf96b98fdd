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

/* Takes the first octet of a character: it says how many octets follow, and what the next one may be. */
static bool utf8_first(struct utf8_state *u, unsigned char c)
{
    if (c < 0xc2 || c > 0xf4)
        return false;
    u->want = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;  /* no longer form than needed */
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf; /* no surrogates, nothing beyond U+10FFFF */
    return true;
}

bool utf8_feed(struct utf8_state *u, struct span s)
{
    bool ok = true;

    for (size_t i = 0; ok && i < s.n; i++) {
        if (u->want == 0) {
            ok = s.p[i] < 128 || utf8_first(u, s.p[i]);
            continue;
        }
        ok = s.p[i] >= u->low && s.p[i] <= u->high;
        u->want--;
        u->low = 0x80;
        u->high = 0xbf;
    }
    if (!ok)
        *u = (struct utf8_state){0, 0, 0};
    return ok;
}
