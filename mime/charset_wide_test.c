/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_wide_test.c - charsets of more than one octet a character against the C library's own converters: every one and two octets,
 * samples of three and four, texts cut at every length, noise; UTF-16 and UTF-7 by their RFCs; nothing of the converters stays loaded.
 */
#include "base/buf.h"
#include "mime/charset.h"
#include <errno.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const wide[] = {"GB18030", "BIG5", "SHIFT_JIS", "EUC-JP", "EUC-KR", "ISO-2022-JP"};
enum { WIDE = sizeof wide / sizeof *wide };

/* What iconv makes of it; U+FFFD for an octet it cannot go over. */
static void expected(iconv_t cd, struct span in, struct buf *out)
{
    char octets[64], *p = octets;
    size_t left = in.n;

    assert_true(in.n <= sizeof octets);
    memcpy(octets, in.p, in.n);
    iconv(cd, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char block[512], *to = block;
        size_t room = sizeof block;
        size_t r = iconv(cd, &p, &left, &to, &room);

        buf_add(out, block, sizeof block - room);
        if (r != (size_t)-1 || errno == E2BIG)
            continue;
        buf_addstr(out, "\xef\xbf\xbd");
        p++;
        left--;
    }
}

static void same(iconv_t cd, const char *charset, struct span in)
{
    static struct buf got = BUF_INIT, want = BUF_INIT, hex = BUF_INIT;
    struct err e;

    buf_clear(&got);
    buf_clear(&want);
    expected(cd, in, &want);
    assert_int_equal(charset_to_utf8(charset, in, &got, &e), RC_OK);
    if (span_eq(buf_span(&got), buf_span(&want)))
        return;
    for (size_t i = 0; i < in.n; i++)
        buf_addf(&hex, " %02x", in.p[i]);
    fail_msg("%s:%s gives \"%s\", not \"%s\"", charset, buf_cstr(&hex), buf_cstr(&got), buf_cstr(&want));
}

static iconv_t open_iconv(const char *charset)
{
    iconv_t cd = iconv_open("UTF-8", charset);

    assert_true(cd != (iconv_t)-1);
    return cd;
}

/* ---- nothing stays loaded: first, as the other tests load converters themselves ---- */

static bool mapped(const char *what)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;

    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f))
        found = strstr(line, what) != NULL && strstr(line, "gconv-modules.cache") == NULL;
    fclose(f);
    return found;
}

static void test_unloaded(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;
    iconv_t cd;

    (void)state;
    charset_warm();
    charset_warm();
    assert_false(mapped("/gconv/"));
    for (size_t i = 0; i < WIDE; i++)
        assert_int_equal(charset_to_utf8(wide[i], SPAN_LIT("a"), &b, &e), RC_OK);
    assert_string_equal(buf_cstr(&b), "aaaaaa");
    assert_false(mapped("/gconv/"));
    cd = open_iconv("BIG5");
    assert_true(mapped("/gconv/")); /* it would have been seen */
    iconv_close(cd);
    buf_free(&b);
}

/* ---- against iconv ---- */

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < WIDE; i++) {
        iconv_t cd = open_iconv(wide[i]);

        for (unsigned v = 0; v < 0x10000; v++) {
            unsigned char octets[] = {(unsigned char)(v >> 8), (unsigned char)v};

            same(cd, wide[i], span_of(octets + (v < 0x100), v < 0x100 ? 1 : 2));
        }
        iconv_close(cd);
    }
}

static void test_escaped_pairs(void **state)
{
    iconv_t cd = open_iconv("ISO-2022-JP");

    (void)state;
    for (unsigned v = 0; v < 0x10000; v++) {
        unsigned char octets[] = {0x1b, '$', 'B', (unsigned char)(v >> 8), (unsigned char)v,
                                  0x1b, '(', 'J', (unsigned char)v};

        same(cd, "ISO-2022-JP", span_of(octets, sizeof octets));
    }
    iconv_close(cd);
}

static void test_behind_8f(void **state)
{
    iconv_t cd = open_iconv("EUC-JP");

    (void)state;
    for (unsigned v = 0; v < 0x10000; v++) {
        unsigned char octets[] = {0x8f, (unsigned char)(v >> 8), (unsigned char)v};

        same(cd, "EUC-JP", span_of(octets, sizeof octets));
    }
    iconv_close(cd);
}

/* Of all 1,587,600 sequences: those up to U+FFFF and one beyond, then every 97th; the edges of the astral planes. */
static void test_four(void **state)
{
    iconv_t cd = open_iconv("GB18030");

    (void)state;
    for (unsigned i = 0; i < 1587600;
         i += i < 39500 || (i > 188990 && i < 189010) || (i > 1237560 && i < 1237590) ? 1 : 97) {
        unsigned char octets[] = {(unsigned char)(0x81 + i / 12600), (unsigned char)(0x30 + i / 1260 % 10),
                                  (unsigned char)(0x81 + i / 10 % 126), (unsigned char)(0x30 + i % 10)};

        same(cd, "GB18030", span_of(octets, sizeof octets));
    }
    iconv_close(cd);
}

