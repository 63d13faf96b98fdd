/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/names_test.c - names, addresses, kinds, texts, passwords; what is wrong with a wish or a change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants the above first */
#include "admin/accounts.h"
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
        bool ok = address_normal(span_str(addresses[i].text), out, &domain);
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
    assert_int_equal(type_of(span_str("per")), DT_PER);
    assert_int_equal(type_of(span_str("APP")), DT_APP);
    assert_int_equal(type_of(span_str("perx")), 0);
    assert_int_equal(type_of(span_str("")), 0);
    assert_string_equal(type_name(DT_CAB), "CAB");
    assert_string_equal(type_name(0), "?");
    assert_string_equal(type_name(200), "?");
}

static void states_have_names(void **state)
{
    static const struct {
        const char *name;
        int is; /* -1: none */
    } t[] = {{"active", DA_ACTIVE},
             {"pending", DA_PENDING},
             {"En attente", DA_PENDING},
             {"Suspendu", DA_SUSPENDED},
             {"ferme", DA_CLOSED},
             {"fermé", DA_CLOSED},
             {"closed", DA_CLOSED},
             {"erasing", -1},
             {"", -1},
             {"parti", -1}};
    uint8_t is;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        assert_int_equal(state_of(span_str(t[i].name), &is) ? is : -1, t[i].is);
    assert_string_equal(state_name(DA_SUSPENDED), "suspended");
    assert_string_equal(state_name(99), "?");
}

