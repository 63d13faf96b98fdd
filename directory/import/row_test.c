/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/row_test.c - the grammar of the national file, line by line, and what an entry is made of. */
#include "directory/import/entry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define HEADER                                                                                                            \
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|Type identifiant "            \
    "structure|Identification Structure|Service de rattachement|Civilité d'exercice|Nom d'exercice|Prénom "             \
    "d'exercice|Catégorie profession|Libellé de catégorie profession|Code Profession|Libellé Profession|Code "        \
    "savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|Enseigne commerciale structure " \
    "BAL|L2COMPLEMENTLOCALISATION|L3COMPLEMENTDISTRIBUTION|L4NUMEROVOIE|L4COMPLEMENTNUMEROVOIE|NL4TYPEVOIE|"              \
    "L4LIBELLEVOIE|L5LIEUDITMENTION|L6LIGNEACHEMINEMENT|Code postal|Département|Pays"
#define PLACE "|O|Clinique d'Essai|||||||||30900 NÎMES CEDEX 9|30900|30|France"
#define DOCTOR(kind, address, id_kind, rpps, structure, name)                                                          \
    kind "|" address "|" id_kind "|" rpps "|8" rpps "|1|" structure "|Cardiologie|DR|" name                            \
         "|Hélène|C|Civil|10|Médecin|SM04|Cardiologie" PLACE
#define GOOD DOCTOR("PER", "Helene.Essai@pro.mssante.fr", "8", "10001234565", "300017985", "ŒUVRARD-ESSAI")

static struct national_header header_of(const char *text)
{
    struct national_header h;
    struct err e;
    assert_int_equal(national_header_parse(span_str(text), &h, &e), RC_OK);
    return h;
}

static void a_header_is_read_by_name(void **state)
{
    (void)state;
    struct national_header h = header_of(HEADER "\n"), other = header_of("\xef\xbb\xbf" HEADER "\r\n");
    assert_int_equal(h.columns, 31);
    assert_int_equal(h.at[NC_ADDRESS], 1);
    assert_int_equal(h.at[NC_POSTCODE], 28);
    assert_memory_equal(&h, &other, sizeof h);
}

static void a_header_without_a_column_is_refused(void **state)
{
    (void)state;
    struct national_header h;
    struct err e;
    assert_int_equal(national_header_parse(SPAN_LIT("Type de BAL|Adresse\n"), &h, &e), RC_SYNTAX);
    assert_non_null(strstr(e.log, "\"adresse bal\""));
    assert_int_equal(national_header_parse(SPAN_LIT(""), &h, &e), RC_SYNTAX);
    assert_int_equal(national_header_parse(SPAN_LIT("PK\x03\x04\xff\xfe|"), &h, &e), RC_SYNTAX);
}

static const struct {
    const char *what, *line;
    enum national_fault fault;
} cases[] = {
    {"good", GOOD, NF_NONE},
    {"good, CRLF", GOOD "\r\n", NF_NONE},
    {"ADELI: no check digit is known", DOCTOR("PER", "a@b.fr", "0", "123456789", "300017985", "X"), NF_NONE},
    {"no structure", DOCTOR("PER", "a@b.fr", "8", "10001234565", "", "X"), NF_NONE},
    {"FINESS of Corsica", DOCTOR("PER", "a@b.fr", "8", "10001234565", "2A0000014", "X"), NF_NONE},
    {"an empty line", "", NF_COLUMNS},
    {"a line cut short", "PER|a@b.fr|8", NF_COLUMNS},
    {"a column too many", GOOD "|", NF_COLUMNS},
    {"a check digit", DOCTOR("PER", "a@b.fr", "8", "10001234567", "300017985", "X"), NF_RPPS},
    {"a FINESS", DOCTOR("PER", "a@b.fr", "8", "10001234565", "300017986", "X"), NF_STRUCTURE},
    {"a type", DOCTOR("PERS", "a@b.fr", "8", "10001234565", "300017985", "X"), NF_TYPE},
    {"no name", DOCTOR("PER", "a@b.fr", "8", "10001234565", "300017985", ""), NF_NAME},
    {"no address", DOCTOR("PER", "", "8", "10001234565", "300017985", "X"), NF_ADDRESS},
    {"no domain", DOCTOR("PER", "a@", "8", "10001234565", "300017985", "X"), NF_ADDRESS},
    {"a space in the address", DOCTOR("PER", "a b@b.fr", "8", "10001234565", "300017985", "X"), NF_ADDRESS},
    {"an accent in the address", DOCTOR("PER", "é@b.fr", "8", "10001234565", "300017985", "X"), NF_ADDRESS},
    {"an LDIF line smuggled in", DOCTOR("PER", "a@b.fr", "8", "10001234565", "300017985", "X\rdn: o=pli"), NF_CONTROL},
    {"Latin-1", DOCTOR("PER", "a@b.fr", "8", "10001234565", "300017985", "H\xc9LAS"), NF_UTF8},
};

