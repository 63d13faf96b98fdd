/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_results.c - Authentication-Results. It finds the fields that others wrote in our name (step_cut.c takes
 * them out), and writes our own results.
 * Source   RFC 8601 2.2 (grammar), 5 (removing existing fields).
 */
#include "base/ascii.h"
#include "flow/letter_int.h"
#include "mime/fields.h"
#include <stdarg.h>
#include <stdio.h>

static size_t skip_comment(struct span s, size_t i) /* i at '(': behind its ')', or the end */
{
    size_t depth = 0;

    for (; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '(')
            depth++;
        else if (s.p[i] == ')' && --depth == 0)
            return i + 1;
    }
    return s.n;
}

static size_t skip_cfws(struct span s, size_t i)
{
    while (i < s.n && strchr(" \t\r\n(", s.p[i] ? s.p[i] : 'x'))
        i = s.p[i] == '(' ? skip_comment(s, i) : i + 1;
    return i;
}

/* Is it the name of a host? Text that only a lenient reader would take for one is not. */
static bool is_host(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && !memchr("-._", s.p[i], 3))
            return false;
    return s.n > 0;
}

/* The authserv-id, when the field begins as RFC 8601 says: an id, perhaps a version, then ";" or the end. Otherwise
 * empty. */
static struct span authserv_id(struct span body)
{
    size_t i = skip_cfws(body, 0), start = i;
    bool quoted = i < body.n && body.p[i] == '"';
    struct span id;

    if (quoted)
        start = ++i;
    while (i < body.n && (quoted ? body.p[i] != '"' : body.p[i] == 0 || !strchr(" \t\r\n;(", body.p[i])))
        i++;
    id = span_of(body.p + start, i - start);
    i = skip_cfws(body, i + (quoted && i < body.n));
    while (i < body.n && body.p[i] >= '0' && body.p[i] <= '9')
        i++;
    i = skip_cfws(body, i);
    return is_host(id) && (i == body.n || body.p[i] == ';') ? id : SPAN_NULL;
}

/* "mx.chu.example" is within "chu.example". "chu.example" is within itself. */
static bool within(struct span host, const char *domain)
{
    size_t n = strlen(domain);

    return host.n >= n && span_ieq_str(span_from(host, host.n - n), domain) &&
           (host.n == n || host.p[host.n - n - 1] == '.');
}

/* A field that cannot be read for sure may name us to a more lenient reader. RFC 8601 5 permits that it is removed,
 * too. */
bool results_forged(struct span field_body, const struct letter_conf *c)
{
    struct span id = authserv_id(field_body);

    while (id.n > 0 && id.p[id.n - 1] == '.') /* "host." is host */
        id.n--;
    return id.n == 0 || within(id, c->host) || (c->domain && within(id, c->domain));
}

void results_add(struct letter *l, const char *fmt, ...)
{
    char text[900];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_addf(&l->results, ";\r\n\t%s", text);
}
