/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/html.c - see mime/html.h. */
#include "mime/html.h"
#include "mime/charset_int.h"
#include <string.h>

static const char *const inline_tags[] = {"a", "abbr",  "b",    "big",    "em",  "font", "i",  "ins", "mark",
                                          "s", "small", "span", "strong", "sub", "sup",  "tt", "u",   "wbr"};
static const struct {
    const char *name;
    unsigned cp;
} references[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},    {"nbsp", 0xa0},
    {"laquo", 0xab},    {"raquo", 0xbb},   {"deg", 0xb0},     {"micro", 0xb5},   {"agrave", 0xe0},  {"acirc", 0xe2},
    {"auml", 0xe4},     {"aacute", 0xe1},  {"aelig", 0xe6},   {"ccedil", 0xe7},  {"egrave", 0xe8},  {"eacute", 0xe9},
    {"ecirc", 0xea},    {"euml", 0xeb},    {"iacute", 0xed},  {"icirc", 0xee},   {"iuml", 0xef},    {"ntilde", 0xf1},
    {"oacute", 0xf3},   {"ocirc", 0xf4},   {"ouml", 0xf6},    {"ugrave", 0xf9},  {"uacute", 0xfa},  {"ucirc", 0xfb},
    {"uuml", 0xfc},     {"Agrave", 0xc0},  {"Acirc", 0xc2},   {"Ccedil", 0xc7},  {"Egrave", 0xc8},  {"Eacute", 0xc9},
    {"Ecirc", 0xca},    {"Icirc", 0xce},   {"Ocirc", 0xd4},   {"oelig", 0x153},  {"OElig", 0x152},  {"szlig", 0xdf},
    {"lsquo", 0x2018},  {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"ndash", 0x2013}, {"mdash", 0x2014},
    {"hellip", 0x2026}, {"euro", 0x20ac},
};

struct html {
    struct span rest;
    struct buf *out;
    bool no_gt, no_comment_end; /* nothing more of that kind ahead: not searched for again */
};

static bool letter(unsigned char c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

/* "#233" or "#xe9": 0 when it is no character. */
static unsigned numeric(struct span s)
{
    bool hex = s.n > 1 && (s.p[1] | 0x20) == 'x';
    unsigned v = 0;
    size_t i = hex ? 2 : 1;

    if (i >= s.n || s.n > 9)
        return 0;
    for (; i < s.n; i++) {
        unsigned char c = s.p[i];
        unsigned d = c >= '0' && c <= '9' ? c - (unsigned)'0' : letter(c) ? (c | 0x20u) - 'a' + 10 : 99u;

        if (d >= (hex ? 16u : 10u))
            return 0;
        v = v * (hex ? 16 : 10) + d;
    }
    return v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : v;
}

/* rest begins with "&". */
static void reference(struct html *h)
{
    ptrdiff_t semi = span_chr(span_head(h->rest, 12), ';');
    struct span name = span_of(h->rest.p + 1, semi > 1 ? (size_t)semi - 1 : 0);
    unsigned cp = 0;

    if (name.n > 0 && *name.p == '#')
        cp = numeric(name);
    for (size_t i = 0; name.n > 0 && i < sizeof references / sizeof *references; i++)
        if (span_eq_str(name, references[i].name))
            cp = references[i].cp;
    if (cp)
        charset_add(h->out, cp);
    else
        buf_addc(h->out, '&');
    h->rest = span_from(h->rest, cp ? (size_t)semi + 1 : 1);
}

/* Steps behind end; to the end of all when it is not there. */
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

/* rest begins with "<": a tag goes; what is none stays. */
static void tag(struct html *h)
{
    unsigned char next = h->rest.n > 1 ? h->rest.p[1] : 0;
    bool closing = next == '/';
    struct span name = span_from(h->rest, closing ? 2 : 1);
    bool looks = letter(next) || closing || next == '!' || next == '?';
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
    while (n < name.n && letter(name.p[n]))
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
