/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/client_fuzz.c - octet 0 says what the rest is: a server's reply, an address that was queued, or a message whose dots are doubled, which
 * data_stream.h must give back as it was. */
#include "proto/smtp/client.h"
#include "proto/smtp/data_stream.h"
#include <stdlib.h>

static void reply(struct span in)
{
    struct smtp_answer a = {0};
    struct smtp_offers o = {0};
    enum rc rc = RC_MORE;
    struct err e;

    while (rc == RC_MORE && in.n > 0) {
        ptrdiff_t lf = span_chr(in, '\n');
        struct span line = span_head(in, lf < 0 ? in.n : (size_t)lf);

        rc = smtp_answer_line(&a, line, &e);
        if (rc != RC_SYNTAX)
            smtp_offer(&o, smtp_answer_rest(line));
        in = span_from(in, lf < 0 ? in.n : (size_t)lf + 1);
    }
    for (size_t i = 0; i < a.n_text; i++)
        if (a.text[i] < 0x20 || a.text[i] > 0x7E)
            abort();
    if (a.lines > SMTP_ANSWER_LINES + 1 || strlen(a.text) != a.n_text || strlen(a.esc) >= sizeof a.esc)
        abort();
}

/* One command leaves, or none. */
static void commands(struct span in)
{
    struct smtp_mail_words m = {.sender = in, .size = 1};
    struct smtp_rcpt_words r = {span_head(in, in.n / 2), NOTIFY_SUCCESS, span_from(in, in.n / 2)};
    struct buf out = BUF_INIT;

    for (int which = 0; which < 2; which++) {
        buf_clear(&out);
        if (which == 0 ? smtp_write_mail(&out, &m) : smtp_write_rcpt(&out, &r)) {
            if (span_find(buf_span(&out), SPAN_LIT("\r\n")) != (ptrdiff_t)out.n - 2 || memchr(out.p, 0, out.n))
                abort();
        } else if (out.n > 0) {
            abort();
        }
    }
    buf_free(&out);
}

static void dots(struct span in, size_t step)
{
    struct buf wire = BUF_INIT, back = BUF_INIT;
    struct smtp_dots d = {0};
    struct data_stream s;
    struct span rest, piece;
    enum data_event ev;

    for (rest = in; rest.n > 0; rest = span_from(rest, step < rest.n ? step : rest.n))
        smtp_dots_write(&d, span_head(rest, step), &wire);
    smtp_dots_end(&d, &wire);
    data_begin(&s, true);
    rest = buf_span(&wire);
    while ((ev = data_next(&s, &rest, &piece)) == DATA_PIECE)
        buf_addspan(&back, piece);
    if (s.fault == DATA_FINE) { /* else the message has bare CR or LF, which the session refuses to send */
        bool whole = in.n == 0 || in.p[in.n - 1] == '\n';

        if (ev != DATA_END || rest.n > 0 || !span_eq(span_head(buf_span(&back), in.n), in) ||
            back.n != in.n + (whole ? 0 : 2))
            abort();
    }
    buf_free(&wire);
    buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in;

    if (n < 1)
        return 0;
    in = span_of(p + 1, n - 1);
    if (p[0] % 3 == 0)
        reply(in);
    else if (p[0] % 3 == 1)
        commands(in);
    else
        dots(in, p[0] / 3 % 9 + 1u);
    return 0;
}
