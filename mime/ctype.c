/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/ctype.c - Content-Type and Content-Disposition (mime/fields.h). Parameters are kept as they are written. RFC
 * 2231 is undone when a parameter is asked for. An unquoted value that breaks the token rule is taken up to the next
 * blank (a file name: up to ";"), because senders leave quotes out. RFC 2045 5.1, 2183, 2231.
 */
#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/fields.h"
#include "mime/lex.h"
#include <stdio.h>

enum { SECTIONS_MAX = 100 }; /* RFC 2231 continuations of one parameter */

static bool is_token(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 127 || strchr("()<>@,;:\\\"/[]?=", s.p[i]))
            return false;
    return s.n > 0 && s.n < 80;
}

static bool take_token(struct lex *l, char out[80])
{
    struct token t;

    if (lex_next(l, &t) != TOK_WORD || !is_token(t.text))
        return false;
    memcpy(out, t.text.p, t.text.n);
    out[t.text.n] = 0;
    return true;
}

static bool take_special(struct lex *l, char c)
{
    struct token t;

    return lex_next(l, &t) == TOK_SPECIAL && t.special == c;
}

/* Steps behind the next ";" that stands outside a quoted string. False: there is none. */
static bool next_param(struct lex *l)
{
    struct token t;

    while (lex_next(l, &t) != TOK_END)
        if (t.kind == TOK_SPECIAL && t.special == ';')
            return true;
    return false;
}

static bool is_file_name(struct span name)
{
    return span_istarts(name, "name") || span_istarts(name, "filename");
}

/* An unquoted value is what stands before ";". It ends at the first blank, unless the parameter is a file name. */
static struct span bare_value(struct lex *l, struct span name)
{
    ptrdiff_t end = span_chr(l->rest, ';');
    struct span v = span_head(l->rest, end < 0 ? l->rest.n : (size_t)end);

    l->rest = span_from(l->rest, v.n);
    v = lex_trim(v);
    for (size_t i = 0; i < v.n; i++) {
        bool comment = i + 1 < v.n && v.p[i + 1] == '(';

        if (lex_space(span_from(v, i)) > 0 && (comment || !is_file_name(name)))
            return span_head(v, i);
    }
    return v;
}

static void take_value(struct lex *l, struct span name, struct buf *value)
{
    struct lex ahead = *l;
    struct token t;

    if (lex_next(&ahead, &t) == TOK_QUOTED) {
        *l = ahead;
        lex_unquote(t.text, value);
    } else if (t.kind != TOK_END) {
        l->rest = span_from(l->rest, (size_t)(t.text.p - l->rest.p));
        buf_addspan(value, bare_value(l, name));
    }
    l->bad |= ahead.bad;
}

/* at_one: a parameter begins right here, not behind a ";" */
static void take_params(struct lex *l, bool at_one, struct buf *params)
{
    size_t count = 0;

    while (count < PARAMS_MAX && (at_one || next_param(l))) {
        struct buf value = BUF_SECRET_INIT;
        struct lex ahead = *l;
        char name[80];

        at_one = false;
        if (!take_token(&ahead, name) || !take_special(&ahead, '='))
            continue;
        *l = ahead;
        take_value(l, span_str(name), &value);
        buf_bytes(params, span_str(name));
        buf_bytes(params, buf_span(&value));
        buf_free(&value);
        count++;
    }
}

static void plain_text(struct content_type *out)
{
    content_type_free(out);
    snprintf(out->type, sizeof out->type, "text");
    snprintf(out->subtype, sizeof out->subtype, "plain");
}

bool content_type_parse(struct span body, struct content_type *out)
{
    struct lex l = lex_of(body, LEX_MIME);
    bool ok;

    *out = (struct content_type){.params = BUF_SECRET_INIT};
    ok = body.n <= FIELD_MAX && take_token(&l, out->type) && take_special(&l, '/') && take_token(&l, out->subtype);
    if (ok)
        take_params(&l, false, &out->params);
    if (ok && !l.bad)
        return true;
    plain_text(out);
    return false;
}

/* Takes a disposition, with or without quotes, because some senders quote it. */
static bool take_disposition(struct lex *l, char out[80])
{
    struct lex ahead = *l;
    struct token t;

    if (lex_next(&ahead, &t) != TOK_QUOTED || !is_token(t.text))
        return take_token(l, out);
    *l = ahead;
    memcpy(out, t.text.p, t.text.n);
    out[t.text.n] = 0;
    return true;
}

/* The field says "filename=x" and no disposition. It is an attachment then, like any unknown disposition (RFC 2183
 * 2.8). */
