/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/report_test.c - reports written, and read back by Python's email and by Pli's own scan: fields, parts, and nothing of a peer's that is a line
 * of its own. */
#include "base/clock.h"
#include "mime/fields.h"
#include "mime/report.h"
#include "mime/report_int.h"
#include "mime/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

static const char head[] = "From: gp@a.test\r\nTo: x@b.test\r\nSubject: patient\r\nMessage-ID: <orig.1@a.test>\r\n\r\n";

static struct report one(const struct report_recipient *p, enum report_kind kind)
{
    return (struct report){.kind = kind,
                           .host = "mail.a.test",
                           .domain = "a.test",
                           .id = "0123456789abcdef0123456789abcdef",
                           .now = 1795871700,
                           .arrival = 1795871600,
                           .to = SPAN_LIT("gp@a.test"),
                           .envid = SPAN_LIT("QQ314159+2B1"),
                           .original = SPAN_LIT(head),
                           .rcpts = p,
                           .n = 1};
}

static struct report_recipient failed(void)
{
    return (struct report_recipient){.address = SPAN_LIT("x@b.test"),
                                     .orcpt = SPAN_LIT("rfc822;x+2By@b.test"),
                                     .status = SPAN_LIT("5.1.1"),
                                     .code = 550,
                                     .words = SPAN_LIT("no such user"),
                                     .remote_mta = SPAN_LIT("mx.b.test (192.0.2.1)"),
                                     .last_attempt = 1795871650};
}

/* ---- Python's email reads it: what it finds, as lines ---- */
static const char reader[] =
    "import email,email.policy,sys\n"
    "b=sys.stdin.buffer.read()\n"
    "assert b'\\n' not in b.replace(b'\\r\\n',b'') and b'\\r' not in b.replace(b'\\r\\n',b''),'bare line end'\n"
    "assert max(map(len,b.split(b'\\r\\n')))<=998\n"
    "m=email.message_from_bytes(b,policy=email.policy.default)\n"
    "assert not m.defects,m.defects\n"
    "print('top',m.get_content_type(),m.get_param('report-type'),m['from'],m['to'],m['subject'],m['message-id'],"
    "m['in-reply-to'],m['references'],m['auto-submitted'],m['date'],m['mime-version'],sep='|')\n"
    "ps=list(m.iter_parts())\n"
    "assert len(ps)==3,len(ps)\n"
    "print('parts',*[p.get_content_type() for p in ps],sep='|')\n"
    "import base64\n"
    "def octets(p):\n" /* Python looks into a message without undoing its encoding */
    "  if p.get_content_maintype()!='message': return p.get_payload(decode=True)\n"
    "  i=p.get_payload(0)\n"
    "  return base64.b64decode(i.get_payload()) if p['content-transfer-encoding']=='base64' else "
    "i.as_bytes(policy=email.policy.SMTP)\n"
    "if ps[1].get_content_type()=='message/delivery-status':\n"
    "  groups=ps[1].get_payload()\n"
    "else:\n"
    "  d=octets(ps[1])\n"
    "  groups=[email.message_from_bytes(g,policy=email.policy.SMTPUTF8) for g in d.split(b'\\r\\n\\r\\n') if "
    "g.strip()]\n"
    "for g in groups:\n"
    "  assert not g.defects,g.defects\n"
    "  for k,v in g.items(): print('status',k,' '.join(str(v).split()),sep='|')\n"
    "  print('--')\n"
    "for l in ps[0].get_content().split('\\n'): print('text',l.rstrip('\\r'),sep='|')\n"
    "p=ps[2]\n"
    "o=octets(p)\n"
    "print('original',repr(o),sep='|')\n";

static char *read_back(const struct buf *report)
{
    char in[] = "/tmp/pli-report-XXXXXX", cmd[4096];
    int fd = mkstemp(in);
    static char out[65536];
    FILE *f;
    size_t n;

    assert_int_equal(write(fd, report->p, report->n), report->n);
    close(fd);
    assert_int_equal(setenv("PLI_READER", reader, 1), 0);
    snprintf(cmd, sizeof cmd, "PYTHONIOENCODING=utf-8 /usr/bin/python3 -c \"$PLI_READER\" < %s 2>&1", in);
    f = popen(cmd, "r");
    n = fread(out, 1, sizeof out - 1, f);
    out[n] = 0;
    if (pclose(f) != 0)
        fail_msg("%s\n%.*s", out, (int)report->n, (const char *)report->p);
    unlink(in);
    return out;
}

static const char *written(const struct report *r, struct buf *out, struct report_needs *needs)
{
    struct err e;

    buf_clear(out);
    assert_int_equal(report_write(r, out, needs, &e), RC_OK);
    return read_back(out);
}

