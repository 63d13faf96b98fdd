/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_test.c - a destination session against a server that follows a script: each step, answered in every way. */
#include "relayd/session_fixture_int.h"

/* clang-format off */
#define CLEAR "S:220 mx.test ESMTP", "C:EHLO relay.test", "S:250-mx.test", "S:250-PIPELINING", "S:250 STARTTLS", "C:STARTTLS", "S:220 2.0.0 go", "TLS", "C:EHLO relay.test"
#define PLAIN CLEAR, "S:250 mx.test"
#define PIPED CLEAR, "S:250-mx.test", "S:250-PIPELINING", "S:250-ENHANCEDSTATUSCODES", "S:250-8BITMIME", "S:250-SIZE 100000", "S:250 DSN"
#define CHUNKED CLEAR, "S:250-mx.test", "S:250-PIPELINING", "S:250-CHUNKING", "S:250 8BITMIME"
#define BYE "C:QUIT", "S:221 2.0.0 bye", "GONE"
#define ONE {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}}
#define TWO {{.sender = "a@chu.test", .rcpt = {"b@mx.test", "c@mx.test"}}}
#define MAIL "C:MAIL FROM:<a@chu.test>", "S:250 2.1.0 ok"
#define RCPT_B "C:RCPT TO:<b@mx.test>", "S:250 2.1.5 ok"

