/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_fuzz.c - a report with everything of others' hostile: it is ASCII when no address and no whole message is not, its lines end with CRLF
 * and hold 998 octets at most, and it has exactly three parts, of which none is of a peer's making. */
#include "mime/report.h"
#include "mime/report_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct span piece(struct rd *r)
{
    size_t want = rd_u8(r) * 4u, have = r->s.n;

    return rd_take(r, want < have ? want : have);
}

static void check(const struct report *r, const struct buf *out)
{
    static const char bound[] = "\r\n--report-00000000000000000000000000000000";
    struct span rest = buf_span(out);
    size_t parts = 0, line = 0;
    ptrdiff_t at;

    if (!r->full && report_ascii(r->to) && !report_ascii(rest))
        bug("8-bit octets in a report");
    for (size_t i = 0; i < rest.n; i++) {
        bool lf = rest.p[i] == '\n', cr = rest.p[i] == '\r';

        if (!r->original.n &&
            ((lf && (i == 0 || rest.p[i - 1] != '\r')) || (cr && (i + 1 == rest.n || rest.p[i + 1] != '\n'))))
            bug("a bare line end in a report");
        line = lf ? 0 : line + 1;
        if (!r->original.n && line > 999)
            bug("a long line in a report");
    }
    for (; !r->original.n && (at = span_find(rest, SPAN_LIT(bound))) >= 0; parts++)
        rest = span_from(rest, (size_t)at + sizeof bound - 1);
    if (!r->original.n && parts != 4)
        bug("%zu delimiters in a report", parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rd in = rd_of(span_of(data, n));
    uint8_t bits = rd_u8(&in);
    struct report_recipient p[2] = {0};
    struct report r = {.kind = (enum report_kind)(bits % 4 + 1),
                       .host = "mail.a.test",
                       .domain = "a.test",
                       .id = "00000000000000000000000000000000",
                       .now = rd_u64(&in),
                       .arrival = rd_u64(&in),
                       .full = bits & 4,
                       .utf8 = bits & 8,
                       .rcpts = p,
                       .n = 2};
    struct buf out = BUF_SECRET_INIT;
    struct report_needs needs;
    struct err e;

    r.to = bits & 16 ? piece(&in) : SPAN_LIT("a@b.test");
    r.envid = piece(&in);
    for (int i = 0; i < 2; i++)
        p[i] = (struct report_recipient){.address = piece(&in),
                                         .orcpt = piece(&in),
                                         .status = piece(&in),
                                         .code = rd_u16(&in),
                                         .words = piece(&in),
                                         .remote_mta = piece(&in),
                                         .retry_until = rd_u32(&in)};
    r.original = bits & 32 ? in.s : SPAN_NULL;
    if (report_write(&r, &out, &needs, &e) == RC_OK)
        check(&r, &out);
    buf_free(&out);
    return 0;
}