static void has(const char *text, const char *line)
{
    size_t n = strlen(line);

    for (const char *p = text; (p = strstr(p, line)); p++)
        if ((p == text || p[-1] == '\n') && (p[n] == '\n' || p[n] == 0))
            return;
    fail_msg("no line \"%s\" in\n%s", line, text);
}

static void test_failed(void **state)
{
    struct report_recipient p = failed();
    struct report r = one(&p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;
    const char *s = written(&r, &out, &needs);

    (void)state;
    assert_false(needs.utf8 || needs.eight_bit);
    assert_true(report_ascii(buf_span(&out)));
    has(s, "top|multipart/report|delivery-status|Mail Delivery System <MAILER-DAEMON@a.test>|gp@a.test|"
           "Message non remis / Undelivered mail|<0123456789abcdef0123456789abcdef@mail.a.test>|<orig.1@a.test>|"
           "<orig.1@a.test>|auto-replied|Sat, 28 Nov 2026 13:15:00 +0000|1.0");
    has(s, "parts|text/plain|message/delivery-status|text/rfc822-headers");
    has(s, "status|Original-Envelope-Id|QQ314159+1");
    has(s, "status|Reporting-MTA|dns; mail.a.test");
    has(s, "status|Original-Recipient|rfc822; x+y@b.test");
    has(s, "status|Final-Recipient|rfc822; x@b.test");
    has(s, "status|Action|failed");
    has(s, "status|Status|5.1.1");
    has(s, "status|Remote-MTA|dns; mx.b.test (192.0.2.1)");
    has(s, "status|Diagnostic-Code|smtp; 550 no such user");
    has(s, "status|Last-Attempt-Date|Sat, 28 Nov 2026 13:14:10 +0000");
    has(s, "text|    Réponse du serveur (mx.b.test (192.0.2.1)) : 550 no such user");
    assert_non_null(strstr(s, "n'a pas pu être remis"));
    assert_true(strstr(s, "n'a pas pu") < strstr(s, "could not be delivered"));
    assert_non_null(strstr(s, "original|b'From: gp@a.test\\r\\nTo: x@b.test\\r\\nSubject: patient"));
    buf_free(&out);
}

static void test_kinds(void **state)
{
    static const struct {
        enum report_kind kind;
        const char *action, *subject;
    } rows[] = {{REPORT_DELAYED, "status|Action|delayed", "Message retardé / Delayed mail"},
                {REPORT_DELIVERED, "status|Action|delivered", "Message remis / Delivered mail"},
                {REPORT_RELAYED, "status|Action|relayed", "Message transmis / Relayed mail"}};
    struct report_recipient p = failed();
    struct buf out = BUF_INIT;
    struct report_needs needs;

    (void)state;
    p.retry_until = 1795958000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct report r = one(&p, rows[i].kind);
        const char *s = written(&r, &out, &needs);

        has(s, rows[i].action);
        assert_non_null(strstr(s, rows[i].subject));
        assert_int_equal(strstr(s, "Will-Retry-Until|Sun, 29 Nov 2026 13:13:20 +0000") != NULL,
                         rows[i].kind == REPORT_DELAYED);
    }
    buf_free(&out);
}

