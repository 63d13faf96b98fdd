/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/text_test.c - folding, what SEARCH finds in which mail, previews; each mail fed whole, a byte at a time, and
 * cut at each prefix. */
#include "extract/html.h"
#include "mime/charset.h"
#include "extract/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *in, *out;
} folds[] = {
    {"", ""},
    {"Hello", "hello"},
    {"a \t\r\n b", "a b"},
    {" a ", " a "},
    {"\xc3\x89"
     "clampsie",
     "eclampsie"},
    {"E\xcc\x81"
     "clampsie",
     "eclampsie"},
    {"\xc5\x93"
     "d\xc3\xa8me",
     "oedeme"},
    {"STRASSE", "strasse"},
    {"Stra\xc3\x9f"
     "e",
     "strasse"},
    {"l\xe2\x80\x99h\xc3\xb4pital", "l'hopital"},
    {"\xef\xac\x81n", "fin"},
    {"\xc2\xa0"
     "a\xc2\xa0 b",
     " a b"},
    {"so\xc2\xadrt", "sort"},
    {"\xe9", "e"},
    {"\xc3", "a"},
    {"\xe2\x82\xac 5", "\xe2\x82\xac 5"},
    {"\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83"},
    {"\xd0\x96", "\xd0\xb6"},
    {"\xef\xbc\xa1", "a"},
    {"x\xc2\xb2", "x2"},
    {"ABCDEFGHIJ \xc3\xa9  \t KLMNOPQRSTUVWXYZ\x7f\xc3\xa8 1234567\xc3\xa7",
     "abcdefghij e klmnopqrstuvwxyz e 1234567c"},
};

static void test_fold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        for (int round = 0; round < 2; round++) { /* the second from the cache */
            struct buf b = BUF_INIT;

            text_fold(span_str(folds[i].in), &b);
            if (strcmp(buf_cstr(&b), folds[i].out) != 0)
                fail_msg("fold row %zu: \"%s\", not \"%s\"", i, buf_cstr(&b), folds[i].out);
            buf_free(&b);
        }
    }
}

static void test_fold_is_stable(void **state) /* what is folded folds to itself, or a needle would miss */
{
    (void)state;
    for (unsigned cp = 0x80; cp < 0x30000; cp++) {
        unsigned char in[4];
        size_t n = 0;
        struct buf once = BUF_INIT, twice = BUF_INIT;

        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        if (cp < 0x800) {
            in[n++] = (unsigned char)(0xc0 | cp >> 6);
        } else if (cp < 0x10000) {
            in[n++] = (unsigned char)(0xe0 | cp >> 12);
            in[n++] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
        } else {
            in[n++] = (unsigned char)(0xf0 | cp >> 18);
            in[n++] = (unsigned char)(0x80 | (cp >> 12 & 0x3f));
            in[n++] = (unsigned char)(0x80 | (cp >> 6 & 0x3f));
        }
        in[n++] = (unsigned char)(0x80 | (cp & 0x3f));
        text_fold(span_of(in, n), &once);
        text_fold(buf_span(&once), &twice);
        if (!span_eq(buf_span(&once), buf_span(&twice)))
            fail_msg("U+%04X: %s then %s", cp, buf_cstr(&once), buf_cstr(&twice));
        buf_free(&once);
        buf_free(&twice);
    }
}

static const struct {
    const char *in, *out;
} htmls[] = {
    {"a<b>b</b>c", "abc"},
    {"<p>a</p><p>b</p>", " a  b "},
    {"a&amp;b&lt;c&eacute;&#233;&#xE9;&nosuch;&", "a&b<c\xc3\xa9\xc3\xa9\xc3\xa9&nosuch;&"},
    {"r&eacute;sultat &Uuml;bel &alpha;&ge;&plusmn;&thinsp;&frac12;&sup2;&bull;&trade;&Oslash;",
     "r\xc3\xa9sultat \xc3\x9c"
     "bel \xce\xb1\xe2\x89\xa5\xc2\xb1\xe2\x80\x89\xc2\xbd\xc2\xb2\xe2\x80\xa2\xe2\x84\xa2\xc3\x98"},
    {"l&rsquo;h&ocirc;pital l&#146;h&#244pital 5&#128; &eacute &alpha R&D &#0000233; &copyx;",
     "l\xe2\x80\x99h\xc3\xb4pital l\xe2\x80\x99h\xc3\xb4pital 5\xe2\x82\xac \xc3\xa9 &alpha R&D \xc3\xa9 &copyx;"},
    {"a<style>p{x>y}</style>b<script>if (a<b) {}</script>c", "a  b  c"},
    {"a<!-- x > y -->b", "ab"},
    {"a<!-- open", "a<!-- open"},
    {"1 < 2 and 3 <4", "1 < 2 and 3 <4"},
    {"a<br>b<br/>c", "a b c"},
    {"a<p", "a<p"},
    {"<script>never closed", " "},
    {"&#0;&#xd800;&#x110000;&#99999999999;", "&#0;&#xd800;&#x110000;&#99999999999;"},
};

