/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/fold.c - see fold.h. */
#include "directory/fold.h"
#include "base/ascii.h"
#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

static const struct {
    ucs4_t letter;
    const char *ascii;
} special[] = {
    {0x0153, "oe"}, {0x00E6, "ae"}, {0x00F8, "o"}, {0x0142, "l"}, {0x0111, "d"},
    {0x00F0, "d"},  {0x00FE, "th"}, {0x0131, "i"}, {0x0127, "h"},
};

/* What parts words; what stands inside a name, as a keyboard has it, where names keep it. 0: a mark or another letter, which vanishes. */
static char parts(ucs4_t u, bool name)
{
    if (name && (u == '-' || u == 0x2010 || u == 0x2013))
        return '-';
    if (name && (u == '\'' || u == 0x2019))
        return '\'';
    return u < 0x80 || u == 0x2010 || u == 0x2013 || u == 0x2019 || u == 0xA0 ? ' ' : 0;
}

static bool ends_in_letter(const struct buf *out, size_t start)
{
    return out->n > start && ascii_is_alnum((unsigned char)out->p[out->n - 1]);
}

static void put_letter(struct buf *out, size_t start, ucs4_t u, bool name)
{
    bool ascii = u < 0x80 && ascii_is_alnum((unsigned char)u) && !ascii_is_upper((unsigned char)u);
    if (ascii) {
        buf_addc(out, (unsigned char)u);
        return;
    }
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (special[i].letter == u) {
            buf_addstr(out, special[i].ascii);
            return;
        }
    if (parts(u, name) && ends_in_letter(out, start))
        buf_addc(out, parts(u, name));
    else if (parts(u, name) == ' ' && out->n > start)
        out->p[out->n - 1] = ' '; /* "Anne- Marie": a space counts more */
}

static void fold(struct span s, bool name, struct buf *out)
{
    size_t n = 0, start = out->n;
    uint8_t *folded = u8_check(s.p, s.n) == NULL ? u8_casefold(s.p, s.n, NULL, UNINORM_NFKD, NULL, &n) : NULL;
    for (size_t i = 0; folded && i < n;) {
        ucs4_t u = 0;
        int len = u8_mbtouc(&u, folded + i, n - i);
        if (len <= 0)
            break;
        put_letter(out, start, u, name);
        i += (size_t)len;
    }
    free(folded);
    if (out->n > start && !ends_in_letter(out, start))
        buf_cut(out, out->n - 1);
}

void fold_words(struct span s, struct buf *out)
{
    fold(s, false, out);
}

void fold_name(struct span s, struct buf *out)
{
    fold(s, true, out);
}

void fold_open(struct span s, struct buf *out)
{
    bool marks = false, letters = false;
    size_t start = out->n;
    ucs4_t u;
    for (size_t i = 0, n; i < s.n; i += n) {
        n = (size_t)u8_mbtouc(&u, s.p + i, s.n - i);
        bool mark = parts(u, true) == '-' || parts(u, true) == '\'';
        marks |= mark;
        letters |= !mark && u >= 0x80;
        buf_addspan(out, mark ? SPAN_LIT(" ") : span_of(s.p + i, n));
    }
    if (!marks || !letters)
        buf_cut(out, start);
}

/* Each letter in its small form, then taken apart, which is slapd's order: "ß" stays one letter, and is not "ss". */
static void put_small(struct span s, struct buf *out)
{
    uint8_t octets[6];
    ucs4_t c;
    for (size_t i = 0, n; i < s.n; i += n) {
        n = (size_t)u8_mbtouc(&c, s.p + i, s.n - i);
        int m = u8_uctomb(octets, uc_tolower(c), sizeof octets);
        buf_add(out, octets, m > 0 ? (size_t)m : 0);
    }
}

void fold_key(struct span s, struct buf *out)
{
    struct buf small = BUF_INIT;
    size_t n = 0, start = out->n;
    uint8_t *apart = NULL;
    if (u8_check(s.p, s.n) == NULL)
        put_small(s, &small);
    if (small.n > 0)
        apart = u8_normalize(UNINORM_NFKD, small.p, small.n, NULL, &n);
    for (size_t i = 0; apart && i < n; i++)
        if (apart[i] != ' ' || (out->n > start && out->p[out->n - 1] != ' '))
            buf_addc(out, (char)apart[i]);
    free(apart);
    buf_free(&small);
    if (out->n > start && out->p[out->n - 1] == ' ')
        buf_cut(out, out->n - 1);
}

/* An address or a word of ASCII: its key says no more than its letters. */
static bool is_plain(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > 126)
            return false;
    return s.n > 0;
}

bool fold_alike(struct span a, struct span b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;
    if (is_plain(a) && is_plain(b))
        return span_ieq(a, b);
    fold_key(a, &x);
    fold_key(b, &y);
    bool same = span_eq(buf_span(&x), buf_span(&y));
    buf_free(&x);
    buf_free(&y);
    return same;
}

bool fold_next(struct span *rest, struct span *word_out)
{
    while (rest->n > 0 && rest->p[0] == ' ')
        *rest = span_from(*rest, 1);
    ptrdiff_t end = span_chr(*rest, ' ');
    *word_out = end < 0 ? *rest : span_head(*rest, (size_t)end);
    *rest = span_from(*rest, word_out->n);
    return word_out->n > 0;
}
