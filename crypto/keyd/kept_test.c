/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/kept_test.c - an opened key is found by its own digest alone, and not beyond its five minutes. */
#include "base/clock.h"
#include "crypto/keyd/keyd_int.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static void test_five_minutes(void **state)
{
    struct cache *c = cache_new(16, kept_size(), NULL);
    unsigned char at[CACHE_KEY] = "one", other[CACHE_KEY] = "other", key[KEPT_KEY] = "key", got[KEPT_KEY];
    int64_t begun = clock_mono();

    (void)state;
    assert_false(kept_recall(c, at, got));
    kept_remember(c, at, key);
    assert_true(kept_recall(c, at, got));
    assert_memory_equal(got, key, KEPT_KEY);
    assert_false(kept_recall(c, other, got));
    cache_sweep(c, kept_stale, begun + 299 * SECOND);
    assert_true(kept_recall(c, at, got)); /* being asked for does not make it live longer: */
    cache_sweep(c, kept_stale, clock_mono() + 301 * SECOND);
    assert_false(kept_recall(c, at, got));
    cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_five_minutes)};

    return cmocka_run_group_tests_name("kept", tests, NULL, NULL);
}
