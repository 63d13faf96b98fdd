/* SPDX-License-Identifier: EUPL-1.2 */
/* base/span_test.c */
#include "base/span.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static void test_compare(void **state)
{
    static const struct {
        struct span a, b;
        bool eq, ieq;
        int cmp;
    } t[] = {
        {SPAN_NULL, SPAN_NULL, true, true, 0},
        {SPAN_NULL, SPAN_LIT(""), true, true, 0},
        {SPAN_LIT("a"), SPAN_NULL, false, false, 1},
        {SPAN_LIT("abc"), SPAN_LIT("abc"), true, true, 0},
        {SPAN_LIT("abc"), SPAN_LIT("aBC"), false, true, 1},
        {SPAN_LIT("ab"), SPAN_LIT("abc"), false, false, -1},
        {SPAN_LIT("a\0b"), SPAN_LIT("a\0c"), false, false, -1},
        {SPAN_LIT("\xff"), SPAN_LIT("a"), false, false, 1},
        {SPAN_LIT("[x"), SPAN_LIT("{x"), false, false, -1},             /* 0x5b and 0x7b are no letters */
        {SPAN_LIT("\xc3\x89"), SPAN_LIT("\xc3\xa9"), false, false, -1}, /* E acute: ASCII folding only */
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        int c = span_cmp(t[i].a, t[i].b), back = span_cmp(t[i].b, t[i].a);
        assert_int_equal(span_eq(t[i].a, t[i].b), t[i].eq);
        assert_int_equal(span_ieq(t[i].a, t[i].b), t[i].ieq);
        assert_int_equal((c > 0) - (c < 0), t[i].cmp);
        assert_int_equal((back > 0) - (back < 0), -t[i].cmp);
    }
    assert_true(span_eq_str(SPAN_LIT("x"), "x") && !span_eq_str(SPAN_LIT("x"), "xy"));
    assert_true(span_ieq_str(SPAN_LIT("EHLO"), "ehlo") && span_istarts(SPAN_LIT("Mail From:"), "MAIL"));
    assert_false(span_istarts(SPAN_LIT("Ma"), "MAIL"));
}

static void test_find(void **state)
{
    static const struct {
        struct span hay, needle;
        ptrdiff_t at;
    } t[] = {
        {SPAN_LIT("hello"), SPAN_LIT("l"), 2},  {SPAN_LIT("hello"), SPAN_LIT("lo"), 3},
        {SPAN_LIT("hello"), SPAN_LIT("z"), -1}, {SPAN_LIT("lo"), SPAN_LIT("hello"), -1},
        {SPAN_LIT("hello"), SPAN_NULL, 0},      {SPAN_NULL, SPAN_LIT("x"), -1},
        {SPAN_LIT("a\0b"), SPAN_LIT("\0b"), 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        assert_int_equal(span_find(t[i].hay, t[i].needle), t[i].at);
    assert_int_equal(span_chr(SPAN_LIT("a\0b"), 0), 1);
    assert_int_equal(span_chr(SPAN_NULL, 0), -1);
}

static void test_trim(void **state)
{
    static const struct {
        struct span in;
        const char *out;
    } t[] = {{SPAN_LIT(" \t a b \r\n"), "a b"}, {SPAN_LIT("x"), "x"}, {SPAN_LIT(" \r\n\t"), ""}, {SPAN_NULL, ""}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        assert_true(span_eq_str(span_trim(t[i].in), t[i].out));
}

static void test_numbers(void **state)
{
    static const struct {
        struct span in;
        uint64_t max;
        bool ok;
        uint64_t v;
    } t[] = {
        {SPAN_LIT("0"), 0, true, 0},
        {SPAN_LIT("007"), 7, true, 7},
        {SPAN_LIT("8"), 7, false, 0},
        {SPAN_LIT("4294967295"), UINT32_MAX, true, UINT32_MAX},
        {SPAN_LIT("4294967296"), UINT32_MAX, false, 0},
        {SPAN_LIT("18446744073709551615"), UINT64_MAX, true, UINT64_MAX},
        {SPAN_LIT("18446744073709551616"), UINT64_MAX, false, 0},
        {SPAN_LIT("99999999999999999999999"), UINT64_MAX, false, 0},
        {SPAN_NULL, 9, false, 0},
        {SPAN_LIT("+1"), 9, false, 0},
        {SPAN_LIT("-1"), 9, false, 0},
        {SPAN_LIT("1 "), 9, false, 0},
        {SPAN_LIT("1\0"), 9, false, 0},
        {SPAN_LIT("0x1"), 9, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint64_t v = 42;
        assert_int_equal(span_u64(t[i].in, t[i].max, &v), t[i].ok);
        assert_true(v == (t[i].ok ? t[i].v : 42)); /* untouched on failure */
    }
}

static void test_cut(void **state)
{
    struct span rest = SPAN_LIT("a\n\nb\nlast");
    static const char *const lines[] = {"a", "", "b", "last"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_true(rest.n > 0);
        assert_true(span_eq_str(span_cut(&rest, '\n'), lines[i]));
    }
    assert_int_equal(rest.n, 0);
    assert_int_equal(span_cut(&rest, '\n').n, 0);
    rest = SPAN_LIT("x\n"); /* an end at the end is no further line */
    assert_true(span_eq_str(span_cut(&rest, '\n'), "x"));
    assert_int_equal(rest.n, 0);
}

/* Characters of one to four bytes, cut at each byte; and what is no UTF-8. */
static void test_head_text(void **state)
{
    static const struct {
        const char *in;
        size_t kept[8]; /* by how many are asked for */
    } t[] = {
        {"abc", {0, 1, 2, 3, 3}},
        {"x\xc3\xa9y", {0, 1, 1, 3, 4, 4}},
        {"\xe2\x80\xaez", {0, 0, 0, 3, 4, 4}},
        {"x\xf0\x9f\x98\x80z", {0, 1, 1, 1, 1, 5, 6, 6}},
        {"a\x80\x80\x80\x80\x80z", {0, 0, 0, 0, 4, 5, 6, 7}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        for (size_t n = 0; n <= strlen(t[i].in); n++)
            assert_int_equal(span_head_text(span_str(t[i].in), n).n, t[i].kept[n]);
    assert_int_equal(span_head_text(SPAN_NULL, 4).n, 0);
}

static void test_dup(void **state)
{
    char *s = span_dup(SPAN_LIT("abc")), *none = span_dup(SPAN_NULL);

    (void)state;
    assert_string_equal(s, "abc");
    assert_string_equal(none, "");
    free(s);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare), cmocka_unit_test(test_find), cmocka_unit_test(test_trim),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_cut),  cmocka_unit_test(test_head_text),
        cmocka_unit_test(test_dup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
