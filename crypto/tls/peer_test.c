/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/peer_test.c - the verdict on a peer's certificate: each thing that can be wrong with it has its cause, and each check is a setting. */
#include "base/clock.h"
#include "base/ipc.h"
#include "crypto/pki/revocation.h"
#include "crypto/tls/tls_int.h"
#include "crypto/tls/trial_fixture_int.h"
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { HOUR = 3600, DAYS = 86400 };
static struct made root, inter, twin, stranger;
static struct anchors anchors;
static gnutls_x509_crt_t anchor;
static gnutls_x509_trust_list_t list;
static struct pki_anchors *trustd; /* the same, as trustd reads them */

static int set_up(void **st)
{
    char path[] = "/tmp/peer_test.XXXXXX";
    gnutls_datum_t d;
    struct err e;
    FILE *f;
    int fd;

    (void)st;
    root = made_ca("Root", NULL);
    twin = made_ca("Root", NULL);
    stranger = made_ca("Stranger", NULL);
    inter = made_ca("Inter", &root);
    d = (gnutls_datum_t){root.der.p, (unsigned)root.der.n};
    if (gnutls_x509_crt_init(&anchor) < 0 || gnutls_x509_crt_import(anchor, &d, GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_trust_list_init(&list, 0) < 0 || gnutls_x509_trust_list_add_cas(list, &anchor, 1, 0) != 1)
        return -1;
    anchors = (struct anchors){&anchor, 1};
    fd = mkstemp(path);
    f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL || PEM_write_X509(f, root.x) != 1 || fclose(f) != 0 || pki_anchors_load(path, &trustd, &e) != RC_OK)
        return -1;
    unlink(path);
    return 0;
}

static int drop(void **st)
{
    (void)st;
    pki_anchors_free(&trustd);
    gnutls_x509_trust_list_deinit(list, 0);
    gnutls_x509_crt_deinit(anchor);
    made_free(&root);
    made_free(&twin);
    made_free(&inter);
    made_free(&stranger);
    return 0;
}

/* A session that finds the chain at trustd judges it no more. So what trustd says of a chain, by another library, must never be more than the verdict
 * here; and where no policies are asked for it must be the same, or the way round by trustd would never be taken. */
static void as_trustd_says(const gnutls_datum_t *d, size_t n, const struct tls_rules *rules, bool verified)
{
    struct span ders[2];
    struct pki_chain *c = NULL;
    struct err e;
    bool good;

    for (size_t i = 0; i < n; i++)
        ders[i] = span_of(d[i].data, d[i].size);
    good = pki_chain_find(trustd, ders, n, clock_utc(), &c, &e) == RC_OK && rules_met(rules, pki_chain_uses(c));
    if (c)
        pki_chain_free(&c);
    if (span_trim(span_str(rules->policies)).n == 0)
        assert_int_equal(good, verified);
    else
        assert_false(good); /* policies are not asked of trustd */
}

static struct tls_peer judged(const struct made *leaf, const struct made *ca, struct tls_rules rules, const char *host)
{
    struct tls_peer p = {.verified = false}, again = p;
    gnutls_datum_t d[2] = {{leaf->der.p, (unsigned)leaf->der.n}, {ca ? ca->der.p : NULL, ca ? (unsigned)ca->der.n : 0}};

    peer_judge(&(struct peer_judge){&anchors, list, rules, host}, d, ca ? 2 : 1, &p);
    peer_judge(&(struct peer_judge){NULL, list, rules, host}, d, ca ? 2 : 1, &again);
    assert_int_equal(p.verified, again.verified); /* the short way says the same as the long one */
    assert_int_equal(p.cause, again.cause);
    assert_true(p.verified ? p.cause == CAUSE_NONE : p.cause != CAUSE_NONE && p.why[0] != '\0');
    if (host == NULL)
        as_trustd_says(d, ca ? 2 : 1, &rules, p.verified);
    return p;
}

/* A client's certificate that the test made, freed when it was judged. */
static enum cause cause_of(struct made leaf, const struct made *ca, struct tls_rules rules)
{
    enum cause c = judged(&leaf, ca, rules, NULL).cause;

