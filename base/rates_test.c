/* SPDX-License-Identifier: EUPL-1.2 */
/* base/rates_test.c - a budget is used up, drains, is one's own, and is all or nothing. */
#include "base/rates.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* last, as it asks */
#include <cmocka.h>

#define S INT64_C(1000000000)
#define HOUR (3600 * S)

static bool one(struct rates *r, uint64_t key, double amount, int64_t now)
{
    struct rate_use u = {key, amount, 100, HOUR};

    return rates_take(r, &u, 1, now) == 1;
}

static void used_up_and_drained(void **state)
{
    struct rates *r = rates_new();
    int64_t t = 5 * HOUR;

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(one(r, 7, 1, t));
    assert_false(one(r, 7, 1, t));
    assert_true(one(r, 8, 1, t)); /* another's */
    assert_false(one(r, 7, 1, t + 35 * S));
    assert_true(one(r, 7, 1, t + 37 * S)); /* a hundredth of an hour */
    assert_false(one(r, 7, 1, t + 38 * S));
    assert_true(one(r, 7, 50, t + HOUR));
    rates_free(&r);
}

static void more_than_all_once(void **state)
{
    struct rates *r = rates_new();

    (void)state;
    assert_true(one(r, 7, 300, 0));
    assert_false(one(r, 7, 1, 2 * HOUR)); /* it is paid for */
    assert_true(one(r, 7, 1, 3 * HOUR));
    assert_false(one(r, 7, 100, 3 * HOUR));
    rates_free(&r);
}

static void all_or_nothing(void **state)
{
    struct rates *r = rates_new();
    struct rate_use u[] = {{1, 1, 100, HOUR}, {2, 60, 100, HOUR}};

    (void)state;
    assert_int_equal(rates_take(r, u, 2, 0), 2);
    assert_int_equal(rates_take(r, u, 2, 0), 1);
    assert_true(one(r, 1, 99, 0)); /* the refused one has used nothing */
    assert_false(one(r, 1, 1, 0));
    rates_free(&r);
}

/* However many come, those that use most are remembered. */
static void the_heavy_ones_stay(void **state)
{
    struct rates *r = rates_new();

    (void)state;
    for (uint64_t k = 1; k <= 8; k++)
        assert_true(one(r, k, 100, 0));
    for (uint64_t k = 1000; k < 200000; k++)
        assert_true(one(r, k, 1, 0));
    for (uint64_t k = 1; k <= 8; k++)
        assert_false(one(r, k, 1, 0));
    rates_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(used_up_and_drained), cmocka_unit_test(more_than_all_once),
                                       cmocka_unit_test(all_or_nothing), cmocka_unit_test(the_heavy_ones_stay)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
