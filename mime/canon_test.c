/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/canon_test.c - awkward mails and their canonical form, each fed whole and a byte at a time; decoding. */
#include "mime/canon.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define H "Date: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"
#define U "Content-Type: text/plain; charset=utf-8\r\n"
#define W "Content-Type: text/plain; charset=windows-1252\r\n"
#define PART(header) H MP("b") "--b\r\n" header "\r\nx\r\n--b--\r\n"
#define FWD(header) H MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\n" header "\r\nx\r\n--b--\r\n"
#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct {
    const char *name, *mail, *want; /* NULL want: the mail itself */
} rows[] = {
    {"already canonical", H "\r\nhello\r\n", NULL},
    {"empty body", H "\r\n", NULL},
    {"trailing blanks stay", H "\r\nhello  \r\n\t\r\n", NULL},
    {"broken last line stays", H "\r\nhello", NULL},
    {"8-bit text", H "\r\ncaf\xc3\xa9 = x\r\n", H QP U "\r\ncaf=C3=A9 =3D x\r\n"},
    {"8-bit text with a charset",
     H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\nX: y\r\n\r\ncaf\xc3\xa9\r\n",
     H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nX: "
       "y\r\n\r\ncaf=C3=A9\r\n"},
    {"two encodings said: one stays",
     H "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe9\r\n", H QP W "\r\n=E9\r\n"},
    {"blanks at a line's end are kept by encoding", H "\r\n\xe9 \r\na\t\r\n \r\n",
     H QP W "\r\n=E9=20\r\na=09\r\n=20\r\n"},
    {"NUL and lone CR, LF in text", H "\r\n\xe9\ra\nb\r\n", H QP W "\r\n=E9=0Da=0Ab\r\n"},
    {"a line that would become a delimiter",
     H MP("b") "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=2D-b\xe9\r\n.\r\n--b--\r\n",
     H MP("b") "--b\r\n" QP W "\r\n=2D-b=E9\r\n=2E\r\n--b--\r\n"},
    {"CR at the very end", H "\r\nab\r", H "Content-Transfer-Encoding: quoted-printable\r\n\r\nab=0D"},
    {"8-bit that is no text",
     H "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\xff\xfe\r\n",
     H "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n//4NCg==\r\n"},
    {"8-bit inside quoted-printable", H "Content-Transfer-Encoding: quoted-printable\r\n\r\n\xe9=3D=\r\nx\r\n",
     H QP W "\r\n=E9=3Dx\r\n"},
    {"8-bit inside base64",
     H "Content-Transfer-Encoding: BASE64\r\n\r\nAA\xe9"
       "AA\r\n",
     H "Content-Transfer-Encoding: base64\r\n" W "\r\nAAAA\r\n"},
    {"8-bit in an encoding nobody knows", H "Content-Transfer-Encoding: x-uuencode\r\n\r\n\xe9\r\n",
     H "Content-Transfer-Encoding: base64\r\n\r\n6Q0K\r\n"},
    {"8bit said, 7 bits meant: passed", H "Content-Transfer-Encoding: 8bit\r\n\r\nplain\r\n", NULL},
    {"one part of two, the container says 7bit",
     H "Content-Transfer-Encoding: 8bit\r\n" MP(
         "b") "pre\r\n--b\r\n\r\nplain  \r\n--b\r\nContent-Type: text/plain\r\n\r\n\xe9\r\n--b--\r\nepi\r\n",
     H "Content-Transfer-Encoding: 7bit\r\n" MP("b") "pre\r\n--b\r\n\r\nplain  \r\n--b\r\n" W QP
                                                     "\r\n=E9\r\n--b--\r\nepi\r\n"},
    {"part without header", H MP("b") "--b\r\n\r\n\xe9\r\n--b--\r\n", H MP("b") "--b\r\n" QP W "\r\n=E9\r\n--b--\r\n"},
    {"inside an enclosed message",
     H MP("b") "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: "
               "\xe9\r\n\r\n\xe9\r\n--b--\r\n",
     H MP("b") "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: "
               "=?utf-8?q?=C3=A9?=\r\n" QP W "\r\n=E9\r\n--b--\r\n"},
    {"8-bit preamble and epilogue", H MP("b") "\xe9\r\n--b\r\n\r\nx\r\n--b--\r\n\xe9\ra\nb\r\n",
     H MP("b") "\t\r\n--b\r\n\r\nx\r\n--b--\r\n\t\ta\tb\r\n"},
    {"raw UTF-8 header stays", "Subject: \xc3\xa9\r\n" H "\r\nx\r\n", NULL},
    {"lone CR and LF in a header go", "Subject: a\rb\nc\r\n" H "\r\nx\r\n",
     "Subject: a\x7f"
     "b\x7f"
     "c\r\n" H "\r\nx\r\n"},
    {"a preamble that would become a delimiter",
     H MP("\"a?b\"") "--a\xe9"
                     "b\r\n--a?b\r\n\r\nx\r\n--a?b--\r\n",
     H MP("\"a?b\"") "--a\tb\r\n--a?b\r\n\r\nx\r\n--a?b--\r\n"},
    {"lone CR first in a header line", "Subject: a\r\n\rb\r\n" H "\r\nx\r\n",
     "Subject: a\r\n\x7f"
     "b\r\n" H "\r\nx\r\n"},
    {"folds stay", "Subject: a\r\n b\r\n\tc\r\n" H "\r\nx\r\n", NULL},
    {"no empty line", H "Subject: x\r\n", H "Subject: x\r\n\r\n"},
    {"no last CRLF", H "Subject: x", H "Subject: x\r\n\r\n"},
    {"missing version", "Date: x\r\nMessage-ID: <1@x>\r\n\r\nx",
     "Date: x\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n\r\nx"},
    {"missing date", "MIME-Version: 1.0\r\nMessage-ID: <1@x>\r\n\r\nx",
     "MIME-Version: 1.0\r\nMessage-ID: <1@x>\r\nDate: Thu, 01 Jan 1970 00:00:00 +0000\r\n\r\nx"},
    {"bodyless part", H MP("b") "--b\r\nA: b\r\n--b\r\n\r\n\xe9\r\n--b--\r\n",
     H MP("b") "--b\r\nA: b\r\n--b\r\n" QP W "\r\n=E9\r\n--b--\r\n"},
    /* ---- a label that is true ---- */
    {"a charset us-ascii that is not", H "Content-Type: text/html; charset=US-ASCII; x=y\r\n\r\n\xc3\xa9\r\n",
     H "Content-Type: text/html; charset=utf-8;\r\n x=y\r\n" QP "\r\n=C3=A9\r\n"},
    {"a charset utf-8 that is not", H "Content-Type: text/plain; charset=\"UTF-8\"\r\n\r\n\xe9\r\n",
     H W QP "\r\n=E9\r\n"},
    {"a charset that was given stays", H "Content-Type: text/plain; charset=iso-8859-15\r\n\r\n\xa4\r\n",
     H "Content-Type: text/plain; charset=iso-8859-15\r\n" QP "\r\n=A4\r\n"},
    {"a surrogate is no UTF-8", H "\r\n\xed\xa0\x80\r\n", H QP W "\r\n=ED=A0=80\r\n"},
    {"a character cut by the line's end", H "\r\n\xc3\r\n\xa9\r\n", H QP W "\r\n=C3\r\n=A9\r\n"},
    {"a character cut by a lone CR", H "\r\n\xc3\r\xa9\r\n", H QP W "\r\n=C3=0D=A9\r\n"},
    {"a character cut by the end", H "\r\n\xf0\x9f\x98", H QP W "\r\n=F0=9F=98"},
    {"a Content-Type that nobody reads", H "Content-Type: text\r\n\r\n\xc3\xa9\r\n", H U QP "\r\n=C3=A9\r\n"},
    {"a multipart says base64", H "Content-Transfer-Encoding: base64\r\n" MP("b") "--b\r\n\r\nx\r\n--b--\r\n",
     H "Content-Transfer-Encoding: 7bit\r\n" MP("b") "--b\r\n\r\nx\r\n--b--\r\n"},
    {"a multipart says quoted-printable, its part is 8-bit",
     H "Content-Transfer-Encoding: quoted-printable\r\n" MP("b") "--b\r\n\r\n\xe9=\r\n--b--\r\n",
     H "Content-Transfer-Encoding: 7bit\r\n" MP("b") "--b\r\n" QP W "\r\n=E9=3D\r\n--b--\r\n"},
    {"an 8-bit multipart without parts is text", H MP("b") "d\xc3\xa9j\xc3\xa0\r\n", H U QP "\r\nd=C3=A9j=C3=A0\r\n"},
    /* ---- header fields of parts, in seven bits ---- */
    {"a file name in UTF-8", PART("Content-Type: a/b; name=\"R\xc3\xa9sultat.pdf\"\r\n"),
     PART("Content-Type: a/b;\r\n name*=utf-8''R%C3%A9sultat.pdf\r\n")},
    {"a file name in Latin-1, unquoted", PART("Content-Disposition: attachment; filename=R\xe9 s.pdf; size=3\r\n"),
     PART("Content-Disposition: attachment;\r\n filename*=utf-8''R%C3%A9%20s.pdf;\r\n size=3\r\n")},
    {"a file name in pieces", PART("Content-Type: a/b; name*0=\"R\xc3\xa9\"; name*1=s; x=\"y z\"\r\n"),
     PART("Content-Type: a/b;\r\n name*=utf-8''R%C3%A9s;\r\n x=\"y z\"\r\n")},
    {"the message's own Content-Type", "Subject: \xc3\xa9\r\n" H "Content-Type: a/b; name=\xc3\xa9\r\n\r\nx",
     "Subject: \xc3\xa9\r\n" H "Content-Type: a/b;\r\n name*=utf-8''%C3%A9\r\n\r\nx"},
    {"a boundary stays first", H "Content-Type: multipart/mixed; x=\xe9; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
     H "Content-Type: multipart/mixed;\r\n boundary=b;\r\n x*=utf-8''%C3%A9\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"},
    {"a description", PART("Content-Description: un r\xc3\xa9sultat tr\xc3\xa8s attendu ici\r\n"),
     PART("Content-Description: un =?utf-8?q?r=C3=A9sultat_tr=C3=A8s?= attendu ici\r\n")},
    {"a description with words that are encoded", PART("Content-Description: =?utf-8?q?a?= \xc3\xa9\r\n"),
     PART("Content-Description: a =?utf-8?q?=C3=A9?=\r\n")},
    {"a line end in an encoded word starts no field", PART("Content-Description: =?utf-8?q?=0D=0AX:_y?= \xe9\r\n"),
     PART("Content-Description: =?utf-8?q?=0D=0AX=3A_y_=C3=A9?=\r\n")},
    {"an identifier", PART("Content-ID: <\xc3\xa9@x>\r\n"), PART("Content-ID: <%C3%A9@x>\r\n")},
    {"a percent sign and a quote in a file name", PART("Content-Type: a/b; name=\"5% d'\xc3\xa9t\xc3\xa9\"\r\n"),
     PART("Content-Type: a/b;\r\n name*=utf-8''5%25%20d%27%C3%A9t%C3%A9\r\n")},
    {"no field at all", PART("\xc3\xa9: x\r\n"), PART("\x7f\x7f: x\r\n")},
    {"names of people", FWD("From: \"Andr\xc3\xa9, L.\" <a@x>\r\nTo: b@x, Zo\xe9 <z@x>\r\n"),
     FWD("From: =?utf-8?q?Andr=C3=A9=2C_L=2E?= <a@x>\r\nTo: b@x, =?utf-8?q?Zo=C3=A9?= <z@x>\r\n")},
    {"an address that has no 7-bit form", FWD("From: A <\xc3\xa9@x>\r\nTo: b@x, z@\xc3\xa9.x\r\n"),
     FWD("From: A =?utf-8?q?=3C=C3=A9=40x=3E?= :;\r\nTo: b@x, =?utf-8?q?=3Cz=40=C3=A9=2Ex=3E?= :;\r\n")},
    {"a group", FWD("To: \xc3\xa9quipe: a@x, \xc3\xa9@x;, b@x\r\n"),
     FWD("To: =?utf-8?q?=C3=A9quipe?=: a@x, =?utf-8?q?=3C=C3=A9=40x=3E?=;, b@x\r\n")},
};

