/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan_fuzz.c - any bytes, whole and in pieces: the same tree, places inside the message and inside their
 * parent. Fields put in front afterwards: the same tree as of both together. */
#include "mime/scan.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void same_part(const struct part *a, const struct part *b)
{
    bool same = a->parent == b->parent && a->first_child == b->first_child && a->next_sibling == b->next_sibling &&
                a->number == b->number && a->kind == b->kind && a->header_off == b->header_off &&
                a->header_len == b->header_len && a->body_off == b->body_off && a->body_len == b->body_len &&
                a->lines == b->lines && a->header_octets == b->header_octets && a->body_octets == b->body_octets &&
                span_eq(a->header, b->header);

    if (!same)
        abort();
}

static void check(const struct scan *s, struct span d)
{
    for (size_t i = 0; i < scan_parts(s); i++) {
        const struct part *p = scan_part(s, i), *up = scan_part(s, p->parent);

        if (p->body_off != p->header_off + p->header_len || p->body_off + p->body_len > d.n)
            abort();
        if (i > 0 && (p->parent >= i || (p->header_len + p->body_len > 0 && p->header_off < up->body_off)))
            abort();
        if (p->header.n > 0 && memcmp(p->header.p, d.p + p->header_off, p->header.n) != 0)
            abort();
    }
}

/* The scan of the message has ended; trace fields are put in front of it. */
static void with_lead(struct scan *s, struct span d)
{
    static const struct span trace = SPAN_LIT("Return-Path: <a@b>\r\nReceived: from x\r\n\tby y; \xc3\xa9\r\n");
    struct scan *both;

    if (!scan_lead(s, trace))
        return;
    both = scan_new();
    scan_feed(both, trace);
    scan_feed(both, d);
    scan_end(both);
    if (scan_parts(both) != scan_parts(s) || scan_flat(both) || scan_size(both) != scan_size(s) ||
        scan_lines(both) != scan_lines(s) || memcmp(scan_facts(both), scan_facts(s), sizeof(struct scan_facts)) != 0)
        abort();
    for (size_t i = 0; i < scan_parts(both); i++)
        same_part(scan_part(both, i), scan_part(s, i));
    scan_free(&both);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span d = span_of(data, n);
    struct scan *whole = scan_new(), *pieces = scan_new();
    size_t step = n > 0 ? data[0] % 7 + 1 : 1;

    scan_feed(whole, d);
    scan_end(whole);
    while (d.n > 0) {
        size_t k = step < d.n ? step : d.n;

        scan_feed(pieces, span_head(d, k));
        d = span_from(d, k);
    }
    scan_end(pieces);
    check(whole, span_of(data, n));
    if (scan_parts(whole) != scan_parts(pieces) || scan_flat(whole) != scan_flat(pieces) || scan_size(pieces) != n)
        abort();
    for (size_t i = 0; i < scan_parts(whole); i++)
        same_part(scan_part(whole, i), scan_part(pieces, i));
    with_lead(whole, span_of(data, n));
    scan_free(&whole);
    scan_free(&pieces);
    return 0;
}