static void test_html(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof htmls / sizeof *htmls; i++) {
        struct buf b = BUF_INIT;

        for (size_t n = 0; n <= strlen(htmls[i].in); n++) {
            unsigned char *copy = malloc(n + 1);

            memcpy(copy, htmls[i].in, n);
            buf_clear(&b);
            html_text(span_of(copy, n), &b);
            free(copy);
        }
        if (strcmp(buf_cstr(&b), htmls[i].out) != 0)
            fail_msg("html row %zu: \"%s\", not \"%s\"", i, buf_cstr(&b), htmls[i].out);
        buf_free(&b);
    }
}

/* ---- mails ---- */

#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"
static const char plain[] = "Subject: =?utf-8?q?=C3=89t=C3=A9?=\r\n chaud\r\nFrom: \"M\xc3\xa9lanie\" "
                            "<m@x.fr>\r\nX-Empty:\r\n\r\nBonjour  le\r\nmonde\r\n";
static const char report[] = "Subject: CR\r\n" MP(
    "b") "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
         "pr=E9-=\r\n=E9clampsie\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\n"
         "PHA+RGlhYjxiPsOodDwvYj5lPC9wPg==\r\n--b\r\nContent-Type: application/pdf; "
         "name=\"=?utf-8?q?r=C3=A9sum=C3=A9.pdf?=\"\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\nU2VjcmV0\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: "
         "enclosed\r\n\r\ninner words\r\n--b--\r\n";
static const char odd[] = "From: anna (du service) @chu.test\r\nContent-Type: multipart/mixed; boundary=never\r\n"
                          "Content-Disposition: \"inline\"; filename=\"compte rendu.txt\"\r\n\r\nnobody's part\r\n";
static const char flat[] = "Content-Type: text/plain\r\n\r\nflat\r\n";
static const char strange[] = "Content-Type: text/plain; charset=x-unknown\r\n\r\ncaf\xe9\r\n";
static const char eight[] = "Content-Type: text/plain\r\n\r\ncaf\xc3\xa9\r\n";

static const struct {
    const char *mail;
    enum text_where where;
    const char *field, *needle;
    bool found;
} searches[] = {
    {plain, TEXT_HEADER_FIELD, "subject", "\xc3\x89T\xc3\x89 chaud", true},
    {plain, TEXT_HEADER_FIELD, "subject", "melanie", false},
    {plain, TEXT_HEADER_FIELD, "from", "MELANIE", true},
    {plain, TEXT_HEADER_FIELD, "from", "m@x", true},
    {plain, TEXT_HEADER_FIELD, "from", "", true},
    {plain, TEXT_HEADER_FIELD, "x-empty", "", true},
    {plain, TEXT_HEADER_FIELD, "x-empty", "a", false},
    {plain, TEXT_HEADER_FIELD, "to", "", false},
    {plain, TEXT_HEADER_FIELD, "fro", "", false},
    {plain, TEXT_HEADER_FIELD, NULL, "subject: ete", true},
    {plain, TEXT_BODY, NULL, "le monde", true},
    {plain, TEXT_BODY, NULL, "ete", false},
    {plain, TEXT_ANY, NULL, "ete", true},
    {plain, TEXT_ANY, NULL, "monde", true},
    {plain, TEXT_ANY, NULL, "chaud from", false},
    {plain, TEXT_ANY, NULL, "", true},
    {report, TEXT_BODY, NULL, "pre-eclampsie", true},
    {report, TEXT_BODY, NULL, "diabete", true},
    {report, TEXT_BODY, NULL, "resume.pdf", true},
    {report, TEXT_BODY, NULL, "U2Vj", false},
    {report, TEXT_BODY, NULL, "subject: enclosed", true},
    {report, TEXT_BODY, NULL, "inner words", true},
    {report, TEXT_HEADER_FIELD, "subject", "enclosed", false},
    {report, TEXT_ANY, NULL, "--b", false},
    {odd, TEXT_HEADER_FIELD, "from", "anna@chu.test", true},
    {odd, TEXT_HEADER_FIELD, "from", "du service", true},
    {odd, TEXT_BODY, NULL, "nobody's part", true},
    {odd, TEXT_BODY, NULL, "compte rendu.txt", true},
    {report, TEXT_BODY, NULL,
     "pre\xcc\x81-e\xcc\x81"
     "clampsie\xe2\x80\x8f",
     true},
    {flat, TEXT_BODY, NULL, "flat", true},
    {strange, TEXT_BODY, NULL, "caf\xc3\xa9", true},
    {eight, TEXT_BODY, NULL, "cafe", true},
};