/* A peer that would write fields, parts and lines of its own; a cause without a reply; two recipients. */
static void test_hostile(void **state)
{
    struct report_recipient p[2] = {failed(), failed()};
    struct report r = one(p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;
    const char *s;

    (void)state;
    p[0].words = SPAN_LIT("bad\r\nAction: delivered\r\n\r\n--report-0123456789abcdef0123456789abcdef--\r\n\t \x01\x7f "
                          "\xff\xc3\xa9\xe2\x80\xae\xe2\x80\xa8X-Evil: 1");
    p[0].remote_mta = SPAN_LIT("mx\r\nX-Mta: 1 (\n192.0.2.1)");
    p[0].orcpt = SPAN_LIT("rfc822;a+0D+0AX-Orcpt:+201");
    p[0].address = SPAN_LIT("\"a\r\nX-Final: 1\"@b.test");
    p[0].status = SPAN_LIT("5.1\r\n.1");
    p[1].code = 0;
    p[1].fr = "Le domaine a quitte l'espace de confiance";
    p[1].en = "The domain has left the trust space";
    p[1].words = SPAN_LIT("not told");
    r.envid = SPAN_LIT("x+0D+0AX-Envid:+201");
    r.original = SPAN_LIT("Message-ID: <a@b>\r\n <c@d>\r\nX: y\r\n\r\n");
    r.n = 2;
    s = written(&r, &out, &needs);
    assert_true(report_ascii(buf_span(&out)));
    has(s, "status|Diagnostic-Code|smtp; 550 bad Action: delivered --report-0123456789abcdef0123456789abcdef-- ????"
           "X-Evil: 1");
    has(s, "status|Remote-MTA|dns; mx X-Mta: 1 ( 192.0.2.1)");
    has(s, "status|Original-Recipient|rfc822; a X-Orcpt: 1");
    has(s, "status|Final-Recipient|rfc822; \"a X-Final: 1\"@b.test");
    has(s, "status|Original-Envelope-Id|x X-Envid: 1");
    has(s, "status|Diagnostic-Code|x-pli; The domain has left the trust space");
    has(s, "text|    Le domaine a quitte l'espace de confiance");
    assert_null(strstr(s, "status|X-"));
    assert_non_null(strstr(s, "|None|None|auto-replied")); /* two ids are none */
    assert_null(strstr(s, "status|Action|delivered"));
    buf_free(&out);
}

static void test_long_words(void **state)
{
    static char words[5000];
    struct report_recipient p = failed();
    struct report r = one(&p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;

    (void)state;
    memset(words, 'w', sizeof words);
    p.words = span_of(words, sizeof words);
    p.remote_mta = span_of(words, sizeof words);
    assert_non_null(strstr(written(&r, &out, &needs), "www..."));
    buf_free(&out);
}

static void test_full(void **state)
{
    static const char plain[] =
        "From: gp@a.test\r\nSubject: x\r\nMessage-ID: <o@a>\r\n\r\nline 1\r\n--report-x\r\n.\r\nFrom y\r\n",
                      eight[] = "From: gp@a.test\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9t\xc3\xa9\r\n",
                      global[] = "From: m\xc3\xa9@a.test\r\nSubject: \xc3\xa9\r\n\r\nx\r\n";
    struct report_recipient p = failed();
    struct report r = one(&p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;
    const char *s;

    (void)state;
    r.full = true;
    r.original = SPAN_LIT(plain);
    s = written(&r, &out, &needs);
    has(s, "parts|text/plain|message/delivery-status|message/rfc822");
    assert_true(span_find(buf_span(&out), r.original) > 0); /* not an octet was changed */
    assert_false(needs.eight_bit);
    r.original = SPAN_LIT(eight);
    s = written(&r, &out, &needs);
    assert_true(span_find(buf_span(&out), r.original) > 0);
    assert_true(needs.eight_bit);
    assert_false(needs.utf8);
    r.original = SPAN_LIT(global);
    s = written(&r, &out, &needs);
    has(s, "parts|text/plain|message/delivery-status|message/global");
    has(s, "original|b'From: m\\xc3\\xa9@a.test\\r\\nSubject: \\xc3\\xa9\\r\\n\\r\\nx\\r\\n'");
    assert_true(report_ascii(buf_span(&out)));
    r.full = false;
    s = written(&r, &out, &needs);
    has(s, "parts|text/plain|message/delivery-status|message/global-headers");
    buf_free(&out);
}

static void test_utf8(void **state)
{
    struct report_recipient p = failed();
    struct report r = one(&p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;
    const char *s;

    (void)state;
    p.address = SPAN_LIT("ren\xc3\xa9@b.test");
    p.orcpt = SPAN_LIT("utf-8;ren\\x{E9}@b.test");
    p.words = SPAN_LIT("bo\xc3\xaete inconnue");
    r.utf8 = true;
    s = written(&r, &out, &needs);
    has(s, "parts|text/plain|message/global-delivery-status|text/rfc822-headers");
    has(s, "status|Final-Recipient|utf-8; ren\xc3\xa9@b.test");
    has(s, "status|Original-Recipient|utf-8; ren\\x{E9}@b.test");
    has(s, "status|Diagnostic-Code|smtp; 550 bo\xc3\xaete inconnue");
    assert_false(needs.utf8);
    r.to = SPAN_LIT("ren\xc3\xa9@a.test");
    s = written(&r, &out, &needs);
    assert_true(needs.utf8);
    r.utf8 = false; /* a sender that did not ask for UTF-8 has an ASCII report */
    r.to = SPAN_LIT("gp@a.test");
    p.address = SPAN_LIT("x@b.test");
    s = written(&r, &out, &needs);
    has(s, "parts|text/plain|message/delivery-status|text/rfc822-headers");
    has(s, "status|Diagnostic-Code|smtp; 550 bo?te inconnue");
    assert_true(report_ascii(buf_span(&out)));
    buf_free(&out);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"", "x", "a@b\r\nBcc: c@d", "a>@b", "a <b@c>", " a@b", "a@b\xff"};
    struct report_recipient p = failed();
    struct report r = one(&p, REPORT_FAILED);
    struct buf out = BUF_INIT;
    struct report_needs needs;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        r.to = span_str(bad[i]);
        assert_int_equal(report_write(&r, &out, &needs, &e), RC_SYNTAX);
    }
    r.to = SPAN_LIT("gp@a.test");
    r.n = 0;
    assert_int_equal(report_write(&r, &out, &needs, &e), RC_SYNTAX);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed),     cmocka_unit_test(test_kinds), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_long_words), cmocka_unit_test(test_full),  cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
