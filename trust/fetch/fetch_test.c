/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/fetch/fetch_test.c - which addresses are addresses, which of them are near, and how long an address that fails is left alone. Servers are in
 * tests/protocol/test_trustd.py. */
#include "trust/fetch/fetch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

static const char *const good[] = {"http://a.test", "https://a.test/l.xml?x=1", "HTTP://a.test/",
                                   "http://[::1]:8080/l"};
static const char *const bad[] = {"",
                                  "http://",
                                  "file:///etc/passwd",
                                  "ftp://a.test/x",
                                  "ldap://a.test/x",
                                  "gopher://a.test/",
                                  "a.test/l",
                                  " http://a.test/",
                                  "http://a.test/ x",
                                  "http://a.test/\r\nHost: b",
                                  "http://\xc3\xa9.test/",
                                  "httpx://a.test/"};

static void which_are_addresses(void **state)
{
    char is_long[FETCH_URL + 8];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!fetch_url_ok(span_str(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fetch_url_ok(span_str(bad[i])))
            fail_msg("taken: %s", bad[i]);
    memset(is_long, 'a', sizeof is_long);
    memcpy(is_long, "http://", 7);
    assert_true(fetch_url_ok(span_of(is_long, FETCH_URL - 1)));
    assert_false(fetch_url_ok(span_of(is_long, FETCH_URL)));
}

/* A minute, then twice as long each time, a fifth more or less, and never longer than the longest. */
static void pauses_grow(void **state)
{
    int64_t middle = FETCH_PAUSE_FIRST_S;

    (void)state;
    for (unsigned failures = 1; failures < 40; failures++) {
        int64_t least = INT64_MAX, most = 0;
        for (int i = 0; i < 200; i++) {
            int64_t p = fetch_pause(failures);
            assert_true(p >= middle * 4 / 5 && p <= middle * 6 / 5);
            least = p < least ? p : least;
            most = p > most ? p : most;
        }
        assert_true(most > least); /* instances that failed together do not come again together */
        middle = middle * 2 < FETCH_PAUSE_MOST_S ? middle * 2 : FETCH_PAUSE_MOST_S;
    }
    assert_true(fetch_pause(UINT32_MAX) <= (int64_t)FETCH_PAUSE_MOST_S * 6 / 5);
}

static void which_are_near(void **state)
{
    static const char *const near[] = {"127.0.0.1",
                                       "127.255.0.9",
                                       "0.0.0.0",
                                       "10.1.2.3",
                                       "172.16.0.1",
                                       "172.31.255.255",
                                       "192.168.0.1",
                                       "169.254.1.1",
                                       "100.64.0.1",
                                       "100.127.9.9",
                                       "::1",
                                       "::",
                                       "fe80::1",
                                       "fc00::1",
                                       "fdff::1",
                                       "febf::1",
                                       "::ffff:127.0.0.1",
                                       "::ffff:10.0.0.1",
                                       "::192.168.1.1",
                                       "fec0::1",
                                       "no address",
                                       ""};
    static const char *const far[] = {"9.9.9.9",     "11.0.0.1",    "126.0.0.1",   "128.0.0.1",     "172.15.0.1",
                                      "172.32.0.1",  "192.167.0.1", "192.169.0.1", "100.63.0.1",    "100.128.0.1",
                                      "169.253.0.1", "2001:db8::1", "2a01::1",     "::ffff:9.9.9.9"};

    (void)state;
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        if (!fetch_near(near[i]))
            fail_msg("far: %s", near[i]);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        if (fetch_near(far[i]))
            fail_msg("near: %s", far[i]);
}

static void not_asked(void **state)
{
    struct fetch_how how = {.url = "file:///etc/passwd", .max = 1000, .seconds = 5};
    struct fetched got;
    struct err e = {0};

    (void)state;
    fetch_begin();
    assert_int_equal(fetch(&how, &got, &e), RC_TEMP);
    assert_int_equal(got.body.n, 0);
    how.url = "http://127.0.0.1:1/";
    assert_int_equal(fetch(&how, &got, &e), RC_TEMP);
    assert_true(e.log[0] != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(which_are_addresses), cmocka_unit_test(pauses_grow),
                                       cmocka_unit_test(which_are_near), cmocka_unit_test(not_asked)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