static enum rc to_buf(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(ctx, piece);
    return RC_OK;
}

static struct scan *scan_of(struct span d)
{
    struct scan *s = scan_new();

    scan_feed(s, d);
    scan_end(s);
    return s;
}

static void make(struct span mail, size_t step, struct buf *out)
{
    struct scan *s = scan_of(mail);
    struct canon_spec spec = {.message_id_domain = "pli.example", .now = 0};
    struct canon *c = canon_new(s, &spec, to_buf, out);
    struct err e;

    while (mail.n > 0) {
        size_t n = step && step < mail.n ? step : mail.n;

        assert_int_equal(canon_feed(c, span_head(mail, n), &e), RC_OK);
        mail = span_from(mail, n);
    }
    assert_int_equal(canon_end(c, &e), RC_OK);
    canon_free(&c);
    scan_free(&s);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *want = rows[i].want ? rows[i].want : rows[i].mail;

        for (size_t step = 0; step < 5; step++) {
            struct buf out = BUF_INIT;

            make(span_str(rows[i].mail), step, &out);
            if (strcmp(buf_cstr(&out), want) != 0)
                fail_msg("%s (step %zu):\n%s\nnot\n%s", rows[i].name, step, buf_cstr(&out), want);
            buf_free(&out);
        }
    }
}

