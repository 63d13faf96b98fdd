/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/asked_test.c - which addresses are of here, and what Outlook's XML asks about. */
#include "httpd/asked.h"
#include "httpd/autodiscover.h"
#include <libxml/parser.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct reach here = {.host = "mail.chu.test", .domain = "chu.test"};
static const struct reach accents = {.host = "mail.chu.test", .domain = "xn--hpital-ixa.test"};

static void test_addresses(void **st)
{
    static const struct {
        const struct reach *r;
        const char *text;
        enum asked strict, loose;
        const char *address;
    } t[] = {
        {&here, "ana@chu.test", ASKED_SERVED, ASKED_SERVED, "ana@chu.test"},
        {&here, "  Ana.DUPONT@CHU.Test\r\n", ASKED_SERVED, ASKED_SERVED, "ana.dupont@chu.test"},
        {&here, "nobody-at-all_9@chu.test", ASKED_SERVED, ASKED_SERVED, "nobody-at-all_9@chu.test"},
        {&here, "ana@autre.test", ASKED_ELSEWHERE, ASKED_ELSEWHERE, ""},
        {&here, "ana@sub.chu.test", ASKED_ELSEWHERE, ASKED_ELSEWHERE, ""},
        {&here, "ana@chu.test.", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "", ASKED_NOTHING, ASKED_NOTHING, ""},
        {&here, "   ", ASKED_NOTHING, ASKED_NOTHING, ""},
        {&here, "chu.test", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "@chu.test", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "ana@", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "ana@localhost", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "ana@[127.0.0.1]", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "a b@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "a@b@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "<script>@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "ana,ou=x@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "ana\"&<@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "an\xc3\xa9@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "an\xff@chu.test", ASKED_MALFORMED, ASKED_SERVED, ""},
        {&here, "ana@chu.test\xff", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "ana@chu .test", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&here, "ana@chu.test<b>", ASKED_MALFORMED, ASKED_MALFORMED, ""},
        {&accents, "ana@H\xc3\xb4pital.test", ASKED_SERVED, ASKED_SERVED, "ana@xn--hpital-ixa.test"},
        {&accents, "ana@xn--hpital-ixa.test", ASKED_SERVED, ASKED_SERVED, "ana@xn--hpital-ixa.test"},
    };

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct asked_of strict, loose;

        asked_about(t[i].r, NULL, span_str(t[i].text), true, &strict);
        asked_about(t[i].r, NULL, span_str(t[i].text), false, &loose);
        if (strict.is != t[i].strict || loose.is != t[i].loose || strcmp(strict.address, t[i].address) != 0)
            fail_msg("%s: %d %d %s", t[i].text, strict.is, loose.is, strict.address);
        assert_true((strict.domain[0] != 0) == (strict.is == ASKED_SERVED));
        assert_string_equal(loose.address, "");
    }
}

static void test_octets(void **st)
{
    static const char nul[] = "ana@chu.test\0.autre.test";
    struct asked_of a;
    char longest[400];

    (void)st;
    asked_about(&here, NULL, span_of(nul, sizeof nul - 1), true, &a);
    assert_int_equal(a.is, ASKED_MALFORMED);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 64, "@chu.test", 10);
    asked_about(&here, NULL, span_str(longest), true, &a);
    assert_int_equal(a.is, ASKED_SERVED);
    assert_int_equal(strlen(a.address), 64 + 9);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 65, "@chu.test", 10);
    asked_about(&here, NULL, span_str(longest), true, &a);
    assert_int_equal(a.is, ASKED_MALFORMED);
    memset(longest, 'a', sizeof longest);
    longest[1] = '@';
    asked_about(&here, NULL, span_of(longest, sizeof longest), true, &a);
    assert_int_equal(a.is, ASKED_MALFORMED);
}

#define HEAD "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
#define ASK(inside)                                                                                                    \
    "<Autodiscover "                                                                                                   \
    "xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\"><Request>" inside         \
    "</Request></Autodiscover>"
#define MAIL "<EMailAddress>ana@chu.test</EMailAddress>"
#define SCHEMA(s)                                                                                                      \
    "<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/" s "</AcceptableResponseSchema>"

