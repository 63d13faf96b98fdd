/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle_test.c - buckets fill, leak, empty, and the table stays its size. */
#include "directory/dird/throttle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MOST = 10, WINDOW = 600000 };

static void ten_failures_fill_a_bucket(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(MOST, WINDOW);
    int64_t now = 1000;
    for (int i = 0; i < MOST; i++) {
        assert_false(throttle_full(t, 7, now));
        throttle_failed(t, 7, now);
    }
    assert_true(throttle_full(t, 7, now));
    assert_false(throttle_full(t, 8, now)); /* another key */
    assert_true(throttle_full(t, 7, now + 59000));
    assert_false(throttle_full(t, 7, now + 61000)); /* one more a minute */
    throttle_failed(t, 7, now + 61000);
    assert_true(throttle_full(t, 7, now + 61000));
    assert_false(throttle_full(t, 7, now + 61000 + WINDOW));
    throttle_free(&t);
}

static void a_good_one_empties_it(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(MOST, WINDOW);
    for (int i = 0; i < 50; i++)
        throttle_failed(t, 7, 1000);
    assert_true(throttle_full(t, 7, 1000));
    throttle_good(t, 7);
    assert_false(throttle_full(t, 7, 1000));
    throttle_free(&t);
}

/* Often asked, it leaks all the same. */
static void asking_often_does_not_stop_the_leak(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(MOST, WINDOW);
    for (int i = 0; i < MOST; i++)
        throttle_failed(t, 7, 0);
    int64_t now = 0;
    while (throttle_full(t, 7, now) && now < 2 * WINDOW)
        now += 7;
    assert_in_range(now, 59000, 61000);
    throttle_free(&t);
}

static void many_keys_push_out_the_oldest_only(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(MOST, WINDOW);
    for (int i = 0; i < MOST; i++)
        throttle_failed(t, 1000003, 50000);
    for (uint64_t k = 0; k < 100000; k++)
        throttle_failed(t, k * 2654435761u, (int64_t)(k % 2 ? 1 : 49999));
    assert_true(throttle_full(t, 1000003, 50000));
    throttle_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_failures_fill_a_bucket),
        cmocka_unit_test(a_good_one_empties_it),
        cmocka_unit_test(asking_often_does_not_stop_the_leak),
        cmocka_unit_test(many_keys_push_out_the_oldest_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
