/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/sasl_test.c - PLAIN and LOGIN by table, replies. */
#include "base/base64.h"
#include "proto/sasl/sasl.h"
#include "proto/smtp/reply.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

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

        base64_encode(plain[i].raw, &line);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_login),
                                       cmocka_unit_test(test_reply)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
