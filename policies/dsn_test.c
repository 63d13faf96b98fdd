/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/dsn_test.c - every NOTIFY, every outcome, every sender. */
#include "policies/dsn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* last, as it asks */
#include <cmocka.h>

static const struct {
    uint16_t notify;
    bool due[5]; /* failed, delayed, delivered, relayed */
} rows[] = {
    {DSN_DEFAULT, {0, 1, 1, 0, 0}},
    {DSN_NEVER, {0, 0, 0, 0, 0}},
    {DSN_SUCCESS, {0, 0, 0, 1, 1}},
    {DSN_FAILURE, {0, 1, 0, 0, 0}},
    {DSN_DELAY, {0, 0, 1, 0, 0}},
    {DSN_SUCCESS | DSN_FAILURE, {0, 1, 0, 1, 1}},
    {DSN_SUCCESS | DSN_DELAY, {0, 0, 1, 1, 1}},
    {DSN_FAILURE | DSN_DELAY, {0, 1, 1, 0, 0}},
    {DSN_SUCCESS | DSN_FAILURE | DSN_DELAY, {0, 1, 1, 1, 1}},
    {DSN_NEVER | DSN_SUCCESS | DSN_FAILURE | DSN_DELAY, {0, 0, 0, 0, 0}}, /* not lawful: silence */
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (enum dsn_outcome o = DSN_FAILED; o <= DSN_RELAYED; o++) {
            assert_int_equal(dsn_asked(rows[i].notify, o), rows[i].due[o]);
            assert_int_equal(dsn_asked(rows[i].notify | 0x100, o), rows[i].due[o]); /* a mark of the queue's */
            assert_int_equal(dsn_due(rows[i].notify, o, DSN_SENDER_HERE), rows[i].due[o]);
            assert_int_equal(dsn_due(rows[i].notify, o, DSN_SENDER_TRUSTED), rows[i].due[o]);
            assert_false(dsn_due(rows[i].notify, o, DSN_SENDER_NULL));
            assert_false(dsn_due(rows[i].notify, o, DSN_SENDER_STRANGER));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
