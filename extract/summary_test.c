/* SPDX-License-Identifier: EUPL-1.2 */
/* extract/summary_test.c - envelopes, structures and part tables of awkward mails, word for word; every prefix of every
 * mail gives a summary within the grammar; growth stays within SUMMARY_MAX.
 */
#include "extract/grammar_check.h"
#include "extract/summary.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct scan *scan_of(struct span d, size_t step)
{
    struct scan *s = scan_new();

    while (d.n > 0) {
        size_t n = step && step < d.n ? step : d.n;

        scan_feed(s, span_head(d, n));
        d = span_from(d, n);
    }
    scan_end(s);
    return s;
}

static void build(struct span mail, size_t step, struct buf *out)
{
    struct scan *s = scan_of(mail, step);

    buf_clear(out);
    summary_build(s, NULL, out);
    scan_free(&s);
}

static struct buf opened; /* the sections of the summary read last */

static void assert_lawful(const struct buf *b, struct summary *v)
{
    struct err e;

    assert_true(b->n <= SUMMARY_MAX);
    assert_int_equal(summary_read(buf_span(b), &opened, v, &e), RC_OK);
    assert_true(lawful_envelope(v->envelope));
    assert_true(lawful_body(v->body, false));
    assert_true(lawful_body(v->bodystructure, true));
    assert_true(summary_lawful(v, SUMMARY_ENVELOPE | SUMMARY_BODY | SUMMARY_BODYSTRUCTURE));
}

/* ---- ENVELOPE ---- */

