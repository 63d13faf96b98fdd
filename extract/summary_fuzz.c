/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/summary_fuzz.c - any bytes as a message: its summary is within the IMAP grammar and its bounds, reads back,
 * and every part lies inside the message; any bytes as a summary: no harm.
 */
#include "extract/grammar_check.h"
#include "extract/pack.h"
#include "extract/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Two readers of the same grammar, written apart, agree on any octets (but for numbers that no message has). */
static void texts(struct span d)
{
    struct summary s = {.envelope = d, .body = d, .bodystructure = d};

    if (summary_lawful(&s, SUMMARY_ENVELOPE) && !lawful_envelope(d))
        abort();
    if (summary_lawful(&s, SUMMARY_BODY) && !lawful_body(d, false))
        abort();
    if (summary_lawful(&s, SUMMARY_BODYSTRUCTURE) && !lawful_body(d, true))
        abort();
}

static void read_any(struct span packed)
{
    struct buf mem = BUF_INIT;
    struct summary s;
    struct summary_part p;
    struct err e;

    if (summary_read(packed, &mem, &s, &e) == RC_OK)
        (void)summary_part(&s, SPAN_LIT("1.2"), &p, &e);
    if (mem.n > SUMMARY_MAX)
        abort();
    buf_free(&mem);
}

static void any_bytes(struct span d)
{
    struct buf packed = BUF_INIT;

    read_any(d);
    buf_u8(&packed, 2); /* any bytes as sections */
    pack_to(PACK_SUMMARY, d, &packed);
    read_any(buf_span(&packed));
    texts(d);
    buf_free(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct scan *s = scan_new();
    struct buf out = BUF_INIT, mem = BUF_INIT;
    struct summary v;
    struct summary_part p;
    struct err e;

    any_bytes(span_of(data, n));
    scan_feed(s, span_of(data, n));
    scan_end(s);
    summary_build(s, NULL, &out);
    if (out.n > SUMMARY_MAX || summary_read(buf_span(&out), &mem, &v, &e) != RC_OK)
        abort();
    if (!summary_lawful(&v, SUMMARY_ENVELOPE | SUMMARY_BODY | SUMMARY_BODYSTRUCTURE) || !lawful_envelope(v.envelope) ||
        !lawful_body(v.body, false) || !lawful_body(v.bodystructure, true))
        abort();
    if (v.size != n || summary_part(&v, SPAN_LIT(""), &p, &e) != RC_OK || p.body_off + p.body_len != n)
        abort();
    if (summary_part(&v, SPAN_LIT("1"), &p, &e) != RC_OK || p.body_off + p.body_len > n ||
        p.msg_body_off + p.msg_body_len > n)
        abort();
    buf_free(&out);
    buf_free(&mem);
    scan_free(&s);
    return 0;
}
