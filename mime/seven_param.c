/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/seven_param.c - parameters of Content-Type and Content-Disposition in seven bits (mime/canon_int.h). RFC
 * 2231. */
#include "mime/canon_int.h"
#include "mime/charset.h"
#include <stdio.h>

enum { VALUE_PIECE = 600 };

void seven_percent(struct span s, bool all, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (all ? seven_plain(s.p[i]) || (s.p[i] && strchr("-._", s.p[i])) : s.p[i] < 127)
            buf_addc(out, s.p[i]);
        else
            buf_addf(out, "%%%02X", s.p[i]);
    }
}

/* Writes name*=utf-8''..., in pieces when one line cannot hold it (RFC 2231 3, 4). */
static void extended_param(struct span name, struct span value, struct buf *out)
{
    struct buf utf8 = BUF_SECRET_INIT, made = BUF_SECRET_INIT;
    struct span rest;
    unsigned n = 0;

    charset_make_utf8(value, &utf8);
    seven_percent(buf_span(&utf8), true, &made);
    rest = buf_span(&made);
    if (rest.n <= VALUE_PIECE) {
        buf_addf(out, ";\r\n %.*s*=utf-8''%.*s", SPAN_ARG(name), SPAN_ARG(rest));
        rest = SPAN_NULL;
    }
    for (; rest.n > 0; n++) {
        size_t piece = rest.n < VALUE_PIECE ? rest.n : VALUE_PIECE;

        if (piece < rest.n && rest.p[piece - 1] == '%')
            piece -= 1;
        else if (piece < rest.n && rest.p[piece - 2] == '%')
            piece -= 2;
        buf_addf(out, ";\r\n %.*s*%u*=%s%.*s", SPAN_ARG(name), n, n == 0 ? "utf-8''" : "",
                 SPAN_ARG(span_head(rest, piece)));
        rest = span_from(rest, piece);
    }
    buf_free(&utf8);
    buf_free(&made);
}

static void plain_param(struct span name, struct span value, struct buf *out)
{
    buf_addf(out, ";\r\n %.*s=", SPAN_ARG(name));
    if (value.n > 0 && value.n < 70 && seven_atom(value, ".") && !strchr("*'%", name.p[name.n - 1]) &&
        span_chr(value, '/') < 0 && span_chr(value, '=') < 0 && span_chr(value, '?') < 0)
        buf_addspan(out, value);
    else if (name.p[name.n - 1] == '*')
        buf_addspan(out, value); /* an extended value stands unquoted */
    else
        seven_quoted(value, out);
}

static struct span base_of(struct span name)
{
    ptrdiff_t star = span_chr(name, '*');

    return star > 0 ? span_head(name, (size_t)star) : name;
}

/* Is the value too long for a line, so that it must be written in sections? A boundary stays whole, because many
 * readers know no other form of it. */
static bool too_long(struct span base, struct span value)
{
    return value.n > VALUE_PIECE && !span_ieq_str(base, "boundary");
}

/* Looks at all parameters with this base name. *before: one of them stands before end. *extend: one of them has bytes
 * beyond 127 or is too long. */
static void look(const struct content_type *ct, struct span base, const unsigned char *end, bool *before, bool *extend)
{
    struct rd r = rd_of(buf_span(&ct->params));

    *before = *extend = false;
    while (r.s.n > 0) {
        struct span n = rd_bytes(&r), v = rd_bytes(&r);

        if (!span_ieq(base_of(n), base))
            continue;
        *before |= n.p < end;
        *extend |= has_8bit(v) || too_long(base, v);
    }
}

static void one_param(const struct content_type *ct, struct span name, struct span value, struct buf *out)
{
    struct span base = base_of(name);
    struct buf whole = BUF_SECRET_INIT;
    bool before, extend;
    char key[84];

    look(ct, base, name.p, &before, &extend);
    if (!extend) {
        plain_param(name, value, out);
    } else if (!before) { /* all its pieces become one */
        snprintf(key, sizeof key, "%.*s", SPAN_ARG(base));
        content_type_param(ct, key, &whole);
        extended_param(base, buf_span(&whole), out);
        buf_free(&whole);
    }
}

/* The caller has the boundary written first, because readers take a bounded number of parameters and pieces make them
 * more. */
static void all_params(const struct content_type *ct, bool boundary, const char *charset, struct buf *out)
{
    struct rd r = rd_of(buf_span(&ct->params));

    while (r.s.n > 0) {
        struct span n = rd_bytes(&r), v = rd_bytes(&r);

        if (span_ieq_str(base_of(n), "boundary") == boundary && !(charset && span_ieq_str(base_of(n), "charset")))
            one_param(ct, n, v, out);
    }
}

void canon_type(const struct content_type *ct, const char *charset, struct buf *out)
{
    buf_addf(out, "%s%s%s", ct->type, ct->subtype[0] ? "/" : "", ct->subtype);
    all_params(ct, true, charset, out);
    if (charset)
        buf_addf(out, "; charset=%s", charset);
    all_params(ct, false, charset, out);
}
