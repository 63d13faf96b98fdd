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

#define PERSONS                                                                                                         \
    "Type d'identifiant PP|Identifiant PP|Nom d'exercice|Prénom d'exercice|Libellé profession|Libellé savoir-faire|" \
    "Numéro SIRET site|Numéro FINESS site|Raison sociale site|Enseigne commerciale site|Numéro Voie (coord. "        \
    "structure)|Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Code postal (coord. "         \
    "structure)|Libellé commune (coord. structure)|Adresse e-mail (coord. structure)"
#define ACTIVITY(kind, id, name, profession, siret, finess, company)                                                   \
    kind "|" id "|" name "|Hélène|" profession "|Cardiologie|" siret "|" finess "|" company                            \
         "||3|Rue|des Lilas|64000|Pau|helene@example.org"

static void a_header_of_persons_is_known_by_its_names(void **state)
{
    (void)state;
    struct national_header h = header_of(PERSONS "\r\n");
    assert_int_equal(h.kind, NK_PERSONS);
    assert_int_equal(h.at[NC_TOWN], 14);
    assert_int_equal(h.at[NC_ADDRESS], NATIONAL_COLUMNS_MAX);
    assert_int_equal(header_of(HEADER).kind, NK_BOXES);
}

static const struct {
    const char *line, *says;
} odd_headers[] = {
    {"Type d'identifiant PP|Identifiant PP|Nom d'exercice|Prénom d'exercice|Libellé profession|Libellé savoir-faire",
     "\"finess site\": is it PS_LibreAcces_Personne_activite?"},
    {PERSONS "|Nom d'exercice", "\"nom d exercice\" twice"},
    {PERSONS "|SIRET site", "\"siret site\" twice"},
    {HEADER "|Adresse BAL", "\"adresse bal\" twice"},
    {"\x1f\x8b\x08", "compressed (gzip)"},
    {"PK\x03\x04...", "an archive (ZIP)"},
    {"\xff\xfeT", "UTF-16"},
    {"Pr\xe9nom d'exercice", "UTF-8"},
};

static void an_odd_header_is_told_what_it_is(void **state)
{
    (void)state;
    struct national_header h;
    struct err e;
    for (size_t i = 0; i < sizeof odd_headers / sizeof *odd_headers; i++) {
        assert_int_equal(national_header_parse(span_str(odd_headers[i].line), &h, &e), RC_SYNTAX);
        if (!strstr(e.log, odd_headers[i].says))
            fail_msg("%s: %s", odd_headers[i].says, e.log);
    }
}

static const struct {
    const char *line;
    enum national_fault fault;
    const char *place; /* the number of it */
} activities[] = {
    {ACTIVITY("8", "10001234565", "ESSAI", "Médecin", "18751275100020", "300017985", "A"), NF_NONE, "300017985"},
    {ACTIVITY("8", "10001234565", "ESSAI", "Médecin", "18751275100020", "", "A"), NF_NONE, "18751275100020"},
    {ACTIVITY("8", "10001234565", "ESSAI", "Médecin", "18751275100020", "300017986", "A"), NF_NONE, "18751275100020"},
    {ACTIVITY("8", "10001234565", "ESSAI", "Médecin", "18751275100021", "300017986", "A"), NF_NONE, ""},
    {ACTIVITY("0", "123456789", "ESSAI", "Médecin", "", "", ""), NF_NONE, ""},
    {ACTIVITY("0", "12345678", "ESSAI", "Médecin", "", "", ""), NF_PERSON, ""},
    {ACTIVITY("3", "123456789", "ESSAI", "Médecin", "", "", ""), NF_PERSON, ""},
    {ACTIVITY("8", "10001234567", "ESSAI", "Médecin", "", "", ""), NF_RPPS, ""},
    {ACTIVITY("8", "", "ESSAI", "Médecin", "", "", ""), NF_RPPS, ""},
    {ACTIVITY("8", "10001234565", "", "Médecin", "", "", ""), NF_NAME, ""},
    {"8|10001234565|ESSAI", NF_COLUMNS, ""},
};

