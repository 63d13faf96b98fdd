/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/structure.c - see extract/structure.h. The text is lawful, so what is wanted here is where things end, not whether they are right; still nothing
 * is read beyond its end. */
#include "extract/structure.h"

enum { FIELDS_BEFORE_ENVELOPE = 7 /* of a message/rfc822: type to octets */ };

static bool at(const struct span *s, char c)
{
    return s->n > 0 && *s->p == (unsigned char)c;
}

static bool take(struct span *s, char c)
{
    if (!at(s, c))
        return false;
    *s = span_from(*s, 1);
    return true;
}

static bool skip_quoted(struct span *s)
{
    while (s->n > 0 && !at(s, '"'))
        *s = span_from(*s, at(s, '\\') && s->n > 1 ? 2 : 1);
    return take(s, '"');
}

static bool skip_literal(struct span *s)
{
    ptrdiff_t digits = span_chr(*s, '}');
    uint64_t n;

    if (digits < 0 || !span_u64(span_head(*s, (size_t)digits), UINT32_MAX, &n))
        return false;
    *s = span_from(*s, (size_t)digits + 1);
    if (!take(s, '\r') || !take(s, '\n') || n > s->n)
        return false;
    *s = span_from(*s, (size_t)n);
    return true;
}

static bool skip_atom(struct span *s)
{
    size_t n = 0;

    while (n < s->n && s->p[n] != ' ' && s->p[n] != '(' && s->p[n] != ')')
        n++;
    *s = span_from(*s, n);
    return n > 0;
}

/* Steps over one value: a string, an atom, or a list with all that it holds. */
static bool skip(struct span *s)
{
    size_t depth = 0;
    bool good = true;

    do {
        if (take(s, '('))
            depth++;
        else if (depth > 0 && take(s, ')'))
            depth--;
        else if (take(s, '"'))
            good = skip_quoted(s);
        else if (take(s, '{'))
            good = skip_literal(s);
        else if (depth == 0 || !take(s, ' '))
            good = skip_atom(s);
    } while (good && depth > 0);
    return good;
}

/* The parts of a multipart stand one behind the other, before its subtype. */
static bool enter_child(struct span *s, uint64_t n)
{
    bool good = take(s, '(');

    for (; good && n > 1; n--)
        good = at(s, '(') && skip(s);
    return good && at(s, '(');
}

/* A message/rfc822 is known by the envelope behind its octets; then comes what it holds. */
static bool enter_message(struct span *s)
{
    bool good = take(s, '(');

    for (int i = 0; good && i < FIELDS_BEFORE_ENVELOPE; i++)
        good = skip(s) && take(s, ' ');
    return good && at(s, '(') && skip(s) && take(s, ' ') && at(s, '(');
}

/* message: s is at the body of a message, where a body that is no multipart is part 1. */
static bool enter(struct span *s, uint64_t n, bool message)
{
    if (!message && !(s->n > 1 && s->p[1] == '(')) {
        if (!enter_message(s))
            return false;
        message = true;
    }
    return s->n > 1 && s->p[1] == '(' ? enter_child(s, n) : message && n == 1;
}

static bool next_number(struct span *part, uint64_t *n)
{
    ptrdiff_t dot = span_chr(*part, '.');
    size_t digits = dot < 0 ? part->n : (size_t)dot;

    if (!span_u64(span_head(*part, digits), UINT32_MAX, n) || *n == 0)
        return false;
    *part = span_from(*part, dot < 0 ? digits : digits + 1);
    return true;
}

bool structure_part(struct span whole, struct span part, struct span *out)
{
    struct span s = whole, start;
    uint64_t n;

    for (bool message = true; part.n > 0; message = false)
        if (!next_number(&part, &n) || !enter(&s, n, message))
            return false;
    start = s;
    if (!at(&s, '(') || !skip(&s))
        return false;
    *out = span_head(start, start.n - s.n);
    return true;
}