static void test_autodiscover(void **st)
{
    static const struct {
        const char *xml;
        enum autodiscover want;
        const char *address;
    } t[] = {
        {HEAD ASK(MAIL SCHEMA("outlook/responseschema/2006a")), AUTODISCOVER_OK, "ana@chu.test"},
        {"\xef\xbb\xbf" HEAD ASK(MAIL), AUTODISCOVER_OK, "ana@chu.test"},
        {HEAD "\r\n<!-- x -->" ASK("\r\n <LegacyDN>x</LegacyDN>" MAIL), AUTODISCOVER_OK, "ana@chu.test"},
        {HEAD ASK("<EMailAddress>a&amp;b@chu.test</EMailAddress>"), AUTODISCOVER_OK, "a&b@chu.test"},
        {HEAD ASK("<EMailAddress><![CDATA[ana@chu.test]]></EMailAddress>"), AUTODISCOVER_OK, "ana@chu.test"},
        {HEAD ASK(MAIL SCHEMA("mobilesync/responseschema/2006")), AUTODISCOVER_SCHEMA, ""},
        {"", AUTODISCOVER_INVALID, ""},
        {"ana@chu.test", AUTODISCOVER_INVALID, ""},
        {HEAD ASK(""), AUTODISCOVER_INVALID, ""},
        {HEAD ASK("<EMailAddress/>"), AUTODISCOVER_INVALID, ""},
        {HEAD ASK("<EMailAddress>ana<b/>@chu.test</EMailAddress>"), AUTODISCOVER_INVALID, ""},
        {HEAD "<Request>" MAIL "</Request>", AUTODISCOVER_INVALID, ""},
        {HEAD "<Autodiscover>" MAIL "</Autodiscover>", AUTODISCOVER_INVALID, ""},
        {HEAD "<Autodiscover><Request>" MAIL, AUTODISCOVER_INVALID, ""},
        {HEAD ASK("<EMailAddress>an\xff@chu.test</EMailAddress>"), AUTODISCOVER_INVALID, ""},
        {HEAD "<!DOCTYPE Autodiscover [<!ENTITY x \"ana@chu.test\">]>" ASK("<EMailAddress>&x;</EMailAddress>"),
         AUTODISCOVER_INVALID, ""},
        {HEAD "<!DOCTYPE Autodiscover SYSTEM \"file:///etc/passwd\">" ASK(MAIL), AUTODISCOVER_INVALID, ""},
        {HEAD
         "<!DOCTYPE Autodiscover [<!ENTITY x SYSTEM \"http://127.0.0.1/\">]>" ASK("<EMailAddress>&x;</EMailAddress>"),
         AUTODISCOVER_INVALID, ""},
        {HEAD "<!DOCTYPE Autodiscover [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>" ASK(MAIL),
         AUTODISCOVER_INVALID, ""},
        {HEAD "<!DOCTYPE Autodiscover>" ASK(MAIL), AUTODISCOVER_INVALID, ""},
        {HEAD ASK("<EMailAddress>&nothing;</EMailAddress>"), AUTODISCOVER_INVALID, ""},
    };

    (void)st;
    autodiscover_warm();
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf address = BUF_INIT;
        enum autodiscover got = autodiscover_read(span_str(t[i].xml), &address);

        if (got != t[i].want || !span_eq_str(buf_span(&address), t[i].address))
            fail_msg("%s: %d %s", t[i].xml, got, buf_cstr(&address));
        buf_free(&address);
    }
    xmlCleanupParser();
}

/* Deep, long, and in another encoding, where a DOCTYPE has other octets. */
static void test_autodiscover_hostile(void **st)
{
    static const char wide[] = "<!DOCTYPE Autodiscover [<!ENTITY x \"a\">]>" ASK(MAIL);
    struct buf x = BUF_INIT, address = BUF_INIT;

    (void)st;
    for (int i = 0; i < 3000; i++)
        buf_addstr(&x, "<a>");
    assert_int_equal(autodiscover_read(buf_span(&x), &address), AUTODISCOVER_INVALID);
    buf_clear(&x);
    buf_addstr(&x, "<Autodiscover><Request><EMailAddress>");
    while (x.n < AUTODISCOVER_MAX)
        buf_addc(&x, 'a');
    assert_int_equal(autodiscover_read(buf_span(&x), &address), AUTODISCOVER_INVALID);
    buf_addstr(&x, "</EMailAddress></Request></Autodiscover>");
    assert_int_equal(autodiscover_read(buf_span(&x), &address), AUTODISCOVER_INVALID);
    buf_clear(&x);
    buf_addstr(&x, "\xff\xfe");
    for (size_t i = 0; i < sizeof wide - 1; i++) {
        buf_addc(&x, (unsigned char)wide[i]);
        buf_addc(&x, 0);
    }
    assert_int_equal(autodiscover_read(buf_span(&x), &address), AUTODISCOVER_INVALID);
    assert_int_equal(address.n, 0);
    buf_free(&x);
    buf_free(&address);
    xmlCleanupParser();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_octets),
        cmocka_unit_test(test_autodiscover),
        cmocka_unit_test(test_autodiscover_hostile),
    };

    return cmocka_run_group_tests_name("what is asked", tests, NULL, NULL);
}
