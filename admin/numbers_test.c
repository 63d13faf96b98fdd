/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/numbers_test.c - numbers as people and spreadsheets write them. */
#include "admin/numbers.h"
#include "policies/identifiers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *typed, *number, *telephone;
} kept[] = {
    {"10001234565", "10001234565", "10001234565"},
    {" 10 001 234 565 ", "10001234565", "10 001 234 565"},
    {"10\xC2\xA0"
     "001\xE2\x80\xAF"
     "234\xE2\x80\x89"
     "565",
     "10001234565", "10 001 234 565"},
    {"187.512.751.00020", "18751275100020", "187.512.751.00020"},
    {"2a-123456-7", "2A1234567", "2a-123456-7"},
    {"01\xE2\x80\x91"
     "23\xE2\x80\x93"
     "45",
     "012345", "01-23-45"},
    {"+33  (0)1", "+33  (0)1", "+33 (0)1"}, /* a + is no part of a number: as it was */
    {"", "", ""},
    {" - ", "", "-"},
    {"10001234565,00", "10001234565,00", "10001234565,00"},
    {"1\xC2", "1\xC2", "1\xC2"}, /* half of a character */
};

static void what_stands_between_says_nothing(void **state)
{
    char mem[NUMBER_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        assert_true(span_eq_str(number_normal(span_str(kept[i].typed), mem), kept[i].number));
        assert_true(span_eq_str(telephone_normal(span_str(kept[i].typed), mem), kept[i].telephone));
    }
}

static void one_that_is_too_long_comes_out_as_it_was(void **state)
{
    char mem[NUMBER_ROOM], typed[NUMBER_ROOM + 2];

    (void)state;
    memset(typed, '1', sizeof typed);
    assert_int_equal(number_normal(span_of(typed, NUMBER_ROOM), mem).n, NUMBER_ROOM);
    assert_ptr_equal(number_normal(span_of(typed, NUMBER_ROOM + 1), mem).p, typed);
    assert_ptr_equal(telephone_normal(span_of(typed, NUMBER_ROOM + 1), mem).p, typed);
    assert_false(number_lost_zero(span_of(typed, NUMBER_ROOM), structure_ok));
}

static void a_spreadsheets_roundings(void **state)
{
    static const struct {
        const char *typed;
        bool is;
    } rows[] = {
        {"1,00001E+10", true}, {"1.00001e+10", true}, {" 1E+10 ", true},      {"1E10", false},      {"1,5", false},
        {"E+10", false},       {"1,00001E+", false},  {"1,00001E+1x", false}, {"2A1234567", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(number_rounded(span_str(rows[i].typed)), rows[i].is);
}

static void the_check_digit_decides(void **state)
{
    (void)state;
    assert_true(number_is(SPAN_LIT("10 001 234 565"), rpps_ok));
    assert_false(number_is(SPAN_LIT("10 001 234 566"), rpps_ok));
    assert_true(number_lost_zero(SPAN_LIT("10 000 024"), structure_ok));
    assert_false(number_lost_zero(SPAN_LIT("10 000 025"), structure_ok));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_between_says_nothing), cmocka_unit_test(one_that_is_too_long_comes_out_as_it_was),
        cmocka_unit_test(a_spreadsheets_roundings), cmocka_unit_test(the_check_digit_decides)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
