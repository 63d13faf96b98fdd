/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/client_test.c - replies, offers, commands and dots: what is taken, what is refused, and the exact octets. */
#include "proto/smtp/client.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct err e;

/* Lines with LF between, the last without. */
static enum rc read_reply(const char *lines, struct smtp_answer *a)
{
    struct span rest = span_str(lines);
    enum rc rc = RC_MORE;

    *a = (struct smtp_answer){0};
    while (rc == RC_MORE) {
        ptrdiff_t lf = span_chr(rest, '\n');

        rc = smtp_answer_line(a, span_head(rest, lf < 0 ? rest.n : (size_t)lf), &e);
        if (lf < 0)
            return rc;
        rest = span_from(rest, (size_t)lf + 1);
    }
    return rc;
}

static void test_replies(void **st)
{
    static const struct {
        const char *lines;
        enum rc rc;
        uint16_t code;
        const char *esc, *text;
    } rows[] = {
        {"250 ok", RC_OK, 250, "", "ok"},
        {"250", RC_OK, 250, "", ""},
        {"250 ", RC_OK, 250, "", ""},
        {"250 2.1.5 ok", RC_OK, 250, "2.1.5", "ok"},
        {"250 2.1.5", RC_OK, 250, "2.1.5", ""},
        {"550 5.1.1 no such", RC_OK, 550, "5.1.1", "no such"},
        {"550 5.123.456 x", RC_OK, 550, "5.123.456", "x"},
        {"550 4.1.1 x", RC_OK, 550, "", "4.1.1 x"},
        {"550 5.1 x", RC_OK, 550, "", "5.1 x"},
        {"550 5.1.1234 x", RC_OK, 550, "", "5.1.1234 x"},
        {"550 5.1.1x", RC_OK, 550, "", "5.1.1x"},
        {"550 5..1 x", RC_OK, 550, "", "5..1 x"},
        {"354 3.0.0 go", RC_OK, 354, "", "3.0.0 go"},
        {"550-5.1.1 one\n550-5.1.1 two\n550 5.1.1 three", RC_OK, 550, "5.1.1", "one two three"},
        {"550-5.1.1 one\n550 5.7.1 two", RC_OK, 550, "5.1.1", "one 5.7.1 two"},
        {"250-a\n250", RC_OK, 250, "", "a"},
        {"250-a", RC_MORE, 250, "", "a"},
        {"250-", RC_MORE, 250, "", ""},
        {"250-a\n251 b", RC_SYNTAX, 250, "", "a"},
        {"250-a\nb", RC_SYNTAX, 250, "", "a"},
        {"", RC_SYNTAX, 0, "", ""},
        {"25", RC_SYNTAX, 0, "", ""},
        {"250x", RC_SYNTAX, 0, "", ""},
        {"2500 x", RC_SYNTAX, 0, "", ""},
        {"150 x", RC_SYNTAX, 0, "", ""},
        {"650 x", RC_SYNTAX, 0, "", ""},
        {"2a0 x", RC_SYNTAX, 0, "", ""},
        {" 250 x", RC_SYNTAX, 0, "", ""},
        {"HTTP/1.1 200 OK", RC_SYNTAX, 0, "", ""},
        {"550 caf\303\251\t\\", RC_OK, 550, "", "caf\\xC3\\xA9\\x09\\x5C"},
    };
    struct smtp_answer a;

    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (read_reply(rows[i].lines, &a) != rows[i].rc || a.code != rows[i].code || strcmp(a.esc, rows[i].esc) != 0 ||
            strcmp(a.text, rows[i].text) != 0)
            fail_msg("%s: %u \"%s\" \"%s\"", rows[i].lines, a.code, a.esc, a.text);
    }
}

static void test_reply_bounds(void **st)
{
    struct smtp_answer a = {0};
    char line[3000];

    (void)st;
    memset(line, 'x', sizeof line);
    memcpy(line, "250-", 4);
    for (int i = 0; i < SMTP_ANSWER_LINES; i++)
        assert_int_equal(smtp_answer_line(&a, span_of(line, 2000), &e), RC_MORE);
    assert_true(a.n_text == SMTP_ANSWER_TEXT && strlen(a.text) == SMTP_ANSWER_TEXT);
    assert_int_equal(smtp_answer_line(&a, span_of(line, 2000), &e), RC_SYNTAX);
    memset(line + 4, 0xFF, sizeof line - 4); /* an escape is never cut in two */
    a = (struct smtp_answer){0};
    assert_int_equal(smtp_answer_line(&a, span_of(line, sizeof line), &e), RC_MORE);
    assert_int_equal(a.n_text % 4, 0);
}

