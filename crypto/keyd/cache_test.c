/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/cache_test.c - the bounded table: found again, least recently used leaves, values are dropped once. */
#include "crypto/keyd/cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct value {
    int n;
    int64_t until;
};
static int dropped;

static void drop(void *v)
{
    (void)v;
    dropped++;
}

static bool stale(const void *v, int64_t now)
{
    return now >= ((const struct value *)v)->until;
}

/* keys of one set: the set is chosen by the first eight bytes */
static void key_of(unsigned char key[CACHE_KEY], int n)
{
    memset(key, 0, CACHE_KEY);
    key[31] = (unsigned char)n;
    key[30] = (unsigned char)(n >> 8);
}

static bool put(struct cache *c, int n)
{
    unsigned char key[CACHE_KEY];
    struct value *v;
    bool found;

    key_of(key, n);
    v = cache_hold(c, key, &found);
    if (found)
        assert_int_equal(v->n, n);
    else
        assert_true(v->n == 0 && v->until == 0); /* new ones are zeroed */
    v->n = n;
    v->until = n;
    cache_release(c, key);
    return found;
}

static void test_lru(void **st)
{
    struct cache *c = cache_new(64, sizeof(struct value), drop);

    (void)st;
    dropped = 0;
    for (int i = 1; i <= 16; i++)
        assert_false(put(c, i));
    assert_true(put(c, 1)); /* used again: 2 is now the oldest */
    assert_int_equal(dropped, 0);
    assert_false(put(c, 100));
    assert_int_equal(dropped, 1);
    assert_true(put(c, 1));
    assert_false(put(c, 2));
    cache_free(&c);
    assert_null(c);
    assert_int_equal(dropped, 2 + 16);
}

static void test_sweep_and_drop(void **st)
{
    struct cache *c = cache_new(16, sizeof(struct value), drop);
    unsigned char key[CACHE_KEY];
    bool found;

    (void)st;
    dropped = 0;
    for (int i = 1; i <= 10; i++)
        put(c, i);
    cache_sweep(c, stale, 5);
    assert_int_equal(dropped, 5);
    assert_false(put(c, 5));
    assert_true(put(c, 6));
    key_of(key, 6);
    cache_hold(c, key, &found);
    cache_drop(c, key);
    cache_drop(c, key); /* twice is once */
    cache_release(c, key);
    assert_int_equal(dropped, 6);
    assert_false(put(c, 6));
    cache_free(&c);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_lru), cmocka_unit_test(test_sweep_and_drop)};
    return cmocka_run_group_tests_name("cache", t, NULL, NULL);
}