static void test_canonical_is_a_fixed_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf once = BUF_INIT, twice = BUF_INIT;

        make(span_str(rows[i].mail), 0, &once);
        make(buf_span(&once), 0, &twice);
        assert_true(span_eq(buf_span(&once), buf_span(&twice)));
        buf_free(&once);
        buf_free(&twice);
    }
}

static void test_needed(void **state)
{
    static const struct {
        const char *mail;
        bool needed;
    } n[] = {{H "\r\nx\r\n", false},
             {H "\r\n\xe9\r\n", true},
             {"Date: x\r\nMessage-ID: y\r\n\r\n", true},
             {"MIME-Version: 1.0\r\nDate: x\r\n\r\n", true},
             {H "\r\na\nb\r\n", true}};

    (void)state;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        struct scan *s = scan_of(span_str(n[i].mail));

        assert_int_equal(canon_needed(s), n[i].needed);
        scan_free(&s);
    }
}

static void test_message_id(void **state)
{
    struct buf a = BUF_INIT, b = BUF_INIT;

    (void)state;
    make(SPAN_LIT("\r\nx"), 0, &a);
    make(SPAN_LIT("\r\nx"), 0, &b);
    assert_non_null(strstr(buf_cstr(&a), "\r\nMessage-ID: <"));
    assert_non_null(strstr(buf_cstr(&a), "@pli.example>\r\n"));
    assert_false(span_eq(buf_span(&a), buf_span(&b)));
    buf_free(&a);
    buf_free(&b);
}

