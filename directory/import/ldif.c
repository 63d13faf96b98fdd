/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/ldif.c - see ldif.h. Lines are put together here, so that a fault is told with its line. */
#include "directory/import/ldif.h"
#include "mime/charset.h"
#include <stdio.h>
#include <string.h>

#include <lber.h>
#include <ldif.h> /* wants stdio.h */

struct reading {
    struct span rest;
    uint32_t line, at; /* of the next line; where the one in .text begins */
    uint32_t entry;    /* 0: between two entries */
    struct buf text;
    ldif_see see;
    void *ctx;
    struct err *e;
};

/* ---- lines ---- */
static struct span take_line(struct reading *in)
{
    ptrdiff_t nl = span_chr(in->rest, '\n');
    struct span line = nl < 0 ? in->rest : span_head(in->rest, (size_t)nl);

    in->rest = nl < 0 ? SPAN_NULL : span_from(in->rest, (size_t)nl + 1);
    in->line++;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* One line with those that go on with it, in .text, NUL-ended. */
static void unfold(struct reading *in)
{
    buf_clear(&in->text);
    in->at = in->line + 1;
    buf_addspan(&in->text, take_line(in));
    while (in->rest.n > 0 && in->rest.p[0] == ' ')
        buf_addspan(&in->text, span_from(take_line(in), 1));
}

static enum rc fault(const struct reading *in, const char *what)
{
    return err_set(in->e, RC_SYNTAX, "line %u: %s", (unsigned)in->at, what);
}

/* ---- one value ---- */
static bool is_text(struct span s)
{
    size_t n = 1;

    for (; s.n > 0 && n > 0; s = span_from(s, n))
        n = s.p[0] ? charset_utf8_next(s) : 0;
    return n > 0;
}

static enum rc see_value(struct reading *in, struct span name, struct span value)
{
    static const char *const passed_over[] = {"dn", "version", "changetype", "objectClass"};
    const struct ldif_value v = {in->entry, in->at, name, span_trim(value), is_text(value)};

    if (span_ieq_str(name, "changetype") && !span_ieq_str(value, "add"))
        return fault(in, "this changes a directory, it is no list of entries");
    for (size_t i = 0; i < sizeof passed_over / sizeof *passed_over; i++)
        if (span_ieq_str(name, passed_over[i]))
            return RC_OK;
    if (span_chr(name, ';') >= 0)
        return RC_OK;
    return in->see(&v, in->ctx, in->e);
}

static enum rc read_value(struct reading *in)
{
    char *line = (char *)buf_cstr(&in->text), *colon = strchr(line, ':');
    struct berval name, value = {0, NULL};
    int made = 0;
    enum rc rc;

    if (!colon || colon[1] == '<')
        return fault(in, colon ? "a value that stands in another file is not taken" : "no attribute: value");
    if (ldif_parse_line2(line, &name, &value, &made) != 0)
        return fault(in, "this does not read as LDIF");
    rc = see_value(in, span_of(name.bv_val, name.bv_len),
                   value.bv_val ? span_of(value.bv_val, value.bv_len) : SPAN_NULL);
    if (made)
        ber_memfree(value.bv_val);
    return rc;
}

/* ---- entries ---- */
static enum rc end_entry(struct reading *in)
{
    const struct ldif_value end = {.entry = in->entry, .line = in->at};

    in->entry = 0;
    return end.entry ? in->see(&end, in->ctx, in->e) : RC_OK;
}

static enum rc see_line(struct reading *in)
{
    struct span text = buf_span(&in->text);

    if (text.n == 0)
        return end_entry(in);
    if (text.p[0] == '#')
        return RC_OK;
    if (span_chr(text, 0) >= 0)
        return fault(in, "an octet 0: this is no text");
    if (!in->entry && span_istarts(text, "dn:"))
        in->entry = in->at;
    else if (!in->entry && !span_istarts(text, "version:"))
        return fault(in, "an entry begins with dn");
    return read_value(in);
}

/* The library prints what it does not like; here the fault is told with its line, by who calls. */
static void say_nothing(const char *text)
{
    (void)text;
}

static struct span without_mark(struct span text)
{
    return span_istarts(text, "\xEF\xBB\xBF") ? span_from(text, 3) : text;
}

bool ldif_is(struct span text)
{
    struct reading in = {.rest = without_mark(text)};

    while (in.rest.n > 0 && (in.rest.p[0] == '#' || in.rest.p[0] == '\n' || in.rest.p[0] == '\r'))
        (void)take_line(&in);
    return span_istarts(in.rest, "dn:") || span_istarts(in.rest, "version:");
}

enum rc ldif_each(struct span text, ldif_see see, void *ctx, struct err *e)
{
    struct reading in = {.rest = without_mark(text), .see = see, .ctx = ctx, .e = e};
    enum rc rc = RC_OK;

    ber_set_option(NULL, LBER_OPT_LOG_PRINT_FN, (void *)say_nothing);
    while (rc == RC_OK && in.rest.n > 0) {
        unfold(&in);
        rc = see_line(&in);
    }
    if (rc == RC_OK)
        rc = end_entry(&in);
    buf_free(&in.text);
    return rc;
}
