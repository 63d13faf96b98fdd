/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry_time.c - slapd's change numbers and times as numbers in order. See entry.h. Pure.
 * Process  dird.
 */
#include "directory/dird/entry.h"
#include <stdio.h>

uint64_t csn_number(struct span csn)
{
    char text[64], *p = text;
    unsigned y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, us = 0, count = 0;
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(span_head(csn, sizeof text - 1)));
    if (sscanf(p, "%4u%2u%2u%2u%2u%2u.%6uZ#%6x", &y, &mo, &d, &h, &mi, &s, &us, &count) != 8)
        return 0;
    uint64_t days = (uint64_t)y * 372 + mo * 31 + d; /* an order, not a date */
    uint64_t secs = ((days * 24 + h) * 60 + mi) * 60 + s;
    return (secs * 1000000 + us) << 6 | (count & 63);
}

/* Is b the second after a? Within a minute, or over the end of a minute, an hour or a day. Over the end of a month: no. */
static bool next_second(uint64_t a, uint64_t b)
{
    static const uint64_t over[] = {41, 4041, 764041}; /* 59 -> 100, 5959 -> 10000, 235959 -> 1000000 */
    if (b == a + 1)
        return true;
    for (size_t i = 0; i < sizeof over / sizeof *over; i++)
        if (a % 100 == 59 && b % 100 == 0 && b == a + over[i])
            return true;
    return false;
}

uint64_t entry_secret_at(uint64_t pwd_second, uint64_t csn_second, uint64_t csn_us)
{
    if (pwd_second != 0 && (csn_second == pwd_second || next_second(pwd_second, csn_second)))
        return pwd_second * 1000000 + (csn_us ? csn_us : 1);
    return pwd_second * 1000000;
}
