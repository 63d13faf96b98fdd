/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ascii.h - classes and case of ASCII characters. Protocols mean ASCII and never a locale. So <ctype.h> must not be used for a peer's
 * octets.
 *
 * Input    any octet. Octets beyond 127 are in no class and stay as they are.
 * Process  all.   Source RFC 5234 B.1 (ALPHA, DIGIT, HEXDIG).
 */
#pragma once
#include "base/span.h"

static inline bool ascii_is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}
static inline bool ascii_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}
static inline unsigned char ascii_lower(unsigned char c)
{
    return ascii_is_upper(c) ? (unsigned char)(c + ('a' - 'A')) : c;
}
static inline unsigned char ascii_upper(unsigned char c)
{
    return ascii_is_lower(c) ? (unsigned char)(c - ('a' - 'A')) : c;
}
static inline bool ascii_is_letter(unsigned char c)
{
    return ascii_is_upper(c) || ascii_is_lower(c);
}
static inline bool ascii_is_alnum(unsigned char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}
static inline int ascii_hex(unsigned char c) /* 0 to 15 of a hexadecimal digit in either case; -1: none */
{
    unsigned char low = ascii_lower(c);

    return ascii_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}
static inline bool ascii_only(struct span s) /* no octet is beyond 127 */
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 127)
            return false;
    return true;
}
static inline void ascii_lower_all(struct span s, void *to) /* writes s.n bytes to to, which may be s.p itself */
{
    for (size_t i = 0; i < s.n; i++)
        ((unsigned char *)to)[i] = ascii_lower(s.p[i]);
}
static inline void ascii_upper_all(struct span s, void *to)
{
    for (size_t i = 0; i < s.n; i++)
        ((unsigned char *)to)[i] = ascii_upper(s.p[i]);
}