enum { BY_WANTS = 3 }; /* a step: what it asks for alone */

static void extract(struct span mail, size_t step, struct buf *search, struct buf *preview)
{
    struct scan *s = scan_new();
    struct text_extract *t;
    uint64_t off;

    scan_feed(s, mail);
    scan_end(s);
    t = text_new(s);
    while (step == BY_WANTS && text_wants(t, &off) && off < mail.n)
        text_feed_at(t, off, span_head(span_from(mail, (size_t)off), 5));
    while (step != BY_WANTS && mail.n > 0) {
        size_t n = step && step < mail.n ? step : mail.n;

        text_feed(t, span_head(mail, n));
        mail = span_from(mail, n);
    }
    text_end(t, search);
    text_preview(t, preview);
    text_free(&t);
    scan_free(&s);
}

static void test_searches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        for (size_t step = 0; step < 4; step++) {
            struct buf search = BUF_INIT, preview = BUF_INIT, needle = BUF_INIT;
            struct text_view v;
            struct err e;

            extract(span_str(searches[i].mail), step, &search, &preview);
            assert_int_equal(text_open(buf_span(&search), &v, &e), RC_OK);
            assert_false(v.cut);
            text_fold(span_str(searches[i].needle), &needle);
            if (text_has(&v, searches[i].where, searches[i].field, buf_span(&needle)) != searches[i].found)
                fail_msg("search row %zu step %zu in \"%.*s\"", i, step, SPAN_ARG(buf_span(&v.mem)));
            text_view_free(&v);
            buf_free(&search);
            buf_free(&preview);
            buf_free(&needle);
        }
    }
}

static void test_previews(void **state)
{
    static const struct {
        const char *mail, *preview;
    } rows[] = {{plain, "Bonjour le monde"},
                {report, "pr\xc3\xa9-\xc3\xa9"
                         "clampsie"},
                {eight, "caf\xc3\xa9"},
                {"A: b\r\n\r\n", ""}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf search = BUF_INIT, preview = BUF_INIT;

        extract(span_str(rows[i].mail), 0, &search, &preview);
        assert_string_equal(buf_cstr(&preview), rows[i].preview);
        buf_free(&search);
        buf_free(&preview);
    }
}

static void test_prefixes(void **state) /* a cut mail scanned and read as it is */
{
    (void)state;
    for (size_t n = 0; n < sizeof report; n++) {
        struct buf search = BUF_INIT, preview = BUF_INIT;
        struct text_view v;
        struct err e;

        extract(span_of(report, n), 1, &search, &preview);
        assert_int_equal(text_open(buf_span(&search), &v, &e), RC_OK);
        text_view_free(&v);
        buf_free(&search);
        buf_free(&preview);
    }
}

static void test_bounds(void **state)
{
    struct buf mail = BUF_INIT, search = BUF_INIT, preview = BUF_INIT, needle = BUF_INIT;
    struct text_view v;
    struct err e;

    (void)state;
    buf_addstr(&mail, "Subject: big\r\n\r\nfirst\r\n");
    while (mail.n < TEXT_MAX + 100000)
        buf_addstr(&mail, "0123456789 \xef\xb7\xba 0123456789\r\n"); /* U+FDFA folds to eleven times its length */
    buf_addstr(&mail, "last\r\n");
    extract(buf_span(&mail), 65536, &search, &preview);
    assert_int_equal(text_open(buf_span(&search), &v, &e), RC_OK);
    assert_true(v.cut);
    assert_true(v.mem.n <= TEXT_MAX);
    assert_true(text_has(&v, TEXT_HEADER_FIELD, "subject", SPAN_LIT("big")));
    assert_true(text_has(&v, TEXT_BODY, NULL, SPAN_LIT("first 0123456789")));
    assert_false(text_has(&v, TEXT_BODY, NULL, SPAN_LIT("last")));
    text_view_free(&v);
    for (size_t n = 0; n < search.n; n += 1 + n / 8)
        assert_int_equal(text_open(span_of(search.p, n), &v, &e), RC_CORRUPT);
    search.p[1] ^= 1; /* a length that is not true */
    assert_int_equal(text_open(buf_span(&search), &v, &e), RC_CORRUPT);
    buf_free(&mail);
    buf_free(&search);
    buf_free(&preview);
    buf_free(&needle);
}

static void test_warm(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    charset_warm();
    charset_warm();
    assert_int_equal(charset_to_utf8("koi8-r", SPAN_LIT("\xf0"), &b, &e), RC_OK);
    assert_string_equal(buf_cstr(&b), "\xd0\x9f");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),     cmocka_unit_test(test_fold_is_stable), cmocka_unit_test(test_html),
        cmocka_unit_test(test_searches), cmocka_unit_test(test_previews),       cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_warm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
