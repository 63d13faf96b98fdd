/* SPDX-License-Identifier: EUPL-1.2 */
/* base/clock_test.c - deadlines and calendars; secrets and random bytes (base/wipe.h) as well. */
#include "base/clock.h"
#include "base/wipe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>
#include <limits.h>
#include <string.h>
#include <time.h>

static void test_forms(void **state)
{
    static const struct {
        int64_t utc;
        const char *mail, *iso;
    } t[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 +0000", "2000-02-29T00:00:00.000Z"},
        {1795254896, "Sat, 21 Nov 2026 09:54:56 +0000", "2026-11-21T09:54:56.000Z"},
        {4107542399, "Sun, 28 Feb 2100 23:59:59 +0000", "2100-02-28T23:59:59.000Z"},
        {4107542400, "Mon, 01 Mar 2100 00:00:00 +0000", "2100-03-01T00:00:00.000Z"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59.000Z"},
        {INT64_MAX / 1000, "Fri, 31 Dec 9999 23:59:59 +0000", "9999-12-31T23:59:59.807Z"},
        {-1, "Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"},
    };
    char mail[40], iso[32];

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        clock_rfc5322(t[i].utc, mail);
        assert_string_equal(mail, t[i].mail);
        clock_iso(t[i].utc == INT64_MAX / 1000 ? INT64_MAX : t[i].utc * 1000, iso);
        assert_string_equal(iso, t[i].iso);
    }
}

/* Every day of 400 years, as the C library has it. */
static void test_calendar(void **state)
{
    char ours[40], theirs[40];
    struct tm tm;

    (void)state;
    for (time_t t = 0; t < 400LL * 366 * 86400; t += 86400 + 3599) {
        clock_rfc5322(t, ours);
        strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&t, &tm));
        assert_string_equal(ours, theirs);
    }
}

static void test_deadlines(void **state)
{
    int64_t t = clock_mono();

    (void)state;
    assert_int_equal(deadline_left_ms(DEADLINE_NEVER), -1);
    assert_int_equal(deadline_left_ms(t), 0);
    assert_int_equal(deadline_left_ms(0), 0);
    assert_int_equal(deadline_left_ms(DEADLINE_NEVER - 1), INT_MAX);
    assert_true(deadline_in(INT64_MAX) == DEADLINE_NEVER);
    assert_in_range(deadline_left_ms(deadline_in(3600000)), 3000000, 3600001);
    assert_int_equal(deadline_left_ms(deadline_in(-5)), 0);
    assert_true(clock_mono() >= t);
    assert_in_range(clock_utc(), 1700000000, 253402300799);
    assert_in_range(clock_utc_ms() / 1000 - clock_utc(), 0, 1);
}

static void test_secrets(void **state)
{
    unsigned char a[32], b[32], zero[32] = {0};
    unsigned char *s = secret_alloc(100000);

    (void)state;
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(s[i], 0);
    random_bytes(s, 100000);
    secret_free(s, 100000);
    secret_free(NULL, 5);
    random_bytes(a, sizeof a);
    memcpy(b, a, sizeof a);
    assert_true(same_secret(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 1;
        assert_false(same_secret(a, b, sizeof a));
        b[i] ^= 1;
    }
    assert_true(same_secret(a, zero, 0));
    assert_false(same_secret(a, zero, sizeof a));
    wipe(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
    wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
