/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/numbers.c - see admin/numbers.h. */
#include "admin/numbers.h"
#include "base/ascii.h"

/* What people put between the digits, and what it is in ASCII. */
static const struct {
    const char *octets;
    char plain;
} between[] = {
    {" ", ' '},
    {"\t", ' '},
    {"\xC2\xA0", ' '},     /* U+00A0 no-break space */
    {"\xE2\x80\x87", ' '}, /* U+2007 figure space */
    {"\xE2\x80\x89", ' '}, /* U+2009 thin space */
    {"\xE2\x80\xAF", ' '}, /* U+202F narrow no-break space */
    {"-", '-'},
    {"\xE2\x80\x90", '-'}, /* U+2010 hyphen */
    {"\xE2\x80\x91", '-'}, /* U+2011 no-break hyphen */
    {"\xE2\x80\x93", '-'}, /* U+2013 what a spreadsheet makes of a hyphen */
    {".", '.'},
};

/* Octets of what stands between that s begins with; 0: none. */
static size_t between_at(struct span s, char *plain_out)
{
    for (size_t i = 0; i < sizeof between / sizeof *between; i++)
        if (span_istarts(s, between[i].octets)) {
            *plain_out = between[i].plain;
            return strlen(between[i].octets);
        }
    return 0;
}

struct span number_normal(struct span typed, char out[NUMBER_ROOM])
{
    size_t n = 0, skip;
    char plain;

    for (struct span rest = typed; rest.n > 0; rest = span_from(rest, skip)) {
        skip = between_at(rest, &plain);
        if (skip > 0)
            continue;
        skip = 1;
        if (n == NUMBER_ROOM || !ascii_is_alnum(rest.p[0]))
            return typed;
        out[n++] = (char)ascii_upper(rest.p[0]);
    }
    return span_of(out, n);
}

struct span telephone_normal(struct span typed, char out[NUMBER_ROOM])
{
    size_t n = 0, skip;

    for (struct span rest = typed; rest.n > 0; rest = span_from(rest, skip)) {
        char c = (char)rest.p[0];

        skip = between_at(rest, &c);
        skip = skip > 0 ? skip : 1;
        if (c == ' ' && (n == 0 || out[n - 1] == ' '))
            continue;
        if (n == NUMBER_ROOM)
            return typed;
        out[n++] = c;
    }
    return span_trim(span_of(out, n));
}

static size_t digits_at(struct span s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

/* 1,00001E+10 in French, 1.00001E+10 in English, 1E+10. */
bool number_rounded(struct span typed)
{
    struct span s = span_trim(typed);
    size_t n = digits_at(s);

    s = span_from(s, n);
    if (n == 0 || s.n == 0)
        return false;
    if (s.p[0] == ',' || s.p[0] == '.') {
        s = span_from(s, 1);
        s = span_from(s, digits_at(s));
    }
    if (!span_istarts(s, "E+"))
        return false;
    s = span_from(s, 2);
    return s.n > 0 && digits_at(s) == s.n;
}

bool number_is(struct span typed, bool (*is)(struct span))
{
    char mem[NUMBER_ROOM];

    return is(number_normal(typed, mem));
}

bool number_lost_zero(struct span typed, bool (*is)(struct span))
{
    char mem[NUMBER_ROOM], with[NUMBER_ROOM + 1] = "0";
    struct span normal = number_normal(typed, mem);

    if (normal.n >= NUMBER_ROOM)
        return false;
    memcpy(with + 1, normal.p, normal.n);
    return is(span_of(with, normal.n + 1));
}
