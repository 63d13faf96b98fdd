/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/checked_test.c - remembered only as long as it is right. */
#include "directory/dird/checked.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void it_is_remembered_while_right(void **state)
{
    (void)state;
    struct checked *c = checked_new(1000, true);
    unsigned char a[CHECKED_MAC], b[CHECKED_MAC];
    checked_mac(c, SPAN_LIT("x@d"), SPAN_LIT("secret"), a);
    assert_false(checked_has(c, a, 1, 5));
    checked_put(c, a, 1, 5);
    assert_true(checked_has(c, a, 1, 6));
    checked_mac(c, SPAN_LIT("x@d"), SPAN_LIT("Secret"), b);
    assert_false(checked_has(c, b, 1, 6));
    checked_mac(c, SPAN_LIT("x@"), SPAN_LIT("dsecret"), b); /* the border counts */
    assert_false(checked_has(c, b, 1, 6));
    assert_false(checked_has(c, a, 2, 6)); /* the account changed */
    assert_false(checked_has(c, a, 1, 6)); /* and it stays forgotten */
    checked_put(c, a, 2, 10);
    assert_true(checked_has(c, a, 2, 1009));
    assert_false(checked_has(c, a, 2, 1010));
    checked_free(&c);
}

static void macs_differ_from_process_to_process(void **state)
{
    (void)state;
    struct checked *c = checked_new(1000, true), *d = checked_new(0, true);
    unsigned char a[CHECKED_MAC], b[CHECKED_MAC];
    checked_mac(c, SPAN_LIT("x@d"), SPAN_LIT("secret"), a);
    checked_mac(d, SPAN_LIT("x@d"), SPAN_LIT("secret"), b);
    assert_memory_not_equal(a, b, CHECKED_MAC);
    checked_put(d, b, 1, 5);
    assert_false(checked_has(d, b, 1, 5)); /* told to remember nothing */
    checked_free(&c);
    checked_free(&d);
}

/* A directory that keeps no CSN says nothing of a change: its bind is asked each time. */
static void without_a_csn_nothing_is_right(void **state)
{
    (void)state;
    struct checked *right = checked_new(1000, true), *wrong = checked_new(1000, false);
    unsigned char a[CHECKED_MAC];
    checked_mac(right, SPAN_LIT("x@d"), SPAN_LIT("secret"), a);
    checked_put(right, a, 0, 5);
    assert_false(checked_has(right, a, 0, 6));
    checked_put(wrong, a, 0, 5);
    assert_true(checked_has(wrong, a, 0, 6));
    checked_free(&right);
    checked_free(&wrong);
}

static void it_is_bounded_and_keeps_the_newest(void **state)
{
    (void)state;
    struct checked *c = checked_new(1000000, true);
    unsigned char mac[CHECKED_MAC];
    char login[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(login, sizeof login, "a%d@d", i);
        checked_mac(c, span_str(login), SPAN_LIT("p"), mac);
        checked_put(c, mac, 1, i);
        assert_true(checked_has(c, mac, 1, i));
    }
    checked_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_remembered_while_right),
        cmocka_unit_test(macs_differ_from_process_to_process),
        cmocka_unit_test(without_a_csn_nothing_is_right),
        cmocka_unit_test(it_is_bounded_and_keeps_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
