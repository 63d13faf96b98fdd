/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/fill.c - see httpd/fill.h. */
#include "httpd/fill.h"
#include <libxml/entities.h>
#include <libxml/xmlmemory.h>

enum { DEEP = 4 };

static const struct fill *named(struct span name, const struct fill *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_eq_str(name, values[i].name))
            return &values[i];
    bug("a text wants a value {%.*s}", SPAN_ARG(name));
}

static void put(struct buf *out, const struct fill *v)
{
    const char *value = v->value ? v->value : "";
    xmlChar *escaped;

    if (v->raw) {
        buf_addstr(out, value);
        return;
    }
    escaped = xmlEncodeSpecialChars(NULL, (const xmlChar *)value);
    if (!escaped)
        die("out of memory");
    buf_addstr(out, (const char *)escaped);
    xmlFree(escaped);
}

void fill(struct buf *out, const char *text, const struct fill *values, size_t n)
{
    bool shown[DEEP + 1] = {true};
    size_t depth = 0;

    while (*text) {
        size_t plain = strcspn(text, "{");
        const char *end = text[plain] ? strchr(text + plain, '}') : NULL;
        struct span name;

        if (shown[depth])
            buf_add(out, text, plain);
        if (!text[plain])
            break;
        if (!end)
            bug("a { of a text has no }");
        name = span_of(text + plain + 1, (size_t)(end - text) - plain - 1);
        text = end + 1;
        if (span_eq_str(name, "/")) {
            if (depth == 0)
                bug("an end {/} of a text has no beginning");
            depth--;
        } else if (name.n > 0 && (name.p[0] == '?' || name.p[0] == '!')) {
            const struct fill *v = named(span_from(name, 1), values, n);
            bool there = v->value && v->value[0];

            if (depth == DEEP)
                bug("a text is more than %d deep", DEEP);
            shown[depth + 1] = shown[depth] && there == (name.p[0] == '?');
            depth++;
        } else if (shown[depth]) {
            put(out, named(name, values, n));
        } else {
            (void)named(name, values, n);
        }
    }
    if (depth != 0)
        bug("a text has no end {/}");
}
