/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/words_test.c - dates, unfolding, encoded words and charsets by tables, whole and at every prefix. */
#include "mime/fields.h"
#include "mime/charset.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A copy of exactly n bytes, so that a read behind them is seen. */
static struct span exact(const char *s, size_t n)
{
    unsigned char *p = malloc(n > 0 ? n : 1);

    assert_non_null(p);
    memcpy(p, s, n);
    return span_of(p, n);
}

static void release(struct span s)
{
    free((void *)(uintptr_t)s.p);
}

/* ---- dates ---- */

static const struct {
    const char *body;
    bool ok;
    int64_t utc, day;
} date_rows[] = {
    {"Thu, 1 Jan 1970 00:00:00 +0000", true, 0, 0},
    {"Sat, 21 Nov 2026 10:00:00 +0100", true, 1795251600, 20778},
    {"Sat, 21 Nov 2026 10:00:00 +0100 (CET)", true, 1795251600, 20778},
    {"21 Nov 26 09:00 GMT", true, 1795251600, 20778},
    {"21 Nov 2026 09:00:00", true, 1795251600, 20778},
    {"Sat,21 Nov 2026 9:0:0 UT", true, 1795251600, 20778},
    {"Sat, 21 Nov 2026 04:00:00 EST", true, 1795251600, 20778},
    {"Sat, 21 Nov 2026 04:00:00 -0500", true, 1795251600, 20778},
    {"Sat Nov 21 09:00:00 2026", true, 1795251600, 20778},
    {"Sat, 21 Nov (c) 2026 10:00:00 +0100", true, 1795251600, 20778},
    {"Sam, 21 Nov 2026 09:00:00 +0000", true, 1795251600, 20778},
    {"21-Nov-2026 10:00:00 +0100", true, 1795251600, 20778},
    {"21-Nov-2026 04:00:00 -0500", true, 1795251600, 20778},
    {"Sun, 22 Nov 2026 00:30:00 +1400", true, 1795257000, 20779},
    {"Tue, 29 Feb 2028 00:00:00 +0000", true, 1835395200, 21243},
    {"Sat, 21 Nov 99 00:00:00 +0000", true, 943142400, 10916},
    {"21 Nov 2026", true, 1795219200, 20778},
    {"Thu, 29 Feb 2027 00:00:00 +0000", false, 0, 0},
    {"Sat, 31 Nov 2026 10:00:00 -0000", false, 0, 0},
    {"Sat, 21 Nov 2026 25:00:00 +0000", false, 0, 0},
    {"Sat, 21 Nov 2026 10:61:00 +0000", false, 0, 0},
    {"Sat, 0 Nov 2026 10:00:00 +0000", false, 0, 0},
    {"", false, 0, 0},
    {"yesterday", false, 0, 0},
    {"99999999999999999999 Nov 99999999999999999 1:2:3", false, 0, 0},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof date_rows / sizeof *date_rows; i++) {
        size_t len = strlen(date_rows[i].body);

        for (size_t n = 0; n <= len; n++) {
            struct span in = exact(date_rows[i].body, n);
            int64_t utc = 0, day = 0;
            bool ok = date_parse(in, &utc, &day);

            release(in);
            if (n == len && (ok != date_rows[i].ok || utc != date_rows[i].utc || day != date_rows[i].day))
                fail_msg("\"%s\": %d %lld %lld", date_rows[i].body, ok, (long long)utc, (long long)day);
        }
    }
}

/* ---- unfolding and encoded words ---- */

static const struct {
    const char *body, *unfolded, *decoded;
} word_rows[] = {
    {" a b", "a b", "a b"},
    {" a\r\n b\r\n\tc \r\n", "a b\tc", "a b\tc"},
    {"a\rb\nc", "a\rb\nc", "a\rb\nc"},
    {"=?utf-8?q?J=C3=A9?=", "=?utf-8?q?J=C3=A9?=", "J\xc3\xa9"},
    {"=?UTF-8?B?w6k=?= x", "=?UTF-8?B?w6k=?= x", "\xc3\xa9 x"},
    {"=?utf-8?q?a?= =?utf-8?q?b?=", "=?utf-8?q?a?= =?utf-8?q?b?=", "ab"},
    {"=?utf-8?q?a?=\r\n =?utf-8?q?b?= c", "=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"},
    {"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9"},
    {"=?utf-8?b?w?= =?utf-8?b?6k=?=", "=?utf-8?b?w?= =?utf-8?b?6k=?=", "\xc3\xaa"},
    {"=?iso-8859-1?q?caf=E9_noir?=", "=?iso-8859-1?q?caf=E9_noir?=", "caf\xc3\xa9 noir"},
    {"=?windows-1252?q?=80?=", "=?windows-1252?q?=80?=", "\xe2\x82\xac"},
    {"=?iso-8859-15?q?=A4?=", "=?iso-8859-15?q?=A4?=", "\xe2\x82\xac"},
    {"=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac"},
    {"=?utf-8*fr?q?=C3=A9?=", "=?utf-8*fr?q?=C3=A9?=", "\xc3\xa9"},
    {"=?nosuch?q?=E9?=", "=?nosuch?q?=E9?=", "\xc3\xa9"},
    {"=?utf-8?x?a?=", "=?utf-8?x?a?=", "=?utf-8?x?a?="},
    {"=?utf-8?q?open", "=?utf-8?q?open", "=?utf-8?q?open"},
    {"=?", "=?", "=?"},
    {"=?=?=?=?", "=?=?=?=?", "=?=?=?=?"},
    {"raw \xe9 latin", "raw \xe9 latin", "raw \xc3\xa9 latin"},
    {"raw \xc3\xa9 utf-8", "raw \xc3\xa9 utf-8", "raw \xc3\xa9 utf-8"},
    {"a=?utf-8?q?b?=c", "a=?utf-8?q?b?=c", "abc"},
    {"=?utf-8?q?\?= x", "=?utf-8?q?\?= x", " x"},
    {"=?utf-8?q?=zz=C?=", "=?utf-8?q?=zz=C?=", "=zz=C"},
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++) {
        size_t len = strlen(word_rows[i].body);

        for (size_t n = 0; n <= len; n++) {
            struct span in = exact(word_rows[i].body, n);
            struct buf u = BUF_INIT, d = BUF_INIT;

            field_unfold(in, &u);
            field_decode(in, &d);
            release(in);
            if (n == len) {
                assert_string_equal(buf_cstr(&u), word_rows[i].unfolded);
                assert_string_equal(buf_cstr(&d), word_rows[i].decoded);
            }
            buf_free(&u);
            buf_free(&d);
        }
    }
}

static void test_charsets(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(charset_to_utf8("nosuch", SPAN_LIT("x"), &b, &e), RC_PERM);
    assert_int_equal(charset_to_utf8("GB18030", SPAN_LIT("\xd6\xd0"), &b, &e), RC_OK);
    assert_string_equal(buf_cstr(&b), "\xe4\xb8\xad");
    buf_clear(&b);
    assert_int_equal(charset_to_utf8("shift_jis",
                                     SPAN_LIT("\x93\xff"
                                              "A"),
                                     &b, &e),
                     RC_OK);
    assert_non_null(strstr(buf_cstr(&b), "\xef\xbf\xbd"));
    buf_clear(&b);
    assert_int_equal(charset_to_utf8("utf-8", SPAN_LIT("\xed\xa0\x80"), &b, &e), RC_OK); /* a surrogate is no UTF-8 */
    assert_string_equal(buf_cstr(&b), "\xc3\xad\xc2\xa0\xe2\x82\xac");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_charsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
