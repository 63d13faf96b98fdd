/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/data_stream_test.c - every row whole, one octet at a time, and cut at each place: the same message, the same verdict. */
#include "base/buf.h"
#include "proto/smtp/data_stream.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

struct outcome {
    struct buf text;
    bool ended;
    enum data_fault fault;
    size_t left;
};

static const struct row {
    const char *what;
    struct span in;
    const char *text;
    bool ended;
    enum data_fault fault;
    size_t left;
} rows[] = {
    {"empty message", SPAN_LIT(".\r\n"), "", true, DATA_FINE, 0},
    {"one line", SPAN_LIT("a\r\n.\r\n"), "a\r\n", true, DATA_FINE, 0},
    {"no end yet", SPAN_LIT("a\r\n"), "a\r\n", false, DATA_FINE, 0},
    {"no end yet: dot", SPAN_LIT("a\r\n."), "a\r\n", false, DATA_FINE, 0},
    {"no end yet: dot CR", SPAN_LIT("a\r\n.\r"), "a\r\n", false, DATA_FINE, 0},
    {"dot stuffed", SPAN_LIT("..a\r\n.\r\n"), ".a\r\n", true, DATA_FINE, 0},
    {"dot that was not stuffed", SPAN_LIT(".a\r\n.\r\n"), "a\r\n", true, DATA_FINE, 0},
    {"line of one dot", SPAN_LIT("..\r\n.\r\n"), ".\r\n", true, DATA_FINE, 0},
    {"dots inside", SPAN_LIT("a.b\r\nc.\r\n.\r\n"), "a.b\r\nc.\r\n", true, DATA_FINE, 0},
    {"commands behind", SPAN_LIT("a\r\n.\r\nQUIT\r\n"), "a\r\n", true, DATA_FINE, 6},
    {"empty lines", SPAN_LIT("\r\n\r\n.\r\n"), "\r\n\r\n", true, DATA_FINE, 0},
    {"8-bit and NUL", SPAN_LIT("\xC3\xA9\x80\r\n.\r\n"), "\xC3\xA9\x80\r\n", true, DATA_FINE, 0},
    {"bare LF", SPAN_LIT("a\nb\r\n.\r\n"), NULL, true, DATA_BARE_LF, 0},
    {"bare CR", SPAN_LIT("a\rb\r\n.\r\n"), NULL, true, DATA_BARE_CR, 0},
    {"LF first", SPAN_LIT("\n.\r\n"), NULL, false, DATA_BARE_LF, 0},
    {"smuggling LF . LF", SPAN_LIT("a\n.\nMAIL FROM:<x@y>\r\n.\r\n"), NULL, true, DATA_BARE_LF, 0},
    {"smuggling LF . CRLF", SPAN_LIT("a\n.\r\nMAIL\r\n.\r\n"), NULL, true, DATA_BARE_LF, 0},
    {"smuggling CRLF . LF", SPAN_LIT("a\r\n.\nMAIL\r\n.\r\n"), NULL, true, DATA_BARE_LF, 0},
    {"smuggling CRLF . CR", SPAN_LIT("a\r\n.\rMAIL\r\n.\r\n"), NULL, true, DATA_BARE_CR, 0},
    {"smuggling CR . CR", SPAN_LIT("a\r.\rMAIL\r\n.\r\n"), NULL, true, DATA_BARE_CR, 0},
    {"CR CR LF", SPAN_LIT("a\r\r\n.\r\n"), NULL, true, DATA_BARE_CR, 0},
    {"CRLF . CR CRLF", SPAN_LIT("a\r\n.\r\r\n.\r\n"), NULL, true, DATA_BARE_CR, 0},
    {"LF CR", SPAN_LIT("a\n\r\n.\r\n"), NULL, true, DATA_BARE_LF, 0},
};

static void feed(struct data_stream *d, struct span in, struct outcome *o)
{
    struct span piece;

    while (!o->ended) {
        enum data_event ev = data_next(d, &in, &piece);

        if (ev == DATA_MORE)
            return;
        if (ev == DATA_PIECE)
            buf_addspan(&o->text, piece);
        else
            o->ended = true;
    }
    o->left += in.n;
}

/* Feeds in pieces of step octets, the first of first octets. */
static struct outcome run(struct span in, size_t first, size_t step, bool dots)
{
    struct outcome o = {0};
    struct data_stream d;
    size_t n = first;

    data_begin(&d, dots);
    while (in.n > 0) {
        unsigned char *copy; /* exact size, so that ASan sees a read beyond the piece */

        n = n > in.n ? in.n : n;
        copy = malloc(n + 1);
        memcpy(copy, in.p, n);
        if (o.ended)
            o.left += n;
        else
            feed(&d, span_of(copy, n), &o);
        free(copy);
        in = span_from(in, n);
        n = step;
    }
    if (!dots)
        data_finish(&d);
    o.fault = d.fault;
    return o;
}

static void check(const struct row *r, size_t first, size_t step)
{
    struct outcome o = run(r->in, first, step, true);

    if (o.ended != r->ended || o.fault != r->fault || o.left != r->left)
        fail_msg("%s (%zu/%zu): ended %d fault %d left %zu", r->what, first, step, o.ended, o.fault, o.left);
    if (r->text && !span_eq(buf_span(&o.text), span_str(r->text)))
        fail_msg("%s (%zu/%zu): other text", r->what, first, step);
    buf_free(&o.text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t cut = 1; cut <= rows[i].in.n; cut++) {
            check(&rows[i], cut, 1);
            check(&rows[i], cut, rows[i].in.n);
        }
}

static void test_bdat(void **state)
{
    struct outcome o = run(SPAN_LIT(".\r\n.a\r\n"), 2, 1, false);

    (void)state;
    assert_true(!o.ended && o.fault == DATA_FINE && span_eq_str(buf_span(&o.text), ".\r\n.a\r\n"));
    buf_free(&o.text);
    o = run(SPAN_LIT("a\nb"), 1, 1, false);
    assert_int_equal(o.fault, DATA_BARE_LF);
    buf_free(&o.text);
    o = run(SPAN_LIT("a\r"), 1, 1, false);
    assert_int_equal(o.fault, DATA_BARE_CR);
    buf_free(&o.text);
}

static void line_of(size_t n, enum data_fault expect)
{
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < n; i++)
        buf_addc(&b, 'x');
    buf_addstr(&b, "\r\n.\r\n");
    for (size_t step = 1; step < 100000; step *= 37) {
        struct outcome o = run(buf_span(&b), step, step, true);

        assert_int_equal(o.fault, expect);
        assert_true(o.ended);
        assert_true(expect != DATA_FINE || o.text.n == n + 2);
        buf_free(&o.text);
    }
    buf_free(&b);
}

static void test_long_lines(void **state)
{
    (void)state;
    line_of(998, DATA_FINE);
    line_of(2000, DATA_FINE);
    line_of(DATA_LINE_MAX - 1, DATA_FINE);
    line_of(DATA_LINE_MAX, DATA_LONG_LINE);
    line_of(3 * DATA_LINE_MAX, DATA_LONG_LINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_bdat),
                                       cmocka_unit_test(test_long_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
