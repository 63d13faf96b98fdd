/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/kept_test.c - what a SEARCH keeps: found again by UID however it came, within its bound, and given back.
 * Process  tests. */
#include "imapd/kept.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(struct kept *k, uint32_t uid, struct span header)
{
    struct store_entry en = {.uid = uid, .size = uid * 3ull, .internaldate = uid + 7};
    struct summary s = {.header = header,
                        .sort = SPAN_LIT("sort"),
                        .thread = span_head(SPAN_LIT("threads"), uid % 7),
                        .has_header = true,
                        .has_date = uid % 2 == 0,
                        .local_day = (int64_t)uid * 5};

    kept_add(k, &en, &s);
}

static void assert_has(const struct kept *k, uint32_t uid)
{
    char want[40];
    int n = snprintf(want, sizeof want, "Subject: %u\r\n", uid);
    struct store_entry en;
    struct summary s;

    assert_true(kept_has(k, uid));
    assert_true(kept_get(k, uid, &en, &s));
    assert_int_equal(en.uid, uid);
    assert_int_equal(en.size, uid * 3ull);
    assert_int_equal(en.internaldate, uid + 7);
    assert_int_equal(s.local_day, (int64_t)uid * 5);
    assert_int_equal(s.has_date, uid % 2 == 0);
    assert_true(s.has_header);
    assert_int_equal(s.header.n, n);
    assert_memory_equal(s.header.p, want, (size_t)n);
    assert_true(span_eq_str(s.sort, "sort"));
    assert_true(span_eq(s.thread, span_head(SPAN_LIT("threads"), uid % 7)));
}

/* 1 .. 996 in an order that goes up, down and about: 7 is prime to 997. */
static void test_any_order(void **state)
{
    struct kept k = {.n = 0};
    struct store_entry en;
    struct summary s;
    char line[40];

    (void)state;
    assert_false(kept_get(&k, 1, &en, &s));
    for (uint32_t i = 1; i < 997; i++) {
        uint32_t uid = i * 7 % 997;
        int n = snprintf(line, sizeof line, "Subject: %u\r\n", uid);

        add(&k, uid, span_of(line, (size_t)n));
        add(&k, uid, SPAN_LIT("Subject: another\r\n")); /* the first one stays: a message does not change */
    }
    assert_int_equal(k.n, 996);
    for (uint32_t uid = 1; uid < 997; uid++)
        assert_has(&k, uid);
    assert_false(kept_has(&k, 997));
    assert_false(kept_has(&k, 0));
    kept_free(&k);
    assert_false(kept_has(&k, 1));
    add(&k, 1, SPAN_LIT("Subject: 1\r\n")); /* and it can be used again */
    assert_has(&k, 1);
    kept_free(&k);
}

static void test_bound(void **state)
{
    static char large[64 * 1024];
    struct kept k = {.n = 0};
    uint32_t uid = 1;

    (void)state;
    for (; uid <= 2 * KEPT_BYTES / sizeof large; uid++)
        add(&k, uid, span_of(large, sizeof large));
    assert_true(k.fields.n <= KEPT_BYTES);
    assert_true(k.n <= KEPT_BYTES / sizeof large &&
                k.n >= KEPT_BYTES / sizeof large - 1); /* the other spans take the last one's room */
    kept_free(&k);
    for (; uid < 3 * KEPT_MOST; uid++)
        add(&k, uid, SPAN_NULL);
    assert_int_equal(k.n, KEPT_MOST);
    kept_free(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_order), cmocka_unit_test(test_bound)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