static bool begins_with_param(struct lex l)
{
    char name[80];

    return take_token(&l, name) && take_special(&l, '=');
}

bool disposition_parse(struct span body, struct content_type *out)
{
    struct lex l = lex_of(body, LEX_MIME);
    bool bare = body.n <= FIELD_MAX && begins_with_param(l), ok;

    *out = (struct content_type){.params = BUF_SECRET_INIT};
    if (bare)
        snprintf(out->type, sizeof out->type, "attachment");
    ok = bare || (body.n <= FIELD_MAX && take_disposition(&l, out->type));
    if (ok)
        take_params(&l, bare, &out->params);
    if (ok && !l.bad)
        return true;
    content_type_free(out);
    return false;
}

bool content_type_is(const struct content_type *ct, const char *type, const char *subtype)
{
    return span_ieq_str(span_str(ct->type), type) && (!subtype || span_ieq_str(span_str(ct->subtype), subtype));
}

void content_type_free(struct content_type *ct)
{
    if (!ct)
        return;
    buf_free(&ct->params);
    ct->type[0] = ct->subtype[0] = 0;
}

/* ---- asking for one parameter ---- */

static bool find_raw(const struct content_type *ct, const char *name, struct span *value_out)
{
    struct rd r = rd_of(buf_span(&ct->params));

    while (r.s.n > 0) {
        struct span n = rd_bytes(&r), v = rd_bytes(&r);

        if (!rd_ok(&r))
            return false;
        if (span_ieq_str(n, name)) {
            *value_out = v;
            return true;
        }
    }
    return false;
}

size_t content_type_given(const struct content_type *ct, const char *name)
{
    static const char *const forms[] = {"", "*", "*0", "*0*"};
    struct rd r = rd_of(buf_span(&ct->params));
    size_t given = 0;

    while (r.s.n > 0) {
        struct span n = rd_bytes(&r);
        char key[100];

        (void)rd_bytes(&r);
        if (!rd_ok(&r))
            break;
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
            snprintf(key, sizeof key, "%.80s%s", name, forms[i]);
            given += span_ieq_str(n, key);
        }
    }
    return given;
}

static void percent_decode(struct span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        int hi = s.p[i] == '%' && i + 2 < s.n ? ascii_hex(s.p[i + 1]) : -1;
        int lo = hi >= 0 ? ascii_hex(s.p[i + 2]) : -1;

        buf_addc(out, lo >= 0 ? (unsigned char)(hi * 16 + lo) : s.p[i]);
        i += lo >= 0 ? 2 : 0;
    }
}

/* Takes "charset'language'" off the front of an extended value. */
static void take_charset(struct span *v, char charset[40])
{
    ptrdiff_t first = span_chr(*v, '\''), second;

    if (first < 0 || first >= 40)
        return;
    second = span_chr(span_from(*v, (size_t)first + 1), '\'');
    if (second < 0)
        return;
    memcpy(charset, v->p, (size_t)first);
    charset[first] = 0;
    *v = span_from(*v, (size_t)(first + 1 + second + 1));
}

static void to_utf8(const char *charset, struct span in, struct buf *out)
{
    struct err e;
    size_t n = out->n;

    if (charset[0] && charset_to_utf8(charset, in, out, &e) == RC_OK)
        return;
    buf_cut(out, n);
    buf_addspan(out, in);
}

bool content_type_param(const struct content_type *ct, const char *name, struct buf *value_out)
{
    char key[100], charset[40] = "";
    struct buf octets = BUF_SECRET_INIT;
    struct span v;
    bool found = false;

    if (find_raw(ct, name, &v)) {
        buf_addspan(value_out, v);
        return true;
    }
    snprintf(key, sizeof key, "%.80s*", name);
    if ((found = find_raw(ct, key, &v))) {
        take_charset(&v, charset);
        percent_decode(v, &octets);
    }
    for (int i = 0; !found || i > 0; i++) { /* name*0, name*1*, ... until one is missing */
        bool extended = false, more;

        snprintf(key, sizeof key, "%.80s*%d", name, i);
        more = i < SECTIONS_MAX && find_raw(ct, key, &v);
        if (!more && i < SECTIONS_MAX) {
            snprintf(key, sizeof key, "%.80s*%d*", name, i);
            more = extended = find_raw(ct, key, &v);
        }
        if (!more)
            break;
        found = true;
        if (extended && i == 0)
            take_charset(&v, charset);
        extended ? percent_decode(v, &octets) : buf_addspan(&octets, v);
    }
    if (found)
        to_utf8(charset, buf_span(&octets), value_out);
    buf_free(&octets);
    return found;
}