static void passwords_fit(void **state)
{
    static const struct {
        const char *password, *says; /* NULL: it fits */
    } rows[] = {
        {"Sesame.9", NULL},
        {"Sesam.9", "too short"},
        {"S\xc3\xa9same.9", NULL},
        {"Se\xcc\x81sa.9", "too short"}, /* e and an accent are one character once prepared: 7 code points */
        {"gp@chu.test", "the address is no password"},
        {"GP@CHU.test", "the address is no password"},
        {"aaaaaaaa", "again and again"},
        {"tab\there is one", "cannot be a password"},
        {"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", "cannot be a password"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        enum rc rc = password_fits(span_str(rows[i].password), SPAN_LIT("gp@chu.test"), 8, &e);
        if (rc != (rows[i].says ? RC_SYNTAX : RC_OK) || (rows[i].says && !strstr(e.log, rows[i].says)))
            print_error("row %zu: %d %s\n", i, (int)rc, e.log);
        assert_int_equal(rc, rows[i].says ? RC_SYNTAX : RC_OK);
        assert_true(!rows[i].says || strstr(e.log, rows[i].says));
        assert_true(!rows[i].says || e.rc == RC_SYNTAX);
        assert_null(strstr(e.log, rows[i].password)); /* what was typed is not shown */
    }
}

static void texts_have_one_form(void **state)
{
    static const struct {
        const char *typed, *kept, *says;
    } rows[] = {
        {"He\xcc\x81l\xc3\xa8ne", "H\xc3\xa9l\xc3\xa8ne", NULL},
        {"", "", NULL},
        {"1234567890", "1234567890", NULL},
        {"12345678901", "", "is 11 octets long, at most 10 are kept: shorten it"},
        {"a\nb", "", "cannot be kept: "},
        {"a\xe2\x80\xae"
         "b",
         "", "cannot be kept: "}, /* U+202E turns what follows around */
        {"\xff", "", "cannot be kept: it is not UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = BUF_INIT;
        struct err e = {0};
        enum rc rc = text_normal(span_str(rows[i].typed), 10, &out, &e);
        assert_int_equal(rc, rows[i].says ? RC_SYNTAX : RC_OK);
        assert_true(span_eq_str(buf_span(&out), rows[i].kept));
        assert_true(!rows[i].says || strstr(e.log, rows[i].says) == e.log);
        buf_free(&out);
    }
}

/* ---- wishes: one that is right, and each fault put into it ---- */
static struct account_wish a_wish(void)
{
    static const struct span aliases[] = {{(const unsigned char *)"doctor@chu.test", 15}};

    return (struct account_wish){.address = SPAN_LIT("gp@chu.test"),
                                 .type = DT_PER,
                                 .name = SPAN_LIT("H\xc3\xa9l\xc3\xa8ne MARTIN"),
                                 .rpps = SPAN_LIT("10001234565"),
                                 .aliases = aliases,
                                 .n_aliases = 1};
}

static void a_wish_is_judged(void **state)
{
    static const struct span bad_alias[] = {{(const unsigned char *)"a@chu.test", 10}, {(const unsigned char *)"b", 1}};
    struct account_wish w[19];
    const enum account_fault faults[] = {
        ACCOUNT_RIGHT,     ACCOUNT_ADDRESS,   ACCOUNT_TYPE,       ACCOUNT_NAME,
        ACCOUNT_RPPS,      ACCOUNT_STRUCTURE, ACCOUNT_NEEDS_RPPS, ACCOUNT_NEEDS_STRUCTURE,
        ACCOUNT_ADELI,     ACCOUNT_TELEPHONE, ACCOUNT_RANK,       ACCOUNT_RIGHT,
        ACCOUNT_NO_PERSON, ACCOUNT_RIGHT,     ACCOUNT_ROUNDED,    ACCOUNT_ROUNDED,
        ACCOUNT_ZERO_LOST, ACCOUNT_ZERO_LOST, ACCOUNT_ALIAS};
    enum { ROWS = sizeof faults / sizeof *faults };
    struct span about;
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        w[i] = a_wish();
    w[1].address = SPAN_LIT("gp");
    w[2].type = DT_CAB + 1;
    w[3].name = SPAN_LIT("  ");
    w[4].rpps = SPAN_LIT("10001234566");
    w[5].structure = SPAN_LIT("300017984");
    w[6].rpps = SPAN_NULL;
    w[7].type = DT_ORG;
    w[7].rpps = SPAN_NULL;
    w[8].adeli = SPAN_LIT("1234567");
    w[9].telephone = SPAN_LIT("douze");
    w[10].rank = RANK_MOST + 1;
    w[11].rpps = SPAN_NULL; /* who has no RPPS number has the other one */
    w[11].adeli = SPAN_LIT("2A1234567");
    w[11].rank = RANK_MOST;
    w[12].type = DT_APP;
    w[12].structure = SPAN_LIT("300017985");
    w[13].rpps = SPAN_LIT("10 001 234\xC2\xA0"
                          "565"); /* as people write them */
    w[13].structure = SPAN_LIT("187.512.751.00020");
    w[13].adeli = SPAN_LIT("2a-1234567");
    w[13].telephone = SPAN_LIT("01\xE2\x80\xAF"
                               "23 45 67 89");
    w[14].rpps = SPAN_LIT("1,00001E+10"); /* what a spreadsheet makes of them */
    w[15].telephone = SPAN_LIT("3,31235E+10");
    w[16].structure = SPAN_LIT("10000024");
    w[17].adeli = SPAN_LIT("12345678");
    w[18].aliases = bad_alias;
    w[18].n_aliases = 2;
    for (size_t i = 0; i < ROWS; i++) {
        if (account_wish_fault(&w[i], &about) != faults[i])
            print_error("wish %zu\n", i);
        assert_int_equal(account_wish_fault(&w[i], &about), faults[i]);
    }
    assert_true(span_eq_str(about, "b")); /* which of them is wrong */
}

static void a_change_is_judged(void **state)
{
    static const struct span bad[] = {{(const unsigned char *)"b", 1}};
    struct account_change ch = {.what = CHANGE_ALIASES | CHANGE_SIGN}; /* no alias from now on */
    struct span about;
    (void)state;
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_RIGHT);
    ch.aliases = bad;
    ch.n_aliases = 1;
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_ALIAS);
    ch.what = CHANGE_RPPS; /* what is not to be changed is not judged */
    ch.rpps = SPAN_LIT("10001234565");
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_RIGHT);
    ch.rpps = SPAN_LIT("1");
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_RPPS);
    ch.what = CHANGE_ADELI | CHANGE_TELEPHONE; /* an empty one takes it away */
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_RIGHT);
    ch.adeli = SPAN_LIT("1");
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_ADELI);
    ch.what = CHANGE_TELEPHONE;
    ch.telephone = SPAN_LIT("1");
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_TELEPHONE);
    ch.what = CHANGE_RANK;
    ch.rank = RANK_MOST + 1;
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_RANK);
    ch.what = CHANGE_NAME;
    assert_int_equal(account_change_fault(&ch, &about), ACCOUNT_NAME);
}

/* Every one has a line, and the longest is whole. */
static void a_fault_is_said(void **state)
{
    unsigned char typed[200];
    struct err e;

    (void)state;
    memset(typed, 'x', sizeof typed);
    for (int f = ACCOUNT_RIGHT + 1; f < ACCOUNT_FAULTS_; f++) {
        assert_int_equal(account_refuse((enum account_fault)f, span_of(typed, sizeof typed), &e), RC_SYNTAX);
        assert_null(strstr(e.log, "(null)"));
        assert_true(strlen(e.log) > 100 + sizeof ": " && strlen(e.log) < sizeof e.log - 1);
    }
    (void)account_refuse(ACCOUNT_RPPS, SPAN_LIT("1"), &e);
    assert_string_equal(e.log, "not an RPPS number: 1 (11 digits whose last is a check digit; compare it with the "
                               "professional's card)");
    (void)account_refuse(ACCOUNT_RANK, SPAN_NULL, &e);
    assert_string_equal(e.log, "a rank is 1 to 99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_split),  cmocka_unit_test(addresses_are_normal),
        cmocka_unit_test(kinds_have_names), cmocka_unit_test(states_have_names),
        cmocka_unit_test(passwords_fit),    cmocka_unit_test(texts_have_one_form),
        cmocka_unit_test(a_wish_is_judged), cmocka_unit_test(a_change_is_judged),
        cmocka_unit_test(a_fault_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