static void test_offers(void **st)
{
    static const char *const lines[] = {"PIPELINING",  "size 123456",
                                        "8bitmime",    "DSN",
                                        "SMTPUTF8",    "Chunking",
                                        "REQUIRETLS",  "ENHANCEDSTATUSCODES",
                                        "STARTTLS",    "LIMITS RCPTMAX=20 MAILMAX=5 RCPTDOMAINMAX=1",
                                        "X-OTHER a b", ""};
    static const char *const wrong[] = {
        "PIPELININGS",    "SIZE x",    "SIZE 99999999999999999999999", "SIZE -1",   "LIMITS RCPTMAX=",
        "LIMITS RCPTMAX", "LIMITS =5", "LIMITS RCPTMAX=1000000",       "XSTARTTLS", "START TLS"};
    struct smtp_offers o = {0};

    (void)st;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        smtp_offer(&o, span_str(lines[i]));
    assert_int_equal(o.extensions, 511);
    assert_true(o.size == 123456 && o.rcptmax == 20 && o.mailmax == 5);
    o = (struct smtp_offers){0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        smtp_offer(&o, span_str(wrong[i]));
    assert_true(o.extensions == 0 && o.size == 0 && o.rcptmax == 0 && o.mailmax == 0);
    smtp_offer(&o, SPAN_LIT("SIZE"));
    assert_true(o.extensions == SMTP_SIZE && o.size == 0);
}

static void mail_is(struct smtp_mail_words w, const char *want)
{
    struct buf out = BUF_INIT;

    buf_addstr(&out, "before");
    assert_int_equal(smtp_write_mail(&out, &w), want != NULL);
    assert_string_equal(buf_cstr(&out) + 6, want ? want : "");
    buf_free(&out);
}

static void rcpt_is(struct smtp_rcpt_words w, const char *want)
{
    struct buf out = BUF_INIT;

    assert_int_equal(smtp_write_rcpt(&out, &w), want != NULL);
    assert_string_equal(buf_cstr(&out), want ? want : "");
    buf_free(&out);
}

static void test_mail(void **st)
{
    (void)st;
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("")}, "MAIL FROM:<>\r\n");
    mail_is((struct smtp_mail_words){SPAN_LIT("a@b.test"), 12, true, true, true, RET_FULL, SPAN_LIT("x+2B")},
            "MAIL FROM:<a@b.test> SIZE=12 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=FULL ENVID=x+2B\r\n");
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("\"a>b c\"@b.test")}, "MAIL FROM:<\"a>b c\"@b.test>\r\n");
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a@b.test> SIZE=1")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a@b.test>\r\nRCPT TO:<c@d.test")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a\r\n@b.test")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a@b.test\0x")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("@x.test:a@b.test")},
            NULL); /* a route would be dropped by whoever reads it */
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("nobody")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a@b.test"), .envid = SPAN_LIT("x y")}, NULL);
    mail_is((struct smtp_mail_words){.sender = SPAN_LIT("a@b.test"), .envid = SPAN_LIT("x\r\n")}, NULL);
}

static void test_rcpt(void **st)
{
    char longest[400];

    (void)st;
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("a@b.test")}, "RCPT TO:<a@b.test>\r\n");
    rcpt_is((struct smtp_rcpt_words){SPAN_LIT("a@b.test"), NOTIFY_NEVER, SPAN_LIT("rfc822;a+40b")},
            "RCPT TO:<a@b.test> NOTIFY=NEVER ORCPT=rfc822;a+40b\r\n");
    rcpt_is((struct smtp_rcpt_words){SPAN_LIT("a@b.test"), NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY, SPAN_NULL},
            "RCPT TO:<a@b.test> NOTIFY=SUCCESS,FAILURE,DELAY\r\n");
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("ren\303\251@b.test")}, "RCPT TO:<ren\303\251@b.test>\r\n");
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("")}, NULL);
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("a@b.test"), .orcpt = SPAN_LIT("rfc822")}, NULL);
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("a@b.test"), .orcpt = SPAN_LIT(";a")}, NULL);
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("a@b.test"), .orcpt = SPAN_LIT("rfc822;a b")}, NULL);
    rcpt_is((struct smtp_rcpt_words){.address = SPAN_LIT("a@b.test"), .orcpt = SPAN_LIT("rfc822;a\r\nDATA")}, NULL);
    memset(longest, 'a', sizeof longest);
    rcpt_is((struct smtp_rcpt_words){.address = span_of(longest, sizeof longest)}, NULL);
}

/* However a message is cut, its octets are the same. */
static void test_dots(void **st)
{
    static const struct {
        const char *in, *out;
    } rows[] = {{"", ".\r\n"},
                {"a\r\n", "a\r\n.\r\n"},
                {".\r\n", "..\r\n.\r\n"},
                {"..\r\n", "...\r\n.\r\n"},
                {"a.\r\n.b\r\n.\r\n\r\n.", "a.\r\n..b\r\n..\r\n\r\n..\r\n.\r\n"},
                {"a", "a\r\n.\r\n"},
                {"\r\n\r\n", "\r\n\r\n.\r\n"}};
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 1; piece < 8; piece++) {
            struct span in = span_str(rows[i].in);
            struct smtp_dots d = {0};
            struct buf out = BUF_INIT;

            for (; in.n > 0; in = span_from(in, piece < in.n ? piece : in.n))
                smtp_dots_write(&d, span_head(in, piece), &out);
            smtp_dots_end(&d, &out);
            assert_string_equal(buf_cstr(&out), rows[i].out);
            buf_free(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_replies), cmocka_unit_test(test_reply_bounds),
                                       cmocka_unit_test(test_offers),  cmocka_unit_test(test_mail),
                                       cmocka_unit_test(test_rcpt),    cmocka_unit_test(test_dots)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
