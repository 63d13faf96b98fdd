/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/convert_fixture_int.h - tests only: converts a message and looks at all that a conversion promises (mime/convert.h). */
#pragma once
#include "mime/canon.h"
#include "mime/convert.h"
#include "mime/part.h"
#include <stdio.h>
#include <stdlib.h>

static inline enum rc converted_to(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(ctx, piece);
    return RC_OK;
}

static inline struct scan *scanned(struct span d)
{
    struct scan *s = scan_new();

    scan_feed(s, d);
    scan_end(s);
    return s;
}

static inline void converted(const struct scan *s, struct span d, size_t step, struct buf *out)
{
    static const struct canon_spec nothing_added = {.message_id_domain = NULL};
    struct canon *c = canon_new(s, &nothing_added, converted_to, out);
    struct err e;

    for (; d.n > 0; d = span_from(d, step < d.n ? step : d.n))
        if (canon_feed(c, span_head(d, step < d.n ? step : d.n), &e) != RC_OK)
            abort();
    if (canon_end(c, &e) != RC_OK)
        abort();
    canon_free(&c);
}

/* What a reader has of a leaf, whatever its encoding. */
static inline void leaf_octets(const struct part *p, struct span d, struct buf *out)
{
    bool known;
    struct decoder de = {.kind = p->kind == PART_LEAF ? part_encoding(p, &known) : CODEC_IDENTITY};

    buf_clear(out);
    decoder_feed(&de, span_head(span_from(d, (size_t)p->body_off), (size_t)p->body_len), out);
    decoder_end(&de, out);
}

/* NULL: it holds. Else what does not. */
static inline const char *broken_lines(struct span d)
{
    unsigned char before = 0;
    size_t column = 0;

    for (size_t i = 0; i < d.n; before = d.p[i++]) {
        if (d.p[i] > 127)
            return "an octet beyond 127";
        if ((d.p[i] == '\n') != (before == '\r'))
            return "a bare CR or LF";
        column = d.p[i] == '\n' ? 0 : column + (d.p[i] != '\r');
        if (column > 998)
            return "a line beyond 998";
    }
    return before == '\r' ? "a CR at the end" : NULL;
}

static inline const char *unlike(const struct scan *a, struct span da, const struct scan *b, struct span db)
{
    struct buf one = BUF_SECRET_INIT, two = BUF_SECRET_INIT;
    const char *no = scan_parts(a) == scan_parts(b) && !scan_flat(b) ? NULL : "another tree";

    for (size_t i = 0; !no && i < scan_parts(a); i++) {
        const struct part *p = scan_part(a, i), *q = scan_part(b, i);

        if (p->parent != q->parent)
            no = "another tree";
        if (no || (p->kind != PART_LEAF && p->first_child))
            continue;
        leaf_octets(p, da, &one);
        leaf_octets(q, db, &two);
        if (!span_eq(buf_span(&one), buf_span(&two)))
            no = "another body";
    }
    buf_free(&one);
    buf_free(&two);
    return no;
}

/* NULL: it may not be converted, or the conversion kept its promises. */
static inline const char *conversion_fails(struct span d, size_t step, struct buf *out)
{
    struct scan *s = scanned(d), *t;
    struct buf again = BUF_SECRET_INIT;
    const char *no = NULL;

    buf_clear(out);
    if (convert_may(s) == CONVERT_MAY) {
        converted(s, d, step, out);
        t = scanned(buf_span(out));
        no = broken_lines(buf_span(out));
        if (!no)
            no = unlike(s, d, t, buf_span(out));
        converted(t, buf_span(out), out->n + 1, &again);
        if (!no && !span_eq(buf_span(out), buf_span(&again)))
            no = "another form the second time";
        scan_free(&t);
    }
    buf_free(&again);
    scan_free(&s);
    return no;
}
