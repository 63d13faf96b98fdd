/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/conf_lines.c - on which line of pli.conf does a setting stand? libconfuse does not keep the line, and an error
 * that names it is mended in a minute. This reads the grammar of libconfuse for its names alone: comments, quoted
 * texts, "section {", "name =". */
#include "base/ascii.h"
#include "pli/conf.h"
#include <string.h>

struct reading {
    struct span rest;
    int line, found;
    struct span word, section; /* the word last read; the section that is open */
    const char *wanted;        /* "listen.smtp" */
};

static unsigned char next(struct reading *r)
{
    unsigned char c = r->rest.p[0];

    r->line += c == '\n';
    r->rest = span_from(r->rest, 1);
    return c;
}

static bool begins(const struct reading *r, const char *with)
{
    return span_istarts(r->rest, with);
}

static void skip_to(struct reading *r, const char *end)
{
    while (r->rest.n > 0 && !begins(r, end))
        next(r);
}

static void skip_quoted(struct reading *r, unsigned char quote)
{
    while (r->rest.n > 0) {
        unsigned char c = next(r);
        if (c == quote)
            return;
        if (c == '\\' && r->rest.n > 0)
            next(r);
    }
}

static bool name_char(unsigned char c)
{
    return ascii_is_alnum(c) || c == '_' || c == '-';
}

static void take_word(struct reading *r)
{
    const unsigned char *start = r->rest.p;

    while (r->rest.n > 0 && name_char(r->rest.p[0]))
        next(r);
    r->word = span_of(start, (size_t)(r->rest.p - start));
}

static void take_mark(struct reading *r)
{
    const char *dot = strchr(r->wanted, '.');
    unsigned char c = next(r);

    if (c == '"' || c == '\'')
        skip_quoted(r, c);
    else if (c == '{')
        r->section = r->word;
    else if (c == '}')
        r->section = SPAN_NULL;
    else if (c == '=' && span_eq_str(r->word, dot + 1) &&
             span_eq(r->section, span_of(r->wanted, (size_t)(dot - r->wanted))))
        r->found = r->line; /* the last one counts */
}

int conf_line_of(struct span text, const char *name)
{
    struct reading r = {.rest = text, .line = 1, .wanted = name};

    while (r.rest.n > 0) {
        if (r.rest.p[0] == '#' || begins(&r, "//"))
            skip_to(&r, "\n");
        else if (begins(&r, "/*"))
            skip_to(&r, "*/");
        else if (name_char(r.rest.p[0]))
            take_word(&r);
        else
            take_mark(&r);
    }
    return r.found;
}