static void each_line_has_its_fault(void **state)
{
    (void)state;
    struct national_header h = header_of(HEADER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct national_row r;
        enum national_fault f = national_row_parse(&h, span_str(cases[i].line), &r);
        if (f != cases[i].fault)
            fail_msg("%s: %s instead of %s", cases[i].what, national_fault_word(f),
                     national_fault_word(cases[i].fault));
    }
    for (int f = 0; f < NF_MAX_; f++)
        assert_true(national_fault_word((enum national_fault)f)[0] && national_fault_text((enum national_fault)f)[0]);
}

static void a_column_or_a_line_too_long_is_refused(void **state)
{
    (void)state;
    struct national_header h = header_of(HEADER);
    struct national_row r;
    char name[NATIONAL_LINE_MAX + 2], line[2 * NATIONAL_LINE_MAX];
    memset(name, 'X', sizeof name);
    for (size_t n = NATIONAL_FIELD_MAX; n <= NATIONAL_FIELD_MAX + 1; n++) {
        snprintf(line, sizeof line, DOCTOR("PER", "a@b.fr", "8", "10001234565", "300017985", "%.*s"), (int)n, name);
        assert_int_equal(national_row_parse(&h, span_str(line), &r), n > NATIONAL_FIELD_MAX ? NF_LONG : NF_NONE);
    }
    assert_int_equal(national_row_parse(&h, span_of(name, NATIONAL_LINE_MAX + 1), &r), NF_LONG);
}

static void an_entry_shows_and_finds(void **state)
{
    (void)state;
    struct national_header h = header_of(HEADER);
    struct national_row r;
    struct national_entry en;
    struct buf ldif = BUF_INIT;
    assert_int_equal(national_row_parse(&h, SPAN_LIT(GOOD), &r), NF_NONE);
    national_entry_make(&r, 1, &en);
    national_entry_ldif(&en, &ldif);
    static const char *const lines[] = {"\nmail: helene.essai@pro.mssante.fr\n",
                                        "\nmssType: PER\n",
                                        "\ncn:: SMOpbMOobmUgxZJVVlJBUkQtRVNTQUk=\n",
                                        "\ncn;lang-x-find: helene oeuvrard essai\n",
                                        "\ncn;lang-x-find: oeuvrard essai helene\n",
                                        "\nrpps: 10001234565\n",
                                        "\no: Clinique d'Essai\n",
                                        "\nou: Cardiologie\n",
                                        "\nl:: TsOOTUVT\n",
                                        "\nmssPaperless: TRUE\n",
                                        "\nmssSearchName: nimes\n",
                                        "\nmssSearchName: medecin\n",
                                        "\nmssSearchName: oeuvrard\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(buf_cstr(&ldif), lines[i]))
            fail_msg("not in the entry: %s\n%s", lines[i], buf_cstr(&ldif));
    assert_null(strstr(buf_cstr(&ldif), "mssSearchName: 30900"));
    buf_free(&ldif);
    national_entry_free(&en);
}

static void a_digest_is_of_what_is_used_and_a_key_of_the_address(void **state)
{
    (void)state;
    struct national_header h = header_of(HEADER);
    struct national_row a, b;
    unsigned char of_a[NATIONAL_KEY], of_b[NATIONAL_KEY];
    (void)national_row_parse(&h, SPAN_LIT(GOOD), &a);
    (void)national_row_parse(
        &h, SPAN_LIT(DOCTOR("PER", "helene.essai@PRO.mssante.fr", "8", "10001234565", "300017985", "ESSAI")), &b);
    national_key(a.col[NC_ADDRESS], of_a);
    national_key(b.col[NC_ADDRESS], of_b);
    assert_memory_equal(of_a, of_b, NATIONAL_KEY);
    national_digest(&a, of_a);
    national_digest(&b, of_b);
    assert_memory_not_equal(of_a, of_b, NATIONAL_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_read_by_name),
        cmocka_unit_test(a_header_without_a_column_is_refused),
        cmocka_unit_test(each_line_has_its_fault),
        cmocka_unit_test(a_column_or_a_line_too_long_is_refused),
        cmocka_unit_test(an_entry_shows_and_finds),
        cmocka_unit_test(a_digest_is_of_what_is_used_and_a_key_of_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