/* iconv waits for an octet behind ESC $ (, which begins an escape that ISO-2022-JP has not. */
static bool ends_in_foreign_escape(const unsigned char *text, size_t n)
{
    return n >= 3 && memcmp(text + n - 3, "\x1b$(", 3) == 0;
}

/* Octets that often begin or go on something, in any order. */
static void test_noise(void **state)
{
    static const unsigned char octets[] =
        "A0\n\\~\x1b\x1b\x1b$$((BBJ@@\"3579\x80\x81\x81\x84\x8e\x8f\x8f\x90\x95\xa1\xa4\xa4\xb0\xb1\xd6"
        "\xe0\xea\xf9\xfe\xff";
    uint32_t r = 20262217;

    (void)state;
    for (size_t i = 0; i < WIDE; i++) {
        iconv_t cd = open_iconv(wide[i]);

        for (int round = 0; round < 20000; round++) {
            unsigned char text[24];

            for (size_t j = 0; j < sizeof text; j++) {
                r = r * 1664525 + 1013904223;
                text[j] = octets[(r >> 16) % (sizeof octets - 1)];
            }
            if (!ends_in_foreign_escape(text, (r >> 8) % sizeof text))
                same(cd, wide[i], span_of(text, (r >> 8) % sizeof text));
        }
        iconv_close(cd);
    }
}

/* ---- texts, cut anywhere ---- */

static const struct {
    const char *charset;
    struct span in;
    const char *out;
} texts[] = {
    {"GB18030", SPAN_LIT("a\xd6\xd0\xce\xc4\x81\x30\x84\x36\x95\x32\x82\x36\xfe\x51"), "a中文¥𠀀𠂇"},
    {"BIG5", SPAN_LIT("\xa4\xa4\xa4\xe5 x"), "中文 x"},
    {"SHIFT_JIS", SPAN_LIT("\x93\xfa\x96\x7b\x8c\xea \xb1\xb2 \\"), "日本語 ｱｲ ¥"},
    {"EUC-JP", SPAN_LIT("\xc6\xfc\xcb\xdc\x8e\xb1\x8f\xb0\xa1."), "日本ｱ丂."},
    {"EUC-KR", SPAN_LIT("\xc7\xd1\xb1\xdb"), "한글"},
    {"ks_c_5601-1987", SPAN_LIT("\xc7\xd1\xb1\xdb!"), "한글!"},
    {"iso-2022-jp", SPAN_LIT("x\x1b$BF|K\\8l\x1b(J\\\x1b(B\\"), "x日本語¥\\"},
    {"UTF-16", SPAN_LIT("\xfe\xff\0a\x4e\x2d\xd8\x40\xdc\0"), "a中𠀀"},
    {"UTF-16",
     SPAN_LIT("\xff\xfe"
              "a\0\x2d\x4e\x40\xd8\0\xdc"),
     "a中𠀀"},
    {"UTF-16", SPAN_LIT("\0a\x4e\x2d"), "a中"},
    {"UTF-16LE", SPAN_LIT("\xe9\0\xff\xfe"), "é\xef\xbb\xbf"},
    {"UTF-16BE", SPAN_LIT("\0\xe9\xfe\xff"), "é\xef\xbb\xbf"},
    {"UTF-7", SPAN_LIT("Hi Mom -+Jjo--!"), "Hi Mom -☺-!"}, /* RFC 2152's */
    {"UTF-7", SPAN_LIT("A+ImIDkQ."), "A≢Α."},
    {"UTF-7", SPAN_LIT("+ZeVnLIqe"), "日本語"},
    {"UTF-7", SPAN_LIT("1 +- 1 +2D3eAA-+AOk-t\xc3"), "1 + 1 😀ét\xef\xbf\xbd"},
};
enum { TEXTS = sizeof texts / sizeof *texts };

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        struct buf b = BUF_INIT;
        struct err e;

        assert_int_equal(charset_to_utf8(texts[i].charset, texts[i].in, &b, &e), RC_OK);
        assert_string_equal(buf_cstr(&b), texts[i].out);
        buf_free(&b);
    }
}

static void is_utf8(const char *charset, size_t cut, struct span s)
{
    while (s.n > 0) {
        size_t n = charset_utf8_next(s);

        if (n == 0)
            fail_msg("%s, cut at %zu, gives no UTF-8", charset, cut);
        s = span_from(s, n);
    }
}

