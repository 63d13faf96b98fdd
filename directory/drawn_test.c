/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/drawn_test.c - what is drawn: its form, that each letter comes, and that what people think up is not taken for it. */
#include "directory/drawn.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const char all[] = "abcdefghjkmnpqrstuvwxyz23456789";

static void two_differ_and_have_the_form(void **state)
{
    char a[DRAWN_SIZE], b[DRAWN_SIZE];

    (void)state;
    drawn_make(a);
    drawn_make(b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(drawn_is(span_of(a, sizeof a)) && drawn_is(span_of(b, sizeof b)));
    for (size_t i = 0; i < sizeof a; i++)
        assert_true(i % 6 == 5 ? a[i] == '-' : strchr(all, a[i]) != NULL && a[i] != 0);
}

/* 1,000 codes have 20,000 letters, each 645 times: one that came 500 times or 800 times is not as likely as the others (five deviations). */
static void each_letter_is_as_likely(void **state)
{
    unsigned seen[256] = {0};
    char a[DRAWN_SIZE];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        drawn_make(a);
        for (size_t k = 0; k < sizeof a; k++)
            seen[(unsigned char)a[k]]++;
    }
    assert_int_equal(seen['-'], 3000);
    for (const char *p = all; *p; p++)
        assert_in_range(seen[(unsigned char)*p], 500, 800);
}

static void what_people_think_up_is_not(void **state)
{
    static const char *const not [] = {"",
                                       "Sommer-2026",
                                       "mot de passe bien long",
                                       "abcde-abcde-abcde-abcd",
                                       "abcde-abcde-abcde-abcdef",
                                       "abcdeabcdeabcdeabcdeabc",
                                       "ABCDE-abcde-abcde-abcde",
                                       "abcd1-abcde-abcde-abcde",
                                       "abcde-abcde-abcde-abcd-",
                                       "abcde-abcde-abcde_abcde"};

    (void)state;
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        assert_false(drawn_is(span_str(not [i])));
    assert_false(drawn_is(SPAN_LIT("abcde-abcde-abcde-abcd\0")));
    assert_true(drawn_is(SPAN_LIT("abcde-abcde-abcde-abcde")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_differ_and_have_the_form),
                                       cmocka_unit_test(each_letter_is_as_likely),
                                       cmocka_unit_test(what_people_think_up_is_not)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
