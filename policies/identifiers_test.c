/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/identifiers_test.c - rows with published or computed examples (spec/mssante.md 2.7), and every prefix of each. */
#include "policies/identifiers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

typedef bool (*check_fn)(struct span);
static const struct row {
    const char *what;
    check_fn check;
    const char *in;
    bool ok;
} rows[] = {
    {"rpps", rpps_ok, "10001234565", true},
    {"rpps, wrong key", rpps_ok, "10001234567", false},
    {"rpps, ten digits", rpps_ok, "1000123456", false},
    {"rpps, letter", rpps_ok, "1000123456A", false},
    {"rpps, of the extraction", rpps_ok, "99700218896", true},
    {"adeli", adeli_ok, "123456789", true},
    {"adeli, Corsica", adeli_ok, "2A1234567", true},
    {"adeli, small letter", adeli_ok, "2a1234567", false},
    {"adeli, letter elsewhere", adeli_ok, "12345678A", false},
    {"adeli, eight", adeli_ok, "12345678", false},
    {"adeli, ten", adeli_ok, "1234567890", false},
    {"telephone", telephone_ok, "01 23 45 67 89", true},
    {"telephone, international", telephone_ok, "+33(0)1.23-45 67 89", true},
    {"telephone, emergency", telephone_ok, "15", false},
    {"telephone, short", telephone_ok, "116", true},
    {"telephone, 16 digits", telephone_ok, "1234567890123456", false},
    {"telephone, plus in it", telephone_ok, "01+23456789", false},
    {"telephone, letters", telephone_ok, "0123456789 poste 4", false},
    {"telephone, space last", telephone_ok, "0123456789 ", false},
    {"telephone, 33 octets", telephone_ok, "1 - - - - - - - - - - - - - - - 23", false},
    {"finess", finess_ok, "300017985", true},
    {"finess, wrong key", finess_ok, "300017986", false},
    {"finess, Corsica", finess_ok, "2A0000014", true},
    {"finess, Corsica B", finess_ok, "2B0000020", true},
    {"finess, letter elsewhere", finess_ok, "30A017985", false},
    {"finess, small letter", finess_ok, "2a0000014", false},
    {"siret of the agency", siret_ok, "18751275100020", true},
    {"siret, wrong key", siret_ok, "18751275100021", false},
    {"siret, La Poste head office", siret_ok, "35600000000048", true},
    {"siret, La Poste, sum of digits only", siret_ok, "35600000049837", true},
    {"siret, La Poste, neither", siret_ok, "35600000049836", false},
    {"ins", ins_ok, "279035121518989", true},
    {"ins, wrong key", ins_ok, "279035121518988", false},
    {"ins, key 00", ins_ok, "279035121518900", false},
    {"ins, Corsica 2A", ins_ok, "155082A00400147", true},
    {"ins, Corsica 2B", ins_ok, "155082B00400174", true},
    {"ins, 2B's key for 2A", ins_ok, "155082A00400174", false},
    {"ins, small letter", ins_ok, "155082a00400147", true},
    {"ins, 1A", ins_ok, "155081A00400147", false},
    {"ins, letter elsewhere", ins_ok, "1550A2A00400147", false},
    {"ins, 2C", ins_ok, "155082C00400147", false},
    {"ins, letter in the key", ins_ok, "2790351215189A9", false},
    {"ins, 14", ins_ok, "27903512151898", false},
    {"ins, 16", ins_ok, "2790351215189890", false},
    {"ins, name", ins_ok, "jean.dupont", false},
    {"ins, empty", ins_ok, "", false},
    {"siren", siren_ok, "187512751", true},
    {"siren, wrong", siren_ok, "187512752", false},
    {"structure finess", structure_ok, "300017985", true},
    {"structure siret", structure_ok, "18751275100020", true},
    {"structure, neither", structure_ok, "1234567890", false},
    {"domain", mail_domain_ok, "chu.mssante.fr", true},
    {"domain, capitals", mail_domain_ok, "CHU.MSSante.FR", true},
    {"domain, one label", mail_domain_ok, "localhost", false},
    {"domain, empty label", mail_domain_ok, "chu..fr", false},
    {"domain, dot at end", mail_domain_ok, "chu.fr.", false},
    {"domain, hyphen at end of label", mail_domain_ok, "chu-.fr", false},
    {"domain, underscore", mail_domain_ok, "a_b.fr", false},
    {"domain, IP address", mail_domain_ok, "127.0.0.1", false},
    {"domain, 64-byte label", mail_domain_ok, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.fr",
     false},
    {"domain, 63-byte label", mail_domain_ok, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.fr",
     true},
    {"local part", mail_local_ok, "marie.martin", true},
    {"local part, all kinds", mail_local_ok, "resultat_biologie-2.a", true},
    {"local part, doubled dot", mail_local_ok, "a..b", false},
    {"local part, dot first", mail_local_ok, ".a", false},
    {"local part, dot last", mail_local_ok, "a.", false},
    {"local part, capital", mail_local_ok, "Marie", false},
    {"local part, plus", mail_local_ok, "a+b", false},
    {"local part, 65", mail_local_ok, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

static void identifiers_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].check(span_str(rows[i].in)) != rows[i].ok)
            fail_msg("%s: %s", rows[i].what, rows[i].in);
}

/* No fixed-length identifier is good at a shorter length, and none reads beyond its span. */
static void every_prefix_is_safe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].in);
        for (size_t k = 0; k < n; k++) {
            unsigned char *copy = (unsigned char *)span_dup(span_of(rows[i].in, k));
            bool ok = rows[i].check(span_of(copy, k));
            if (ok && (rows[i].check == rpps_ok || rows[i].check == siret_ok))
                fail_msg("%s: prefix of %zu accepted", rows[i].what, k);
            free(copy);
        }
    }
}

/* Luhn finds every single wrong digit. */
static void luhn_finds_each_wrong_digit(void **state)
{
    (void)state;
    char s[] = "10001234565";
    for (size_t i = 0; s[i]; i++) {
        char was = s[i];
        for (char c = '0'; c <= '9'; c++) {
            s[i] = c;
            assert_int_equal(luhn_ok(span_str(s)), c == was);
        }
        s[i] = was;
    }
    assert_false(luhn_ok(SPAN_NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_by_rows),
        cmocka_unit_test(every_prefix_is_safe),
        cmocka_unit_test(luhn_finds_each_wrong_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