static const struct test_case good[] = {
    {.name = "plain", .told = "PR[0T250/2.0.0]", .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 2.0.0 ok", BYE}, .letter = ONE},
    {.name = "tls 1.2", .told = "PR[0T250/2.0.0]", .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 2.0.0 ok", BYE}, .letter = ONE, .priority = PRIORITY_12},
    {.name = "no letter", .told = "PR", .step = {PLAIN, BYE}},
    {.name = "an octet at a time", .told = "PR[0T250]",
     .step = {"D:220 mx.test", "C:EHLO relay.test", "D:250-mx", "D:250 starttls", "C:STARTTLS", "D:220 go", "TLS", "C:EHLO relay.test", "D:250 mx",
      "C:MAIL*", "D:250 ok", "C:RCPT*", "D:250 ok", "C:DATA", "D:354 go", "DATA", "D:250 ok", "C:QUIT", "D:221 bye", "GONE"}, .letter = ONE},
    {.name = "pipelined", .told = "PR[0T250/2.6.0]",
     .step = {PIPED, "C:MAIL FROM:<a@chu.test> SIZE=56", "C:RCPT TO:<b@mx.test>", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 2.6.0 ok", BYE}, .letter = ONE},
    {.name = "bdat at once", .told = "PR[0T250 1T250]",
     .step = {CHUNKED, "C:MAIL FROM:<a@chu.test>", "C:RCPT TO:<b@mx.test>", "C:RCPT TO:<c@mx.test>", "BDAT", "SAME", "S:250 ok", "S:250 ok", "S:250 ok", "S:250 ok", BYE}, .letter = TWO},
    {.name = "two letters", .told = "PR[0T250][0T250]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", "NEXT",
      "C:MAIL FROM:<>*", "C:RCPT TO:<d@mx.test>", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}, {.sender = "", .rcpt = {"d@mx.test"}, .message = SPAN_LIT("A: b\r\n\r\n.\r\n.\r\n")}}},
    {.name = "DSN", .told = "PR[0T250]",
     .step = {PIPED, "C:MAIL FROM:<a@chu.test> SIZE=56 RET=HDRS ENVID=abc+2Bd", "C:RCPT TO:<b@mx.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z.test",
      "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .orcpt = "rfc822;x+2By@z.test", .envid = "abc+2Bd", .ret = 2, .notify = NOTIFY_SUCCESS | NOTIFY_DELAY}}},
    {.name = "DSN not offered", .told = "PR[0T250]", .step = {PLAIN, "C:MAIL FROM:<a@chu.test>", "S:250 ok", "C:RCPT TO:<b@mx.test>", "S:250 ok", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .orcpt = "rfc822;x+2By@z.test", .envid = "abc+2Bd", .ret = 2, .notify = NOTIFY_SUCCESS}}},
    {.name = "MAILMAX", .told = "PR[0T250]", .step = {CLEAR, "S:250-mx", "S:250 LIMITS MAILMAX=1", MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}, {.sender = "a@chu.test", .rcpt = {"d@mx.test"}}}},
    {.name = "everything", .told = "PR[0T250]",
     .step = {CLEAR, "S:250-mx", "S:250-8BITMIME", "S:250-SMTPUTF8", "S:250 REQUIRETLS", "C:MAIL FROM:<a@chu.test> BODY=8BITMIME SMTPUTF8 REQUIRETLS", "S:250 ok",
      "C:RCPT TO:<b@mx.test>", "S:250 ok", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .flags = CH_LETTER_UTF8 | CH_LETTER_8BIT | CH_LETTER_REQUIRETLS, .message = SPAN_LIT("A: \303\251\r\n\r\nx\r\n")}}},
};

static const struct test_case early[] = { /* before any letter: the host's failure */
    {.name = "greeting 554", .told = "{peer-greeting@1 554}", .step = {"S:554 5.3.2 no", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "greeting 421", .told = "{peer-greeting@1 421}", .step = {"S:421 busy", "GONE"}, .letter = ONE},
    {.name = "greeting 200", .told = "{peer-greeting@1 250}", .step = {"S:250 hello", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "greeting is HTTP", .told = "{peer-protocol@1 0}", .step = {"S:HTTP/1.1 400 Bad", "GONE"}, .letter = ONE},
    {.name = "greeting with bare LF", .told = "{peer-protocol@1 0}", .step = {"R:220 mx\n", "GONE"}, .letter = ONE},
    {.name = "greeting too long", .told = "{peer-protocol@1 0}", .step = {"ENDLESS"}, .letter = ONE},
    {.name = "greeting of two codes", .told = "{peer-protocol@1 0}", .step = {"S:220-mx", "S:250 mx", "GONE"}, .letter = ONE},
    {.name = "no greeting", .told = "{peer-timeout@1 0}", .step = {"HANG"}, .letter = ONE, .ms = 700},
    {.name = "a drip for ever", .told = "{peer-timeout@1 0}", .step = {"R:220-", "HANG"}, .letter = ONE, .ms = 700},
    {.name = "closes", .told = "{peer-lost@1 0}", .step = {"CLOSE"}, .letter = ONE},
    {.name = "resets", .told = "{peer-lost@1 0}", .step = {"R:22", "RESET"}, .letter = ONE},
    {.name = "speaks twice", .told = "{peer-injected@2 0}", .step = {"R:220 mx\r\n250 STARTTLS\r\n", "GONE"}, .letter = ONE},
    {.name = "EHLO 502", .told = "{none@2 502}", .step = {"S:220 mx", "C:EHLO relay.test", "S:502 5.5.1 no", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "EHLO hangs", .told = "{peer-timeout@2 0}", .step = {"S:220 mx", "C:EHLO relay.test", "HANG"}, .letter = ONE, .ms = 700},
    {.name = "EHLO endless", .told = "{peer-protocol@2 0}", .step = {"S:220 mx", "C:EHLO relay.test", "ENDLESS"}, .letter = ONE},
    {.name = "no STARTTLS", .told = "{peer-no-starttls@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 PIPELINING", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "STARTTLS in the name only", .told = "{peer-no-starttls@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-STARTTLS", "S:250 STARTTLSX", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "STARTTLS 454", .told = "{peer-tls@3 454}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:454 4.7.0 no", "GONE"}, .letter = ONE},
    {.name = "STARTTLS hangs", .told = "{peer-timeout@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "HANG"}, .letter = ONE, .ms = 700},
    {.name = "injects a line", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "R:220 go\r\n250 evil\r\n", "GONE"}, .letter = ONE},
    {.name = "injects an octet", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "R:220 go\r\n2", "GONE"}, .letter = ONE},
    {.name = "injects before it is asked", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "R:250-mx\r\n250 STARTTLS\r\n220 go\r\n", "GONE"}, .letter = ONE},
    {.name = "no TLS behind it", .told = "{peer-tls@4 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "SOME", "S:500 what is this", "SOME", "GONE"}, .letter = ONE},
    {.name = "handshake hangs", .told = "{peer-timeout@4 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "SOME", "HANG"}, .letter = ONE, .ms = 700},
    {.name = "PEER refused", .told = "P{peer-dn@5 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "TLS", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE,
     .peer = CAUSE_PEER_DN},
    {.name = "EHLO again 550", .told = "P{none@6 550}", .step = {CLEAR, "S:550 5.7.1 not you", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "EHLO again closes", .told = "P{peer-tls@6 0}", .step = {CLEAR, "CLOSE"}, .letter = ONE},
    {.name = "EHLO again hangs", .told = "P{peer-timeout@6 0}", .step = {CLEAR, "HANG"}, .letter = ONE, .ms = 700},
    {.name = "leaves while idle", .told = "PR[0T250]{peer-lost@12 0}", .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", "CLOSE"}, .letter = ONE},
};
/* clang-format on */

static void run_all(const struct test_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_case(&c[i]);
}

static void test_good(void **st)
{
    (void)st;
    run_all(good, sizeof good / sizeof *good);
}

static void test_early(void **st)
{
    (void)st;
    run_all(early, sizeof early / sizeof *early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_early)};

    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
