/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/passhash_test.c - the hash of a new password: its form and cost are those of slapd.conf.in, and libargon2, which slapd checks with,
 * takes it (auth_test.c signs in with it). */
#include "directory/dird/passhash.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* last, as it asks */
#include <cmocka.h>

static bool is_of(const struct passhash *p, const char *password)
{
    return crypto_pwhash_str_verify(p->hash + strlen("{ARGON2}"), password, strlen(password)) == 0;
}

static void test_cost_is_slapds(void **state)
{
    char line[200], slapd[200] = "", ours[200];
    FILE *f = fopen("directory/schema/slapd.conf.in", "r");
    struct passhash p;
    struct err e;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (strncmp(line, "moduleload argon2 ", 18) == 0)
            snprintf(slapd, sizeof slapd, "%s", line + 18);
    fclose(f);
    snprintf(ours, sizeof ours, "m=%d t=%d p=1\n", PASSHASH_MIB << 10, PASSHASH_PASSES);
    assert_string_equal(slapd, ours);
    snprintf(ours, sizeof ours, "{ARGON2}$argon2id$v=19$m=%d,t=%d,p=1$", PASSHASH_MIB << 10, PASSHASH_PASSES);
    assert_int_equal(passhash_make(SPAN_LIT("mot de passe"), PASSHASH_PASSWORD, &p, &e), RC_OK);
    assert_memory_equal(p.hash, ours, strlen(ours));
    assert_true(is_of(&p, "mot de passe"));
    assert_false(is_of(&p, "mot de pass"));
    passhash_free(&p);
}

/* 99 random bits need no slow hash; what only says that it is a code, or is drawn and a password, gets it. */
static void test_a_drawn_code_is_cheap(void **state)
{
    static const char cheap[] = "{ARGON2}$argon2id$v=19$m=8,t=1,p=1$";
    static const struct span drawn = SPAN_LIT("k7mq2-abcde-23456-zzzzz"), no_code = SPAN_LIT("mot de passe");
    struct passhash p;
    struct err e;

    (void)state;
    assert_int_equal(passhash_make(drawn, PASSHASH_CODE, &p, &e), RC_OK);
    assert_memory_equal(p.hash, cheap, strlen(cheap));
    assert_true(is_of(&p, "k7mq2-abcde-23456-zzzzz"));
    assert_false(is_of(&p, "k7mq2-abcde-23456-zzzzy"));
    passhash_free(&p);
    assert_int_equal(passhash_make(no_code, PASSHASH_CODE, &p, &e), RC_OK);
    assert_memory_not_equal(p.hash, cheap, strlen(cheap));
    passhash_free(&p);
    assert_int_equal(passhash_make(SPAN_NULL, PASSHASH_CODE, &p, &e), RC_OK);
    assert_memory_not_equal(p.hash, cheap, strlen(cheap));
    passhash_free(&p);
    assert_int_equal(passhash_make(drawn, PASSHASH_PASSWORD, &p, &e), RC_OK);
    assert_memory_not_equal(p.hash, cheap, strlen(cheap));
    passhash_free(&p);
}

static void test_two_are_never_alike(void **state)
{
    struct passhash a, b;
    struct err e;

    (void)state;
    assert_int_equal(passhash_make(SPAN_LIT("x"), PASSHASH_PASSWORD, &a, &e), RC_OK);
    assert_int_equal(passhash_make(SPAN_LIT("x"), PASSHASH_PASSWORD, &b, &e), RC_OK);
    assert_string_not_equal(a.hash, b.hash);
    passhash_free(&a);
    passhash_free(&b);
    assert_int_equal(passhash_make(SPAN_NULL, PASSHASH_SITE, &a, &e), RC_OK); /* none: random */
    assert_int_equal(passhash_make(SPAN_NULL, PASSHASH_SITE, &b, &e), RC_OK);
    assert_int_equal(a.text.n, 48);
    assert_false(span_eq(buf_span(&a.text), buf_span(&b.text)));
    assert_string_equal(a.hash, "");
    passhash_free(&a);
    passhash_free(&b);
}

/* e and a combining accent are what a keyboard of a telephone may send: one password with the composed letter. */
static void test_prepared(void **state)
{
    struct passhash p;
    struct err e;

    (void)state;
    assert_int_equal(passhash_make(SPAN_LIT("e\xcc\x81t\xc3\xa9"), PASSHASH_PASSWORD, &p, &e), RC_OK);
    assert_true(is_of(&p, "\xc3\xa9t\xc3\xa9"));
    passhash_free(&p);
}

static void test_refused(void **state)
{
    static const struct span bad[] = {SPAN_LIT("a\0b"), SPAN_LIT("a\nb"), SPAN_LIT("\xff\xfe")};
    char large[1100];
    struct passhash p;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_not_equal(passhash_make(bad[i], PASSHASH_PASSWORD, &p, &e), RC_OK);
        assert_string_equal(p.hash, "");
        passhash_free(&p);
    }
    memset(large, 'a', sizeof large);
    assert_int_equal(passhash_make(span_of(large, sizeof large), PASSHASH_PASSWORD, &p, &e), RC_SYNTAX);
    passhash_free(&p);
}

static int setup(void **state)
{
    (void)state;
    passhash_warm();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cost_is_slapds), cmocka_unit_test(test_a_drawn_code_is_cheap),
        cmocka_unit_test(test_two_are_never_alike), cmocka_unit_test(test_prepared), cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, setup, NULL);
}
