/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/people_test.c - names, addresses, kinds, generated passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the above first */
#include "pli/people.h"
#include <cmocka.h>

static const struct {
    const char *name, *given, *sn;
} names[] = {
    {"Hélène MARTIN", "Hélène", "MARTIN"},
    {"Hélène MARTIN DURAND", "Hélène", "MARTIN DURAND"},
    {"Marie-Claire LE GALL", "Marie-Claire", "LE GALL"},
    {"Jean Dupont", "Jean", "Dupont"},
    {"Jean Paul Dupont", "Jean Paul", "Dupont"},
    {"Zoé ÉLUARD", "Zoé", "ÉLUARD"},
    {"  Zoé   LÉON  ", "Zoé", "LÉON"},
    {"DUPONT", "", "DUPONT"},
    {"Secretariat", "", "Secretariat"},
    {"Jean D", "Jean", "D"},
    {"", "", ""},
};

static void names_are_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct span given, sn;
        name_split(span_str(names[i].name), &given, &sn);
        if (!span_eq_str(given, names[i].given) || !span_eq_str(sn, names[i].sn))
            print_error("row %zu: \"%.*s\" \"%.*s\"\n", i, SPAN_ARG(given), SPAN_ARG(sn));
        assert_true(span_eq_str(given, names[i].given) && span_eq_str(sn, names[i].sn));
    }
}

static const struct {
    const char *text, *normal; /* NULL: not an address */
} addresses[] = {
    {"gp@chu.test", "gp@chu.test"},
    {"Marie.Martin@CHU.Test", "marie.martin@chu.test"},
    {"a_b-c.d@x.y.z", "a_b-c.d@x.y.z"},
    {"gp", NULL},
    {"@chu.test", NULL},
    {"gp@", NULL},
    {"gp@chu", NULL},
    {"gp@chu..test", NULL},
    {".gp@chu.test", NULL},
    {"g p@chu.test", NULL},
    {"gp@chu.test\n", NULL},
    {"a@b@chu.test", NULL},
    {"h\xc3\xa9l\xc3\xa8ne@chu.test", NULL},
};

static void addresses_are_normal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char out[256];
        struct span domain;
        bool ok = address_normal(addresses[i].text, out, &domain);
        if (ok != (addresses[i].normal != NULL))
            print_error("row %zu\n", i);
        assert_int_equal(ok, addresses[i].normal != NULL);
        if (ok)
            assert_string_equal(out, addresses[i].normal);
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_int_equal(type_of("per"), DT_PER);
    assert_int_equal(type_of("APP"), DT_APP);
    assert_int_equal(type_of("perx"), 0);
    assert_int_equal(type_of(""), 0);
    assert_string_equal(type_name(DT_CAB), "CAB");
    assert_string_equal(type_name(0), "?");
    assert_string_equal(type_name(200), "?");
}

static void passwords_differ(void **state)
{
    struct passwords a, b;
    (void)state;
    passwords_generate(&a);
    passwords_generate(&b);
    assert_int_equal(a.line[0].n, 23);
    assert_false(span_eq(a.line[0], b.line[0]));
    for (size_t i = 0; i < a.line[0].n; i++)
        assert_true(strchr("abcdefghjkmnpqrstuvwxyz23456789-", a.line[0].p[i]) != NULL);
    passwords_wipe(&a);
    passwords_wipe(&b);
    assert_null(a.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_split),
        cmocka_unit_test(addresses_are_normal),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(passwords_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