/* A cut text begins as the whole text does, then at most U+FFFD and what is left of one character's octets. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        for (size_t cut = 0; cut < texts[i].in.n; cut++) {
            unsigned char *exact = malloc(cut + 1); /* the sanitizer sees a read beyond the cut */
            struct buf b = BUF_INIT;
            struct err e;
            size_t like = 0;

            memcpy(exact, texts[i].in.p, cut);
            exact = realloc(exact, cut > 0 ? cut : 1);
            assert_int_equal(charset_to_utf8(texts[i].charset, span_of(exact, cut), &b, &e), RC_OK);
            is_utf8(texts[i].charset, cut, buf_span(&b));
            while (like < b.n && b.p[like] == (unsigned char)texts[i].out[like])
                like++;
            if (like < b.n && charset_utf8_next(span_from(buf_span(&b), like)) == 1)
                fail_msg("%s, cut at %zu: \"%s\"", texts[i].charset, cut, buf_cstr(&b));
            buf_free(&b);
            free(exact);
        }
    }
}

/* The same with iconv to say what is right. */
static void test_cut_iconv(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEXTS && strncmp(texts[i].charset, "UTF", 3) != 0; i++) {
        iconv_t cd = open_iconv(strcmp(texts[i].charset, "ks_c_5601-1987") == 0 ? "EUC-KR" : texts[i].charset);

        for (size_t cut = 0; cut <= texts[i].in.n; cut++)
            same(cd, texts[i].charset, span_head(texts[i].in, cut));
        iconv_close(cd);
    }
}

/* ---- what is wrong ---- */

#define BAD "\xef\xbf\xbd"

static void test_bad(void **state)
{
    static const struct {
        const char *charset;
        struct span in;
        const char *out;
    } rows[] = {
        {"UTF-16BE", SPAN_LIT("\xdc\0\0a"), BAD "a"},          /* a low surrogate alone */
        {"UTF-16BE", SPAN_LIT("\xd8\0\0a"), BAD "a"},          /* a high one */
        {"UTF-16BE", SPAN_LIT("\xd8\0\xd8\0\xdc\0"), BAD "𐀀"}, /* the second has its low one */
        {"UTF-16LE", SPAN_LIT("\0\xd8"), BAD},
        {"UTF-16LE", SPAN_LIT("a\0b"), "a" BAD},
        {"UTF-16", SPAN_LIT("\xfe"), BAD},
        {"UTF-16", SPAN_LIT("\xfe\xff"), ""},
        {"UTF-7", SPAN_LIT("+"), BAD},
        {"UTF-7", SPAN_LIT("+ x"), BAD " x"},
        {"UTF-7", SPAN_LIT("+A-x"), BAD "x"},
        {"UTF-7", SPAN_LIT("+AA-x"), BAD "x"},
        {"UTF-7", SPAN_LIT("+AGEA-x"), "a" BAD "x"},
        {"UTF-7", SPAN_LIT("+AGEAYgBj-x"), "abcx"},
        {"UTF-7", SPAN_LIT("+AGEAYgBjA-x"), "abc" BAD "x"},
        {"UTF-7", SPAN_LIT("+2D0-x"), BAD "x"},
        {"UTF-7", SPAN_LIT("+3gA-x"), BAD "x"},
        {"UTF-7", SPAN_LIT("a\\~"), "a" BAD BAD},
        {"UTF-7", SPAN_LIT("+AOk\xe9"), "é" BAD},
        {"GB18030", SPAN_LIT("\xff\x81\x30\x81"), BAD BAD "0" BAD},
        {"GB18030", SPAN_LIT("\xe3\x32\x9a\x35\xe3\x32\x9a\x36"),
         "\xf4\x8f\xbf\xbf" BAD "2" BAD "6"}, /* U+10FFFF is the last */
        {"BIG5", SPAN_LIT("\x81\xa4"), BAD BAD},
        {"EUC-JP", SPAN_LIT("\x8f\xb0"), BAD BAD},
        {"ISO-2022-JP", SPAN_LIT("\x1b$B!"), BAD},
        {"ISO-2022-JP", SPAN_LIT("\x1b$"), BAD "$"},
        {"ISO-2022-JP", SPAN_LIT("\xe9"), BAD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = BUF_INIT;
        struct err e;

        assert_int_equal(charset_to_utf8(rows[i].charset, rows[i].in, &b, &e), RC_OK);
        if (strcmp(buf_cstr(&b), rows[i].out) != 0)
            fail_msg("row %zu, %s: \"%s\", not \"%s\"", i, rows[i].charset, buf_cstr(&b), rows[i].out);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unloaded),  cmocka_unit_test(test_pairs), cmocka_unit_test(test_escaped_pairs),
        cmocka_unit_test(test_behind_8f), cmocka_unit_test(test_four),  cmocka_unit_test(test_noise),
        cmocka_unit_test(test_texts),     cmocka_unit_test(test_cut),   cmocka_unit_test(test_cut_iconv),
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
