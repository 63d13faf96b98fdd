/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/client/domain_key_renew_test.c - the trial authority's certificates of domains made anew: what they say stays, but for dates and serial number; no
 * other certificate is touched, and thousands take their time of the processor alone. */
#include "base/clock.h"
#include "crypto/keyd/client/client.h"
#include "crypto/keyd/client/domain_key.h"
#include "crypto/keyd/client/keyring_int.h"
#include "crypto/pki/bundle.h"
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"
#include "crypto/tls/domain_certs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file_test.h"

static struct err e;
static char dir[] = "/tmp/domain_key_renew_test.XXXXXX";

/* A trial certificate and its key, for so many days, as pli cert issue-trial gives them. */
static void trial(const char *file, const char *domain, enum pki_alg alg, uint32_t days)
{
    struct open_ring ring = {.lock = -1};
    struct buf key = BUF_INIT, der = BUF_INIT, pem = BUF_INIT;
    struct pki_authority *by = NULL;

    assert_int_equal(ring_open(dir, &ring, &e), RC_OK);
    assert_int_equal(pki_authority_new(key_der_span(&ring.ring->ca_key), key_der_span(&ring.ring->ca_cert), &by, &e),
                     RC_OK);
    assert_int_equal(pki_key_new(alg, &key, &e), RC_OK);
    struct pki_want w = {.use = PKI_OPERATOR,
                         .subject = {{"C", SPAN_LIT("FR")}, {"O", span_str(domain)}, {"CN", SPAN_LIT("smtp")}},
                         .dns = {span_str(domain), SPAN_LIT("autre.test")},
                         .days = days,
                         .key_pkcs8 = buf_span(&key),
                         .by = by};
    assert_int_equal(pki_issue(&w, &der, &e), RC_OK);
    pki_pem("PRIVATE KEY", buf_span(&key), &pem);
    pki_pem("CERTIFICATE", buf_span(&der), &pem);
    file_put(file, buf_span(&pem));
    pki_authority_free(&by);
    ring_close(&ring);
    buf_free(&key);
    buf_free(&der);
    buf_free(&pem);
}

static void import(const char *owner, const char *file)
{
    struct pki_bundle b = {.certificates = 0};
    struct buf text = file_text(file);

    assert_int_equal(pki_bundle_read(buf_span(&text), NULL, &b, &e), RC_OK);
    assert_int_equal(domain_key_import(dir, owner, &b, &e), RC_OK);
    pki_bundle_free(&b);
    buf_free(&text);
}

static int64_t in_days(int64_t n)
{
    return clock_utc() + n * 86400;
}

static enum rc renew(const char *owner, int64_t before, unsigned *n)
{
    const struct domain_renewal r = {dir, owner, before};

    return domain_key_renew(&r, n, &e);
}

static struct cert_info info_of(const char *name)
{
    struct buf pem = file_text(name);
    struct cert_info i;

    assert_int_equal(cert_info_pem(buf_span(&pem), &i, &e), RC_OK);
    buf_free(&pem);
    return i;
}

static void what_it_says_stays(void **state)
{
    unsigned char before[KEYD_SHOWN], after[KEYD_SHOWN];
    struct cert_info was, is;
    struct buf old, pem, key;
    unsigned n;

    (void)state;
    trial("a.pem", "un.test", PKI_P256, 9);
    import("un.test", "a.pem");
    old = file_text("tls/domains/un.test.ec.pem");
    key = file_text("keys/domains/un.test.ec");
    was = info_of("tls/domains/un.test.ec.pem");
    assert_int_equal(renew("un.test", in_days(5), &n), RC_OK); /* it does not end so soon */
    assert_int_equal(n, 0);
    assert_int_equal(renew("un.test", in_days(20), &n), RC_OK);
    assert_int_equal(n, 1);
    pem = file_text("tls/domains/un.test.ec.pem");
    is = info_of("tls/domains/un.test.ec.pem");
    assert_true(is.not_after > in_days(1000) && is.not_before > in_days(-1));
    assert_string_equal(is.subject, was.subject);
    assert_string_equal(is.issuer, was.issuer);
    assert_string_not_equal(is.serial, was.serial);
    assert_true(domain_certs_key(buf_span(&old), before) && domain_certs_key(buf_span(&pem), after));
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(domain_certs_names(buf_span(&pem)), 2);
    assert_int_equal(system("openssl verify -CAfile ca.pem -purpose sslserver -verify_hostname autre.test "
                            "tls/domains/un.test.ec.pem >openssl.log 2>&1 && openssl verify -CAfile ca.pem -purpose "
                            "sslclient tls/domains/un.test.ec.pem >>openssl.log 2>&1"),
                     0);
    assert_int_equal(renew("un.test", in_days(20), &n), RC_OK); /* again: nothing is due */
    assert_int_equal(n, 0);
    buf_free(&old);
    old = file_text("keys/domains/un.test.ec");
    assert_true(span_eq(buf_span(&old), buf_span(&key))); /* the key is not touched */
    buf_free(&old);
    buf_free(&pem);
    buf_free(&key);
}

