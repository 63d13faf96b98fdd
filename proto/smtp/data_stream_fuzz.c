/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/data_stream_fuzz.c - octet 0 says how the rest is cut; whole and cut must agree. */
#include "base/buf.h"
#include "proto/smtp/data_stream.h"
#include <stdlib.h>

static bool feed(struct data_stream *d, struct span *in, struct buf *text)
{
    struct span piece;
    enum data_event ev;

    while ((ev = data_next(d, in, &piece)) == DATA_PIECE)
        buf_addspan(text, piece);
    return ev == DATA_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct data_stream whole, cut;
    struct buf a = BUF_INIT, b = BUF_INIT;
    struct span in, rest;
    bool end_a, end_b = false;
    size_t step, left = 0;

    if (n < 1)
        return 0;
    step = p[0] % 7 + 1u;
    in = rest = span_of(p + 1, n - 1);
    data_begin(&whole, (p[0] & 128) == 0);
    data_begin(&cut, (p[0] & 128) == 0);
    end_a = feed(&whole, &in, &a);
    while (rest.n > 0 && !end_b) {
        struct span part = span_head(rest, step);
        size_t had = part.n;

        end_b = feed(&cut, &part, &b);
        rest = span_from(rest, had - part.n);
    }
    left = rest.n;
    if (end_a != end_b || whole.fault != cut.fault || in.n != left)
        abort();
    if (whole.fault == DATA_FINE && !span_eq(buf_span(&a), buf_span(&b)))
        abort();
    buf_free(&a);
    buf_free(&b);
    return 0;
}
