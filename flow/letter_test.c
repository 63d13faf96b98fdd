/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/letter_test.c - messages through all steps: what is refused and why, what is cut, what is put on top, what stays as it was. */
#include "flow/fake_test.h"
#include "flow/letter.h"
#include "flow/letter_int.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static const struct letter_conf conf = {.host = "mail.chu.example", .domain = "chu.example", .max_message = 4 << 20};
static struct keyd *keyd;
static struct store *store;
static struct dir *dir;

static struct recipient to[2];
static struct letter_envelope env;

/* To bob here; a second recipient, carl, when two are asked for. */
static struct letter letter_for(enum letter_door door, size_t n)
{
    static const struct letter_peer peer = {.helo = SPAN_LIT("pc_12"),
                                            .ip = "192.0.2.7",
                                            .esmtp = true,
                                            .tls_version = "TLS1.3",
                                            .tls_cipher = "TLS_AES_256_GCM_SHA384",
                                            .dn = SPAN_LIT("CN=chu")};
    static const struct letter_account nobody, ana = {.address = SPAN_LIT("ana@chu.example")};

    to[0] = (struct recipient){.address = (char *)(uintptr_t) "bob@chu.example", .local = true, .mbx = 21, .folder = STORE_INBOX};
    to[1] = (struct recipient){.address = (char *)(uintptr_t) "carl@chu.example", .local = true, .mbx = 22, .folder = STORE_INBOX};
    env = (struct letter_envelope){.sender = SPAN_LIT("ana@chu.example"), .to = {to, n}};
    return (struct letter){.conf = &conf,
                           .keyd = keyd,
                           .store = store,
                           .dir = dir,
                           .door = door,
                           .peer = &peer,
                           .account = door == DOOR_SUBMISSION ? &ana : &nobody,
                           .env = &env};
}

static struct letter letter_of(enum letter_door door)
{
    return letter_for(door, 1);
}

/* Gives the message in pieces of step octets. out: what stored was given, opened; empty when refused. */
static enum refusal send_it(enum letter_door door, struct span message, size_t step, struct buf *out, char mid[17])
{
    struct letter l = letter_of(door);
    enum refusal r = REFUSE_NONE;
    struct err e;

    letter_begin(&l);
    for (; message.n > 0; message = span_from(message, span_head(message, step).n))
        assert_int_equal(letter_put(&l, span_head(message, step), &e), RC_OK);
    r = letter_file(&l, &e);
    if (r == REFUSE_NONE)
        assert_int_equal(fake_open(0, SEAL_MESSAGE, out, &e), RC_OK);
    memcpy(mid, l.mid, 17);
    letter_end(&l);
    return r;
}