/* What stands behind it stays: the authorities above. */
static void both_kinds_with_their_chains(void **state)
{
    struct buf chain, pem;
    unsigned n;

    (void)state;
    trial("a.pem", "deux.test", PKI_P256, 9);
    trial("b.pem", "deux.test", PKI_RSA_2048, 9);
    assert_int_equal(system("cat ca.pem >>a.pem"), 0);
    import("deux.test", "a.pem");
    import("deux.test", "b.pem");
    assert_int_equal(renew("deux.test", INT64_MAX, &n), RC_OK);
    assert_int_equal(n, 2);
    chain = file_text("ca.pem");
    pem = file_text("tls/domains/deux.test.ec.pem");
    assert_true(span_find(buf_span(&pem), buf_span(&chain)) > 0);
    buf_free(&pem);
    pem = file_text("tls/domains/deux.test.rsa.pem");
    assert_true(span_find(buf_span(&pem), buf_span(&chain)) < 0);
    buf_free(&pem);
    buf_free(&chain);
}

/* A file that is longer than any chain was not read to its end: renewed, it would lose what was not read. */
static void what_was_not_read_whole_is_left_alone(void **state)
{
    struct buf was, is;
    unsigned n;

    (void)state;
    trial("a.pem", "long.test", PKI_P256, 9);
    import("long.test", "a.pem");
    assert_int_equal(
        system("for i in $(seq 300); do printf %1023s x; echo; done >long && cat long >>tls/domains/long.test.ec.pem"),
        0);
    was = file_text("tls/domains/long.test.ec.pem");
    (void)renew("long.test", INT64_MAX, &n);
    assert_int_equal(n, 0);
    is = file_text("tls/domains/long.test.ec.pem");
    assert_true(was.n == is.n && span_eq(buf_span(&was), buf_span(&is)));
    assert_int_equal(
        system("test $(stat -c %s tls/domains/long.test.ec.pem) -gt 307200 && rm long tls/domains/long.test.*"), 0);
    buf_free(&was);
    buf_free(&is);
}

/* Another authority's, one that only says that it is the trial authority's, files that are none, a domain without any. */
static void what_is_not_ours_is_left_alone(void **state)
{
    struct buf was, is;
    unsigned n;

    (void)state;
    assert_int_equal(system("rm -f tls/domains/*; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                            "-days 3 -subj \"/C=FR/O=Pli trial/CN=Pli trial CA of trial.test\" -addext "
                            "subjectAltName=DNS:x.test -keyout k.pem -out tls/domains/faux.test.ec.pem 2>/dev/null; "
                            "echo x >tls/domains/rien.test.rsa.pem; : >tls/domains/vide.test.ec.pem; "
                            "mkdir -p tls/domains/dossier.test.ec.pem; cp ca.pem tls/domains/notes.pem"),
                     0);
    was = file_text("tls/domains/faux.test.ec.pem");
    assert_int_equal(renew(NULL, INT64_MAX, &n), RC_OK);
    assert_int_equal(n, 0);
    is = file_text("tls/domains/faux.test.ec.pem");
    assert_true(span_eq(buf_span(&was), buf_span(&is)));
    assert_int_equal(renew("personne.test", INT64_MAX, &n), RC_NOTFOUND);
    assert_non_null(strstr(e.log, "personne.test has no certificate of its own"));
    assert_int_equal(renew(OUTBOX_KEY, INT64_MAX, &n), RC_NOTFOUND);
    assert_non_null(strstr(e.log, "the publication has no certificate"));
    trial("a.pem", "x.test", PKI_P256, 2);
    import(OUTBOX_KEY, "a.pem");
    assert_int_equal(renew(NULL, INT64_MAX, &n), RC_OK); /* the outbox is no domain */
    assert_int_equal(n, 0);
    assert_int_equal(renew(OUTBOX_KEY, in_days(3), &n), RC_OK);
    assert_int_equal(n, 1);
    assert_true(info_of("tls/publish/client.ec.pem").not_after > in_days(1000));
    assert_int_equal(system("rm -r tls/domains/*"), 0);
    buf_free(&was);
    buf_free(&is);
}

/* Prints what it took. */
static void many(void **state)
{
    enum { MANY = 60 };
    struct timespec a, b;
    char name[64];
    unsigned n;

    (void)state;
    trial("a.pem", "m.test", PKI_P256, 9);
    import("m.test", "a.pem");
    for (unsigned i = 1; i < MANY; i++) {
        snprintf(name, sizeof name, "tls/domains/m%u.test.ec.pem", i);
        assert_int_equal(link("tls/domains/m.test.ec.pem", name), 0);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    assert_int_equal(renew(NULL, in_days(20), &n), RC_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    assert_int_equal(n, MANY);
    print_message("%d certificates renewed in %.2f s of CPU\n", MANY,
                  (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9);
    assert_int_equal(renew(NULL, in_days(20), &n), RC_OK);
    assert_int_equal(n, 0);
}

static int group_start(void **state)
{
    const struct keyring_spec spec = {dir, "trial.test", "mail.trial.test"};

    (void)state;
    return mkdtemp(dir) && chdir(dir) == 0 && keyring_create(&spec, &e) == RC_OK ? 0 : -1;
}

static int group_end(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "cd / && rm -r %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_stays),
        cmocka_unit_test(both_kinds_with_their_chains),
        cmocka_unit_test(what_was_not_read_whole_is_left_alone),
        cmocka_unit_test(what_is_not_ours_is_left_alone),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests_name("domain_key_renew", tests, group_start, group_end);
}