static size_t longest_line(struct span s)
{
    size_t most = 0;

    while (s.n > 0) {
        ptrdiff_t nl = span_chr(s, '\n');
        size_t n = nl < 0 ? s.n : (size_t)nl + 1;

        most = n > most ? n : most;
        s = span_from(s, n);
    }
    return most;
}

static void test_long_lines(void **state)
{
    struct buf mail = BUF_INIT, out = BUF_INIT;
    struct scan *s;

    (void)state;
    buf_addstr(&mail, H "References:");
    for (int i = 0; i < 400; i++)
        buf_addf(&mail, " <%d@example.org>", i);
    buf_addstr(&mail, "\r\n" MP("b"));
    for (int i = 0; i < 3000; i++)
        buf_addc(&mail, 'p');
    buf_addstr(&mail, "\r\n--b\r\n\r\n");
    for (int i = 0; i < 5000; i++)
        buf_addc(&mail, 'x');
    buf_addstr(&mail, "\r\n--b\r\nContent-Type: a/b; name=\"");
    for (int i = 0; i < 2000; i++)
        buf_addc(&mail, 'n');
    buf_addstr(&mail, "\"\r\nX-Other: ");
    for (int i = 0; i < 2000; i++)
        buf_addc(&mail, 'o');
    buf_addstr(&mail, "\r\n\r\n");
    for (int i = 0; i < 5000; i++)
        buf_addc(&mail, 'x');
    buf_addstr(&mail, "\r\n--b--\r\n");
    make(buf_span(&mail), 7, &out);
    assert_true(longest_line(buf_span(&out)) <= 1000);
    s = scan_of(buf_span(&out));
    assert_false(canon_needed(s));
    assert_int_equal(scan_parts(s), 3);
    scan_free(&s);
    buf_free(&mail);
    buf_free(&out);
}

