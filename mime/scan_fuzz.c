/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/scan_fuzz.c - any bytes, whole and in pieces: the same tree, places inside the message and inside their
 * parent. */
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
    scan_free(&whole);
    scan_free(&pieces);
    return 0;
}
