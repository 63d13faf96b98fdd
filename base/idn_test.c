/* SPDX-License-Identifier: EUPL-1.2 */
/* base/idn_test.c - one name for every spelling of a domain. */
#include "base/idn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define HOPITAL "xn--hpital-ixa.example"
static const struct {
    const char *typed, *want; /* NULL: it is none */
} domains[] = {
    {"CHU.Example", "chu.example"},
    {"h\xC3\xB4pital.example", HOPITAL},
    {"H\xC3\x94PITAL.EXAMPLE", HOPITAL},
    {"ho\xCC\x82pital.example", HOPITAL},           /* o and a combining circumflex: NFC */
    {"\xEF\xBD\x88\xC3\xB4pital.example", HOPITAL}, /* a full-width h */
    {"h\xC3\xB4pital\xE3\x80\x82"
     "example",
     HOPITAL}, /* an ideographic full stop */
    {"XN--HPITAL-IXA.example", HOPITAL},
    {"xn--hpital-ixa.example", HOPITAL},
    {"h\xC3\xB4pital.r\xC3\xA9gion.example", "xn--hpital-ixa.xn--rgion-bsa.example"},
    {"stra\xC3\x9F"
     "e.example",
     "xn--strae-oqa.example"}, /* IDNA2008: not "strasse" */
    {"\xE4\xBE\x8B\xE3\x81\x88.test", "xn--r8jz45g.test"},
    {"", NULL},
    {"h\xF4pital.example", NULL}, /* Latin 1, no UTF-8 */
    {"h\xC3\xB4pital..example", NULL},
    {"gp\xEF\xBC\xA0"
     "chu\xC3\xA9.example",
     NULL},                                  /* a full-width @ */
    {"a\xE2\x84\x80\xC3\xA9.example", NULL}, /* U+2100 becomes "a/c" */
    {"h\xC3\xB4 pital.example", NULL},
    {"h\xC3\xB4_pital.example", NULL},
    {"h\xC3\xB4pital.example\xE3\x80\x82", NULL}, /* a dot at the end */
    {"-h\xC3\xB4pital.example", NULL},
    {"\xF0\x9F\x8F\xA5.example", NULL},           /* a picture */
    {"\xE2\x80\xAEh\xC3\xB4pital.example", NULL}, /* a direction override */
};

static void test_domains(void **state)
{
    char out[IDN_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        bool ok = idn_domain(span_str(domains[i].typed), out);

        if (ok != (domains[i].want != NULL))
            fail_msg("%s: %s", domains[i].typed, ok ? out : "none");
        if (ok)
            assert_string_equal(out, domains[i].want);
        if (ok) { /* what was made once stays */
            assert_true(idn_domain(span_str(domains[i].want), out));
            assert_string_equal(out, domains[i].want);
        }
    }
}

static void test_a_name_that_is_long(void **state)
{
    char long_name[400], out[IDN_ROOM] = "?";
    size_t n = 0;

    (void)state;
    while (n < 250) /* 252 octets with letters beyond ASCII: its A-labels are longer than any name */
        n += (size_t)snprintf(long_name + n, sizeof long_name - n, "\xC3\xA9.");
    assert_false(idn_domain(span_of(long_name, n - 1), out));
    assert_string_equal(out, "?");
    memset(long_name, 'a', sizeof long_name);
    assert_false(idn_domain(span_of(long_name, 256), out));
    assert_true(idn_domain(span_of(long_name, 255), out)); /* ASCII is not judged here */
    memcpy(long_name, "\xC3\xA9", 2);
    assert_false(idn_domain(span_of(long_name, 62), out)); /* a label beyond 63 */
}

static void test_addresses(void **state)
{
    static const struct {
        const char *typed, *want;
    } rows[] = {
        {"Doc@h\xC3\xB4pital.example", "Doc@" HOPITAL},
        {"Doc@XN--hpital-ixa.EXAMPLE", "Doc@" HOPITAL},
        {"Doc@CHU.Example", "Doc@CHU.Example"},
        {"dr.\xC3\xA9milie@h\xC3\xB4pital.example", "dr.\xC3\xA9milie@" HOPITAL},
        {"dr.\xC3\xA9milie@chu.example", "dr.\xC3\xA9milie@chu.example"},
        {"\"a@b\xC3\xA9\"@h\xC3\xB4pital.example", "\"a@b\xC3\xA9\"@" HOPITAL},
        {"", ""},
        {"postmaster", "postmaster"},
        {"a@", "a@"},
        {"a@h\xC3\xB4pital..example", NULL},
    };
    char out[400], small[16];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool ok = idn_address(span_str(rows[i].typed), out, sizeof out);

        assert_int_equal(ok, rows[i].want != NULL);
        if (ok)
            assert_string_equal(out, rows[i].want);
    }
    assert_false(idn_address(SPAN_LIT("a@h\xC3\xB4pital.example"), small, sizeof small));
    assert_false(idn_address(SPAN_LIT("a@chu.example\0x"), out, sizeof out));
    assert_false(idn_domain(SPAN_LIT("chu\0.example"), out));
    assert_false(idn_address(SPAN_LIT("0123456789abcdef"), small, sizeof small));
    assert_true(idn_address(SPAN_LIT("0123456789abcde"), small, sizeof small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_domains), cmocka_unit_test(test_a_name_that_is_long),
                                       cmocka_unit_test(test_addresses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