static void an_activity_is_read_and_written_again(void **state)
{
    (void)state;
    struct national_header h = header_of(PERSONS), mine;
    for (size_t i = 0; i < sizeof activities / sizeof *activities; i++) {
        struct national_row r, again;
        unsigned char before[NATIONAL_KEY], after[NATIONAL_KEY];
        struct buf head = BUF_INIT, line = BUF_INIT;
        assert_int_equal(national_row_parse(&h, span_str(activities[i].line), &r), activities[i].fault);
        if (activities[i].fault != NF_NONE)
            continue;
        assert_true(span_eq_str(r.col[NC_STRUCTURE], activities[i].place));
        national_header_write(NK_PERSONS, &head);
        national_row_write(NK_PERSONS, &r, &line);
        mine = header_of(buf_cstr(&head));
        assert_int_equal(national_row_parse(&mine, buf_span(&line), &again), NF_NONE);
        national_digest(&r, before);
        national_digest(&again, after);
        assert_memory_equal(before, after, NATIONAL_KEY);
        assert_true(span_find(buf_span(&line), SPAN_LIT("example.org")) < 0);
        buf_free(&head);
        buf_free(&line);
    }
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
    national_entry_make(&r, 1, NULL, 0, &en);
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
                                        "\nl;lang-x-find: nimes\n",
                                        "\ntitle;lang-x-find: medecin\n",
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

#define BARE(profession, company, town)                                                                                \
    "PER|helene.essai@pro.mssante.fr|8|10001234565|810001234565||||DR|ESSAI|Hélène|C|Civil||" profession               \
    "|||O|" company "||||||||"                                                                                         \
    "|" town "|||France"

static struct buf completed(const char *line, const char *const *acts, size_t n)
{
    struct national_header boxes = header_of(HEADER), persons = header_of(PERSONS);
    struct national_row row, act[4];
    struct national_entry en;
    struct buf ldif = BUF_INIT;
    assert_int_equal(national_row_parse(&boxes, span_str(line), &row), NF_NONE);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(national_row_parse(&persons, span_str(acts[i]), &act[i]), NF_NONE);
    national_entry_make(&row, 1, act, n, &en);
    national_entry_ldif(&en, &ldif);
    national_entry_free(&en);
    return ldif;
}

static const struct {
    const char *line, *acts[2];
    const char *has[4], *lacks[4];
} completions[] = {
    {BARE("", "", ""),
     {ACTIVITY("8", "10001234565", "ESSAI", "Pharmacien", "", "", ""),
      ACTIVITY("8", "10001234565", "ESSAI-DUR", "Pharmacien", "", "300017985", "Pharmacie Dur")},
     {"\ntitle: Pharmacien\n", "\no: Pharmacie Dur\n", "\nl: Pau\n", "\nmssSearchName: dur\n"},
     {"example.org", "\nsn: ESSAI-DUR\n"}},
    {BARE("Infirmier", "Clinique", "30900 NIMES"),
     {ACTIVITY("8", "10001234565", "ESSAI", "Pharmacien", "", "300017985", "Pharmacie Dur"),
      ACTIVITY("8", "10001234565", "ESSAI", "Infirmier", "", "", "")},
     {"\ntitle: Infirmier\n", "\no: Clinique\n", "\nl: NIMES\n", "\nmssSpecialty: Cardiologie\n"},
     {"\nmssStructureId:", "\nl: Pau\n", "\no: Pharmacie", "\nstreet:"}},
};

static void what_a_mailbox_leaves_empty_is_told_by_its_persons_activities(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        struct buf ldif = completed(completions[i].line, completions[i].acts, 2);
        for (size_t k = 0; k < 4; k++) {
            if (completions[i].has[k] && !strstr(buf_cstr(&ldif), completions[i].has[k]))
                fail_msg("not in the entry: %s\n%s", completions[i].has[k], buf_cstr(&ldif));
            if (completions[i].lacks[k] && strstr(buf_cstr(&ldif), completions[i].lacks[k]))
                fail_msg("in the entry: %s\n%s", completions[i].lacks[k], buf_cstr(&ldif));
        }
        buf_free(&ldif);
    }
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
        cmocka_unit_test(a_header_of_persons_is_known_by_its_names),
        cmocka_unit_test(an_odd_header_is_told_what_it_is),
        cmocka_unit_test(an_activity_is_read_and_written_again),
        cmocka_unit_test(what_a_mailbox_leaves_empty_is_told_by_its_persons_activities),
        cmocka_unit_test(each_line_has_its_fault),
        cmocka_unit_test(a_column_or_a_line_too_long_is_refused),
        cmocka_unit_test(an_entry_shows_and_finds),
        cmocka_unit_test(a_digest_is_of_what_is_used_and_a_key_of_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
