/* SPDX-License-Identifier: EUPL-1.2 */
/* base/span.c - see base/span.h. Case folding is ASCII only: protocol keywords never depend on the locale. */
#include "base/span.h"
#include "base/ascii.h"
#include "base/err.h"
#include <stdlib.h>

bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool span_eq_str(struct span a, const char *s)
{
    return span_eq(a, span_str(s));
}

bool span_ieq(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool span_ieq_str(struct span a, const char *s)
{
    return span_ieq(a, span_str(s));
}

bool span_istarts(struct span a, const char *prefix)
{
    size_t n = strlen(prefix);

    return a.n >= n && span_ieq(span_head(a, n), span_of(prefix, n));
}

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t span_chr(struct span a, unsigned char c)
{
    const unsigned char *at = a.n > 0 ? memchr(a.p, c, a.n) : NULL;

    return at ? at - a.p : -1;
}

struct span span_head_text(struct span s, size_t n)
{
    size_t at = n;

    if (n >= s.n)
        return s;
    while (at > 0 && n - at < 3 && (s.p[at] & 0xc0) == 0x80)
        at--;
    return span_head(s, (s.p[at] & 0xc0) == 0x80 ? n : at); /* four such bytes are no UTF-8: cut where it was asked */
}

struct span span_cut(struct span *rest, unsigned char end)
{
    ptrdiff_t at = span_chr(*rest, end);
    struct span first = at < 0 ? *rest : span_head(*rest, (size_t)at);

    *rest = at < 0 ? SPAN_NULL : span_from(*rest, (size_t)at + 1);
    return first;
}

ptrdiff_t span_find(struct span hay, struct span needle)
{
    const unsigned char *at;

    if (needle.n == 0)
        return 0;
    if (hay.n < needle.n)
        return -1;
    at = memmem(hay.p, hay.n, needle.p, needle.n);
    return at ? at - hay.p : -1;
}

static bool blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span a)
{
    while (a.n > 0 && blank(a.p[0]))
        a = span_from(a, 1);
    while (a.n > 0 && blank(a.p[a.n - 1]))
        a.n--;
    return a;
}

bool span_u64(struct span a, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] < '0' || a.p[i] > '9')
            return false;
        uint64_t d = (uint64_t)(a.p[i] - '0');
        if (d > max || v > (max - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

char *span_dup(struct span a)
{
    char *s = malloc(a.n + 1);

    if (!s)
        die("out of memory");
    if (a.n > 0)
        memcpy(s, a.p, a.n);
    s[a.n] = 0;
    return s;
}
