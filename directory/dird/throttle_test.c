/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle_test.c - pauses grow, are forgotten, and cannot be pushed out of the table by other keys. */
#include "directory/dird/throttle.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

enum { FREE = 10, MOST_MS = 60000, MINUTE = 60000 };

static void fill(struct throttle *t, uint64_t key, int64_t now, int n)
{
    for (int i = 0; i < n; i++)
        throttle_take(t, key, now);
}

static void pauses_double_up_to_the_most(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(FREE, MOST_MS);
    static const int64_t pauses[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    int64_t now = 1000000;
    for (int i = 0; i < FREE; i++) {
        assert_int_equal(throttle_wait(t, 7, now), 0);
        throttle_take(t, 7, now);
    }
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        assert_int_equal(throttle_wait(t, 7, now), pauses[i]);
        assert_int_equal(throttle_wait(t, 7, now + pauses[i] - 1), 1);
        now += pauses[i];
        assert_int_equal(throttle_wait(t, 7, now), 0);
        throttle_take(t, 7, now);
    }
    assert_int_equal(throttle_wait(t, 8, now), 0); /* another key */
    throttle_free(&t);
}

static void a_try_is_given_back(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(FREE, MOST_MS);
    fill(t, 7, 1000, FREE);
    assert_int_equal(throttle_wait(t, 7, 1000), 1000);
    throttle_back(t, 7, 1000);
    assert_int_equal(throttle_wait(t, 7, 1000), 0);
    throttle_back(t, 9, 1000); /* one that is not there */
    assert_int_equal(throttle_wait(t, 9, 1000), 0);
    throttle_free(&t);
}

static void quiet_is_forgiven(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(FREE, MOST_MS);
    fill(t, 7, 0, 30);
    throttle_take(t, 7, 9 * MINUTE); /* not quiet yet: it counts on */
    assert_int_equal(throttle_wait(t, 7, 9 * MINUTE), MOST_MS);
    throttle_take(t, 7, 19 * MINUTE); /* ten quiet minutes: the first of a new count */
    assert_int_equal(throttle_wait(t, 7, 19 * MINUTE), 0);
    throttle_free(&t);
}

static void many_keys_push_out_the_oldest_only(void **state)
{
    (void)state;
    struct throttle *t = throttle_new(FREE, MOST_MS);
    fill(t, 1000003, 50000, FREE);
    for (uint64_t k = 0; k < 100000; k++)
        throttle_take(t, k * 2654435761u, (int64_t)(k % 2 ? 1 : 49999));
    assert_true(throttle_wait(t, 1000003, 50000) > 0);
    throttle_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_double_up_to_the_most),
        cmocka_unit_test(a_try_is_given_back),
        cmocka_unit_test(quiet_is_forgiven),
        cmocka_unit_test(many_keys_push_out_the_oldest_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
