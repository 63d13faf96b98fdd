/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/utf8.c - is this well-formed UTF-8? RFC 3629 section 4: shortest forms only, no surrogates, nothing beyond U+10FFFF. */
#include "proto/smtp/path.h"

/* Lead octet ranges, the range of the second octet, and how many octets follow the lead. */
static const struct {
    unsigned char lo, hi, second_lo, second_hi, follow;
} forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2}, {0xE1, 0xEC, 0x80, 0xBF, 2}, {0xED, 0xED, 0x80, 0x9F, 2},
    {0xEE, 0xEF, 0x80, 0xBF, 2}, {0xF0, 0xF0, 0x90, 0xBF, 3}, {0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3},
};

static size_t one(struct span s) /* length of the character at the start, 0 when malformed */
{
    if (s.p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s.p[0] < forms[i].lo || s.p[0] > forms[i].hi)
            continue;
        if (s.n <= forms[i].follow || s.p[1] < forms[i].second_lo || s.p[1] > forms[i].second_hi)
            return 0;
        for (size_t k = 2; k <= forms[i].follow; k++)
            if ((s.p[k] & 0xC0) != 0x80)
                return 0;
        return forms[i].follow + 1u;
    }
    return 0;
}

bool utf8_ok(struct span s)
{
    while (s.n > 0) {
        size_t n = one(s);

        if (n == 0)
            return false;
        s = span_from(s, n);
    }
    return true;
}
