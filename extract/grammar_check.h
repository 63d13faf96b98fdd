/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/grammar_check.h - a strict reader of ENVELOPE, BODY and BODYSTRUCTURE: it takes exactly the formal syntax of RFC 3501 section 9.
 * Process  tests and fuzzers; nothing else includes it.   Source RFC 3501 9.
 */
#pragma once
#include "base/span.h"
#include <stdlib.h>

struct gram {
    const unsigned char *p, *end;
    bool bad;
};

static inline bool g_is(struct gram *g, const char *s)
{
    size_t n = strlen(s);

    return (size_t)(g->end - g->p) >= n && memcmp(g->p, s, n) == 0;
}

static inline bool g_maybe(struct gram *g, const char *s)
{
    bool is = g_is(g, s);

    g->p += is ? strlen(s) : 0;
    return is;
}

static inline void g_want(struct gram *g, const char *s)
{
    if (!g_maybe(g, s))
        g->bad = true;
}

static inline size_t g_number(struct gram *g)
{
    size_t v = 0, digits = 0;

    while (g->p < g->end && *g->p >= '0' && *g->p <= '9' && digits++ < 18)
        v = v * 10 + (size_t)(*g->p++ - '0');
    if (digits == 0)
        g->bad = true;
    return v;
}

static inline struct span g_string(struct gram *g)
{
    const unsigned char *start = g->p + 1;

    if (g_maybe(g, "{")) {
        size_t n = g_number(g);

        g_want(g, "}\r\n");
        if (g->bad || n > (size_t)(g->end - g->p) || memchr(g->p, 0, n)) {
            g->bad = true;
            return SPAN_NULL;
        }
        g->p += n;
        return span_of(g->p - n, n);
    }
    g_want(g, "\"");
    while (!g->bad && g->p < g->end && *g->p != '"') {
        if (*g->p == 0 || *g->p > 127 || *g->p == '\r' || *g->p == '\n')
            g->bad = true;
        if (*g->p == '\\' && (++g->p == g->end || (*g->p != '"' && *g->p != '\\')))
            g->bad = true;
        g->p += g->p < g->end;
    }
    start = g->p >= start ? start : g->p;
    g_want(g, "\"");
    return span_of(start, g->bad ? 0 : (size_t)(g->p - 1 - start));
}

static inline void g_nstring(struct gram *g)
{
    if (!g_maybe(g, "NIL"))
        g_string(g);
}

static inline void g_addresses(struct gram *g)
{
    if (g_maybe(g, "NIL"))
        return;
    g_want(g, "(");
    do {
        g_want(g, "(");
        g_nstring(g);
        for (int i = 0; i < 3; i++) {
            g_want(g, " ");
            g_nstring(g);
        }
        g_want(g, ")");
    } while (!g->bad && g_is(g, "("));
    g_want(g, ")");
}

static inline void g_envelope(struct gram *g)
{
    g_want(g, "(");
    g_nstring(g);
    g_want(g, " ");
    g_nstring(g);
    for (int i = 0; i < 6 && !g->bad; i++) {
        g_want(g, " ");
        g_addresses(g);
    }
    g_want(g, " ");
    g_nstring(g);
    g_want(g, " ");
    g_nstring(g);
    g_want(g, ")");
}

static inline void g_params(struct gram *g)
{
    if (g_maybe(g, "NIL"))
        return;
    g_want(g, "(");
    do {
        g_string(g);
        g_want(g, " ");
        g_string(g);
    } while (!g->bad && g_maybe(g, " "));
    g_want(g, ")");
}

static inline void g_disposition(struct gram *g)
{
    if (g_maybe(g, "NIL"))
        return;
    g_want(g, "(");
    g_string(g);
    g_want(g, " ");
    g_params(g);
    g_want(g, ")");
}

static inline void g_language(struct gram *g)
{
    if (!g_maybe(g, "(")) {
        g_nstring(g);
        return;
    }
    do
        g_string(g);
    while (!g->bad && g_maybe(g, " "));
    g_want(g, ")");
}

static inline void g_common(struct gram *g)
{
    g_want(g, " ");
    g_disposition(g);
    g_want(g, " ");
    g_language(g);
    g_want(g, " ");
    g_nstring(g);
}

/* Depth is at most SCAN_DEPTH + 1 by promise, so recursion is fine here; deeper is an error. */
static inline void g_body(struct gram *g, bool extended, int depth)
{
    struct span type, subtype;

    if (depth > 52) {
        g->bad = true;
        return;
    }
    g_want(g, "(");
    if (g_is(g, "(")) { /* body-type-mpart */
        while (!g->bad && g_is(g, "("))
            g_body(g, extended, depth + 1);
        g_want(g, " ");
        g_string(g);
        if (extended) {
            g_want(g, " ");
            g_params(g);
            g_common(g);
        }
        g_want(g, ")");
        return;
    }
    type = g_string(g);
    g_want(g, " ");
    subtype = g_string(g);
    g_want(g, " ");
    g_params(g);
    for (int i = 0; i < 2; i++) {
        g_want(g, " ");
        g_nstring(g);
    }
    g_want(g, " ");
    g_string(g);
    g_want(g, " ");
    g_number(g);
    if (span_ieq_str(type, "text")) {
        g_want(g, " ");
        g_number(g);
    } else if (span_ieq_str(type, "message") && span_ieq_str(subtype, "rfc822")) {
        g_want(g, " ");
        g_envelope(g);
        g_want(g, " ");
        g_body(g, extended, depth + 1);
        g_want(g, " ");
        g_number(g);
    } else if (span_ieq_str(type, "multipart")) {
        g->bad = true; /* never in the single-part form */
    }
    if (extended) {
        g_want(g, " ");
        g_nstring(g);
        g_common(g);
    }
    g_want(g, ")");
}

static inline bool lawful_envelope(struct span s)
{
    struct gram g = {s.p, s.p + s.n, false};

    g_envelope(&g);
    return !g.bad && g.p == g.end;
}

static inline bool lawful_body(struct span s, bool extended)
{
    struct gram g = {s.p, s.p + s.n, false};

    g_body(&g, extended, 0);
    return !g.bad && g.p == g.end;
}