static enum rc refuse(void *ctx, struct span piece, struct err *e)
{
    (void)ctx;
    (void)piece;
    return err_set(e, RC_TEMP, NULL, NULL, "sink full");
}

static void test_sink_error(void **state)
{
    struct scan *s = scan_of(SPAN_LIT(H "\r\nx\r\n"));
    struct canon_spec spec = {.message_id_domain = "x", .now = 0};
    struct canon *c = canon_new(s, &spec, refuse, NULL);
    struct buf out = BUF_INIT;
    struct err e;

    (void)state;
    assert_int_equal(canon_feed(c, SPAN_LIT(H "\r\nx\r\n"), &e), RC_TEMP);
    canon_free(&c);
    c = canon_new(s, &spec, to_buf, &out); /* fewer octets than were scanned */
    assert_int_equal(canon_end(c, &e), RC_TEMP);
    canon_free(&c);
    buf_free(&out);
    scan_free(&s);
}

static void test_flat_is_left_alone(void **state)
{
    struct buf mail = BUF_INIT, out = BUF_INIT;

    (void)state;
    buf_addstr(&mail, H);
    for (int i = 0; i < 100; i++)
        buf_addstr(&mail, "Content-Type: message/rfc822\r\n\r\n");
    buf_addstr(&mail, "\xe9\r\n");
    make(buf_span(&mail), 0, &out);
    assert_true(span_eq(buf_span(&mail), buf_span(&out)));
    buf_free(&mail);
    buf_free(&out);
}

/* ---- decoding ---- */

static void test_decode(void **state)
{
    static const struct {
        const char *encoding, *in, *out;
    } d[] = {
        {"base64", "aGVsbG8=", "hello"},
        {"BASE64", "aGVs\r\nbG8=\r\n", "hello"},
        {"base64", "aGVs!bG8", "hello"},
        {"base64", "aA==aA==", "hh"},
        {"quoted-printable", "a=3Db=\r\nc", "a=bc"},
        {"quoted-printable", "a \t\r\nb", "a\r\nb"},
        {"quoted-printable", "a= \r\nb", "ab"},
        {"quoted-printable", "a=", "a"},
        {"quoted-printable", "a=3", "a=3"},
        {"quoted-printable", "a=zz=3d", "a=zz="},
        {"quoted-printable", "=3\r\nx", "=3\r\nx"},
        {"quoted-printable", "==3D", "=="},
        {"quoted-printable", "a=\nb", "ab"},
        {"7bit", "a=3D", "a=3D"},
        {"", "x", "x"},
        {"x-unknown", "x", "x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof d / sizeof *d; i++) {
        struct buf out = BUF_INIT;
        struct err e;

        assert_int_equal(mime_decode(d[i].encoding, span_str(d[i].in), &out, &e), RC_OK);
        if (strcmp(buf_cstr(&out), d[i].out) != 0)
            fail_msg("decode row %zu: \"%s\", not \"%s\"", i, buf_cstr(&out), d[i].out);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_canonical_is_a_fixed_point),
        cmocka_unit_test(test_needed),
        cmocka_unit_test(test_message_id),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_sink_error),
        cmocka_unit_test(test_flat_is_left_alone),
        cmocka_unit_test(test_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
