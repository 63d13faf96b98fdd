/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry_test.c - two passwords are told apart even when they were set within one second. Process  tests. */
#include "directory/dird/entry.h"
#include <setjmp.h>
#include <stdarg.h>
/* last, as it asks */
#include <cmocka.h>

static void when_a_password_was_set(void **state)
{
    static const struct {
        uint64_t pwd, csn, us, at;
    } t[] = {
        {261128094759, 261128094759, 123456, 261128094759123456}, /* made in the second in which it was begun */
        {261128094758, 261128094759, 7, 261128094758000007},      /* made in the next one */
        {261128094759, 261128094800, 7, 261128094759000007},      /* over the minute */
        {261128095959, 261128100000, 7, 261128095959000007},      /* over the hour */
        {261128235959, 261129000000, 7, 261128235959000007},      /* over midnight */
        {261128094759, 261128094759, 0, 261128094759000001},      /* 0 would say that it is not known */
        {261128094718, 261128094759, 7, 261128094718000000},      /* 41 seconds later: another change */
        {261128094759, 261128094801, 7, 261128094759000000},      /* two seconds later */
        {261128094759, 261128094758, 7, 261128094759000000},      /* before: no such thing */
        {0, 261128094759, 7, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (entry_secret_at(t[i].pwd, t[i].csn, t[i].us) != t[i].at)
            fail_msg("row %zu: %llu", i, (unsigned long long)entry_secret_at(t[i].pwd, t[i].csn, t[i].us));
}

/* A password that replaces another in the same second, whatever slapd's clock did meanwhile, is another. */
static void two_in_one_second(void **state)
{
    uint64_t first = entry_secret_at(261128094758, 261128094758, 900000);

    (void)state;
    assert_false(cache_same_secret(first, entry_secret_at(261128094758, 261128094758, 950000)));
    assert_false(cache_same_secret(first, entry_secret_at(261128094758, 261128094759, 20))); /* red before */
    assert_true(
        cache_same_secret(first, entry_secret_at(261128094758, 261128100000, 500000))); /* something else, later */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(when_a_password_was_set), cmocka_unit_test(two_in_one_second)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
