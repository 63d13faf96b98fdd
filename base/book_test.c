/* SPDX-License-Identifier: EUPL-1.2 */
/* base/book_test.c - the address book of an embedded directory, and of one of the site's own. */
#include "base/book.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *uri, *base, *listen, *told;
} rows[] = {
    {"", "", "[::]:636", "me:636 o=pli"},
    {"", "", "127.0.0.1:10636", "me:10636 o=pli"},
    {"", "", "", "me:0 o=pli"},
    {"", "o=autre", "[::]:636", "me:636 o=pli"}, /* the embedded one's is always that */
    {"ldaps://ldap.chu.example", "", "[::]:636", "ldap.chu.example:636 o=pli"},
    {"ldaps://ldap.chu.example:1636/", "dc=chu,dc=example", "[::]:636", "ldap.chu.example:1636 dc=chu,dc=example"},
    {"ldaps://a.example ldaps://b.example:1", "", "", "a.example:636 o=pli"},
    {"ldapi://%2frun%2fldapi ldaps://b.example", "", "", "b.example:636 o=pli"},
    {"ldapi://%2frun%2fldapi", "o=x", "[::]:636", "me:0 o=x"},
    {"ldaps://[2001:db8::1]:1636", "", "", "[2001:db8::1]:1636 o=pli"},
    {"ldaps://[2001:db8::1", "", "", "me:0 o=pli"},
    {"ldaps://", "", "", "me:0 o=pli"},
    {"ldaps://:636", "", "", "me:0 o=pli"},
    {"ldaps://a.example:99999", "", "", "a.example:636 o=pli"},
};

static void test_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct book b;
        char got[900];

        book_of(rows[i].uri, rows[i].base, rows[i].listen, "me", &b);
        snprintf(got, sizeof got, "%s:%u %s", b.host, b.port, b.base);
        if (strcmp(got, rows[i].told) != 0)
            fail_msg("row %zu: %s", i, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
