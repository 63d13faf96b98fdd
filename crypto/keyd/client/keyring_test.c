/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/keyring_test.c - the keyring file, and all that pli init makes beside it. */
#include "base/wipe.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/keyring.h"
#include "crypto/pki/pki.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct err e;

static struct keyring *sample(void)
{
    struct keyring *k = keyring_new();

    random_bytes(k->kek, sizeof k->kek);
    k->ca_key = k->ca_cert = k->tls_rsa = k->tls_ec = (struct key_der){3, "der"};
    return k;
}

static void test_round_trip_and_tampering(void **st)
{
    struct keyring *k = sample(), *got = NULL;
    struct span cred = SPAN_LIT("0123456789abcdef0123456789abcdef");
    struct buf f = BUF_INIT;

    (void)st;
    assert_int_equal(keyring_seal(k, SPAN_LIT("short"), &f, &e), RC_DENIED);
    assert_int_equal(keyring_seal(k, cred, &f, &e), RC_OK);
    assert_int_equal(keyring_open(buf_span(&f), cred, &got, &e), RC_OK);
    assert_memory_equal(got, k, sizeof *k);
    keyring_free(&got);
    assert_int_equal(keyring_open(buf_span(&f), SPAN_LIT("0123456789abcdef0123456789abcdeX"), &got, &e), RC_DENIED);
    for (size_t i = 0; i < f.n; i++) {
        f.p[i] ^= 1;
        assert_int_not_equal(keyring_open(buf_span(&f), cred, &got, &e), RC_OK);
        f.p[i] ^= 1;
        assert_int_not_equal(keyring_open(span_head(buf_span(&f), i), cred, &got, &e), RC_OK);
    }
    f.p[4] = 3;
    assert_int_equal(keyring_open(buf_span(&f), cred, &got, &e), RC_PERM); /* a newer version says so */
    assert_null(got);
    keyring_free(&k);
    buf_free(&f);
}

static void test_how_long_a_former_key_signs(void **st)
{
    static const struct {
        uint64_t replaced;
        int64_t now, left;
    } t[] = {{1000, 1000, KEYRING_FORMER_S},
             {1000, 1001, KEYRING_FORMER_S - 1},
             {1000, 1000 + KEYRING_FORMER_S - 1, 1},
             {1000, 1000 + KEYRING_FORMER_S, 0},
             {1000, 2000000, 0},
             {1000, 900, KEYRING_FORMER_S}, /* the clock was set back: no longer than that from now */
             {2000000000, 1000, KEYRING_FORMER_S},
             {0, 2000000, INT64_MAX}};

    (void)st;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct key_former f = {.replaced = t[i].replaced};

        assert_int_equal(key_former_left(&f, t[i].now), t[i].left);
    }
}

static int sh(const char *dir, const char *cmd)
{
    char all[512];

    snprintf(all, sizeof all, "cd %s && { %s; } >/dev/null 2>&1", dir, cmd);
    return system(all);
}

static void test_create(void **st)
{
    char dir[] = "/tmp/keyring_test.XXXXXX";
    struct keyring_spec s = {dir, "trial.test", "mail.trial.test"};
    struct stat sb;
    char path[64];

    (void)st;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(keyring_create(&s, &e), RC_OK);
    assert_int_equal(keyring_create(&s, &e), RC_EXISTS);
    assert_int_equal(sh(dir, "openssl verify -x509_strict -purpose sslserver -verify_hostname mail.trial.test -CAfile "
                             "ca.pem tls/server.pem"),
                     0);
    assert_int_equal(
        sh(dir, "openssl verify -x509_strict -purpose sslserver -verify_ip 127.0.0.1 -CAfile ca.pem tls/server-ec.pem"),
        0);
    assert_int_equal(sh(dir, "openssl verify -x509_strict -purpose sslclient -CAfile ca.pem tls/server.pem"), 0);
    assert_int_equal(
        sh(dir, "openssl verify -purpose sslserver -verify_hostname localhost -CAfile ca.pem tls/slapd.pem"), 0);
    assert_int_equal(
        sh(dir, "openssl verify -purpose sslserver -verify_hostname \"$(uname -n)\" -CAfile ca.pem tls/slapd.pem"), 0);
    assert_int_equal(sh(dir, "openssl pkey -in tls/slapd.key -check"), 0);
    assert_int_not_equal(sh(dir, "grep -r 'PRIVATE KEY' keys ca.pem tls/server.pem tls/server-ec.pem"), 0);
    snprintf(path, sizeof path, "%s/keys/credential", dir);
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0400);
    snprintf(path, sizeof path, "%s/tls/slapd.key", dir);
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0400);
    assert_int_equal(sh("/", "true"), 0);
    snprintf(path, sizeof path, "rm -r %s", dir);
    assert_int_equal(system(path), 0);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_round_trip_and_tampering),
                                   cmocka_unit_test(test_how_long_a_former_key_signs), cmocka_unit_test(test_create)};
    return cmocka_run_group_tests_name("keyring", t, NULL, NULL);
}
