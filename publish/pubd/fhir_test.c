/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/fhir_test.c - each event as a FHIR Patch, octet by octet; what is typed by people stays inside its string. */
#include "publish/pubd/fhir.h"
#include "publish/pubd/want.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define META "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"

static const struct pub_facts person = {
    .address = SPAN_LIT("a@b.test"), .type = PT_PER, .person = SPAN_LIT("10001234565")};
static const struct pub_facts ward = {.address = SPAN_LIT("w@b.test"),
                                      .type = PT_ORG,
                                      .structure = SPAN_LIT("300017985"),
                                      .description = SPAN_LIT("Cardiologie"),
                                      .service = SPAN_LIT("Pole \"A\"")};

static struct buf facts(const struct pub_facts *f)
{
    struct buf b = BUF_INIT;

    ipc_encode(&b, pub_facts_f, f);
    return b;
}

/* "resource?query body" of an event; NULL facts: nothing. */
static char *built(enum pub_kind kind, const struct pub_facts *was, const struct pub_facts *is, bool again)
{
    struct buf a = BUF_INIT, b = BUF_INIT, out = BUF_INIT;
    struct fhir_request r;
    struct err e;
    char *text = NULL;

    if (was)
        a = facts(was);
    if (is)
        b = facts(is);
    if (fhir_build(&(struct fhir_event){kind, buf_span(&a), buf_span(&b), again}, &r, &e) == RC_OK) {
        buf_addf(&out, "%s?%.*s %.*s", r.resource, SPAN_ARG(buf_span(&r.query)), SPAN_ARG(buf_span(&r.body)));
        text = span_dup(buf_span(&out));
    }
    fhir_free(&r);
    buf_free(&a);
    buf_free(&b);
    buf_free(&out);
    return text;
}

#define OP_(type, path, rest)                                                                                          \
    "{\"name\":\"operation\",\"part\":[{\"name\":\"type\",\"valueCode\":\"" type                                       \
    "\"},{\"name\":\"path\",\"valueString\":\"" path "\"}" rest "]}"
#define PARAMETERS(ops) "{\"resourceType\":\"Parameters\",\"parameter\":[" ops "]}"
#define INDEX ",{\"name\":\"index\",\"valueInteger\":0}"
#define POINT(address, data)                                                                                           \
    ",{\"name\":\"value\",\"valueContactPoint\":{\"system\":\"email\",\"value\":\"" address                            \
    "\",\"extension\":[{\"url\":\"" META "\",\"extension\":[" data "]}]}}"
#define PER_DATA(red) "{\"url\":\"type\",\"valueCode\":\"PER\"},{\"url\":\"listeRouge\",\"valueBoolean\":" red "}"
#define PRACTITIONER "Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|810001234565 "
#define FINESS_QUERY "Organization?identifier=https://finess.esante.gouv.fr|300017985 "

static void is(char *got, const char *want)
{
    assert_non_null(got);
    assert_string_equal(got, want);
    free(got);
}

static void test_create(void **st)
{
    (void)st;
    is(built(PK_CREATE, NULL, &person, false),
       PRACTITIONER PARAMETERS(OP_("insert", "Practitioner.telecom", INDEX POINT("a@b.test", PER_DATA("false")))));
    is(built(PK_CREATE, NULL, &person, true),
       PRACTITIONER PARAMETERS(OP_("delete", "Practitioner.telecom.where(value = 'a@b.test')", "") "," OP_(
           "insert", "Practitioner.telecom", INDEX POINT("a@b.test", PER_DATA("false")))));
}

static void test_delete(void **st)
{
    (void)st;
    is(built(PK_DELETE, &ward, NULL, false),
       FINESS_QUERY PARAMETERS(OP_("delete", "Organization.telecom.where(value = 'w@b.test')", "")));
    assert_null(built(PK_DELETE, NULL, NULL, false));
}

static void test_red_list(void **st)
{
    struct pub_facts red = person;

    (void)st;
    red.red_list = 1;
    is(built(PK_RED_LIST, &person, &red, false),
       PRACTITIONER PARAMETERS(OP_("replace",
                                   "Practitioner.telecom.where(value = 'a@b.test').extension('" META
                                   "').extension('listeRouge').value",
                                   ",{\"name\":\"value\",\"valueBoolean\":true}")));
    /* what is there is not known: all of it */
    is(built(PK_RED_LIST, &person, &red, true),
       PRACTITIONER PARAMETERS(
           OP_("replace", "Practitioner.telecom.where(value = 'a@b.test')", POINT("a@b.test", PER_DATA("true")))));
}

static void test_update(void **st)
{
    struct pub_facts other = ward;

    (void)st;
    other.service = SPAN_LIT("B\\C");
    is(built(PK_UPDATE, &ward, &other, false),
       FINESS_QUERY PARAMETERS(OP_(
           "replace", "Organization.telecom.where(value = 'w@b.test').extension('" META "').extension('service').value",
           ",{\"name\":\"value\",\"valueString\":\"B\\\\C\"}")));
    other.service = SPAN_NULL; /* nothing is there to be replaced with */
    is(built(PK_UPDATE, &ward, &other, false),
       FINESS_QUERY PARAMETERS(OP_(
           "replace", "Organization.telecom.where(value = 'w@b.test')",
           POINT("w@b.test", "{\"url\":\"type\",\"valueCode\":\"ORG\"},{\"url\":\"listeRouge\",\"valueBoolean\":false},"
                             "{\"url\":\"description\",\"valueString\":\"Cardiologie\"}"))));
}

