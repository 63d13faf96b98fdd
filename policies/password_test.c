/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/password_test.c - what may be a new password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include "policies/password.h"
#include <cmocka.h>

static const struct {
    const char *password;
    int64_t least;
    enum rc rc;
} cases[] = {
    {"a", 8, RC_PERM},
    {"a", 1, RC_PERM}, /* one character again and again, once */
    {"court-1", 8, RC_PERM},
    {"assez-12", 8, RC_OK},
    {"éàùçôîéà", 8, RC_OK}, /* characters, not octets */
    {"éàùç", 8, RC_PERM},
    {"aaaaaaaaaa", 8, RC_PERM},
    {"éééééééé", 8, RC_PERM},
    {"abababab", 8, RC_OK},
    {"Jeanne.Essai@chu.test", 8, RC_PERM},
    {"JEANNE.ESSAI", 8, RC_PERM},
    {"jeanne.essai.", 8, RC_OK},
    {"", 1, RC_PERM},
    {"phrase de plusieurs mots", 8, RC_OK},
};

static void each_case(void **state)
{
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            password_ok(span_str(cases[i].password), SPAN_LIT("jeanne.essai@chu.test"), cases[i].least, &e),
            cases[i].rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_case)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
