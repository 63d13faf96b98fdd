/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_test.c - a destination session against a server that follows a script: each step, answered in every way. */
#include "mime/canon.h"
#include "relayd/session_fixture_int.h"

/* How long a peer that hangs is waited for, at first: see run_case(). */
enum { HANGS_MS = 300 };

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
    {.name = "no greeting", .told = "{peer-timeout@1 0}", .step = {"HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "a drip for ever", .told = "{peer-timeout@1 0}", .step = {"R:220-", "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "closes", .told = "{peer-lost@1 0}", .step = {"CLOSE"}, .letter = ONE},
    {.name = "resets", .told = "{peer-lost@1 0}", .step = {"R:22", "RESET"}, .letter = ONE},
    {.name = "speaks twice", .told = "{peer-injected@2 0}", .step = {"R:220 mx\r\n250 STARTTLS\r\n", "GONE"}, .letter = ONE},
    {.name = "EHLO 502", .told = "{none@2 502}", .step = {"S:220 mx", "C:EHLO relay.test", "S:502 5.5.1 no", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "EHLO hangs", .told = "{peer-timeout@2 0}", .step = {"S:220 mx", "C:EHLO relay.test", "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "EHLO endless", .told = "{peer-protocol@2 0}", .step = {"S:220 mx", "C:EHLO relay.test", "ENDLESS"}, .letter = ONE},
    {.name = "no STARTTLS", .told = "{peer-no-starttls@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 PIPELINING", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "STARTTLS in the name only", .told = "{peer-no-starttls@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-STARTTLS", "S:250 STARTTLSX", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "STARTTLS 454", .told = "{peer-tls@3 454}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:454 4.7.0 no", "GONE"}, .letter = ONE},
    {.name = "STARTTLS hangs", .told = "{peer-timeout@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "injects a line", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "R:220 go\r\n250 evil\r\n", "GONE"}, .letter = ONE},
    {.name = "injects an octet", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "R:220 go\r\n2", "GONE"}, .letter = ONE},
    {.name = "injects before it is asked", .told = "{peer-injected@3 0}", .step = {"S:220 mx", "C:EHLO relay.test", "R:250-mx\r\n250 STARTTLS\r\n220 go\r\n", "GONE"}, .letter = ONE},
    {.name = "no TLS behind it", .told = "{peer-tls@4 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "SOME", "S:500 what is this", "SOME", "GONE"}, .letter = ONE},
    {.name = "handshake hangs", .told = "{peer-timeout@4 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "SOME", "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "PEER refused", .told = "P{peer-dn@5 0}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "TLS", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE,
     .peer = CAUSE_PEER_DN},
    {.name = "EHLO again 550", .told = "P{none@6 550}", .step = {CLEAR, "S:550 5.7.1 not you", "C:QUIT", "S:221 bye", "GONE"}, .letter = ONE},
    {.name = "EHLO again closes", .told = "P{peer-tls@6 0}", .step = {CLEAR, "CLOSE"}, .letter = ONE},
    {.name = "EHLO again hangs", .told = "P{peer-timeout@6 0}", .step = {CLEAR, "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "leaves while idle", .told = "PR[0T250]{peer-lost@12 0}", .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", "CLOSE"}, .letter = ONE, .idle = true},
};
#define REFUSED_ALL "C:QUIT", "S:221 bye", "GONE"
#define MAIL_UP PLAIN, "C:MAIL*"
#define RCPT_UP PLAIN, MAIL, "C:RCPT*"
#define DATA_UP PLAIN, MAIL, RCPT_B, "C:DATA"
#define DOT_UP DATA_UP, "S:354 go", "DATA"
static const struct test_case steps[] = { /* a letter's failure, or its host's in the middle of it */
    {.name = "MAIL 450", .told = "PR[0L450/4.2.0]", .step = {MAIL_UP, "S:450 4.2.0 later", REFUSED_ALL}, .letter = ONE},
    {.name = "MAIL 550", .told = "PR[0N550/5.7.1 1N550/5.7.1]", .step = {MAIL_UP, "S:550 5.7.1 no", REFUSED_ALL}, .letter = TWO},
    {.name = "MAIL 421", .told = "PR[0L421/4.3.2]{none@7 421}", .step = {MAIL_UP, "S:421 4.3.2 stopping", "GONE"}, .letter = ONE},
    {.name = "MAIL 354", .told = "PR[0L354]{peer-protocol@7 354}", .step = {MAIL_UP, "S:354 what", "GONE"}, .letter = ONE},
    {.name = "MAIL garbage", .told = "PR[0Lpeer-protocol]{peer-protocol@7 0}", .step = {MAIL_UP, "S:yes", "GONE"}, .letter = ONE},
    {.name = "MAIL endless", .told = "PR[0Lpeer-protocol]{peer-protocol@7 0}", .step = {MAIL_UP, "ENDLESS"}, .letter = ONE},
    {.name = "MAIL hangs", .told = "PR[0Lpeer-timeout]{peer-timeout@7 0}", .step = {MAIL_UP, "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "MAIL resets", .told = "PR[0Lpeer-lost]{peer-lost@7 0}", .step = {MAIL_UP, "RESET"}, .letter = ONE},
    {.name = "MAIL twice answered", .told = "PR[0Lpeer-protocol]{peer-protocol@7 0}", .step = {MAIL_UP, "R:250 ok\r\n250 ok\r\n", "GONE"}, .letter = ONE},
    {.name = "RCPT 450 and 550", .told = "PR[0L450/4.2.1 1N550/5.1.1]", .step = {RCPT_UP, "S:450 4.2.1 busy", "C:RCPT*", "S:550 5.1.1 who", REFUSED_ALL}, .letter = TWO},
    {.name = "RCPT one of two", .told = "PR[0N550/5.1.1 1T250]",
     .step = {RCPT_UP, "S:550 5.1.1 who", "C:RCPT TO:<c@mx.test>", "S:250 ok", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE}, .letter = TWO},
    {.name = "RCPT too many", .told = "PR[0T250 1L552]", .step = {RCPT_UP, "S:250 ok", "C:RCPT*", "S:552 too many", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE}, .letter = TWO},
    {.name = "RCPT mailbox full", .told = "PR[0T250 1N552/5.2.2]",
     .step = {RCPT_UP, "S:250 ok", "C:RCPT*", "S:552 5.2.2 full", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE}, .letter = TWO},
    {.name = "RCPT 421 behind one", .told = "PR[0L421 1L421]{none@8 421}", .step = {RCPT_UP, "S:250 ok", "C:RCPT*", "S:421 stopping", "GONE"}, .letter = TWO},
    {.name = "RCPT hangs", .told = "PR[0Lpeer-timeout]{peer-timeout@8 0}", .step = {RCPT_UP, "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "RCPT closes behind a refusal", .told = "PR[0N550 1Lpeer-lost]{peer-lost@8 0}", .step = {RCPT_UP, "S:550 no", "C:RCPT*", "CLOSE"}, .letter = TWO},
    {.name = "DATA 451", .told = "PR[0L451]", .step = {DATA_UP, "S:451 disk", REFUSED_ALL}, .letter = ONE},
    {.name = "DATA 554", .told = "PR[0N554/5.6.0]", .step = {DATA_UP, "S:554 5.6.0 no", REFUSED_ALL}, .letter = ONE},
    {.name = "DATA 250", .told = "PR[0Lpeer-protocol]{peer-protocol@9 250}", .step = {DATA_UP, "S:250 done", "GONE"}, .letter = ONE},
    {.name = "DATA hangs", .told = "PR[0Lpeer-timeout]{peer-timeout@9 0}", .step = {DATA_UP, "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "dot 452", .told = "PR[0L452/4.3.1]", .step = {DOT_UP, "S:452 4.3.1 full", REFUSED_ALL}, .letter = ONE},
    {.name = "dot 550", .told = "PR[0N550/5.7.1]", .step = {DOT_UP, "S:550 5.7.1 spam", REFUSED_ALL}, .letter = ONE},
    {.name = "dot 354", .told = "PR[0L354]{peer-protocol@10 354}", .step = {DOT_UP, "S:354 more", "GONE"}, .letter = ONE},
    {.name = "dot 421", .told = "PR[0L421]{none@10 421}", .step = {DOT_UP, "S:421 stopping", "GONE"}, .letter = ONE},
    {.name = "dot hangs", .told = "PR[0Lpeer-timeout]{peer-timeout@10 0}", .step = {DOT_UP, "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "dot closes", .told = "PR[0Lpeer-lost]{peer-lost@10 0}", .step = {DOT_UP, "CLOSE"}, .letter = ONE},
    {.name = "RSET between", .told = "PR[0N550][0T250]",
     .step = {PLAIN, MAIL, "C:RCPT*", "S:550 no", "C:RSET", "S:250 ok", "NEXT", MAIL, "C:RCPT TO:<d@mx.test>", "S:250 ok", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}, {.sender = "a@chu.test", .rcpt = {"d@mx.test"}}}},
    {.name = "RSET refused", .told = "PR[0N550][0L502]{none@11 502}", .step = {PLAIN, MAIL, "C:RCPT*", "S:550 no", "C:RSET", "S:502 no", REFUSED_ALL},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}, {.sender = "a@chu.test", .rcpt = {"d@mx.test"}}}},
    {.name = "piped: MAIL refused", .told = "PR[0N550/5.1.8 1N550/5.1.8]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:RCPT*", "C:DATA", "S:550 5.1.8 no", "S:503 5.5.1 no", "S:503 5.5.1 no", "S:503 5.5.1 no", REFUSED_ALL}, .letter = TWO},
    {.name = "piped: no recipient", .told = "PR[0N550/5.1.1 1L450/4.2.0]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:RCPT*", "C:DATA", "S:250 ok", "S:550 5.1.1 no", "S:450 4.2.0 no", "S:554 5.5.1 none", REFUSED_ALL}, .letter = TWO},
    {.name = "piped: no recipient, and 354", .told = "PR[0N550/5.1.1]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:250 ok", "S:550 5.1.1 no", "S:354 go", "C:.", "S:554 5.5.1 none", REFUSED_ALL}, .letter = ONE},
    {.name = "piped: no recipient, 354 and 250", .told = "PR[0N550/5.1.1]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:250 ok", "S:550 5.1.1 no", "S:354 go", "C:.", "S:250 ok", REFUSED_ALL}, .letter = ONE},
    {.name = "piped: MAIL refused, the rest taken", .told = "PR[0N550]",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:550 no", "S:250 ok", "S:354 go", "C:.", "S:250 ok", REFUSED_ALL}, .letter = ONE},
    {.name = "piped: one reply more", .told = "PR[0T250]{peer-protocol@7 0}",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "R:250 ok\r\n250 ok\r\n", "GONE"}, .letter = ONE},
    /* replies that are none, or not whole, or too early */
    {.name = "MAIL of two codes", .told = "PR[0Lpeer-protocol]{peer-protocol@7 0}", .step = {MAIL_UP, "S:250-ok", "S:550 no", "GONE"}, .letter = ONE},
    {.name = "RCPT of two codes", .told = "PR[0Lpeer-protocol]{peer-protocol@8 0}", .step = {RCPT_UP, "S:550-5.1.1 who", "S:250 ok", "GONE"}, .letter = ONE},
    {.name = "dot of two codes", .told = "PR[0Lpeer-protocol]{peer-protocol@10 0}", .step = {DOT_UP, "S:250-2.0.0 taken", "S:451 4.3.0 or not", "GONE"}, .letter = ONE},
    {.name = "dot of two lines", .told = "PR[0T250/2.0.0]", .step = {DOT_UP, "S:250-2.0.0 taken", "S:250 2.0.0 queued", BYE}, .letter = ONE},
    {.name = "MAIL 150", .told = "PR[0Lpeer-protocol]{peer-protocol@7 0}", .step = {MAIL_UP, "S:150 wait", "GONE"}, .letter = ONE},
    {.name = "RCPT 251", .told = "PR[0T250]", .step = {RCPT_UP, "S:251 2.1.5 forwarded", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE}, .letter = ONE},
    {.name = "RCPT 354", .told = "PR[0L354]{peer-protocol@8 354}", .step = {RCPT_UP, "S:354 go", "GONE"}, .letter = ONE},
    {.name = "dot taken, and no line end", .told = "PR[0Lpeer-lost]{peer-lost@10 0}", .step = {DOT_UP, "R:250 2.0.0 taken", "CLOSE"}, .letter = ONE},
    {.name = "dot with a bare LF", .told = "PR[0Lpeer-protocol]{peer-protocol@10 0}", .step = {DOT_UP, "R:250 2.0.0 taken\n", "GONE"}, .letter = ONE},
    {.name = "dot with another line to come", .told = "PR[0Lpeer-lost]{peer-lost@10 0}", .step = {DOT_UP, "S:250-2.0.0 taken", "CLOSE"}, .letter = ONE},
    {.name = "dot with a line of 100 KB", .told = "PR[0Lpeer-protocol]{peer-protocol@10 0}", .step = {DOT_UP, "LINE", "GONE"}, .letter = ONE},
    {.name = "dot with 129 lines", .told = "PR[0Lpeer-protocol]{peer-protocol@10 0}", .step = {DOT_UP, "LINES", "GONE"}, .letter = ONE},
    {.name = "a reply behind EHLO", .told = "PR{peer-protocol@7 0}", .step = {CLEAR, "R:250 mx.test\r\n250 2.1.0 ok\r\n", "GONE"}, .letter = ONE},
    {.name = "the verdict with the 354", .told = "PR[0Lpeer-protocol]{peer-protocol@9 0}", .step = {DATA_UP, "R:354 go\r\n250 2.0.0 taken\r\n", "GONE"}, .letter = ONE},
    {.name = "piped: the verdict with the 354", .told = "PR[0Lpeer-protocol]{peer-protocol@9 0}",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "R:250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n", "GONE"}, .letter = ONE},
    {.name = "bdat: a reply more before the first chunk", .told = "PR[0Lpeer-protocol]{peer-protocol@9 0}",
     .step = {CLEAR, "S:250-mx.test", "S:250 CHUNKING", MAIL, "C:RCPT*", "R:250 ok\r\n250 taken\r\n", "GONE"}, .letter = ONE},
    {.name = "STARTTLS 421", .told = "{peer-tls@3 421}", .step = {"S:220 mx", "C:EHLO relay.test", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:421 4.3.2 stopping", "GONE"}, .letter = ONE},
    {.name = "EHLO 421", .told = "{none@2 421}", .step = {"S:220 mx", "C:EHLO relay.test", "S:421 4.3.2 stopping", "GONE"}, .letter = ONE},
    {.name = "EHLO again 421", .told = "P{none@6 421}", .step = {CLEAR, "S:421 4.3.2 stopping", "GONE"}, .letter = ONE},
    {.name = "DATA 421", .told = "PR[0L421/4.3.2]{none@9 421}", .step = {DATA_UP, "S:421 4.3.2 stopping", "GONE"}, .letter = ONE},
    {.name = "RSET 421", .told = "PR[0N550][0L421]{none@11 421}", .step = {PLAIN, MAIL, "C:RCPT*", "S:550 no", "C:RSET", "S:421 stopping", "GONE"},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}}, {.sender = "a@chu.test", .rcpt = {"d@mx.test"}}}},
    {.name = "421 while nothing is asked", .told = "PR[0T250]{none@12 421}", .step = {DOT_UP, "S:250 ok", "S:421 4.4.2 too quiet", "GONE"}, .letter = ONE, .idle = true},
    {.name = "piped: DATA 451", .told = "PR[0L451]", .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "S:451 disk", REFUSED_ALL}, .letter = ONE},
    {.name = "piped: RCPT 421", .told = "PR[0L421 1L421]{none@8 421}", .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:RCPT*", "C:DATA", "S:250 ok", "S:421 stopping", "GONE"}, .letter = TWO},
    {.name = "piped: closes behind the first recipient", .told = "PR[0Lpeer-lost 1Lpeer-lost]{peer-lost@8 0}",
     .step = {PIPED, "C:MAIL*", "C:RCPT*", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "CLOSE"}, .letter = TWO},
    {.name = "bdat: answers late", .told = "PR[0Lpeer-timeout]{peer-timeout@10 0}", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "S:250 ok", "S:250 ok", "HANG"}, .letter = ONE, .ms = HANGS_MS},
    {.name = "bdat: 421", .told = "PR[0L421]{none@10 421}", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "S:250 ok", "S:250 ok", "S:421 stopping", "GONE"}, .letter = ONE},
    {.name = "bdat: 354", .told = "PR[0L354]{peer-protocol@10 354}", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "S:250 ok", "S:250 ok", "S:354 go", "GONE"}, .letter = ONE},
    {.name = "bdat: refused", .told = "PR[0N552/5.3.4]", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "SAME", "S:250 ok", "S:250 ok", "S:552 5.3.4 big", REFUSED_ALL}, .letter = ONE},
    {.name = "bdat: one of two", .told = "PR[0N550 1T250]",
     .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "C:RCPT*", "BDAT", "SAME", "S:250 ok", "S:550 no", "S:250 ok", "S:250 ok", BYE}, .letter = TWO},
    {.name = "bdat: no recipient", .told = "PR[0N550]", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "SAME", "S:250 ok", "S:550 no", "S:503 no", REFUSED_ALL}, .letter = ONE},
    {.name = "bdat: no recipient, but taken", .told = "PR[0N550]", .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "BDAT", "SAME", "S:250 ok", "S:550 no", "S:250 ok", REFUSED_ALL}, .letter = ONE},
};

