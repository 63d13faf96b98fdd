/* SPDX-License-Identifier: EUPL-1.2 */
/* policies/trust_test.c - the irregular names that the white list really holds, in made-up values. */
#include "policies/trust.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* last, as it asks */
#include <cmocka.h>

#define CHB "CN=smtp.chb.mssante.fr,OU=1300017985,O=CH B,ST=Gard (30),C=FR"
static const struct row {
    const char *what, *a, *b;
    bool same;
} rows[] = {
    {"itself", CHB, CHB, true},
    {"certificate order", CHB, "C=FR,ST=Gard (30),O=CH B,OU=1300017985,CN=smtp.chb.mssante.fr", true},
    {"spaces after commas", CHB, "CN=smtp.chb.mssante.fr, OU=1300017985, O=CH B, ST=Gard (30), C=FR", true},
    {"spaces round equals", CHB, "CN = smtp.chb.mssante.fr, OU = 1300017985, O = CH B, ST = Gard (30), C = FR", true},
    {"trailing space in CN", CHB, "CN=smtp.chb.mssante.fr ,OU=1300017985,O=CH B,ST=Gard (30),C=FR", true},
    {"doubled space", CHB, "CN=smtp.chb.mssante.fr,OU=1300017985,O=CH  B,ST=Gard   (30),C=FR", true},
    {"no-break space", CHB,
     "CN=smtp.chb.mssante.fr,OU=1300017985,O=CH\xC2\xA0"
     "B,ST=Gard \xC2\xA0(30),C=FR",
     true},
    {"letter case", CHB, "cn=SMTP.CHB.MSSANTE.FR,ou=1300017985,o=ch b,st=GARD (30),c=fr", true},
    {"L for ST", CHB, "CN=smtp.chb.mssante.fr,OU=1300017985,O=CH B,L=Gard (30),C=FR", true},
    {"types by number", CHB, "2.5.4.3=smtp.chb.mssante.fr,OID.2.5.4.11=1300017985,O=CH B,2.5.4.8=Gard (30),C=FR", true},
    {"quotes", "CN=x,O=\"CH A, B\",C=FR", "CN=x,O=CH A\\, B,C=FR", true},
    {"hexadecimal escape", "CN=x,O=CH A\\2C B,C=FR", "CN=x,O=CH A\\, B,C=FR", true},
    {"escaped accents", "CN=x,O=Sant\\C3\\A9,C=FR", "CN=x,O=Sant\xC3\xA9,C=FR", true},
    {"accented capital", "CN=x,O=SANT\xC3\x89,C=FR", "CN=x,O=sant\xC3\xA9,C=FR", true},
    {"semicolons", "CN=x;O=y;C=FR", "CN=x,O=y,C=FR", true},
    {"joined values, other order", "CN=x+OU=z,O=y", "OU=z+CN=x,O=y", true},
    {"joined is not separate", "CN=x+OU=z,O=y", "CN=x,OU=z,O=y", false},
    {"other CN", CHB, "CN=smtp.chc.mssante.fr,OU=1300017985,O=CH B,ST=Gard (30),C=FR", false},
    {"other OU", CHB, "CN=smtp.chb.mssante.fr,OU=1300017986,O=CH B,ST=Gard (30),C=FR", false},
    {"accent is a letter", "CN=x,O=Sante,C=FR", "CN=x,O=Sant\xC3\xA9,C=FR", false},
    {"one more value", CHB, CHB ",CN=evil", false},
    {"one less value", CHB, "CN=smtp.chb.mssante.fr,OU=1300017985,O=CH B,ST=Gard (30)", false},
    {"shuffled", CHB, "OU=1300017985,CN=smtp.chb.mssante.fr,O=CH B,ST=Gard (30),C=FR", false},
    {"same value twice for two", "CN=a,CN=a", "CN=a,CN=b", false},
    {"comma hidden in a value", "CN=a\\,O=y,C=FR", "CN=a,O=y,C=FR", false},
    {"value moved to another type", "CN=x,O=y,C=FR", "CN=y,O=x,C=FR", false},
    {"empty", "", "", false},
    {"no value", "CN=", "CN=", false},
    {"no type", "=x", "=x", false},
    {"not a name", "hello", "hello", false},
    {"cut escape", "CN=x\\", "CN=x\\", false},
    /* bytes that only together with the value before them would make a no-break space or an accented letter */
    {"half a space in each of two values",
     "CN=a\xC2,O=\xA0"
     "b",
     "CN=a\xC2,O=\xA0"
     "b",
     true},
    {"half a space is no space",
     "CN=a\xC2,O=\xA0"
     "b",
     "CN=a,O=b", false},
    {"half a letter in each of two values",
     "CN=a\xC3,O=\x89"
     "b",
     "CN=a\xC3,O=\xA9"
     "b",
     false},
};

static void names_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span a = span_str(rows[i].a), b = span_str(rows[i].b);
        if (dn_same(a, b) != rows[i].same || dn_same(b, a) != rows[i].same)
            fail_msg("%s: %s / %s", rows[i].what, rows[i].a, rows[i].b);
    }
}

/* A prefix of a name is another name: never the same, never read beyond. */
static void every_prefix_differs(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof CHB - 1; n++) {
        char *copy = span_dup(span_of(CHB, n));
        assert_false(dn_same(span_of(copy, n), SPAN_LIT(CHB)));
        free(copy);
    }
}

static void very_long_names_match_nothing(void **state)
{
    (void)state;
    static char text[4096];
    memset(text, 'x', sizeof text);
    memcpy(text, "CN=", 3);
    assert_false(dn_same(span_of(text, sizeof text), span_of(text, sizeof text)));
    for (size_t i = 0; i + 4 <= sizeof text; i += 4)
        memcpy(text + i, "C=F,", 4);
    assert_false(dn_same(span_of(text, sizeof text - 1), span_of(text, sizeof text - 1)));
}

/* Every name of a real white list, when one is at hand, parses, equals itself reversed, and equals no other. */
static void a_real_list_parses(void **state)
{
    (void)state;
    const char *path = getenv("PLI_WHITE_LIST");
    FILE *f = path ? fopen(path, "r") : NULL;
    if (!f)
        skip();
    static char line[8192];
    unsigned seen = 0;
    while (fgets(line, sizeof line, f)) {
        char *a = strstr(line, "<DNCertificatOperateur>"), *b = strstr(line, "</DNCertificatOperateur>");
        if (!a || !b)
            continue;
        a += strlen("<DNCertificatOperateur>");
        struct span dn = span_of(a, (size_t)(b - a));
        if (!dn_same(dn, dn))
            fail_msg("does not parse: %.*s", SPAN_ARG(dn));
        assert_false(dn_same(dn, SPAN_LIT(CHB)));
        seen++;
    }
    fclose(f);
    assert_true(seen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_rows),
        cmocka_unit_test(every_prefix_differs),
        cmocka_unit_test(very_long_names_match_nothing),
        cmocka_unit_test(a_real_list_parses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
