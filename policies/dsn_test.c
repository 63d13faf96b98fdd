/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn_test.c - every NOTIFY against every event. */
#include "policies/dsn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A row a NOTIFY, a column an event: failed, delayed, delivered, relayed. */
static void test_table(void **state)
{
    static const struct {
        uint16_t notify;
        bool due[4];
    } rows[] = {{0, {true, true, false, false}},       {1, {false, false, false, false}},
                {2, {false, false, true, true}},       {4, {true, false, false, false}},
                {8, {false, true, false, false}},      {2 | 4, {true, false, true, true}},
                {2 | 4 | 8, {true, true, true, true}}, {4 | 8, {true, true, false, false}}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int ev = DSN_FAILED; ev <= DSN_RELAYED; ev++) {
            assert_int_equal(dsn_due((enum dsn_event)ev, rows[i].notify, false), rows[i].due[ev - 1]);
            assert_false(dsn_due((enum dsn_event)ev, rows[i].notify, true));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
