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
    {"decomposed accent", "CN=x,O=Sante\xCC\x81,C=FR", "CN=x,O=Sant\xC3\xA9,C=FR", true},
    {"case beyond Latin-1", "CN=x,O=\xC5\x92UVRES \xCE\xA3,C=FR", "CN=x,O=\xC5\x93uvres \xCF\x83,C=FR", true},
    {"narrow no-break space, joiner",
     "CN=x,O=CH\xE2\x80\xAF\xE2\x80\x8D"
     "B,C=FR",
     "CN=x,O=ch b,C=FR", true},
    {"quotes for doubled spaces", "CN=x,O=\"C.H. DE  A\",C=FR", "CN=x,O=C.H. DE A,C=FR", true},
    {"a quote inside a value", "CN=x,O=CRLCC \"PAUL\",C=FR", "CN=x,O=CRLCC \\\"PAUL\\\",C=FR", true},
    {"quotes inside quotes", "CN=x,O=\"CRLCC \\\"PAUL\\\"\",C=FR", "CN=x,O=CRLCC \\22PAUL\\22,C=FR", true},
    {"quotes are part of a value", "CN=x,O=CRLCC \"PAUL\",C=FR", "CN=x,O=CRLCC PAUL,C=FR", false},
    {"a quote inside protects nothing", "CN=x,O=A \"B,C=FR", "CN=x,O=A \\\"B,C=FR", true},
    {"a value that starts with a bracket", "CN=x,O=(A) #1 <b> = c,C=FR", "CN=x,O=\\(A\\) #1,C=FR", false},
    {"leading and trailing space escaped", "CN=\\ x\\ ,O=y", "CN=x,O=y", true},
    {"hexadecimal string", "CN=x,2.5.4.97=#0C084E5452465220 3132", "CN=x,2.5.4.97=NTRFR 12", false},
    {"UTF8String in hexadecimal", "CN=x,2.5.4.97=#0c084E54524652203132", "CN=x,organizationIdentifier=ntrfr 12", true},
    {"PrintableString in hexadecimal", "CN=x,1.2.3=#13024142", "CN=x,1.2.3=ab", true},
    {"length in two octets", "CN=x,1.2.3=#1381024142", "CN=x,1.2.3=ab", true},
    {"other BER", "CN=x,1.2.3=#02024142", "CN=x,1.2.3=#02024142", true},
    {"other BER is no string", "CN=x,1.2.3=#0402ff42", "CN=x,1.2.3=\\04\\02\\ffB", false},
    {"unknown type without case", "CN=x,fooBar=y", "CN=x,FOOBAR=y", true},
    {"unknown types differ", "CN=x,foo=y", "CN=x,bar=y", false},
    {"reversed with joined values", "CN=x+OU=z,O=y,C=FR", "C=FR,O=y,OU=z+CN=x", true},
    {"joined twice", "CN=x+CN=x,O=y", "CN=x,O=y", false},
    {"e-mail types", "CN=x,E=a@b.fr", "CN=x,1.2.840.113549.1.9.1=A@B.FR", true},
    {"type in the value", "CN=x,O=a,OU=b", "CN=x,O=a\\,OU=b", false},
    {"length moved", "CN=ab,O=c", "CN=a,O=bc", false},
    {"trailing comma", "CN=x,", "CN=x,", false},
    {"leading comma", ",CN=x", ",CN=x", false},
    {"two commas", "CN=x,,O=y", "CN=x,,O=y", false},
    {"bad escape", "CN=\\zx", "CN=\\zx", false},
    {"unended quote", "CN=\"x", "CN=\"x", false},
    {"text behind a quote", "CN=\"x\"y", "CN=\"x\"y", false},
    {"odd hexadecimal", "CN=#0c0", "CN=#0c0", false},
    {"hexadecimal, nothing", "CN=#", "CN=#", false},
    {"type with a space", "C N=x", "C N=x", false},
    {"OID with a zero in front", "2.05=x", "2.05=x", false},
    {"OID of one number", "2=x", "2=x", false},
    {"a zero is not nothing", "CN=smtp.a\\00.test", "CN=smtp.a.test", false},
    {"nor an end", "CN=smtp.a.test\\00.b", "CN=smtp.a.test", false},
    {"nor comparable at all", "CN=a\\00b", "CN=a\\00b", false},
    {"a zero in quotes", "CN=\"a\\00b\"", "CN=ab", false},
    {"a zero in hexadecimal", "CN=#1303610062", "CN=ab", false},
    {"value of spaces", "CN= \xC2\xA0 ,O=y", "CN= \xC2\xA0 ,O=y", false},
    {"empty quotes", "CN=\"\",O=y", "CN=\"\",O=y", false},
    {"private use character", "CN=\xEE\x80\x80", "CN=\xEE\x80\x80", false},
    {"no UTF-8, its spaces", "CN= a\xFF ,O=y", "CN=a\xFF,O=y", true},
    {"no UTF-8, its case", "CN=a\xFF,O=y", "CN=A\xFF,O=y", false},
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

/* Keys are the same when names are, and a name that is none leaves no octet behind. */
static void keys_agree_with_the_comparison(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf a = BUF_INIT, b = BUF_INIT;
        bool ka = dn_key(span_str(rows[i].a), &a), kb = dn_key(span_str(rows[i].b), &b);
        if ((ka && kb && span_eq(buf_span(&a), buf_span(&b))) != rows[i].same)
            fail_msg("%s: %s / %s", rows[i].what, rows[i].a, rows[i].b);
        assert_true(ka ? a.n > 0 && a.n <= DN_KEY_MAX : a.n == 0);
        buf_free(&a);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_by_rows),
        cmocka_unit_test(every_prefix_differs),
        cmocka_unit_test(very_long_names_match_nothing),
        cmocka_unit_test(keys_agree_with_the_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