#define A(n, l, d) "(" n " NIL \"" l "\" \"" d "\")"
static const struct {
    const char *header, *envelope;
} envelopes[] = {
    {"", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Subject:\r\nDate:\r\n", "(\"\" \"\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nSubject: hello\r\nFrom: J <j@x>\r\nTo: a@b, c@d\r\nMessage-ID: "
     "<1@x>\r\nIn-Reply-To: <0@x>\r\n",
     "(\"Sat, 21 Nov 2026 10:00:00 +0100\" \"hello\" (" A("\"J\"", "j", "x") ") (" A("\"J\"", "j", "x") ") (" A(
         "\"J\"", "j", "x") ") (" A("NIL", "a", "b") A("NIL", "c", "d") ") NIL NIL \"<0@x>\" \"<1@x>\")"},
    {"From: a@b\r\nSender: s@x\r\nReply-To: r@x\r\n",
     "(NIL NIL (" A("NIL", "a", "b") ") (" A("NIL", "s", "x") ") (" A("NIL", "r", "x") ") NIL NIL NIL NIL NIL)"},
    {"From: a@b\r\nSender:\r\nReply-To: (none)\r\n",
     "(NIL NIL (" A("NIL", "a", "b") ") (" A("NIL", "a", "b") ") (" A("NIL", "a", "b") ") NIL NIL NIL NIL NIL)"},
    {"Sender: s@x\r\n", "(NIL NIL NIL (" A("NIL", "s", "x") ") NIL NIL NIL NIL NIL NIL)"},
    {"To: g: a@b;\r\nCc: u:;\r\nBcc: b@c\r\n",
     "(NIL NIL NIL NIL NIL ((NIL NIL \"g\" NIL)" A(
         "NIL", "a", "b") "(NIL NIL NIL NIL)) ((NIL NIL \"u\" NIL)(NIL NIL NIL NIL)) (" A("NIL", "b",
                                                                                          "c") ") NIL NIL)"},
    {"Subject: =?utf-8?q?=C3=A9?= x\r\n", "(NIL \"=?utf-8?q?=C3=A9?= x\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"From: J <@r1,@r2:j@x>\r\n", "(NIL NIL ((\"J\" \"@r1,@r2\" \"j\" \"x\")) ((\"J\" \"@r1,@r2\" \"j\" \"x\")) "
                                  "((\"J\" \"@r1,@r2\" \"j\" \"x\")) NIL NIL NIL NIL NIL)"},
    {"Subject: a\r\n b\r\n\tc\r\n", "(NIL \"a b\tc\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Subject: q\"b\\s\r\n", "(NIL \"q\\\"b\\\\s\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Subject: \xc3\xa9\r\n", "(NIL {2}\r\n\xc3\xa9 NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Subject: a\rb\r\n", "(NIL {3}\r\na\rb NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"Subject: a\nb\r\n", "(NIL {3}\r\na\nb NIL NIL NIL NIL NIL NIL NIL NIL)"},
    {"From: \"\xc3\xa9\" <a@b>\r\nSender: s@x\r\nReply-To: s@x\r\n",
     "(NIL NIL (({2}\r\n\xc3\xa9 NIL \"a\" \"b\")) (" A("NIL", "s", "x") ") (" A("NIL", "s",
                                                                                 "x") ") NIL NIL NIL NIL NIL)"},
    {"To: joe\r\n", "(NIL NIL NIL NIL NIL (" A("NIL", "joe", "") ") NIL NIL NIL NIL)"},
    {"subject: first\r\nSUBJECT: second\r\n", "(NIL \"first\" NIL NIL NIL NIL NIL NIL NIL NIL)"},
};

static void test_envelopes(void **state)
{
    struct buf mail = BUF_INIT, out = BUF_INIT;
    struct summary v;

    (void)state;
    for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
        buf_clear(&mail);
        buf_addf(&mail, "%s\r\nbody\r\n", envelopes[i].header);
        build(buf_span(&mail), 0, &out);
        assert_lawful(&out, &v);
        if (!span_eq_str(v.envelope, envelopes[i].envelope))
            fail_msg("row %zu: %.*s, not %s", i, SPAN_ARG(v.envelope), envelopes[i].envelope);
    }
    buf_free(&mail);
    buf_free(&out);
}

/* ---- BODYSTRUCTURE ---- */

#define MP(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"
#define PLAIN "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" "
#define NONE "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

static const struct {
    const char *name, *mail, *structure;
} structures[] = {
    {"empty", "", "(" PLAIN "0 0 NIL NIL NIL NIL)"},
    {"plain", "A: b\r\n\r\nhello\r\n", "(" PLAIN "7 1 NIL NIL NIL NIL)"},
    {"typed",
     "Content-Type: TEXT/HTML; charset=utf-8; x=\"y z\"\r\nContent-Transfer-Encoding: quoted-printable "
     "(c)\r\n\r\n<p>\r\n",
     "(\"TEXT\" \"HTML\" (\"charset\" \"utf-8\" \"x\" \"y z\") NIL NIL \"quoted-printable\" 5 1 NIL NIL NIL NIL)"},
    {"no text: no lines", "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
     "(\"application\" \"pdf\" NIL NIL NIL \"base64\" 6 NIL NIL NIL NIL)"},
    {"all fields",
     "Content-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Description: a picture\r\nContent-MD5: "
     "Q2hlY2sgSW50ZWdyaXR5IQ==\r\n"
     "Content-Disposition: attachment; filename=\"a b.png\"\r\nContent-Language: fr, en\r\nContent-Location: "
     "http://x/\r\n\r\n",
     "(\"image\" \"png\" NIL \"<i@x>\" \"a picture\" \"7BIT\" 0 \"Q2hlY2sgSW50ZWdyaXR5IQ==\" (\"attachment\" "
     "(\"filename\" \"a b.png\")) "
     "(\"fr\" \"en\") \"http://x/\")"},
    {"rfc 2231 stays raw", "Content-Type: text/plain; name*=utf-8''%C3%A9\r\n\r\n",
     "(\"text\" \"plain\" (\"name*\" \"utf-8''%C3%A9\") NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)"},
    {"8-bit parameter", "Content-Type: text/plain; name=\"\xc3\xa9\"\r\n\r\n",
     "(\"text\" \"plain\" (\"name\" {2}\r\n\xc3\xa9) NIL NIL \"7BIT\" 0 0 NIL NIL NIL NIL)"},
    {"disposition without parameters", "Content-Disposition: inline\r\n\r\n",
     "(" PLAIN "0 0 NIL (\"inline\" NIL) NIL NIL)"},
    {"broken disposition", "Content-Disposition: ;x\r\n\r\n", "(" PLAIN "0 0 NIL NIL NIL NIL)"},
    {"empty language", "Content-Language: ,\r\n\r\n", "(" PLAIN "0 0 NIL NIL NIL NIL)"},
    {"unparseable type", "Content-Type: nonsense\r\n\r\nx", "(" PLAIN "1 1 NIL NIL NIL NIL)"},
    {"two parts", MP("b") "--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\n--b--\r\n",
     "((" PLAIN "3 1 NIL NIL NIL NIL)(\"a\" \"b\" NIL NIL NIL \"7BIT\" 0 NIL NIL NIL NIL) \"mixed\" (\"boundary\" "
     "\"b\") NIL NIL NIL)"},
    {"no parts", MP("b") "text\r\n", "(" PLAIN "6 1 NIL NIL NIL NIL)"},
    {"no parts, inside", MP("a") "--a\r\n" MP("b") "text\r\n--a--\r\n",
     "((" PLAIN "4 1 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"a\") NIL NIL NIL)"},
    {"no parts, enclosed", "Content-Type: message/rfc822\r\n\r\n" MP("b") "text\r\n",
     "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 51 " NONE " (" PLAIN "6 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)"},
    {"multipart without boundary", "Content-Type: multipart/mixed\r\n\r\nx\r\n", "(" PLAIN "3 1 NIL NIL NIL NIL)"},
    {"nested",
     MP("a") "--a\r\nContent-Type: multipart/alternative; boundary=b\r\nContent-Disposition: "
             "inline\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n--a--\r\n",
     "(((" PLAIN "1 1 NIL NIL NIL NIL) \"alternative\" (\"boundary\" \"b\") (\"inline\" NIL) NIL NIL) \"mixed\" "
     "(\"boundary\" \"a\") NIL NIL NIL)"},
    {"message", MP("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nin\r\n--b--\r\n",
     "((\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 16 (NIL \"i\" NIL NIL NIL NIL NIL NIL NIL NIL) (" PLAIN
     "2 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) "
     "\"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"},
    {"empty message", "Content-Type: message/rfc822\r\n\r\n",
     "(\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 0 " NONE " (" PLAIN "0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL)"},
    {"encoded message", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
     "(\"application\" \"octet-stream\" NIL NIL NIL \"base64\" 6 NIL NIL NIL NIL)"},
    {"digest", "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: 1\r\n\r\none\r\n--b--\r\n",
     "((\"message\" \"rfc822\" NIL NIL NIL \"7BIT\" 17 (NIL \"1\" NIL NIL NIL NIL NIL NIL NIL NIL) (" PLAIN
     "3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL) "
     "\"digest\" (\"boundary\" \"b\") NIL NIL NIL)"},
    {"global: the basic form", MP("b") "--b\r\nContent-Type: message/global\r\n\r\nSubject: i\r\n\r\nin\r\n--b--\r\n",
     "((\"message\" \"global\" NIL NIL NIL \"7BIT\" 16 NIL NIL NIL NIL) \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)"},
    {"global with parts", "Content-Type: message/global\r\n\r\n" MP("b") "--b\r\n\r\nin\r\n--b--\r\n",
     "(\"message\" \"global\" NIL NIL NIL \"7BIT\" 63 NIL NIL NIL NIL)"},
    {"encoded global", "Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n",
     "(\"message\" \"global\" NIL NIL NIL \"base64\" 6 NIL NIL NIL NIL)"},
    {"quoted disposition", "Content-Disposition: \"attachment\"; filename=\"a b.pdf\"\r\n\r\n",
     "(" PLAIN "0 0 NIL (\"attachment\" (\"filename\" \"a b.pdf\")) NIL NIL)"},
    {"no disposition but a file name", "Content-Disposition: filename=\"a.pdf\"; size=3\r\n\r\n",
     "(" PLAIN "0 0 NIL (\"attachment\" (\"filename\" \"a.pdf\" \"size\" \"3\")) NIL NIL)"},
    {"delivery status", "Content-Type: message/delivery-status\r\n\r\nx\r\n",
     "(\"message\" \"delivery-status\" NIL NIL NIL \"7BIT\" 3 NIL NIL NIL NIL)"},
};

static void test_structures(void **state)
{
    struct buf out = BUF_INIT, again = BUF_INIT;
    struct summary v;

    (void)state;
    for (size_t i = 0; i < sizeof structures / sizeof *structures; i++) {
        struct span mail = span_str(structures[i].mail);

        build(mail, 0, &out);
        assert_lawful(&out, &v);
        if (!span_eq_str(v.bodystructure, structures[i].structure))
            fail_msg("%s: %.*s, not %s", structures[i].name, SPAN_ARG(v.bodystructure), structures[i].structure);
        assert_false(v.flat);
        assert_int_equal(v.size, mail.n);
        build(mail, 1, &again);
        assert_true(span_eq(buf_span(&out), buf_span(&again)));
        for (size_t n = 0; n < mail.n; n++) {
            build(span_head(mail, n), 0, &out);
            assert_lawful(&out, &v);
        }
    }
    buf_free(&out);
    buf_free(&again);
}

static void test_body_has_no_extension(void **state)
{
    struct buf out = BUF_INIT;
    struct summary v;

    (void)state;
    build(SPAN_LIT(MP("b") "--b\r\nContent-MD5: x\r\n\r\none\r\n--b--\r\n"), 0, &out);
    assert_lawful(&out, &v);
    assert_true(span_eq_str(v.body, "((" PLAIN "3 1) \"mixed\")"));
    buf_free(&out);
}

/* ---- sections ---- */

static const char nested[] = "Subject: top\r\n" MP(
    "a") "--a\r\n\r\nfirst\r\n"                                   /* 1 */
         "--a\r\nContent-Type: message/rfc822\r\nX: mime\r\n\r\n" /* 2 */
         "Subject: inner\r\n" MP(
             "b") "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n"                      /* 2.1 */
                  "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: deep\r\n\r\ndeep text\r\n" /* 2.2, 2.2.1 */
                  "--b--\r\n"
                  "--a\r\n" MP("c") "--c\r\n\r\nthird\r\n--c--\r\n" /* 3, 3.1 */
                                    "--a--\r\n";
static const char leaf[] = "Subject: s\r\n\r\nbody\r\n";
static const char wrapped[] = "Content-Type: message/rfc822\r\n\r\nSubject: i\r\n\r\nin\r\n";
static const char partless[] = MP("b") "none\r\n";
static const char global[] =
    MP("a") "--a\r\nContent-Type: message/global\r\n\r\n" MP("b") "--b\r\n\r\nin\r\n--b--\r\n"
                                                                  "--a\r\n\r\nlast\r\n--a--\r\n";

static const struct {
    const char *mail, *section;
    const char *body, *mime, *msg_header, *msg_body; /* NULL body: no such part; NULL msg_header: no message */
    const char *encoding;
} sections[] = {
    {leaf, "", "body\r\n", "Subject: s\r\n\r\n", "Subject: s\r\n\r\n", "body\r\n", ""},
    {leaf, "1", "body\r\n", "Subject: s\r\n\r\n", NULL, NULL, ""},
    {leaf, "2", NULL, NULL, NULL, NULL, ""},
    {leaf, "1.1", NULL, NULL, NULL, NULL, ""},
    {wrapped, "1", "Subject: i\r\n\r\nin\r\n", "Content-Type: message/rfc822\r\n\r\n", "Subject: i\r\n\r\n", "in\r\n",
     ""},
    {wrapped, "1.1", "in\r\n", "Subject: i\r\n\r\n", NULL, NULL, ""},
    {partless, "1", "none\r\n", MP("b"), NULL, NULL, ""},
    {partless, "1.1", NULL, NULL, NULL, NULL, ""},
    {global, "1", MP("b") "--b\r\n\r\nin\r\n--b--", "Content-Type: message/global\r\n\r\n", NULL, NULL, ""},
    {global, "1.1", NULL, NULL, NULL, NULL, ""},
    {global, "2", "last", "\r\n", NULL, NULL, ""},
    {nested, "1", "first", "\r\n", NULL, NULL, ""},
    {nested, "2", NULL, "Content-Type: message/rfc822\r\nX: mime\r\n\r\n", "Subject: inner\r\n" MP("b"), NULL, ""},
    {nested, "2.1", "AA==", "Content-Transfer-Encoding: base64\r\n\r\n", NULL, NULL, "base64"},
    {nested, "2.2", "Subject: deep\r\n\r\ndeep text", "Content-Type: message/rfc822\r\n\r\n", "Subject: deep\r\n\r\n",
     "deep text", ""},
    {nested, "2.2.1", "deep text", "Subject: deep\r\n\r\n", NULL, NULL, ""},
    {nested, "3", NULL, MP("c"), NULL, NULL, ""},
    {nested, "3.1", "third", "\r\n", NULL, NULL, ""},
    {nested, "4", NULL, NULL, NULL, NULL, ""},
    {nested, "2.3", NULL, NULL, NULL, NULL, ""},
    {nested, "01", NULL, NULL, NULL, NULL, ""},
};

static void assert_octets(const char *mail, uint64_t off, uint64_t n, const char *want)
{
    if (!want)
        return;
    assert_int_equal(n, strlen(want));
    assert_true(off + n <= strlen(mail));
    assert_memory_equal(mail + off, want, n);
}

static void test_sections(void **state)
{
    struct buf out = BUF_INIT;
    struct summary v;
    struct summary_part p;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        bool exists = sections[i].body || sections[i].mime;

        build(span_str(sections[i].mail), 0, &out);
        assert_lawful(&out, &v);
        assert_int_equal(summary_part(&v, span_str(sections[i].section), &p, &e), exists ? RC_OK : RC_NOTFOUND);
        if (!exists)
            continue;
        assert_string_equal(p.section, sections[i].section);
        assert_octets(sections[i].mail, p.body_off, p.body_len, sections[i].body);
        assert_octets(sections[i].mail, p.header_off, p.header_len, sections[i].mime);
        assert_int_equal(p.has_message, sections[i].msg_header != NULL);
        assert_octets(sections[i].mail, p.msg_header_off, p.msg_header_len, sections[i].msg_header);
        assert_octets(sections[i].mail, p.msg_body_off, p.msg_body_len, sections[i].msg_body);
        assert_string_equal(p.encoding, sections[i].encoding);
    }
    buf_free(&out);
}

/* ---- facts, sort, thread ---- */

static const struct {
    const char *subject, *base;
    bool reply;
} subjects[] = {
    {"hello", "hello", false},
    {"Re: hello", "hello", true},
    {"RE : Fwd: [list] hello", "hello", true},
    {"[list] hello", "hello", false},
    {"[list]", "[list]", false},
    {"hello (fwd)", "hello", true},
    {"[Fwd: hello]", "hello", true},
    {"re[2]: hello", "hello", true},
    {"report: x", "report: x", false},
    {"Re:", "", true},
    {"=?utf-8?q?Re:_=C3=89t=C3=A9?=", "ete", true},
    {"", "", false},
    {"Re: [Fwd: Re: a  b]", "a b", true},
};

static void test_base_subjects(void **state)
{
    struct buf mail = BUF_INIT, out = BUF_INIT;
    struct summary v;

    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        struct rd r;
        struct span base;

        buf_clear(&mail);
        buf_addf(&mail, "Subject: %s\r\nFrom: \"J\xc3\xa9\" <J@x>\r\nTo: g:;, a@b\r\n\r\n", subjects[i].subject);
        build(buf_span(&mail), 0, &out);
        assert_lawful(&out, &v);
        r = rd_of(v.sort);
        base = rd_var_bytes(&r);
        if (!span_eq_str(base, subjects[i].base))
            fail_msg("\"%s\": \"%.*s\"", subjects[i].subject, SPAN_ARG(base));
        assert_true(span_eq_str(rd_var_bytes(&r), "j"));
        assert_true(span_eq_str(rd_var_bytes(&r), "je"));
        assert_true(span_eq_str(rd_var_bytes(&r), "a"));
        assert_true(span_eq_str(rd_var_bytes(&r), "a@b"));
        assert_int_equal(rd_var_bytes(&r).n, 0);
        assert_int_equal(rd_var_bytes(&r).n, 0);
        assert_int_equal(rd_u8(&r), subjects[i].reply);
        assert_true(rd_done(&r));
    }
    buf_free(&mail);
    buf_free(&out);
}

static void test_facts_and_thread(void **state)
{
    static const char mail[] = "Date: Sat, 21 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\nReferences: <a@x> junk "
                               "<b@x>\r\n <c@x\r\n\r\nx\r\ny\r\n";
    struct buf out = BUF_INIT;
    struct summary v;
    struct rd r;

    (void)state;
    build(SPAN_LIT(mail), 0, &out);
    assert_lawful(&out, &v);
    assert_int_equal(v.size, sizeof mail - 1);
    assert_int_equal(v.lines, 7);
    assert_true(v.has_date);
    assert_int_equal(v.date, 1795251600);
    assert_int_equal(v.local_day, 20778);
    assert_true(v.has_header);
    assert_int_equal(v.header.n, sizeof mail - 1 - 6);
    assert_memory_equal(v.header.p, mail, v.header.n);
    r = rd_of(v.thread);
    assert_true(span_eq_str(rd_var_bytes(&r), "1@x"));
    assert_int_equal(rd_var_bytes(&r).n, 0);
    assert_true(span_eq_str(rd_var_bytes(&r), "a@x"));
    assert_true(span_eq_str(rd_var_bytes(&r), "b@x"));
    assert_true(rd_done(&r));
    buf_free(&out);
}

/* ---- damage and growth ---- */

static void test_damaged_bytes(void **state)
{
    struct buf out = BUF_INIT;
    struct summary v;
    struct err e;

    (void)state;
    build(span_str(nested), 0, &out);
    for (size_t n = 0; n < out.n; n++) { /* a cut summary is never taken for whole unless it ends between sections */
        struct summary_part p;

        if (summary_read(span_of(out.p, n), &opened, &v, &e) == RC_OK)
            (void)summary_part(&v, SPAN_LIT("2.2.1"), &p, &e);
    }
    assert_int_equal(summary_read(SPAN_LIT("\x01xxxx"), &opened, &v, &e), RC_CORRUPT);
    assert_int_equal(summary_read(SPAN_LIT("\x02xxxx"), &opened, &v, &e), RC_CORRUPT);
    assert_int_equal(summary_read(SPAN_LIT(""), &opened, &v, &e), RC_CORRUPT);
    assert_int_equal(summary_read(span_of(out.p, out.n - 1), &opened, &v, &e), RC_CORRUPT);
    buf_free(&out);
}

static void grow(struct buf *b, const char *first, const char *unit, size_t n, const char *last)
{
    buf_addstr(b, first);
    for (size_t i = 0; i < n; i++)
        buf_addstr(b, unit);
    buf_addstr(b, last);
}

static void test_growth(void **state)
{
    struct buf mail = BUF_INIT, out = BUF_INIT;
    struct summary v;
    struct summary_part p;
    struct err e;

    (void)state;
    for (int i = 0; i < 6; i++) { /* addresses that take far more room as a list, in every field */
        static const char *const f[] = {"From: ", "Sender: ", "Reply-To: ", "To: ", "Cc: ", "Bcc: "};

        grow(&mail, f[i], "\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\" <a@b>,", 1000, "\r\n");
    }
    grow(&mail, "Subject: ", "\"\\", 15000, "\r\n\r\nx");
    build(buf_span(&mail), 0, &out);
    assert_lawful(&out, &v);
    buf_clear(&mail);
    grow(
        &mail, MP("b"),
        "--b\r\nContent-Type: text/plain; "
        "name=\"0123456789abcdef0123456789abcdef0123456789abcdef\"\r\nContent-Description: "
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n\r\nx\r\n",
        999, "--b--\r\n");
    build(buf_span(&mail), 0, &out);
    assert_lawful(&out, &v);
    assert_true(v.flat); /* the structure alone would not fit */
    assert_int_equal(summary_part(&v, SPAN_LIT("1"), &p, &e), RC_OK);
    assert_int_equal(p.body_off + p.body_len, mail.n);
    buf_clear(&mail);
    grow(&mail, MP("b"), "--b\r\n\r\nx\r\n", 999, "--b--\r\n");
    build(buf_span(&mail), 0, &out);
    assert_lawful(&out, &v);
    assert_false(v.flat);
    assert_int_equal(summary_part(&v, SPAN_LIT("999"), &p, &e), RC_OK);
    buf_clear(&mail);
    grow(&mail, "", "Content-Type: message/rfc822\r\n\r\n", 50, "Subject: end\r\n\r\nx");
    build(buf_span(&mail), 0, &out);
    assert_lawful(&out, &v);
    assert_false(v.flat);
    buf_clear(&mail);
    grow(&mail, "", "Content-Type: message/rfc822\r\n\r\n", 300000, "");
    build(buf_span(&mail), 0, &out);
    assert_lawful(&out, &v);
    assert_true(v.flat);
    assert_true(span_eq_str(v.body, "(\"application\" \"octet-stream\" NIL NIL NIL \"7BIT\" 9599968)"));
    buf_free(&mail);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelopes),
        cmocka_unit_test(test_structures),
        cmocka_unit_test(test_body_has_no_extension),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_base_subjects),
        cmocka_unit_test(test_facts_and_thread),
        cmocka_unit_test(test_damaged_bytes),
        cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
