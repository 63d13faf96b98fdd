/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/holder_test.c - who held a closed address is known again, and nobody else. Process  tests. */
#include "directory/holder.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

#define ADDRESS SPAN_LIT("marie@chu.test")

static struct dird_account holder(uint8_t type, const char *rpps, const char *structure)
{
    return (struct dird_account){.type = type, .rpps = span_str(rpps), .structure = span_str(structure)};
}

static void a_person_by_her_number(void **state)
{
    struct dird_account her = holder(DT_PER, "10001234565", ""), moved = holder(DT_PER, "10001234565", "300017985"),
                        other = holder(DT_PER, "10009999995", ""), ward = holder(DT_ORG, "10001234565", "300017985"),
                        none = holder(DT_PER, "", "300017985");
    unsigned char digest[DIRD_PUB], of_none[DIRD_PUB];

    (void)state;
    holder_digest(ADDRESS, DT_PER, her.rpps, her.structure, digest);
    assert_true(holder_same(digest, ADDRESS, &her));
    assert_true(holder_same(digest, ADDRESS, &moved)); /* where she works does not count */
    assert_false(holder_same(digest, SPAN_LIT("marie@autre.test"), &her));
    assert_false(holder_same(digest, ADDRESS, &other));
    assert_false(holder_same(digest, ADDRESS, &ward));
    holder_digest(ADDRESS, DT_PER, none.rpps, none.structure, of_none);
    assert_false(holder_same(of_none, ADDRESS, &none)); /* two without a number are not one */
    none.adeli = SPAN_LIT("123456789");                 /* who has no RPPS number is known by the other one */
    holder_digest(ADDRESS, DT_PER, holder_person(&none), none.structure, of_none);
    assert_true(holder_same(of_none, ADDRESS, &none));
    her.adeli = none.adeli;
    assert_true(holder_same(digest, ADDRESS, &her) && !holder_same(of_none, ADDRESS, &her));
}

static void the_others_by_their_structure(void **state)
{
    struct dird_account ward = holder(DT_ORG, "", "300017985"), practice = holder(DT_CAB, "10001234565", "300017985"),
                        other = holder(DT_ORG, "", "300017993");
    unsigned char digest[DIRD_PUB];

    (void)state;
    holder_digest(ADDRESS, DT_ORG, ward.rpps, ward.structure, digest);
    assert_true(holder_same(digest, ADDRESS, &ward));
    assert_false(holder_same(digest, ADDRESS, &other));
    assert_false(holder_same(digest, ADDRESS, &practice)); /* the type of an address never changes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_person_by_her_number),
                                       cmocka_unit_test(the_others_by_their_structure)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
