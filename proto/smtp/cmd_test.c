/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/cmd_test.c - command lines by table; every row again at every prefix length (nothing read beyond, no row turns lawful
 * by accident of memory), since a line is given whole. */
#include "proto/smtp/cmd.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* last, as it asks */
#include <cmocka.h>

typedef enum rc (*parser)(struct span, union smtp_args *, struct err *);

static const struct {
    parser parse;
    struct span in;
    enum rc rc;
    enum cause cause; /* on failure */
} rows[] = {
    {smtp_parse_none, SPAN_LIT(""), RC_OK, CAUSE_NONE},
    {smtp_parse_none, SPAN_LIT("  "), RC_OK, CAUSE_NONE},
    {smtp_parse_none, SPAN_LIT("x"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_text, SPAN_LIT(""), RC_OK, CAUSE_NONE},
    {smtp_parse_text, SPAN_LIT("caf\xC3\xA9"), RC_OK, CAUSE_NONE},
    {smtp_parse_text, SPAN_LIT("caf\xE9"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_text, SPAN_LIT("a\0b"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_word, SPAN_LIT(" "), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_helo, SPAN_LIT("mx.chu.example"), RC_OK, CAUSE_NONE},
    {smtp_parse_helo, SPAN_LIT("[192.0.2.1]"), RC_OK, CAUSE_NONE},
    {smtp_parse_helo, SPAN_LIT("[IPv6:2001:db8::1]"), RC_OK, CAUSE_NONE},
    {smtp_parse_helo, SPAN_LIT("pc_12"), RC_OK, CAUSE_NONE},
    {smtp_parse_helo, SPAN_LIT(""), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_helo, SPAN_LIT("a b"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_helo, SPAN_LIT("a(b"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_helo, SPAN_LIT("a\r"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<>"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("from:<ana@chu.example>"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM: <ana@chu.example>"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example> "), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example> SIZE=75000 BODY=8BITMIME RET=HDRS ENVID=QQ314159 AUTH=<>"),
     RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example> SIZE=75000 BODY=7bit AUTH=ana+2Bb@chu"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<h\xC3\xA9@chu.example> SMTPUTF8"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<h\xC3\xA9@chu.example>"), RC_SYNTAX, CAUSE_NEED_UTF8},
    {smtp_parse_mail, SPAN_LIT("FROM:<h\xE9@chu.example> SMTPUTF8"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example> REQUIRETLS RET=FULL"), RC_OK, CAUSE_NONE},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example> REQUIRETLS=1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:ana@chu.example"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_mail, SPAN_LIT("FROM:<ana@chu.example>SIZE=1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a\0b@chu.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example>\nMAIL"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SIZE=1 SIZE=2"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SIZE=-1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SIZE=99999999999999999999"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SIZE"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SIZE="), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> SMTPUTF8=1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> BODY=BINARYMIME"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> RET=ALL"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> ENVID=a+2"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> FOO=1"), RC_PERM, CAUSE_BAD_PARAM},
    {smtp_parse_mail, SPAN_LIT("FROM:<a@chu.example> =1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_mail, SPAN_LIT("TO:<a@chu.example>"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example>"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<Postmaster>"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<@a.example,@b.example:bob@gp.example>"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<@a.example bob@gp.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<\"b o\\\"b\"@gp.example>"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<\"b\r\"@gp.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@[192.0.2.1]>"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp..example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob.@gp.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<.bob@gp.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@-gp.example>"), RC_SYNTAX, CAUSE_BAD_ADDRESS},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> NOTIFY=NEVER"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> NOTIFY=SUCCESS,failure,DELAY ORCPT=rfc822;bob+2Bx@gp.example"),
     RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> NOTIFY=NEVER,DELAY"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> NOTIFY=DELAY,DELAY"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> NOTIFY=DELAY,"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> ORCPT=bob@gp.example"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> ORCPT=utf-8;b\\x{F6}b@gp.example"), RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt,
     SPAN_LIT("TO:<bob@gp.example> ORCPT=UTF-8;b\xC3\xB6"
              "b@gp.example"),
     RC_OK, CAUSE_NONE},
    {smtp_parse_rcpt,
     SPAN_LIT("TO:<bob@gp.example> ORCPT=utf-8;b\xF6"
              "b@gp.example"),
     RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> ORCPT=utf-8;b\\x{F6b@gp.example"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> ORCPT=utf-8;b\\x{}b@gp.example"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> ORCPT=utf-8;b\\x{1234567}b@gp.example"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt,
     SPAN_LIT("TO:<bob@gp.example> ORCPT=rfc822;b\xC3\xB6"
              "b@gp.example"),
     RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_rcpt, SPAN_LIT("TO:<bob@gp.example> SIZE=3"), RC_PERM, CAUSE_BAD_PARAM},
    {smtp_parse_bdat, SPAN_LIT("0 LAST"), RC_OK, CAUSE_NONE},
    {smtp_parse_bdat, SPAN_LIT("1000"), RC_OK, CAUSE_NONE},
    {smtp_parse_bdat, SPAN_LIT("1000 last "), RC_OK, CAUSE_NONE},
    {smtp_parse_bdat, SPAN_LIT(""), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_bdat, SPAN_LIT("-1"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_bdat, SPAN_LIT("1 FIRST"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_bdat, SPAN_LIT("99999999999999999999"), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_auth, SPAN_LIT("PLAIN"), RC_OK, CAUSE_NONE},
    {smtp_parse_auth, SPAN_LIT("PLAIN AGEAYg=="), RC_OK, CAUSE_NONE},
    {smtp_parse_auth, SPAN_LIT("PLAIN ="), RC_OK, CAUSE_NONE},
    {smtp_parse_auth, SPAN_LIT(""), RC_SYNTAX, CAUSE_SYNTAX},
    {smtp_parse_auth, SPAN_LIT("PLAIN a b"), RC_SYNTAX, CAUSE_SYNTAX},
};

static enum rc parse_copy(parser f, struct span in, union smtp_args *out, struct err *e)
{
    unsigned char *copy = malloc(in.n + 1); /* exact size behind the last octet: ASan watches */
    enum rc rc;

    copy = realloc(copy, in.n ? in.n : 1);
    memcpy(copy, in.p, in.n);
    rc = f(span_of(copy, in.n), out, e);
    free(copy);
    return rc;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union smtp_args out = {0};
        struct err e = {0};
        enum rc rc = parse_copy(rows[i].parse, rows[i].in, &out, &e);

        if (rc != rows[i].rc || (rc != RC_OK && rows[i].cause != e.cause))
            fail_msg("row %zu \"%.*s\": %s %s", i, SPAN_ARG(rows[i].in), rc_name(rc), cause_name(e.cause));
        for (size_t n = 0; n < rows[i].in.n; n++)
            (void)parse_copy(rows[i].parse, span_head(rows[i].in, n), &out, &e);
    }
}

static void test_values(void **state)
{
    union smtp_args a = {0};
    struct err e;

    (void)state;
    assert_int_equal(
        smtp_parse_mail(SPAN_LIT("FROM:<Ana.B@chu.example> SIZE=75000 BODY=8BITMIME RET=FULL ENVID=x+2By"), &a, &e),
        RC_OK);
    assert_true(span_eq_str(a.mail.path.address, "Ana.B@chu.example") && span_eq_str(a.mail.path.local, "Ana.B"));
    assert_true(span_eq_str(a.mail.path.domain, "chu.example") && span_eq_str(a.mail.params.envid, "x+2By"));
    assert_true(a.mail.params.size == 75000 && a.mail.params.body == BODY_8BITMIME && a.mail.params.ret == RET_FULL);
    assert_int_equal(smtp_parse_rcpt(SPAN_LIT("TO:<b@c.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;q"), &a, &e), RC_OK);
    assert_true(a.rcpt.params.notify == (NOTIFY_SUCCESS | NOTIFY_DELAY) &&
                span_eq_str(a.rcpt.params.orcpt, "rfc822;q"));
    assert_int_equal(smtp_parse_bdat(SPAN_LIT("86000 LAST"), &a, &e), RC_OK);
    assert_true(a.bdat.size == 86000 && a.bdat.last);
    assert_int_equal(smtp_parse_auth(SPAN_LIT("plain AGEAYg=="), &a, &e), RC_OK);
    assert_true(a.auth.has_initial && span_eq_str(a.auth.initial, "AGEAYg=="));
    assert_true(span_eq_str(smtp_line(SPAN_LIT("RCPT TO:<x>")).arg, "TO:<x>"));
    assert_true(smtp_foreign_verb(SPAN_LIT("GET")) && !smtp_foreign_verb(SPAN_LIT("MAIL")));
}

static void test_plain_address(void **state)
{
    static const struct {
        const char *in, *out;
    } t[] = {{"<\"ana\"@chu.example>", "ana@chu.example"},
             {"<\"a\\na\"@chu.example>", "ana@chu.example"},
             {"<\"a na\"@chu.example>", "\"a na\"@chu.example"},
             {"<\"\"@chu.example>", "\"\"@chu.example"},
             {"<ana+x@chu.example>", "ana+x@chu.example"},
             {"<>", ""},
             {"<Ana@CHU.example>", "Ana@CHU.example"},
             {"<Ana@H\xC3\x94pital.example>", "Ana@xn--hpital-ixa.example"},
             {"<Ana@XN--HPITAL-ixa.example>", "Ana@xn--hpital-ixa.example"}};
    char out[300];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct smtp_path p;
        struct err e;
        size_t used;

        assert_int_equal(smtp_path(span_str(t[i].in), PATH_REVERSE, &p, &used, &e), RC_OK);
        assert_int_equal(used, strlen(t[i].in));
        assert_true(smtp_path_plain(&p, out, sizeof out));
        assert_string_equal(out, t[i].out);
        assert_false(smtp_path_plain(&p, out, strlen(t[i].out)));
    }
}

/* A domain that DNS cannot have is no domain, though its octets are UTF-8. */
static void test_no_a_labels(void **state)
{
    static const char *const t[] = {"<ana@h\xC3\xB4-\xE2\x80\xAE.example>", "<ana@\xF0\x9F\x8F\xA5.example>",
                                    "<ana@h\xC3\xB4.chu\xEF\xBC\xA0.example>"};
    char out[300];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct smtp_path p;
        struct err e;
        size_t used;

        assert_int_equal(smtp_path(span_str(t[i]), PATH_FORWARD, &p, &used, &e), RC_OK);
        assert_false(smtp_path_plain(&p, out, sizeof out));
    }
}

static void test_bounds(void **state)
{
    char long_local[200], text[400];
    struct smtp_path p;
    struct err e;
    size_t used;

    (void)state;
    memset(long_local, 'a', sizeof long_local);
    snprintf(text, sizeof text, "<%.64s@chu.example>", long_local);
    assert_int_equal(smtp_path(span_str(text), PATH_FORWARD, &p, &used, &e), RC_OK);
    snprintf(text, sizeof text, "<%.65s@chu.example>", long_local);
    assert_int_equal(smtp_path(span_str(text), PATH_FORWARD, &p, &used, &e), RC_SYNTAX);
    snprintf(text, sizeof text, "<a@%.64s.example>", long_local);
    assert_int_equal(smtp_path(span_str(text), PATH_FORWARD, &p, &used, &e), RC_SYNTAX);
    snprintf(text, sizeof text, "<%.60s@%.63s.%.63s.%.63s.ab>", long_local, long_local, long_local, long_local);
    assert_int_equal(smtp_path(span_str(text), PATH_FORWARD, &p, &used, &e), RC_SYNTAX);
}

static void test_utf8(void **state)
{
    static const struct {
        struct span in;
        bool ok;
    } t[] = {{SPAN_LIT(""), true},
             {SPAN_LIT("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), true},
             {SPAN_LIT("\xC0\x80"), false},
             {SPAN_LIT("\xED\xA0\x80"), false},
             {SPAN_LIT("\xF4\x90\x80\x80"), false},
             {SPAN_LIT("\xE2\x82"), false},
             {SPAN_LIT("\x80"), false}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(utf8_ok(t[i].in), t[i].ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),          cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_plain_address), cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_utf8),          cmocka_unit_test(test_no_a_labels)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
