/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/html.c - see extract/html.h: tags taken away, character references resolved, in one pass. */
#include "extract/html.h"
#include "base/ascii.h"
#include "mime/charset.h"
#include <string.h>

enum { REFERENCE_MOST = 16 };
static const char *const inline_tags[] = {"a", "abbr",  "b",    "big",    "em",  "font", "i",  "ins", "mark",
                                          "s", "small", "span", "strong", "sub", "sup",  "tt", "u",   "wbr"};
struct html {
    struct span rest;
    struct buf *out;
    bool no_gt, no_comment_end; /* nothing more of that kind ahead: not searched for again */
};

/* In a numeric reference the numbers 128 to 159 mean windows-1252, whatever the charset (HTML 5 13.2.5.80). */
static unsigned from_1252(unsigned v)
{
    static const unsigned short high[32] = {0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                            0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                            0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                            0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178};

    return v >= 0x80 && v < 0xa0 && high[v - 0x80] ? high[v - 0x80] : v;
}

/* The character of "#233" or "#xe9"; 0: it is no character. */
static unsigned numeric(struct span s)
{
    bool hex = s.n > 1 && ascii_lower(s.p[1]) == 'x';
    unsigned v = 0;
    size_t i = hex ? 2 : 1;

    if (i >= s.n)
        return 0;
    for (; i < s.n; i++) {
        int d = ascii_hex(s.p[i]);

        if (d < 0 || d >= (hex ? 16 : 10) || v > 0x10ffff)
            return 0;
        v = v * (hex ? 16 : 10) + (unsigned)d;
    }
    return v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : from_1252(v);
}

/* Does HTML take this name without its ";" too? It does for the names of ISO 8859-1 and of the markup itself. */
static unsigned named(struct span name, bool ended)
{
    unsigned cp = html_named(name);

    return ended || (cp < 0x100 && cp != '\'') ? cp : 0;
}

static bool hex_digit(unsigned char c)
{
    return ascii_hex(c) >= 0;
}

/* How much of s, which begins with "&", is a reference's name or number. */
static size_t reference_run(struct span s)
{
    bool number = s.n > 1 && s.p[1] == '#', hex = number && s.n > 2 && ascii_lower(s.p[2]) == 'x';
    bool (*takes)(unsigned char c) = hex ? hex_digit : number ? ascii_is_digit : ascii_is_alnum;
    size_t n = hex ? 3 : number ? 2 : 1;

    while (n < s.n && n < REFERENCE_MOST && takes(s.p[n]))
        n++;
    return n;
}

/* rest begins with "&". */
static void reference(struct html *h)
{
    size_t n = reference_run(h->rest);
    bool ended = n < h->rest.n && h->rest.p[n] == ';';
    struct span name = span_of(h->rest.p + 1, n - 1);
    unsigned cp = name.n > 0 && *name.p == '#' ? numeric(name) : named(name, ended);

    if (cp)
        charset_add(h->out, cp);
    else
        buf_addc(h->out, '&');
    h->rest = span_from(h->rest, cp ? n + ended : 1);
}

/* Steps behind the text end, or to the end of the whole when that text is missing. */
static void skip_behind(struct html *h, const char *close_tag)
{
    while (h->rest.n > 0) {
        ptrdiff_t lt = span_chr(h->rest, '<');

        h->rest = span_from(h->rest, lt < 0 ? h->rest.n : (size_t)lt);
        if (span_istarts(h->rest, close_tag))
            return;
        if (h->rest.n > 0)
            h->rest = span_from(h->rest, 1);
    }
}

static bool comment(struct html *h)
{
    ptrdiff_t end;

    if (!span_istarts(h->rest, "<!--") || h->no_comment_end)
        return false;
    end = span_find(span_from(h->rest, 4), SPAN_LIT("-->"));
    h->no_comment_end = end < 0;
    if (end >= 0)
        h->rest = span_from(h->rest, 4 + (size_t)end + 3);
    return end >= 0;
}

static bool is_inline(struct span name)
{
    for (size_t i = 0; i < sizeof inline_tags / sizeof *inline_tags; i++)
        if (span_ieq_str(name, inline_tags[i]))
            return true;
    return false;
}

/* rest begins with "<". A tag is dropped. What is no tag stays. */
static void tag(struct html *h)
{
    unsigned char next = h->rest.n > 1 ? h->rest.p[1] : 0;
    bool closing = next == '/';
    struct span name = span_from(h->rest, closing ? 2 : 1);
    bool looks = ascii_is_letter(next) || closing || next == '!' || next == '?';
    ptrdiff_t gt = looks && !h->no_gt ? span_chr(h->rest, '>') : -1;
    size_t n = 0;

    if (comment(h))
        return;
    if (gt < 0) {
        h->no_gt |= looks;
        buf_addc(h->out, '<');
        h->rest = span_from(h->rest, 1);
        return;
    }
    while (n < name.n && ascii_is_letter(name.p[n]))
        n++;
    name = span_head(name, n);
    h->rest = span_from(h->rest, (size_t)gt + 1);
    if (!is_inline(name))
        buf_addc(h->out, ' ');
    if (!closing && span_ieq_str(name, "style"))
        skip_behind(h, "</style");
    else if (!closing && span_ieq_str(name, "script"))
        skip_behind(h, "</script");
}

void html_text(struct span utf8, struct buf *out)
{
    struct html h = {.rest = utf8, .out = out};

    while (h.rest.n > 0) {
        size_t n = 0;

        while (n < h.rest.n && h.rest.p[n] != '<' && h.rest.p[n] != '&')
            n++;
        buf_add(out, h.rest.p, n);
        h.rest = span_from(h.rest, n);
        if (h.rest.n == 0)
            break;
        if (*h.rest.p == '<')
            tag(&h);
        else
            reference(&h);
    }
}
