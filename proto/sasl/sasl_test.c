/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/sasl_test.c - PLAIN and LOGIN by table, base64 both ways, replies. */
#include "proto/sasl/base64.h"
#include "proto/sasl/sasl.h"
#include "proto/smtp/reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

static const struct {
    const char *in, *out;
    size_t n;
} b64[] = {{"", "", 0},
           {"Zg==", "f", 1},
           {"Zm8=", "fo", 2},
           {"Zm9v", "foo", 3},
           {"Zm9vYg==", "foob", 4},
           {"Zm9vYmE=", "fooba", 5},
           {"Zm9vYmFy", "foobar", 6},
           {"AGEAYg==", "\0a\0b", 4},
           {"+/+/", "\xFB\xFF\xBF", 3}};
static const char *const b64_bad[] = {"Z",    "Zg",   "Zg=",   "=",    "====",  "Zg=a",  "Z===",       "Zh==",
                                      "Zm9=", "Zm 9", "Zm9\n", "Z-8=", "Zm9v=", "Zm9vZ", "\xC3\xA9==", "=Zg="};

static void test_base64(void **state)
{
    struct buf b = BUF_INIT;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof b64 / sizeof *b64; i++) {
        buf_clear(&b);
        assert_int_equal(b64_decode(span_str(b64[i].in), &b, &e), RC_OK);
        assert_true(span_eq(buf_span(&b), span_of(b64[i].out, b64[i].n)));
        buf_clear(&b);
        b64_encode(span_of(b64[i].out, b64[i].n), &b);
        assert_true(span_eq_str(buf_span(&b), b64[i].in));
    }
    buf_clear(&b);
    buf_addstr(&b, "kept");
    for (size_t i = 0; i < sizeof b64_bad / sizeof *b64_bad; i++) {
        assert_int_equal(b64_decode(span_str(b64_bad[i]), &b, &e), RC_SYNTAX);
        assert_true(span_eq_str(buf_span(&b), "kept"));
    }
    buf_free(&b);
}

static void test_base64_every_letter(void **state)
{
    struct buf b = BUF_INIT, back = BUF_INIT;
    struct err e;

    (void)state;
    for (int c = 0; c < 256; c++) {
        char in[4] = {'A', 'A', 'A', (char)c};
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                      c == '/' || c == '=';

        assert_int_equal(b64_decode(span_of(in, 4), &b, &e) == RC_OK, letter);
        buf_addc(&back, (unsigned char)c);
    }
    buf_clear(&b);
    b64_encode(buf_span(&back), &b);
    buf_clear(&back);
    assert_int_equal(b64_decode(buf_span(&b), &back, &e), RC_OK);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal(back.p[i], i);
    buf_free(&b);
    buf_free(&back);
}

static const struct {
    struct span raw;
    enum rc rc;
    const char *authzid, *login, *password;
} plain[] = {
    {SPAN_LIT("\0ana@chu.example\0s3cret"), RC_OK, "", "ana@chu.example", "s3cret"},
    {SPAN_LIT("bob\0ana\0p"), RC_OK, "bob", "ana", "p"},
    {SPAN_LIT("\0ana\0"), RC_OK, "", "ana", ""},
    {SPAN_LIT("\0\0p"), RC_SYNTAX, NULL, NULL, NULL},
    {SPAN_LIT("\0ana"), RC_SYNTAX, NULL, NULL, NULL},
    {SPAN_LIT("ana"), RC_SYNTAX, NULL, NULL, NULL},
    {SPAN_LIT(""), RC_SYNTAX, NULL, NULL, NULL},
    {SPAN_LIT("\0ana\0p\0q"), RC_SYNTAX, NULL, NULL, NULL},
    {SPAN_LIT("\0an\xFF\0p"), RC_SYNTAX, NULL, NULL, NULL},
};

static void test_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct buf line = BUF_INIT;
        struct sasl s;
        struct err e;

        b64_encode(plain[i].raw, &line);
        assert_int_equal(sasl_begin(&s, SPAN_LIT("plain"), &e), RC_OK);
        assert_int_equal(sasl_step(&s, buf_span(&line), &e), plain[i].rc);
        if (plain[i].rc == RC_OK) {
            assert_true(span_eq_str(s.login, plain[i].login) && span_eq_str(s.password, plain[i].password));
            assert_true(span_eq_str(s.authzid, plain[i].authzid));
        }
        sasl_end(&s);
        buf_free(&line);
    }
}

static void test_login(void **state)
{
    struct sasl s;
    struct err e;

    (void)state;
    assert_int_equal(sasl_begin(&s, SPAN_LIT("LOGIN"), &e), RC_OK);
    assert_int_equal(sasl_start(&s, &e), RC_MORE);
    assert_true(span_eq_str(s.challenge, "VXNlcm5hbWU6"));
    assert_int_equal(sasl_step(&s, SPAN_LIT("YW5h"), &e), RC_MORE);
    assert_true(span_eq_str(s.challenge, "UGFzc3dvcmQ6"));
    assert_int_equal(sasl_step(&s, SPAN_LIT("czNjcmV0"), &e), RC_OK);
    assert_true(span_eq_str(s.login, "ana") && span_eq_str(s.password, "s3cret"));
    sasl_end(&s);
    assert_int_equal(sasl_begin(&s, SPAN_LIT("LOGIN"), &e), RC_OK);
    assert_int_equal(sasl_step(&s, SPAN_LIT("*"), &e), RC_DENIED);
    sasl_end(&s);
    assert_int_equal(sasl_begin(&s, SPAN_LIT("CRAM-MD5"), &e), RC_NOTFOUND);
    sasl_end(&s);
}

static void test_reply(void **state)
{
    struct buf b = BUF_INIT;
    char big[2000];

    (void)state;
    smtp_reply(&b, 250, "2.1.0", SPAN_LIT("ok"), false);
    assert_string_equal(buf_cstr(&b), "250 2.1.0 ok\r\n");
    buf_clear(&b);
    smtp_reply(&b, 250, NULL, SPAN_LIT("mx.chu.example\nPIPELINING\nSIZE 1"), false);
    assert_string_equal(buf_cstr(&b), "250-mx.chu.example\r\n250-PIPELINING\r\n250 SIZE 1\r\n");
    buf_clear(&b);
    smtp_reply(&b, 550, "5.1.1", SPAN_LIT("a\rb\0c\xC3\xA9"), false);
    assert_string_equal(buf_cstr(&b), "550 5.1.1 a?b?c??\r\n");
    buf_clear(&b);
    memset(big, 'x', sizeof big);
    smtp_reply(&b, 550, "5.1.1", span_of(big, sizeof big), false);
    assert_int_equal(b.n, 512);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_base64), cmocka_unit_test(test_base64_every_letter),
                                       cmocka_unit_test(test_plain), cmocka_unit_test(test_login),
                                       cmocka_unit_test(test_reply)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