#define ANA "From: Ana <ana@chu.example>\r\n"
#define FORGED "Authentication-Results: mail.chu.example; smime=pass\r\n"
static const struct {
    const char *what;
    enum letter_door door;
    struct span in;
    enum refusal r;
    const char *kept; /* the message as it must be behind the trace; NULL: as it came */
} rows[] = {
    {"plain", DOOR_SUBMISSION, SPAN_LIT(ANA "Subject: x\r\n\r\nbody\r\n"), REFUSE_NONE, NULL},
    {"no empty line", DOOR_SUBMISSION, SPAN_LIT(ANA), REFUSE_NONE, NULL},
    {"empty from a relay", DOOR_RELAY, SPAN_LIT(""), REFUSE_FROM_OPERATOR, NULL},
    {"its own From from a relay", DOOR_RELAY, SPAN_LIT("From: anyone@CHU.example\r\n\r\nx\r\n"), REFUSE_NONE, NULL},
    {"another's From from a relay", DOOR_RELAY, SPAN_LIT("From: eve@other.example\r\n\r\nx\r\n"), REFUSE_FROM_OPERATOR,
     NULL},
    {"a second From from a relay", DOOR_RELAY, SPAN_LIT(ANA "From: eve@other.example\r\n\r\nx\r\n"),
     REFUSE_FROM_OPERATOR, NULL},
    {"a second author from a relay", DOOR_RELAY, SPAN_LIT("From: ana@chu.example, eve@other.example\r\n\r\nx\r\n"),
     REFUSE_FROM_OPERATOR, NULL},
    {"another's Sender from a relay", DOOR_RELAY, SPAN_LIT(ANA "Sender: eve@other.example\r\n\r\nx\r\n"),
     REFUSE_FROM_OPERATOR, NULL},
    {"a domain in the local part from a relay", DOOR_RELAY,
     SPAN_LIT("From: \"x@chu.example\"@other.example\r\n\r\nx\r\n"), REFUSE_FROM_OPERATOR, NULL},
    {"no address in From from a relay", DOOR_RELAY, SPAN_LIT("From: Ana\r\n\r\nx\r\n"), REFUSE_FROM_OPERATOR, NULL},
    {"8-bit passes", DOOR_RELAY, SPAN_LIT(ANA "Subject: \xE9\r\n\r\n\xFF\xFE\r\n"), REFUSE_NONE, NULL},
    {"no From", DOOR_SUBMISSION, SPAN_LIT("Subject: x\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"not held", DOOR_SUBMISSION, SPAN_LIT("From: eve@chu.example\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"held alias", DOOR_SUBMISSION, SPAN_LIT("From: ana.martin@chu.example\r\n\r\nx\r\n"), REFUSE_NONE, NULL},
    {"second address", DOOR_SUBMISSION, SPAN_LIT("From: ana@chu.example, eve@chu.example\r\n\r\nx\r\n"),
     REFUSE_FROM_MISMATCH, NULL},
    {"second From", DOOR_SUBMISSION, SPAN_LIT(ANA "From: eve@chu.example\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"name that looks like an address", DOOR_SUBMISSION,
     SPAN_LIT("From: \"ana@chu.example\" <eve@chu.example>\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"another address in front of the brackets", DOOR_SUBMISSION,
     SPAN_LIT("From: eve@chu.example <ana@chu.example>\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"a second pair of brackets", DOOR_SUBMISSION,
     SPAN_LIT("From: <ana@chu.example> <eve@chu.example>\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"a second pair of brackets from a relay", DOOR_RELAY,
     SPAN_LIT(ANA "From: <ana@chu.example> <eve@else.example>\r\n\r\nx\r\n"), REFUSE_FROM_OPERATOR, NULL},
    {"From without address", DOOR_SUBMISSION, SPAN_LIT("From: Ana\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH, NULL},
    {"Sender not held", DOOR_SUBMISSION, SPAN_LIT(ANA "Sender: eve@chu.example\r\n\r\nx\r\n"), REFUSE_FROM_MISMATCH,
     NULL},
    {"From in the body only", DOOR_SUBMISSION, SPAN_LIT("\r\n" ANA), REFUSE_FROM_MISMATCH, NULL},
    {"NUL", DOOR_RELAY, SPAN_LIT("Subject: x\r\n\r\na\0b\r\n"), REFUSE_NUL, NULL},
    {"a first line that continues nothing", DOOR_RELAY, SPAN_LIT(" for <eve@chu.example>; smime=pass\r\n\tx\r\n" ANA "\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"a first line of a blank", DOOR_RELAY, SPAN_LIT("\t\r\n" ANA "\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged on top", DOOR_RELAY, SPAN_LIT(FORGED ANA "\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged twice", DOOR_RELAY, SPAN_LIT(FORGED ANA FORGED "\r\nx\r\n" FORGED), REFUSE_NONE, ANA "\r\nx\r\n" FORGED},
    {"forged, folded", DOOR_RELAY,
     SPAN_LIT(ANA "authentication-results:\r\n\t(c (c)) Mail.CHU.example 1;\r\n auth=pass\r\nTo: x\r\n\r\nx\r\n"),
     REFUSE_NONE, ANA "To: x\r\n\r\nx\r\n"},
    {"forged, our domain", DOOR_RELAY, SPAN_LIT(ANA "Authentication-Results: \"chu.example\"; x=pass\r\n\r\nx\r\n"),
     REFUSE_NONE, ANA "\r\nx\r\n"},
    {"another's results stay", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: mx.other.example; spf=pass\r\n\r\nx\r\n"), REFUSE_NONE, NULL},
    {"forged, quoted pair", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: \"m\\ail.chu.example\"; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE,
     ANA "\r\nx\r\n"},
    {"forged, no id", DOOR_RELAY, SPAN_LIT(ANA "Authentication-Results: ; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE,
     ANA "\r\nx\r\n"},
    {"forged, id left out", DOOR_RELAY, SPAN_LIT(ANA "Authentication-Results: smime=pass\r\n\r\nx\r\n"), REFUSE_NONE,
     ANA "\r\nx\r\n"},
    {"forged, only a comment", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: (mail.chu.example); smime=pass\r\n\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged, id and more", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: mail.chu.example/1; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged, two words", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: mx.other.example mail.chu.example; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE,
     ANA "\r\nx\r\n"},
    {"forged, not ASCII", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: \xEF\xBB\xBFmail.chu.example; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE,
     ANA "\r\nx\r\n"},
    {"forged, a host below us", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: mx2.chu.example; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged, open quote", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: \"mail.chu.example; smime=pass\r\n\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"forged, empty", DOOR_RELAY, SPAN_LIT(ANA "Authentication-Results: \r\n\r\nx\r\n"), REFUSE_NONE, ANA "\r\nx\r\n"},
    {"another's with a version, quoted, in comments", DOOR_RELAY,
     SPAN_LIT(ANA "Authentication-Results: (a) \"mx.other.example\" (b) 1 (c)\r\n\t; none\r\n\r\nx\r\n"), REFUSE_NONE,
     NULL},
    {"not quite ours", DOOR_RELAY, SPAN_LIT(ANA "Authentication-Results: xchu.example; spf=pass\r\n\r\nx\r\n"),
     REFUSE_NONE, NULL},
};

/* What stands above the message is ours to its last octet: Received's date, or the Message-ID of a submission without one. */
static bool ours_ends_it(int door, struct span above)
{
    struct span end = door == DOOR_RELAY ? SPAN_LIT(" +0000\r\n") : SPAN_LIT("@mail.chu.example>\r\n");

    return above.n >= end.n && span_eq(span_from(above, above.n - end.n), end);
}

static void check_row(size_t i, size_t step)
{
    struct span kept = rows[i].kept ? span_str(rows[i].kept) : rows[i].in;
    struct buf out = BUF_INIT;
    char mid[17];
    enum refusal r = send_it(rows[i].door, rows[i].in, step, &out, mid);

    if (r != rows[i].r)
        fail_msg("%s: %s", rows[i].what, refusal_get(r)->name);
    if (r == REFUSE_NONE && (out.n < kept.n || !span_eq(span_from(buf_span(&out), out.n - kept.n), kept)))
        fail_msg("%s: other octets", rows[i].what);
    if (r == REFUSE_NONE && !ours_ends_it(rows[i].door, span_head(buf_span(&out), out.n - kept.n)))
        fail_msg("%s: the sender writes in our trace: %.*s", rows[i].what, SPAN_ARG(buf_span(&out)));
    if (r == REFUSE_NONE && span_find(span_head(buf_span(&out), out.n - kept.n), span_str(mid)) < 0)
        fail_msg("%s: trace without id", rows[i].what);
    buf_free(&out);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(i, 1);
        check_row(i, 1000);
    }
}

static void test_trace(void **state)
{
    struct buf out = BUF_INIT, want = BUF_INIT;
    struct span got;
    char mid[17];

    (void)state;
    assert_int_equal(send_it(DOOR_SUBMISSION, SPAN_LIT(ANA "\r\nx\r\n"), 100, &out, mid), REFUSE_NONE);
    buf_addf(&want,
             "Return-Path: <ana@chu.example>\r\n"
             "Authentication-Results: mail.chu.example;\r\n\tauth=pass smtp.auth=ana@chu.example;\r\n\tsmime=none\r\n"
             "Received: from pc_12 ([192.0.2.7])\r\n\tby mail.chu.example (Pli) with ESMTPSA id %s\r\n\tfor "
             "<bob@chu.example>\r\n"
             "\ttls TLS_AES_256_GCM_SHA384 (TLS1.3);\r\n\t",
             mid);
    got = span_head(buf_span(&out), want.n);
    if (!span_eq(got, buf_span(&want)))
        fail_msg("%.*s", SPAN_ARG(got));
    buf_free(&out);
    buf_free(&want);
}

static void test_loop_and_bounds(void **state)
{
    struct buf m = BUF_INIT, out = BUF_INIT;
    char mid[17];

    (void)state;
    buf_addstr(&m, ANA);
    for (int i = 0; i < 50; i++)
        buf_addstr(&m, "Received: by x\r\n");
    assert_int_equal(send_it(DOOR_RELAY, buf_span(&m), 4096, &out, mid), REFUSE_NONE);
    buf_addstr(&m, "Received: by x\r\n");
    assert_int_equal(send_it(DOOR_RELAY, buf_span(&m), 4096, &out, mid), REFUSE_LOOP);
    buf_clear(&m);
    while (m.n < SCAN_TOP_HEADER + 4096)
        buf_addstr(&m, "X-Filler: and then some more of this and that\r\n");
    buf_addstr(&m, "From: eve@other.example\r\n\r\n");
    assert_int_equal(send_it(DOOR_SUBMISSION, buf_span(&m), 4096, &out, mid), REFUSE_HEADERS_TOO_BIG);
    buf_free(&m);
    buf_free(&out);
}

static void test_daemons_away(void **state)
{
    static const struct {
        enum rc rc;
        enum refusal r;
    } t[] = {{RC_TEMP, REFUSE_STORE_TEMP}, {RC_QUOTA, REFUSE_QUOTA}, {RC_NOTFOUND, REFUSE_STORE_TEMP}};
    struct buf out = BUF_INIT;
    char mid[17];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        fake->answer = t[i].rc;
        assert_int_equal(send_it(DOOR_SUBMISSION, SPAN_LIT(ANA "\r\nx\r\n"), 100, &out, mid), t[i].r);
    }
    fake->answer = RC_OK;
    buf_free(&out);
}

static void test_too_big(void **state)
{
    struct letter l = letter_of(DOOR_RELAY);
    static char big[1 << 20];
    struct err e = {0};
    enum rc rc = RC_OK;
    int n = 0;

    (void)state;
    memset(big, 'x', sizeof big);
    letter_begin(&l);
    while (rc == RC_OK && n++ < 10)
        rc = letter_put(&l, span_of(big, sizeof big), &e);
    assert_true(rc == RC_PERM && n == 5);
    assert_string_equal(e.esc, "5.3.4");
    letter_end(&l);
    letter_end(&l);
}

/* Each recipient has a folder, flags and a verdict of its own. A refusal for one is a refusal for all. */
static void test_recipients(void **state)
{
    struct letter l = letter_for(DOOR_SUBMISSION, 2);
    struct err e;

    (void)state;
    letter_begin(&l);
    assert_int_equal(letter_put(&l, SPAN_LIT(ANA "\r\nx\r\n"), &e), RC_OK);
    to[1].folder = 9;
    to[1].flags = MF_FLAGGED;
    assert_int_equal(letter_file(&l, &e), REFUSE_NONE);
    assert_true(fake->n_places == 2 && fake->places[0].folder == STORE_INBOX && fake->places[0].flags == 0);
    assert_true(fake->places[1].folder == 9 && fake->places[1].flags == MF_FLAGGED && fake->places[1].mbx == 22);
    assert_true(span_find(buf_span(&l.trace), SPAN_LIT("for <")) < 0); /* none learns of the other */
    letter_end(&l);
    l = letter_for(DOOR_SUBMISSION, 2);
    letter_begin(&l);
    assert_int_equal(letter_put(&l, SPAN_LIT(ANA "\r\nx\r\n"), &e), RC_OK);
    fake->n_places = 0;
    to[1].verdict = REFUSE_DISABLED_RCPT;
    assert_int_equal(letter_file(&l, &e), REFUSE_DISABLED_RCPT);
    assert_int_equal(fake->n_places, 0);
    letter_end(&l);
}

static int up(void **state)
{
    if (fakes_up(state) != 0)
        return -1;
    keyd = keyd_new(ROLE_SMTPD);
    store = store_new(ROLE_SMTPD);
    dir = dir_new(ROLE_SMTPD);
    return 0;
}

static int down(void **state)
{
    keyd_free(&keyd);
    store_free(&store);
    dir_free(&dir);
    return fakes_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_trace),
                                       cmocka_unit_test(test_recipients), cmocka_unit_test(test_loop_and_bounds), cmocka_unit_test(test_daemons_away),
                                       cmocka_unit_test(test_too_big)};

    return cmocka_run_group_tests(tests, up, down);
}
