/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_place_test.c - the files of an owner: to the letter, for instances that are there have them. */
#include "crypto/keyd/client/domain_key_place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_files_of_an_owner(void **state)
{
    static const struct {
        const char *owner;
        enum domain_cert_kind kind;
        const char *name, *key, *certificate;
    } t[] = {
        {"un.test", DC_RSA, "un.test.rsa", "keys/domains/un.test.rsa", "tls/domains/un.test.rsa.pem"},
        {"un.test", DC_EC, "un.test.ec", "keys/domains/un.test.ec", "tls/domains/un.test.ec.pem"},
        {"client", DC_EC, "client.ec", "keys/domains/client.ec", "tls/domains/client.ec.pem"},
        {OUTBOX_KEY, DC_RSA, "publish/client.rsa", "keys/publish/client.rsa", "tls/publish/client.rsa.pem"},
        {OUTBOX_KEY, DC_EC, "publish/client.ec", "keys/publish/client.ec", "tls/publish/client.ec.pem"},
    };
    struct domain_key_place at, found;

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_true(domain_key_place(t[i].owner, t[i].kind, &at));
        assert_string_equal(at.name, t[i].name);
        assert_string_equal(at.key, t[i].key);
        assert_string_equal(at.certificate, t[i].certificate);
        /* a program that finds the file means the same */
        assert_true(domain_key_place_of(domain_key_below(t[i].owner), strrchr(at.key, '/') + 1, &found));
        assert_string_equal(found.name, at.name);
        assert_string_equal(found.key, at.key);
        assert_string_equal(found.certificate, at.certificate);
    }
}

static void what_is_too_long_has_none(void **state)
{
    struct domain_key_place at;
    char owner[DOMAIN_KEY_NAME + 1];

    (void)state;
    memset(owner, 'a', sizeof owner);
    owner[DOMAIN_KEY_NAME - 4] = 0; /* with ".ec" and its end just so */
    assert_true(domain_key_place(owner, DC_EC, &at));
    assert_false(domain_key_place(owner, DC_RSA, &at));
    owner[DOMAIN_KEY_NAME - 4] = 'a';
    owner[DOMAIN_KEY_NAME] = 0;
    assert_false(domain_key_place(owner, DC_EC, &at));
}

static void which_files_are_whose(void **state)
{
    static const char *const nothing[] = {"",      ".",        "..",    ".rsa", ".ec",  ".ec.pem",
                                          ".x.ec", "x.ec.new", "x.pem", "ec",   "x.ecc"};
    enum domain_cert_kind kind = DC_KINDS;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        assert_false(domain_key_file(nothing[i], &kind, &n));
        assert_false(domain_cert_file(nothing[i], &kind, &n));
    }
    assert_true(domain_key_file("un.test.ec", &kind, &n));
    assert_true(kind == DC_EC && n == strlen("un.test"));
    assert_true(domain_cert_file("un.test.rsa.pem", &kind, &n));
    assert_true(kind == DC_RSA && n == strlen("un.test"));
    assert_false(domain_cert_file("un.test.rsa", &kind, &n));
    assert_false(domain_key_file("un.test.rsa.pem", &kind, &n));
}

static void who_has_none_is_named(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(domain_key_none("un.test", &e), RC_NOTFOUND);
    assert_string_equal(e.log, "un.test has no certificate of its own");
    assert_int_equal(domain_key_none(OUTBOX_KEY, &e), RC_NOTFOUND);
    assert_string_equal(e.log, "the publication has no certificate of its own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_of_an_owner),
        cmocka_unit_test(what_is_too_long_has_none),
        cmocka_unit_test(which_files_are_whose),
        cmocka_unit_test(who_has_none_is_named),
    };

    return cmocka_run_group_tests_name("domain_key_place", tests, NULL, NULL);
}