#define NO8 CLEAR, "S:250 mx.test"
#define QP_TEXT "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\nMIME-Version: 1.0\r\n\r\n"
#define SMALL_MIME "From: a@chu.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\n.one dot\r\n..two\r\n\r\nend\r\n"
#define NOT_SENT(...) .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, __VA_ARGS__}}
static const struct test_case refused[] = { /* what is not said there at all, or not finished */
    {.name = "too big", .told = "PR[0Npeer-too-big]", .step = {CLEAR, "S:250-mx", "S:250 SIZE 55", REFUSED_ALL}, .letter = ONE},
    {.name = "Return-Path does not count", .told = "PR[0T250]", .step = {CLEAR, "S:250-mx", "S:250 SIZE 11", "C:MAIL FROM:<a@chu.test> SIZE=11", "S:250 ok", "C:RCPT*", "S:250 ok", "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     NOT_SENT(.message = SPAN_LIT("Return-Path: <a@chu.test>\r\nA: b\r\n\r\nx\r\n"), .leaves = SPAN_LIT("A: b\r\n\r\nx\r\n"))},
    {.name = "no REQUIRETLS there", .told = "PR[0Npeer-no-requiretls]", .step = {PIPED, REFUSED_ALL}, NOT_SENT(.flags = CH_LETTER_REQUIRETLS)},
    {.name = "8 bits announced, and none there", .told = "PR[0T250]", .step = {NO8, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE}, NOT_SENT(.flags = CH_LETTER_8BIT, .leaves = SPAN_LIT(SMALL_MIME))},
    {.name = "multipart/signed", .told = "PR[0Npeer-no-8bit]", .step = {NO8, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("Content-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n\r\n\303\251\r\n--b\r\n\r\n\r\n--b--\r\n"))},
    {.name = "a signed part within", .told = "PR[0Npeer-no-8bit]", .step = {NO8, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\n\303\251\r\n--o\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--o--\r\n"))},
    {.name = "DKIM", .told = "PR[0Npeer-no-8bit]", .step = {NO8, REFUSED_ALL}, NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("DKIM-Signature: v=1\r\n\r\n\303\251\r\n"))},
    {.name = "DKIM, 8 bits nobody told of", .told = "PR[0Npeer-no-8bit]", .step = {NO8, REFUSED_ALL}, NOT_SENT(.message = SPAN_LIT("DKIM-Signature: v=1\r\n\r\n\303\251\r\n"))},
    {.name = "DKIM of an enclosed message", .told = "PR[0Npeer-no-8bit]", .step = {NO8, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("Content-Type: message/rfc822\r\n\r\nDKIM-Signature: v=1\r\n\r\n\303\251\r\n"))},
    {.name = "a header beyond ASCII", .told = "PR[0Nnot-convertible]", .step = {NO8, REFUSED_ALL}, NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("Subject: \303\251\r\n\r\nx\r\n"))},
    {.name = "a header of SMTPUTF8", .told = "PR[0Npeer-no-utf8]", .step = {NO8, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT | CH_LETTER_UTF8, .message = SPAN_LIT("Subject: \303\251\r\n\r\nx\r\n"))},
    {.name = "a piece of a message", .told = "PR[0Nnot-convertible]", .step = {NO8, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("Content-Type: message/partial; id=x; number=1\r\n\r\n\303\251\r\n"))},
    {.name = "8 bits nobody told of", .told = "PR[0T250]", .step = {NO8, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
     NOT_SENT(.message = SPAN_LIT("A: b\r\n\r\n\303\251\r\n"), .leaves = SPAN_LIT("A: b\r\n" QP_TEXT "=C3=A9\r\n"))},
    {.name = "converted, by BDAT", .told = "PR[0T250]",
     .step = {CLEAR, "S:250-mx", "S:250-SIZE 1000", "S:250-PIPELINING", "S:250 CHUNKING", "C:MAIL FROM:<a@chu.test> SIZE=121", "C:RCPT*", "BDAT", "SAME", "S:250 ok", "S:250 ok", "S:250 ok", BYE},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("A: b\r\n\r\n\303\251\r\n"), .leaves = SPAN_LIT("A: b\r\n" QP_TEXT "=C3=A9\r\n"))},
    {.name = "too big once converted", .told = "PR[0Npeer-too-big]", .step = {CLEAR, "S:250-mx", "S:250 SIZE 100", REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_8BIT, .message = SPAN_LIT("A: b\r\n\r\n\303\251\r\n"))},
    {.name = "damaged, to be converted", .told = "PR[0Ldamaged]", .step = {NO8, REFUSED_ALL}, NOT_SENT(.flags = CH_LETTER_8BIT, .damaged = true)},
    {.name = "Return-Path stays here", .told = "PR[0T250]", .step = {PIPED, "C:MAIL FROM:<a@chu.test> SIZE=11", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     NOT_SENT(.message = SPAN_LIT("Return-Path: <a@chu.test>\r\nA: b\r\n\r\nx\r\n"), .leaves = SPAN_LIT("A: b\r\n\r\nx\r\n"))},
    {.name = "sender beyond ASCII", .told = "PR[0Npeer-no-utf8]", .step = {PIPED, REFUSED_ALL}, .letter = {{.sender = "ren\303\251@chu.test", .rcpt = {"b@mx.test"}}}},
    {.name = "header beyond ASCII", .told = "PR[0Npeer-no-utf8]", .step = {PIPED, REFUSED_ALL},
     NOT_SENT(.flags = CH_LETTER_UTF8 | CH_LETTER_8BIT, .message = SPAN_LIT("A: \303\251\r\n\r\nx\r\n"))},
    {.name = "SMTPUTF8 asked for, not needed", .told = "PR[0T250]", .step = {PIPED, "C:MAIL FROM:<a@chu.test> SIZE=56", "C:RCPT*", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     NOT_SENT(.flags = CH_LETTER_UTF8)},
    {.name = "one recipient beyond ASCII", .told = "PR[0Npeer-no-utf8 1T250]",
     .step = {PIPED, "C:MAIL*", "C:RCPT TO:<c@mx.test>", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"ren\303\251@mx.test", "c@mx.test"}}}},
    {.name = "address with a command", .told = "PR[0Nbad-address 1T250]",
     .step = {PIPED, "C:MAIL*", "C:RCPT TO:<c@mx.test>", "C:DATA", "S:250 ok", "S:250 ok", "S:354 go", "DATA", "S:250 ok", BYE},
     .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test>\r\nRCPT TO:<x@y.test", "c@mx.test"}}}},
    {.name = "sender with a command", .told = "PR[0Nbad-address]", .step = {PIPED, REFUSED_ALL}, .letter = {{.sender = "a@b.test>\r\nRSET", .rcpt = {"b@mx.test"}}}},
    {.name = "bare LF", .told = "PR[0Nbare-lf]", .step = {PIPED, REFUSED_ALL}, NOT_SENT(.message = SPAN_LIT("A: b\r\n\r\nx\n.\nMAIL FROM:<>\r\n"))},
    {.name = "bare CR", .told = "PR[0Nbare-lf]", .step = {CHUNKED, REFUSED_ALL}, NOT_SENT(.message = SPAN_LIT("A: b\r\n\r\nx\r.\r\r\n"))},
    {.name = "CR at the end", .told = "PR[0Nbare-lf]", .step = {CHUNKED, REFUSED_ALL}, NOT_SENT(.message = SPAN_LIT("A: b\r\n\r\nx\r"))},
    {.name = "damaged", .told = "PR[0Ldamaged]", .step = {PIPED, REFUSED_ALL}, NOT_SENT(.damaged = true)},
    {.name = "no signature for us", .told = "{peer-tls@4 0}", .step = {"S:220 mx", "C:EHLO*", "S:250-mx", "S:250 STARTTLS", "C:STARTTLS", "S:220 go", "NOTLS"}, .no_signature = true},
};
/* clang-format on */

static void run_all(const struct test_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_case(&c[i]);
}

/* ---- messages of many chunks ---- */
enum { LONG = 5 * SEAL_CHUNK + 1234 };
static unsigned char long_message[LONG];

/* Lines of every length, many beginning with a dot; bad: that octet is a bare LF. */
static struct span make_long(size_t bad)
{
    size_t line = 0;

    for (size_t i = 0; i < LONG; i++) {
        bool end = i + 2 >= LONG || line == 60 + i % 17;

        if (end && i + 1 < LONG) {
            long_message[i++] = '\r';
            long_message[i] = '\n';
            line = 0;
            continue;
        }
        long_message[i] = line == 0 && i % 3 == 0 ? '.' : (unsigned char)('a' + i % 26);
        line++;
    }
    if (bad)
        long_message[bad] = '\n';
    return span_of(long_message, LONG);
}

#define CHUNK_OK "BDAT", "S:250 chunk"
static void test_long(void **st)
{
    const struct test_letter l = {.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .message = make_long(0)};
    const struct test_case cases[] = {
        {.name = "long by DATA",
         .told = "PR[0T250]",
         .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
         .letter = {l}},
        {.name = "long by BDAT",
         .told = "PR[0T250]",
         .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "S:250 ok", "S:250 ok", CHUNK_OK, CHUNK_OK, CHUNK_OK, CHUNK_OK,
                  CHUNK_OK, CHUNK_OK, "BDAT", "SAME", "S:250 ok", BYE},
         .letter = {l}},
        {.name = "BDAT refused in the middle",
         .told = "PR[0L452/4.3.1]",
         .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "S:250 ok", "S:250 ok", CHUNK_OK, "BDAT", "S:452 4.3.1 full",
                  REFUSED_ALL},
         .letter = {l}},
        {.name = "the scheduler has no more octets",
         .told = "PR[0Lbusy]",
         .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "S:250 ok", "S:250 ok", CHUNK_OK, CHUNK_OK, "GONE"},
         .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .message = l.message, .refuse_chunk = 2}}},
        {.name = "the scheduler leaves",
         .told = "PR",
         .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "S:250 ok", "S:250 ok", CHUNK_OK, "GONE"},
         .letter = {l},
         .leave_at_data = true},
        {.name = "nobody reads the octets",
         .told = "PR[0Lpeer-timeout]{peer-timeout@9 0}",
         .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "SLEEP", "CLOSE"},
         .letter = {l},
         .ms = 2000,
         .narrow = true},
    };

    (void)st;
    run_all(cases, sizeof cases / sizeof *cases);
}

