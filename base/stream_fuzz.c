/* SPDX-License-Identifier: EUPL-1.2 */
/* base/stream_fuzz.c - lines out of any bytes, cut anywhere: the first byte says how they are cut; lines and the error at the
 * end must be those of one whole read. */
#include "base/stream.h"
#include <stdlib.h>

struct source {
    struct span left;
    size_t step;
};

static ssize_t give(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    struct source *s = ctx;
    size_t m = s->step < n ? s->step : n;

    (void)deadline, (void)e;
    if (m > s->left.n)
        m = s->left.n;
    if (m > 0)
        memcpy(p, s->left.p, m);
    s->left = span_from(s->left, m);
    return (ssize_t)m;
}

static const struct stream_ops ops = {.read = give};

static enum rc lines_of(struct span in, size_t step, size_t max, struct buf *out)
{
    struct source src = {in, step};
    struct stream *s = stream_open(-1);
    struct span line;
    struct err e;
    enum rc rc;

    stream_set_ops(s, &ops, &src);
    while ((rc = stream_line(s, max, &line, &e)) == RC_OK) {
        buf_addspan(out, line);
        buf_addc(out, '\n');
    }
    stream_close(&s);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf whole = BUF_INIT, cut = BUF_INIT;
    struct span in;
    size_t step, max;

    if (n < 3)
        return 0;
    step = p[0] % 32 + 1u;
    max = p[1];
    in = span_of(p + 2, n - 2);
    if (lines_of(in, SIZE_MAX, max, &whole) != lines_of(in, step, max, &cut) ||
        !span_eq(buf_span(&whole), buf_span(&cut)))
        bug("another answer in steps of %zu", step);
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