#define PAPER(yes) "{\"url\":\"digitization\",\"valueBoolean\":" yes "},"
#define ORG_DATA(paper, phone)                                                                                         \
    "{\"url\":\"type\",\"valueCode\":\"ORG\"}," paper "{\"url\":\"listeRouge\",\"valueBoolean\":false},"               \
    "{\"url\":\"description\",\"valueString\":\"Cardiologie\"},{\"url\":\"service\",\"valueString\":\"Pole "           \
    "\\\"A\\\"\"}" phone
#define RANKED_POINT(address, data, rank)                                                                              \
    ",{\"name\":\"value\",\"valueContactPoint\":{\"system\":\"email\",\"value\":\"" address                            \
    "\",\"extension\":[{\"url\":\"" META "\",\"extension\":[" data "]}],\"rank\":" rank "}}"

static void test_paper_telephone_and_rank(void **st)
{
    struct pub_facts was = ward, now = ward;

    (void)st;
    was.paperless = SAID_NO;
    now.paperless = SAID_YES; /* alone, as the guide does it */
    is(built(PK_UPDATE, &was, &now, false),
       FINESS_QUERY PARAMETERS(OP_("replace",
                                   "Organization.telecom.where(value = 'w@b.test').extension('" META
                                   "').extension('digitization').value",
                                   ",{\"name\":\"value\",\"valueBoolean\":true}")));
    now.paperless = SAID_NOTHING; /* it goes: the whole */
    is(built(PK_UPDATE, &was, &now, false),
       FINESS_QUERY PARAMETERS(
           OP_("replace", "Organization.telecom.where(value = 'w@b.test')", POINT("w@b.test", ORG_DATA("", "")))));
    now.paperless = SAID_YES;
    now.telephone = SPAN_LIT("+33 1 23");
    is(built(PK_UPDATE, &was, &now, false),
       FINESS_QUERY PARAMETERS(OP_("replace", "Organization.telecom.where(value = 'w@b.test')",
                                   POINT("w@b.test", ORG_DATA(PAPER("true"), ",{\"url\":\"phone\",\"valueString\":"
                                                                             "\"+33 1 23\"}")))));
    was = now = ward;
    now.rank = 2;
    is(built(PK_UPDATE, &was, &now, false),
       FINESS_QUERY PARAMETERS(OP_("replace", "Organization.telecom.where(value = 'w@b.test')",
                                   RANKED_POINT("w@b.test", ORG_DATA("", ""), "2"))));
}

static void test_a_person_without_rpps(void **st)
{
    struct pub_facts f = person;
    char *got;

    (void)st;
    f.person = SPAN_LIT("2A1234567");
    got = built(PK_DELETE, &f, NULL, false);
    assert_memory_equal(got, "Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|02A1234567 ", 62);
    free(got);
}

/* A quote in an address ends no literal of the path; a control character none of JSON. */
static void test_quotes(void **st)
{
    struct pub_facts odd = person;
    struct buf b;
    struct fhir_request r;
    struct err e;
    json_t *j;

    (void)st;
    odd.address = SPAN_LIT("o'n\\eil') or (1=1@b.test");
    b = facts(&odd);
    assert_int_equal(fhir_build(&(struct fhir_event){PK_DELETE, buf_span(&b), SPAN_NULL, false}, &r, &e), RC_OK);
    j = json_loadb((const char *)r.body.p, r.body.n, 0, NULL);
    assert_string_equal(
        json_string_value(json_object_get(
            json_array_get(json_object_get(json_array_get(json_object_get(j, "parameter"), 0), "part"), 1),
            "valueString")),
        "Practitioner.telecom.where(value = 'o\\'n\\\\eil\\') or (1=1@b.test')");
    json_decref(j);
    fhir_free(&r);
    buf_free(&b);
}

static void test_no_json_of_what_is_no_utf8(void **st)
{
    struct pub_facts bad = ward;

    (void)st;
    bad.description = SPAN_LIT("\xff\xfe");
    assert_null(built(PK_CREATE, NULL, &bad, false));
}

static void test_structures(void **st)
{
    struct pub_facts f = ward;
    char *got;

    (void)st;
    f.structure = SPAN_LIT("18751275100020");
    got = built(PK_DELETE, &f, NULL, false);
    assert_memory_equal(got, "Organization?identifier=urn:oid:1.2.250.1.71.4.2.2|318751275100020 ", 67);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_create),
                                       cmocka_unit_test(test_delete),
                                       cmocka_unit_test(test_red_list),
                                       cmocka_unit_test(test_update),
                                       cmocka_unit_test(test_paper_telephone_and_rank),
                                       cmocka_unit_test(test_a_person_without_rpps),
                                       cmocka_unit_test(test_quotes),
                                       cmocka_unit_test(test_no_json_of_what_is_no_utf8),
                                       cmocka_unit_test(test_structures)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
