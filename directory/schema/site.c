/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/schema/site.c - see site.h. */
#include "directory/schema/site.h"
#include "base/ascii.h"
#include "directory/schema/embedded_int.h"
#include <stdio.h>
#include <string.h>

static const char own_base[] = "o=pli";

/* ---- statements of slapd.conf(5): a line and those behind it that begin with a space; lines with # are left out ---- */
static struct span line_of(struct span *rest)
{
    ptrdiff_t nl = span_chr(*rest, '\n');
    struct span line = nl < 0 ? *rest : span_head(*rest, (size_t)nl);

    *rest = nl < 0 ? SPAN_NULL : span_from(*rest, (size_t)nl + 1);
    return line;
}

static bool goes_on(struct span rest)
{
    return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* The next one, on one line. False: there is none. */
static bool statement(struct span *rest, struct buf *out)
{
    struct span line = SPAN_NULL;

    buf_clear(out);
    while (rest->n > 0 && line.n == 0) {
        line = line_of(rest);
        if (line.n > 0 && line.p[0] == '#')
            line.n = 0;
    }
    buf_addspan(out, span_trim(line));
    while (line.n > 0 && goes_on(*rest)) {
        buf_addstr(out, " ");
        buf_addspan(out, span_trim(line_of(rest)));
    }
    return line.n > 0;
}

/* What stands behind a keyword; SPAN_NULL: the statement is another. */
static struct span behind(const struct buf *statement, const char *keyword)
{
    struct span s = buf_span(statement);
    size_t n = strlen(keyword);

    return s.n > n && span_ieq_str(span_head(s, n), keyword) && s.p[n] == ' ' ? span_trim(span_from(s, n)) : SPAN_NULL;
}

/* ---- schema ---- */
void site_schema(struct buf *out)
{
    static const char *const kinds[][2] = {{"objectidentifier", "olcObjectIdentifier"},
                                           {"attributetype", "olcAttributeTypes"},
                                           {"objectclass", "olcObjectClasses"}};

    buf_addstr(out, "dn: cn=pli,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: pli\n");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct span rest = span_str(pli_schema_text), value;
        struct buf s = BUF_INIT;

        while (statement(&rest, &s))
            if ((value = behind(&s, kinds[i][0])).n > 0)
                buf_addf(out, "%s: %.*s\n", kinds[i][1], (int)value.n, (const char *)value.p);
        buf_free(&s);
    }
}

/* ---- another base, another way in ---- */
static void replaced(struct buf *out, struct span in, const char *from, const char *to)
{
    size_t n = strlen(from);

    while (in.n > 0) {
        if (in.n >= n && memcmp(in.p, from, n) == 0) {
            buf_addstr(out, to);
            in = span_from(in, n);
        } else {
            buf_add(out, in.p, 1);
            in = span_from(in, 1);
        }
    }
}

/* ---- config ---- */
static void all_of(struct buf *out, const char *keyword, const char *attribute, bool numbered)
{
    const char *begin = strstr(slapd_conf_text, "suffix \"o=pli\"");
    struct span rest = span_str(begin), value;
    struct buf s = BUF_INIT;
    unsigned n = 0;

    buf_addf(out, "replace: %s\n", attribute);
    while (statement(&rest, &s)) {
        if ((value = behind(&s, keyword)).n == 0)
            continue;
        buf_addf(out, "%s: ", attribute);
        if (numbered)
            buf_addf(out, "{%u}", n++);
        buf_addf(out, "%.*s\n", (int)value.n, (const char *)value.p);
    }
    buf_addstr(out, "-\n");
    buf_free(&s);
}

void site_config(struct buf *out, const char *database, const char *base)
{
    struct buf text = BUF_INIT, plain = BUF_INIT, based = BUF_INIT;

    all_of(&text, "limits", "olcLimits", true);
    all_of(&text, "index", "olcDbIndex", false);
    all_of(&text, "access", "olcAccess", true);
    replaced(&plain, buf_span(&text), "@@", "@"); /* as embedded_fill() does */
    replaced(&based, buf_span(&plain), own_base, base);
    buf_addf(out, "dn: %s\nchangetype: modify\n", database);
    /* No password and no name over a connection in clear; ldapi counts as 71, where olcLocalSSF does not say otherwise. */
    buf_addstr(out, "replace: olcSecurity\nolcSecurity: ssf=71 simple_bind=71\n-\n");
    replaced(out, buf_span(&based), "sockurl.regex=\"^ldapi:\"", "ssf=71");
    buf_free(&text);
    buf_free(&plain);
    buf_free(&based);
}

/* ---- tree ---- */
enum rc site_tree(struct buf *out, const char *base, const char *secret, const char *domain, struct err *e)
{
    const char *const domains[] = {domain, NULL};
    struct embedded_spec spec = {.domains = domains};
    struct embedded_where where;
    struct buf text = BUF_INIT;
    enum rc rc = embedded_where(&where, e);

    if (rc == RC_OK)
        rc = embedded_tree(&spec, &where, secret, &text, e);
    if (rc == RC_OK) {
        struct span rest = buf_span(&text);
        const char *behind_top = strcmp(base, own_base) == 0 ? NULL : strstr(buf_cstr(&text), "\n\n");

        if (behind_top)
            rest = span_str(behind_top + 2);
        replaced(out, rest, own_base, base);
    }
    buf_free(&text);
    return rc;
}