    made_free(&leaf);
    return c;
}
static const struct tls_rules plain = {TLS_USE_EITHER, NULL};
#define LEAF(...) made_new((struct made_want){.cn = "smtp.chu.test", .by = &root, __VA_ARGS__})

static void test_good(void **st)
{
    struct made leaf = made_leaf("smtp.chu.test", &inter);
    struct tls_peer p = judged(&leaf, &inter, plain, NULL);
    struct span rest = span_of(p.chain, p.n_chain);
    struct span der[2];
    struct rd r = rd_of(rest);

    (void)st;
    assert_true(p.verified);
    assert_string_equal(p.dn, "CN=smtp.chu.test,O=Pli");
    for (int i = 0; i < 2; i++) {
        struct rd one = rd_of(rd_bytes(&r));

        der[i] = rd_bytes(&one);
        assert_true(rd_done(&one));
    }
    assert_true(rd_done(&r));
    assert_true(span_eq(der[0], buf_span(&leaf.der)) && span_eq(der[1], buf_span(&inter.der)));
    made_free(&leaf);
}

static void test_dates(void **st)
{
    (void)st;
    assert_int_equal(cause_of(LEAF(.from = -2 * HOUR, .to = -HOUR), NULL, plain), CAUSE_CERT_EXPIRED);
    assert_int_equal(cause_of(LEAF(.from = HOUR, .to = 2 * HOUR), NULL, plain), CAUSE_CERT_NOT_YET);
}

static void test_chain(void **st)
{
    struct made no_ca = made_leaf("no ca", &root), old_ca = made_new((struct made_want){.cn = "Old CA",
                                                                                        .by = &root,
                                                                                        .basic = "critical,CA:TRUE",
                                                                                        .usage = "keyCertSign",
                                                                                        .from = -2 * DAYS,
                                                                                        .to = -1 * DAYS});

    (void)st;
    assert_int_equal(cause_of(made_leaf("x", &stranger), NULL, plain), CAUSE_CERT_CHAIN);
    assert_int_equal(cause_of(made_leaf("x", &stranger), &stranger, plain), CAUSE_CERT_CHAIN);
    assert_int_equal(cause_of(made_leaf("x", &twin), NULL, plain),
                     CAUSE_CERT_CHAIN); /* the anchor's name, another's key */
    assert_int_equal(cause_of(made_leaf("x", NULL), NULL, plain), CAUSE_CERT_CHAIN); /* self-signed */
    assert_int_equal(cause_of(made_leaf("x", &inter), NULL, plain), CAUSE_CERT_CHAIN);
    assert_int_equal(cause_of(made_leaf("x", &inter), &inter, plain), CAUSE_NONE);
    assert_int_equal(cause_of(made_leaf("x", &no_ca), &no_ca, plain), CAUSE_CERT_CHAIN);
    assert_int_equal(cause_of(made_leaf("x", &old_ca), &old_ca, plain), CAUSE_CERT_EXPIRED);
    /* what a stranger's certificate says of its dates does not count */
    assert_int_equal(
        cause_of(made_new((struct made_want){.cn = "x", .by = &stranger, .from = -2 * HOUR, .to = -HOUR}), NULL, plain),
        CAUSE_CERT_CHAIN);
    made_free(&no_ca);
    made_free(&old_ca);
}

static void test_weak(void **st)
{
    (void)st;
    assert_int_equal(cause_of(LEAF(.rsa_bits = 1024), NULL, plain), CAUSE_CERT_WEAK);
    assert_int_equal(cause_of(LEAF(.md = EVP_sha1()), NULL, plain), CAUSE_CERT_WEAK);
    assert_int_equal(cause_of(LEAF(.rsa_bits = 2048), NULL, plain), CAUSE_NONE);
}

