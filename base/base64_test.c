/* SPDX-License-Identifier: EUPL-1.2 */
/* base/base64_test.c - RFC 4648's own examples both ways, every octet as a letter, every malformed text. ASCII classes beside them.
 * Process  tests. */
#include "base/ascii.h"
#include "base/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *in, *out;
    size_t n;
} good[] = {{"", "", 0},
            {"Zg==", "f", 1},
            {"Zm8=", "fo", 2},
            {"Zm9v", "foo", 3},
            {"Zm9vYg==", "foob", 4},
            {"Zm9vYmE=", "fooba", 5},
            {"Zm9vYmFy", "foobar", 6},
            {"AGEAYg==", "\0a\0b", 4},
            {"+/+/", "\xFB\xFF\xBF", 3},
            {"+/8=", "\xFB\xFF", 2}};
static const char *const malformed[] = {
    "Z",    "Zg",    "Zg=",   "=",     "====", "Zg=a", "Z===",     "Zh==",       "Zm9=", "Zm 9", "Zm9",   "Zm9v\n",
    "Z-8=", "Zm9v=", "Zm9vZ", " Zm9v", "=Zg=", "=m9v", "Zg==Zg==", "\xC3\xA9==", "Zm=v", "Zm9-", "Zm9\n", "Zm9\xc3"};

static void both_ways(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        buf_clear(&b);
        assert_int_equal(base64_decode(span_str(good[i].in), &b, &e), RC_OK);
        assert_true(span_eq(buf_span(&b), span_of(good[i].out, good[i].n)));
        buf_clear(&b);
        base64_encode(span_of(good[i].out, good[i].n), &b);
        assert_true(span_eq_str(buf_span(&b), good[i].in));
    }
    buf_free(&b);
}

static void malformed_leaves_nothing(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    buf_addstr(&b, "kept");
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        assert_int_equal(base64_decode(span_str(malformed[i]), &b, &e), RC_SYNTAX);
        assert_true(span_eq_str(buf_span(&b), "kept"));
    }
    buf_free(&b);
}

static void every_letter(void **state)
{
    struct buf b = BUF_INIT, all = BUF_INIT, back = BUF_INIT;
    struct err e;

    (void)state;
    for (int c = 0; c < 256; c++) {
        char in[4] = {'A', 'A', 'A', (char)c};
        bool digit = ascii_is_alnum((unsigned char)c) || c == '+' || c == '/';

        assert_int_equal(base64_value(c) >= 0, digit);
        assert_int_equal(base64_decode(span_of(in, 4), &b, &e) == RC_OK, digit || c == '=');
        buf_addc(&all, (unsigned char)c);
    }
    buf_clear(&b);
    base64_encode(buf_span(&all), &b);
    assert_int_equal(base64_decode(buf_span(&b), &back, &e), RC_OK);
    assert_true(span_eq(buf_span(&all), buf_span(&back)));
    buf_free(&b);
    buf_free(&all);
    buf_free(&back);
}

static void bounded(void **state)
{
    struct buf b;
    struct err e;

    (void)state;
    buf_init_max(&b, 5);
    assert_int_equal(base64_decode(SPAN_LIT("Zm9vYmFy"), &b, &e), RC_TEMP);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void ascii_classes(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        unsigned char c = (unsigned char)i;
        bool upper = i >= 65 && i <= 90, lower = i >= 97 && i <= 122, digit = i >= 48 && i <= 57;
        unsigned hex;
        char one[2] = {(char)c, 0};

        assert_int_equal(ascii_is_upper(c), upper);
        assert_int_equal(ascii_is_lower(c), lower);
        assert_int_equal(ascii_is_digit(c), digit);
        assert_int_equal(ascii_is_alnum(c), upper || lower || digit);
        assert_int_equal(ascii_lower(c), upper ? i + 32 : i);
        assert_int_equal(ascii_upper(c), lower ? i - 32 : i);
        if (digit || (i >= 65 && i <= 70) || (i >= 97 && i <= 102)) {
            assert_int_equal(sscanf(one, "%x", &hex), 1);
            assert_int_equal(ascii_hex(c), hex);
        } else {
            assert_int_equal(ascii_hex(c), -1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_ways), cmocka_unit_test(malformed_leaves_nothing),
                                       cmocka_unit_test(every_letter), cmocka_unit_test(bounded),
                                       cmocka_unit_test(ascii_classes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
