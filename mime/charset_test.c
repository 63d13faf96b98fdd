/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_test.c - charsets of one octet a character against the C library's own converters, octet by octet, before and after
 * charset_warm(); names that stand for others. */
#include "mime/charset.h"
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const narrow[] = {
    "iso-8859-2",   "ISO-8859-3",   "ISO-8859-4",   "ISO-8859-5",   "ISO-8859-6",   "ISO-8859-7",   "ISO-8859-8",
    "ISO-8859-9",   "ISO-8859-10",  "ISO-8859-13",  "ISO-8859-14",  "ISO-8859-15",  "ISO-8859-16",  "windows-1250",
    "WINDOWS-1251", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
    "koi8-r",       "KOI8-U",       "MACINTOSH",    "CP850",        "CP437"};

static void expected(iconv_t cd, char c, char out[16])
{
    char *in = &c, *to = out;
    size_t left = 1, room = 15;

    memset(out, 0, 16);
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &in, &left, &to, &room) == (size_t)-1 || iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
        memcpy(out, "\xef\xbf\xbd", 4);
}

static void every_octet(const char *charset)
{
    iconv_t cd = iconv_open("UTF-8", charset);

    assert_true(cd != (iconv_t)-1);
    for (int c = 1; c < 256; c++) {
        unsigned char octet = (unsigned char)c;
        struct buf b = BUF_INIT;
        struct err e;
        char want[16];

        expected(cd, (char)c, want);
        assert_int_equal(charset_to_utf8(charset, span_of(&octet, 1), &b, &e), RC_OK);
        if (strcmp(buf_cstr(&b), want) != 0)
            fail_msg("%s: octet %02x gives \"%s\", not \"%s\"", charset, octet, buf_cstr(&b), want);
        buf_free(&b);
    }
    iconv_close(cd);
}

static void test_narrow(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++, charset_warm())
        for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
            every_octet(narrow[i]);
}

static void test_names(void **state)
{
    static const struct {
        const char *charset, *in, *out;
    } rows[] = {
        {"latin9", "\xa4 5", "\xe2\x82\xac 5"},      {"koi8-r", "\xf0\xf2", "\xd0\x9f\xd0\xa0"},
        {"cp437", "\x82t\x82", "\xc3\xa9t\xc3\xa9"}, {"gb2312", "\xd6\xd0", "\xe4\xb8\xad"},
        {"GBK", "\xd6\xd0", "\xe4\xb8\xad"},         {"cp936", "\xd6\xd0", "\xe4\xb8\xad"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = BUF_INIT;
        struct err e;

        assert_int_equal(charset_to_utf8(rows[i].charset, span_str(rows[i].in), &b, &e), RC_OK);
        assert_string_equal(buf_cstr(&b), rows[i].out);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_narrow), cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