static void test_usage(void **st)
{
    static const struct tls_rules client = {TLS_USE_CLIENT, NULL}, server = {TLS_USE_SERVER, NULL},
                                  any = {TLS_USE_ANY, NULL};
    struct made mail_ca = made_new((struct made_want){
        .cn = "Mail CA", .by = &root, .basic = "critical,CA:TRUE", .usage = "keyCertSign", .eku = "emailProtection"});

    (void)st;
    assert_int_equal(cause_of(LEAF(.eku = "clientAuth"), NULL, plain), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.eku = "serverAuth"), NULL, plain), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.eku = "anyExtendedKeyUsage"), NULL, plain), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.eku = "emailProtection"), NULL, plain), CAUSE_CERT_USAGE);
    assert_int_equal(cause_of(LEAF(.eku = "emailProtection"), NULL, any), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.eku = "serverAuth"), NULL, client), CAUSE_CERT_USAGE);
    assert_int_equal(cause_of(LEAF(.eku = "clientAuth"), NULL, server), CAUSE_CERT_USAGE);
    assert_int_equal(cause_of(LEAF(.eku = "serverAuth"), NULL, server), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.usage = "critical,keyEncipherment", .eku = "clientAuth"), NULL, plain),
                     CAUSE_CERT_USAGE);
    assert_int_equal(cause_of(LEAF(.usage = "critical,keyEncipherment", .eku = "clientAuth"), NULL, any), CAUSE_NONE);
    assert_int_equal(cause_of(made_leaf("x", &mail_ca), &mail_ca, plain), CAUSE_CERT_USAGE);
    made_free(&mail_ca);
}

static void test_policies(void **st)
{
    static const struct tls_rules one = {TLS_USE_EITHER, "1.2.250.1.213.1.7.1"},
                                  two = {TLS_USE_EITHER, "1.2.3, 1.2.250.1.213.1.7.1"};
    struct made any_ca = made_new((struct made_want){
        .cn = "Any CA", .by = &root, .basic = "critical,CA:TRUE", .usage = "keyCertSign", .policies = "2.5.29.32.0"});

    (void)st;
    assert_int_equal(cause_of(LEAF(.policies = "1.2.250.1.213.1.7.1"), NULL, one), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.policies = "1.2.4,1.2.250.1.213.1.7.1"), NULL, two), CAUSE_NONE);
    assert_int_equal(cause_of(LEAF(.policies = "1.2.250.1.213.1.7.1"), &root, one),
                     CAUSE_NONE); /* the anchor is not asked */
    assert_int_equal(cause_of(LEAF(.policies = "1.2.250.1.213.1.7"), NULL, one), CAUSE_CERT_POLICY); /* no prefix */
    assert_int_equal(cause_of(LEAF(.policies = "1.2.250.1.213.1.7.1.1"), NULL, one), CAUSE_CERT_POLICY);
    assert_int_equal(cause_of(LEAF(.policies = "2.5.29.32.0"), NULL, one), CAUSE_CERT_POLICY);
    assert_int_equal(cause_of(LEAF(.serial = 0), NULL, one), CAUSE_CERT_POLICY);
    assert_int_equal(cause_of(LEAF(.serial = 0), NULL, (struct tls_rules){TLS_USE_EITHER, " "}), CAUSE_NONE);
    assert_int_equal(cause_of(made_new((struct made_want){.cn = "x", .by = &any_ca, .policies = "1.2.250.1.213.1.7.1"}),
                              &any_ca, one),
                     CAUSE_NONE);
    assert_int_equal(
        cause_of(made_new((struct made_want){.cn = "x", .by = &inter, .policies = "1.2.250.1.213.1.7.1"}), &inter, one),
        CAUSE_CERT_POLICY); /* the authority may not issue under it */
    made_free(&any_ca);
}

static void test_name(void **st)
{
    struct made leaf = LEAF(.eku = "serverAuth", .san = "DNS:mx1.chu.test,DNS:*.mx.chu.test");
    struct tls_rules server = {TLS_USE_SERVER, NULL};

    (void)st;
    assert_true(judged(&leaf, NULL, server, "mx1.chu.test").verified);
    assert_true(judged(&leaf, NULL, server, "MX1.CHU.TEST").verified);
    assert_int_equal(judged(&leaf, NULL, server, "mx2.chu.test").cause, CAUSE_BAD_CERT);
    assert_int_equal(judged(&leaf, NULL, server, "smtp.chu.test").cause,
                     CAUSE_BAD_CERT); /* the CN counts only where there is no dNSName */
    made_free(&leaf);
    leaf = LEAF(.eku = "serverAuth");
    assert_true(judged(&leaf, NULL, server, "smtp.chu.test").verified);
    made_free(&leaf);
}

