/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/retry_test.c - the pauses grow and stay in their bounds whatever the random octet; warning and end come once each, and no pause passes
 * them. */
#include "relayd/retry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* last, as it asks */
#include <cmocka.h>

static const struct retry usual = {.first = 60, .max = 3600, .max_age = 172800, .warn_after = 14400};

static void test_pauses(void **state)
{
    static const uint64_t minutes[] = {1, 2, 5, 10, 20, 30, 60, 60, 60};

    (void)state;
    for (uint32_t n = 1; n <= sizeof minutes / sizeof *minutes; n++)
        for (unsigned x = 0; x < 256; x++) {
            uint64_t p = retry_pause(&usual, n, (uint8_t)x), m = minutes[n - 1] * 60;

            assert_in_range(p, m * 4 / 5, m * 6 / 5);
        }
    assert_int_equal(retry_pause(&usual, 1, 0), 48);
    assert_int_equal(retry_pause(&usual, 1, 255), 72);
    assert_int_equal(retry_pause(&usual, 0, 0), 48);
    assert_int_equal(retry_pause(&usual, UINT32_MAX, 255), 4320);
}

static void test_odd_settings(void **state)
{
    const struct retry fast = {.first = 1, .max = 1, .max_age = 60},
                       upside = {.first = 600, .max = 60, .max_age = 6000};

    (void)state;
    for (unsigned x = 0; x < 256; x++) {
        assert_int_equal(retry_pause(&fast, 5, (uint8_t)x), 1);         /* never 0: that would be a loop */
        assert_in_range(retry_pause(&upside, 9, (uint8_t)x), 480, 720); /* the first pause is the least */
    }
    assert_false(retry_warns(&fast, 1000, 1030));
    assert_int_equal(retry_age_at(&fast, 1000, 1000), 1060);
}

static void test_ages(void **state)
{
    const uint64_t r = 1000000, warn = r + 14400, end = r + 172800;

    (void)state;
    assert_int_equal(retry_age_at(&usual, r, r), warn);
    assert_int_equal(retry_age_at(&usual, r, warn - 1), warn);
    assert_int_equal(retry_age_at(&usual, r, warn), end);
    assert_false(retry_warns(&usual, r, warn - 1));
    assert_true(retry_warns(&usual, r, warn));
    assert_false(retry_warns(&usual, r, end));
    assert_false(retry_expired(&usual, r, end - 1));
    assert_true(retry_expired(&usual, r, end));
    assert_false(retry_expired(&usual, r, r - 100)); /* the clock was set back */
}

/* Whatever happens, a recipient is looked at in the second of its warning and of its end, and a message costs a bounded number of tries. */
static void test_a_life(void **state)
{
    (void)state;
    for (unsigned x = 0; x < 256; x++) {
        const uint64_t r = 5000;
        uint64_t now = r;
        unsigned tries = 0, warned = 0;

        while (!retry_expired(&usual, r, now)) {
            uint64_t next = retry_at(&usual, r, tries + 1, now, (uint8_t)(x * tries));

            tries++;
            assert_true(next > now);
            now = next;
            warned += now == r + 14400;
        }
        assert_int_equal(now, r + 172800);
        assert_int_equal(warned, 1);
        assert_in_range(tries, 45, 75);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pauses), cmocka_unit_test(test_odd_settings),
                                       cmocka_unit_test(test_ages), cmocka_unit_test(test_a_life)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
