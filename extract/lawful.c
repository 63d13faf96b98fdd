/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/lawful.c - summary_lawful(): is a ready-made text exactly what the formal syntax of RFC 3501 section 9
 * allows, with nothing behind it?
 *
 * Why: a summary is sealed by the session that took the message in. An attacker who has taken that session over could
 * seal any octets, and these would go into another person's IMAP stream.
 * Cost: one pass, no copy. Only enclosed bodies recurse, to DEPTH.
 */
#include "extract/summary.h"

enum { DEPTH = 2 * SCAN_DEPTH, DIGITS = 20 };

static bool is(struct span *s, unsigned char c)
{
    if (s->n == 0 || *s->p != c)
        return false;
    *s = span_from(*s, 1);
    return true;
}

static bool word(struct span *s, struct span w)
{
    if (s->n < w.n || memcmp(s->p, w.p, w.n) != 0)
        return false;
    *s = span_from(*s, w.n);
    return true;
}

static bool number(struct span *s, uint64_t *out)
{
    size_t n = 0;

    while (n < s->n && n <= DIGITS && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    if (n == 0 || !span_u64(span_head(*s, n), UINT64_MAX, out))
        return false;
    *s = span_from(*s, n);
    return true;
}

static bool sp_number(struct span *s)
{
    uint64_t v;

    return is(s, ' ') && number(s, &v);
}

/* out: what stands between the quotes, escapes as they are written; or the literal's octets. */
static bool literal(struct span *s, struct span *out)
{
    uint64_t n;

    if (!is(s, '{') || !number(s, &n) || !word(s, SPAN_LIT("}\r\n")) || n > s->n)
        return false;
    *out = span_head(*s, (size_t)n);
    *s = span_from(*s, (size_t)n);
    return span_chr(*out, 0) < 0;
}

static bool quoted(struct span *s, struct span *out)
{
    size_t i = 0;

    if (!is(s, '"'))
        return false;
    for (; i < s->n && s->p[i] != '"'; i++) {
        unsigned char c = s->p[i];

        if (c == 0 || c == '\r' || c == '\n' || c > 127)
            return false;
        if (c == '\\' && (++i == s->n || (s->p[i] != '"' && s->p[i] != '\\')))
            return false;
    }
    *out = span_head(*s, i);
    *s = span_from(*s, i);
    return is(s, '"');
}

static bool string(struct span *s, struct span *out)
{
    return s->n > 0 && *s->p == '{' ? literal(s, out) : quoted(s, out);
}

static bool any_string(struct span *s)
{
    struct span v;

    return string(s, &v);
}

static bool nil(struct span *s)
{
    return word(s, SPAN_LIT("NIL"));
}

static bool sp_nstring(struct span *s)
{
    return is(s, ' ') && (nil(s) || any_string(s));
}

static bool address(struct span *s)
{
    bool good = is(s, '(') && (nil(s) || any_string(s));

    for (int i = 0; good && i < 3; i++)
        good = sp_nstring(s);
    return good && is(s, ')');
}

static bool sp_addresses(struct span *s)
{
    if (!is(s, ' '))
        return false;
    if (nil(s))
        return true;
    if (!is(s, '(') || !address(s))
        return false;
    while (s->n > 0 && *s->p == '(')
        if (!address(s))
            return false;
    return is(s, ')');
}

static bool envelope(struct span *s)
{
    bool good = is(s, '(') && (nil(s) || any_string(s)) && sp_nstring(s);

    for (int i = 0; good && i < 6; i++)
        good = sp_addresses(s);
    return good && sp_nstring(s) && sp_nstring(s) && is(s, ')');
}

/* One string or more, with spaces between, up to ")". */
static bool strings(struct span *s, size_t *n_out)
{
    size_t n = 0;

    do {
        if (!any_string(s))
            return false;
        n++;
    } while (is(s, ' '));
    *n_out = n;
    return is(s, ')');
}

static bool sp_params(struct span *s)
{
    size_t n;

    return is(s, ' ') && (nil(s) || (is(s, '(') && strings(s, &n) && n % 2 == 0));
}

static bool sp_disposition(struct span *s)
{
    return is(s, ' ') && (nil(s) || (is(s, '(') && any_string(s) && sp_params(s) && is(s, ')')));
}

static bool sp_language(struct span *s)
{
    size_t n;

    return is(s, ' ') && (nil(s) || (is(s, '(') ? strings(s, &n) : any_string(s)));
}

/* Disposition, language and location: the end of every extended form. */
static bool common_extension(struct span *s)
{
    return sp_disposition(s) && sp_language(s) && sp_nstring(s);
}

static bool body(struct span *s, bool extended, int depth);

static bool multipart(struct span *s, bool extended, int depth)
{
    while (s->n > 0 && *s->p == '(')
        if (!body(s, extended, depth + 1))
            return false;
    return is(s, ' ') && any_string(s) && (!extended || (sp_params(s) && common_extension(s))) && is(s, ')');
}

/* What stands behind the number of octets, by type. MESSAGE/GLOBAL has the basic form, because media-message is
 * MESSAGE/RFC822 alone. */
static bool by_type(struct span *s, struct span type, struct span subtype, bool extended, int depth)
{
    if (span_ieq_str(type, "multipart"))
        return false;
    if (span_ieq_str(type, "text"))
        return sp_number(s);
    if (!span_ieq_str(type, "message") || !span_ieq_str(subtype, "rfc822"))
        return true;
    return is(s, ' ') && envelope(s) && is(s, ' ') && body(s, extended, depth + 1) && sp_number(s);
}

static bool body(struct span *s, bool extended, int depth)
{
    struct span type, subtype;

    if (depth > DEPTH || !is(s, '('))
        return false;
    if (s->n > 0 && *s->p == '(')
        return multipart(s, extended, depth);
    return string(s, &type) && is(s, ' ') && string(s, &subtype) && sp_params(s) && sp_nstring(s) && sp_nstring(s) &&
           is(s, ' ') && any_string(s) && sp_number(s) && by_type(s, type, subtype, extended, depth) &&
           (!extended || (sp_nstring(s) && common_extension(s))) && is(s, ')');
}

bool summary_lawful(const struct summary *sum, unsigned texts)
{
    struct span e = sum->envelope, b = sum->body, bs = sum->bodystructure;

    return ((texts & SUMMARY_ENVELOPE) == 0 || (envelope(&e) && e.n == 0)) &&
           ((texts & SUMMARY_BODY) == 0 || (body(&b, false, 0) && b.n == 0)) &&
           ((texts & SUMMARY_BODYSTRUCTURE) == 0 || (body(&bs, true, 0) && bs.n == 0));
}
