/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/logged_test.c - which addresses stand in the log as they are, and which as a keyed hash. */
#include "base/err.h"
#include "flow/logged.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

static const char *name_of(const char *address, char out[LOGGED_MAX])
{
    return logged_address(span_str(address), out);
}

static const unsigned char key[LOGGED_KEY] = "a key that stays, for this test";

static void a_matricule_stands_nowhere(void **state)
{
    static const char *const patients[] = {"286018345678911@patient.mssante.fr",
                                           "28601834567891A@chu.example",
                                           "2860A8345678911@chu.example",
                                           "jean@patient.mssante.fr",
                                           "\"286018345678911\"@chu.example",
                                           "\"286018345678911 x\"@chu.example",
                                           "dr+286018345678911@chu.example",
                                           "x286018345678911y@chu.example",
                                           "x@286018345678911.example",
                                           "12860183456789112@chu.example",
                                           "286018345678911"};
    char out[LOGGED_MAX], again[LOGGED_MAX];

    (void)state;
    logged_key(key); /* a random one gives digits by chance that stand in a matricule */
    for (size_t i = 0; i < sizeof patients / sizeof *patients; i++) {
        name_of(patients[i], out);
        assert_memory_equal(out, "ins-", 4);
        assert_null(strstr(out, "860"));
        assert_string_equal(name_of(patients[i], again), out);
    }
    assert_string_equal(strchr(name_of("DR+286018345678911@CHU.example", out), '@'), "@chu.example");
    assert_null(strchr(name_of("x@286018345678911.example", out), '@'));
}

static void others_stand_as_they_are(void **state)
{
    static const char *const rows[][2] = {
        {"Jean.Martin@chu.example", "jean.martin@chu.example"},
        {"10001234565@chu.example", "10001234565@chu.example"},       /* an RPPS number */
        {"12345678901234@chu.example", "12345678901234@chu.example"}, /* a SIRET number */
        {"abababababababab@chu.example", "abababababababab@chu.example"},
        {"\"a b\"@chu.example", "\\x22a\\x20b\\x22@chu.example"}};
    char out[LOGGED_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(name_of(rows[i][0], out), rows[i][1]);
}

static void a_message_id_is_found_again_and_not_told(void **state)
{
    static const char *const same[] = {"<a.b@chu.example>", "a.b@chu.example", " <a.b@chu.example> ",
                                       "< a.b@chu.example >"};
    static const char *const others[] = {"<A.b@chu.example>", "<a.b@chu.example", "<<a.b@chu.example>>", "a.b"};
    char out[LOGGED_ID], first[LOGGED_ID], address[LOGGED_MAX];

    (void)state;
    logged_key(key);
    logged_message_id(span_str(same[0]), first);
    assert_int_equal(strlen(first), 16);
    assert_int_equal(strspn(first, "0123456789abcdef"), 16);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(logged_message_id(span_str(same[i]), out), first);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_string_not_equal(logged_message_id(span_str(others[i]), out), first);
    assert_string_equal(logged_message_id(SPAN_NULL, out), "-");
    assert_string_equal(logged_message_id(span_str("<>"), out), "-");
    /* an address and an id of the same letters have names of their own: neither tells the other */
    logged_address(span_str("286018345678911@patient.mssante.fr"), address);
    assert_memory_not_equal(address + 4, logged_message_id(span_str("286018345678911@patient.mssante.fr"), out), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_matricule_stands_nowhere),
                                       cmocka_unit_test(others_stand_as_they_are),
                                       cmocka_unit_test(a_message_id_is_found_again_and_not_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
