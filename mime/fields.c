/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/fields.c - walking a header block (mime/fields.h). A line ends in CRLF and in nothing else. RFC 5322 2.2. */
#include "mime/fields.h"

/* The length of the first line of s with its CRLF; s.n when there is no CRLF. */
static size_t line_length(struct span s)
{
    size_t at = 0;

    while (at < s.n) {
        const unsigned char *nl = memchr(s.p + at, '\n', s.n - at);

        if (!nl)
            return s.n;
        at = (size_t)(nl - s.p) + 1;
        if (at >= 2 && s.p[at - 2] == '\r')
            return at;
    }
    return s.n;
}

static struct span without_crlf(struct span s)
{
    if (s.n >= 2 && s.p[s.n - 2] == '\r' && s.p[s.n - 1] == '\n')
        s.n -= 2;
    return s;
}

static bool is_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 127)
            return false;
    return s.n > 0;
}

/* False: the empty line, or the end. */
static bool take_field(struct span *rest, struct field *out)
{
    size_t n = line_length(*rest);
    struct span line;
    ptrdiff_t colon;

    if (without_crlf(span_head(*rest, n)).n == 0)
        return false;
    while (n < rest->n && (rest->p[n] == ' ' || rest->p[n] == '\t'))
        n += line_length(span_from(*rest, n));
    *out = (struct field){.raw = span_head(*rest, n)};
    *rest = span_from(*rest, n);
    line = without_crlf(out->raw);
    colon = span_chr(line, ':');
    out->body = line;
    if (colon > 0) {
        struct span name = span_trim(span_head(line, (size_t)colon)); /* obsolete syntax: blanks before the colon */

        if (is_name(name) && name.p == line.p) {
            out->name = name;
            out->body = span_from(line, (size_t)colon + 1);
        }
    }
    return true;
}

enum rc field_next(struct span *rest, struct field *out, struct err *e)
{
    return take_field(rest, out) ? RC_OK : err_set(e, RC_NOTFOUND, "no more header fields");
}

bool field_find(struct span header, const char *name, struct field *out)
{
    struct field f;

    while (take_field(&header, &f)) {
        if (span_ieq_str(f.name, name)) {
            *out = f;
            return true;
        }
    }
    return false;
}

void field_unfold(struct span body, struct buf *out)
{
    body = span_trim(body);
    while (body.n > 0) {
        ptrdiff_t cr = span_chr(body, '\r');
        size_t n = cr < 0 ? body.n : (size_t)cr;
        bool fold =
            cr >= 0 && n + 2 < body.n && body.p[n + 1] == '\n' && (body.p[n + 2] == ' ' || body.p[n + 2] == '\t');

        n += !fold && cr >= 0; /* a lone CR is content */
        buf_add(out, body.p, n);
        body = span_from(body, n + (fold ? 2 : 0));
    }
}