/* An answer about a chain is taken with the digest of the very anchors, for uses that the rules ask for, and never where they ask for policies. */
static void test_suits(void **st)
{
    struct trial t = {.ca = made_ca("Authority", NULL)};
    struct tls_conf_spec spec = {.anchors_pem = t.ca_pem, .chain_ec_pem = t.server_pem};
    unsigned all = PKI_USE_SIGNS | PKI_USE_CLIENT | PKI_USE_SERVER | PKI_USE_EITHER;
    struct tls_conf *c[4] = {NULL};
    struct pki_anchors *a = NULL;
    unsigned char digest[32];
    struct err e;

    (void)st;
    trial_make(&t, made_leaf("mail.test", &t.ca));
    assert_int_equal(pki_anchors_load(t.ca_pem, &a, &e), RC_OK);
    memcpy(digest, pki_anchors_digest(a), sizeof digest);
    assert_int_equal(tls_conf_new(&spec, &c[0], &e), RC_OK);
    spec.client.usage = TLS_USE_CLIENT;
    assert_int_equal(tls_conf_new(&spec, &c[1], &e), RC_OK);
    spec.client = (struct tls_rules){TLS_USE_ANY, "1.2.3"};
    assert_int_equal(tls_conf_new(&spec, &c[2], &e), RC_OK);
    spec = (struct tls_conf_spec){.chain_ec_pem = t.server_pem};
    assert_int_equal(tls_conf_new(&spec, &c[3], &e), RC_OK);
    assert_true(tls_suits(c[0], all, digest));
    assert_true(tls_suits(c[0], PKI_USE_SIGNS | PKI_USE_EITHER, digest));
    assert_false(tls_suits(c[0], all & ~(unsigned)PKI_USE_SIGNS, digest));
    assert_false(tls_suits(c[0], PKI_USE_SIGNS, digest));
    assert_false(tls_suits(c[0], 0, digest));
    assert_true(tls_suits(c[1], PKI_USE_SIGNS | PKI_USE_CLIENT | PKI_USE_EITHER, digest));
    assert_false(tls_suits(c[1], PKI_USE_SIGNS | PKI_USE_SERVER | PKI_USE_EITHER, digest));
    assert_false(tls_suits(c[2], all, digest));
    assert_false(tls_suits(c[3], all, digest)); /* it asks for no certificate */
    for (size_t i = 0; i < sizeof digest; i++) {
        digest[i] ^= 1;
        assert_false(tls_suits(c[0], all, digest));
        digest[i] ^= 1;
    }
    for (size_t i = 0; i < 4; i++)
        tls_conf_free(&c[i]);
    pki_anchors_free(&a);
    trial_free(&t);
}

static void test_hostile(void **st)
{
    gnutls_datum_t junk = {(unsigned char *)(uintptr_t) "junk", 4}, many[20];
    struct tls_peer p = {.verified = false};

    (void)st;
    peer_judge(&(struct peer_judge){&anchors, list, plain, NULL}, &junk, 1, &p);
    assert_true(!p.verified && p.cause == CAUSE_BAD_CERT);
    for (int i = 0; i < 20; i++)
        many[i] = (gnutls_datum_t){root.der.p, (unsigned)root.der.n};
    p = (struct tls_peer){.verified = false};
    peer_judge(&(struct peer_judge){&anchors, list, plain, NULL}, many, 20, &p);
    assert_true(!p.verified && p.cause == CAUSE_BAD_CERT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_dates), cmocka_unit_test(test_chain),
        cmocka_unit_test(test_weak), cmocka_unit_test(test_usage), cmocka_unit_test(test_policies),
        cmocka_unit_test(test_name), cmocka_unit_test(test_suits), cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, set_up, drop);
}