/* A bare LF in a later chunk: by then octets have left, and the message must not get an end. */
static void test_long_bare(void **st)
{
    const struct test_case c = {
        .name = "bare LF in the fourth chunk behind the lead",
        .told = "PR[0Nbare-lf]",
        .step = {CHUNKED, "C:MAIL*", "C:RCPT*", "S:250 ok", "S:250 ok", CHUNK_OK, CHUNK_OK, CHUNK_OK, CHUNK_OK, "GONE"},
        .letter = {{.sender = "a@chu.test", .rcpt = {"b@mx.test"}, .message = make_long(3 * SEAL_CHUNK + 77)}}};

    (void)st;
    run_case(&c);
}

static enum rc to_buf(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(ctx, piece);
    return RC_OK;
}

/* A long text in 8 bits for a server without 8BITMIME: converted chunk by chunk it is what it would be converted at once. */
static void test_long_converted(void **st)
{
    static const char header[] =
        "Return-Path: <a@chu.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n";
    const struct canon_spec nothing = {.message_id_domain = NULL};
    struct buf leaves = BUF_INIT;
    struct scan *s = scan_new();
    struct span all = make_long(0), left;
    struct canon *c;
    struct err e;

    (void)st;
    memcpy(long_message, header, sizeof header - 1);
    for (size_t i = sizeof header; i < LONG; i += 7)
        if (long_message[i] >= 'a')
            long_message[i] = 0xE9;
    left = span_from(all, strlen("Return-Path: <a@chu.test>\r\n"));
    scan_feed(s, left);
    scan_end(s);
    c = canon_new(s, &nothing, to_buf, &leaves);
    assert_int_equal(canon_feed(c, left, &e), RC_OK);
    assert_int_equal(canon_end(c, &e), RC_OK);
    canon_free(&c);
    scan_free(&s);
    assert_true(leaves.n > LONG);
    const struct test_letter l = {.sender = "a@chu.test",
                                  .rcpt = {"b@mx.test"},
                                  .flags = CH_LETTER_8BIT,
                                  .message = all,
                                  .leaves = buf_span(&leaves)};
    const struct test_case cases[] = {
        {.name = "converted by DATA",
         .told = "PR[0T250]",
         .step = {PLAIN, MAIL, RCPT_B, "C:DATA", "S:354 go", "DATA", "S:250 ok", BYE},
         .letter = {l}},
        {.name = "converted by BDAT",
         .told = "PR[0T250]",
         .step = {CLEAR, "S:250-mx", "S:250 CHUNKING", MAIL, RCPT_B, CHUNK_OK, CHUNK_OK, CHUNK_OK, CHUNK_OK, CHUNK_OK,
                  CHUNK_OK, "BDAT", "SAME", "S:250 ok", BYE},
         .letter = {l}},
        {.name = "no octets for the second pass",
         .told = "PR[0Lbusy]",
         .step = {NO8, REFUSED_ALL},
         .letter = {{.sender = "a@chu.test",
                     .rcpt = {"b@mx.test"},
                     .flags = CH_LETTER_8BIT,
                     .message = all,
                     .refuse_chunk = 3}}},
    };
    run_all(cases, sizeof cases / sizeof *cases);
    buf_free(&leaves);
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

static void test_steps(void **st)
{
    (void)st;
    run_all(steps, sizeof steps / sizeof *steps);
}

static void test_refused(void **st)
{
    (void)st;
    run_all(refused, sizeof refused / sizeof *refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good),          cmocka_unit_test(test_early),
                                       cmocka_unit_test(test_steps),         cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_long),          cmocka_unit_test(test_long_bare),
                                       cmocka_unit_test(test_long_converted)};

    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
