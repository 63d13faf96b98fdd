/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/pki_test.c - certificates as the openssl command reads and verifies them, PEM, keys. */
#include "crypto/pki/pki.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err e;
static struct buf ca_key, ca_cert;
static struct pki_authority *ca;
static char dir[] = "/tmp/pki_test.XXXXXX";

static int make_ca(void **st)
{
    struct pki_want w = {
        .use = PKI_CA, .subject = {{"C", SPAN_LIT("FR")}, {"CN", SPAN_LIT("CA d'essai")}}, .days = 3650};

    (void)st;
    if (mkdtemp(dir) == NULL || pki_key_new(PKI_P256, &ca_key, &e) != RC_OK)
        return -1;
    w.key_pkcs8 = buf_span(&ca_key);
    if (pki_issue(&w, &ca_cert, &e) != RC_OK)
        return -1;
    return pki_authority_new(buf_span(&ca_key), buf_span(&ca_cert), &ca, &e) == RC_OK ? 0 : -1;
}

static int drop_ca(void **st)
{
    char cmd[64];

    (void)st;
    buf_free(&ca_key);
    buf_free(&ca_cert);
    pki_authority_free(&ca);
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    return system(cmd);
}

static void save(const char *name, struct span der)
{
    struct buf pem = BUF_INIT;
    char path[64];
    FILE *f;

    pki_pem("CERTIFICATE", der, &pem);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(pem.p, 1, pem.n, f), pem.n);
    fclose(f);
    buf_free(&pem);
}

/* what the command prints, into out; the exit status */
static int run(const char *fmt, char *out, size_t cap)
{
    char cmd[512];
    size_t n;
    FILE *p;

    snprintf(cmd, sizeof cmd, "cd %s && %s 2>&1", dir, fmt);
    p = popen(cmd, "r");
    assert_non_null(p);
    n = fread(out, 1, cap - 1, p);
    out[n] = '\0';
    return pclose(p);
}

static struct pki_want leaf(enum pki_use use, struct span key)
{
    return (struct pki_want){.use = use, .days = 100000, .key_pkcs8 = key, .by = ca};
}

static void test_smime(void **st)
{
    static const enum pki_alg algs[] = {PKI_P256, PKI_RSA_2048};

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        struct buf key = BUF_INIT, cert = BUF_INIT;
        char out[8192];
        struct pki_want w;

        assert_int_equal(pki_key_new(algs[i], &key, &e), RC_OK);
        w = leaf(PKI_SMIME, buf_span(&key));
        w.subject[0].type = "CN";
        w.subject[0].value = SPAN_LIT("Dr Anaïs Müller, pédiatre");
        w.mail = SPAN_LIT("ana@chu.example");
        w.more_mail = SPAN_LIT("pediatrie@chu.example\nana.muller@chu.example");
        assert_int_equal(pki_issue(&w, &cert, &e), RC_OK);
        assert_int_equal(pki_match(buf_span(&key), buf_span(&cert), &e), RC_OK);
        assert_int_equal(pki_match(buf_span(&ca_key), buf_span(&cert), &e), RC_DENIED);
        save("ca.pem", buf_span(&ca_cert));
        save("leaf.pem", buf_span(&cert));
        assert_int_equal(run("openssl verify -x509_strict -purpose smimesign -CAfile ca.pem leaf.pem", out, sizeof out),
                         0);
        assert_int_not_equal(run("openssl verify -purpose sslserver -CAfile ca.pem leaf.pem", out, sizeof out), 0);
        run("openssl x509 -in leaf.pem -noout -text -nameopt RFC2253,utf8,-esc_msb", out, sizeof out);
        assert_non_null(
            strstr(out, "email:ana@chu.example, email:pediatrie@chu.example, email:ana.muller@chu.example\n"));
        assert_non_null(strstr(out, "CN=Dr Anaïs Müller\\, pédiatre"));
        assert_non_null(strstr(out, "E-mail Protection"));
        buf_free(&key);
        buf_free(&cert);
    }
}

static void test_operator(void **st)
{
    struct buf key = BUF_INIT, cert = BUF_INIT;
    char out[8192];
    struct pki_want w;

    (void)st;
    assert_int_equal(pki_key_new(PKI_P256, &key, &e), RC_OK);
    w = leaf(PKI_OPERATOR, buf_span(&key));
    memcpy(w.subject,
           (__typeof__(w.subject)){{"C", SPAN_LIT("FR")},
                                   {"ST", SPAN_LIT("Paris (75)")},
                                   {"O", SPAN_LIT("Essai load.test")},
                                   {"OU", SPAN_LIT("1300017985")},
                                   {"CN", SPAN_LIT("smtp.load.test")}},
           sizeof w.subject);
    w.dns[0] = SPAN_LIT("smtp.load.test");
    assert_int_equal(pki_issue(&w, &cert, &e), RC_OK);
    save("ca.pem", buf_span(&ca_cert));
    save("op.pem", buf_span(&cert));
    assert_int_equal(run("openssl verify -x509_strict -purpose sslclient -CAfile ca.pem op.pem", out, sizeof out), 0);
    assert_int_equal(
        run("openssl verify -purpose sslserver -verify_hostname smtp.load.test -CAfile ca.pem op.pem", out, sizeof out),
        0);
    assert_int_equal(run("openssl x509 -in op.pem -noout -subject -nameopt RFC2253", out, sizeof out), 0);
    assert_string_equal(out, "subject=CN=smtp.load.test,OU=1300017985,O=Essai load.test,ST=Paris (75),C=FR\n");
    buf_free(&key);
    buf_free(&cert);
}

/* half an authority, or none, signs nothing */
static void test_no_authority(void **st)
{
    struct buf key = BUF_INIT, cert = BUF_INIT;
    struct pki_authority *half = ca;
    struct pki_want w;

    (void)st;
    assert_int_equal(pki_key_new(PKI_P256, &key, &e), RC_OK);
    w = leaf(PKI_SMIME, buf_span(&key));
    w.by = NULL;
    assert_int_equal(pki_issue(&w, &cert, &e), RC_PERM);
    assert_int_equal(cert.n, 0);
    assert_int_equal(pki_authority_new(buf_span(&ca_key), SPAN_LIT("no certificate"), &half, &e), RC_CORRUPT);
    assert_null(half);
    assert_int_equal(pki_authority_new(SPAN_LIT("no key"), buf_span(&ca_cert), &half, &e), RC_CORRUPT);
    assert_null(half);
    buf_free(&key);
}

/* names with the library's own syntax in them stay names; what does not fit is refused or cut */
static void test_names(void **st)
{
    struct buf key = BUF_INIT, cert = BUF_INIT;
    char out[8192];
    struct pki_want w;

    (void)st;
    assert_int_equal(pki_key_new(PKI_P256, &key, &e), RC_OK);
    w = leaf(PKI_SMIME, buf_span(&key));
    w.subject[0].type = "CN";
    w.subject[0].value = SPAN_LIT("éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé");
    w.mail = SPAN_LIT("a@b.example,DNS:evil.example");
    assert_int_equal(pki_issue(&w, &cert, &e), RC_OK);
    save("n.pem", buf_span(&cert));
    run("openssl x509 -in n.pem -noout -ext subjectAltName", out, sizeof out);
    assert_null(strstr(out, "DNS:evil.example\n") && !strstr(out, "email:a@b.example,DNS:evil.example") ? out : NULL);
    w.mail = SPAN_LIT("élodie@b.example");
    buf_clear(&cert);
    assert_int_equal(pki_issue(&w, &cert, &e), RC_PERM);
    w.mail = SPAN_LIT("a@b.example");
    w.subject[0].value = SPAN_LIT("bad \xff utf8");
    assert_int_equal(pki_issue(&w, &cert, &e), RC_PERM);
    assert_int_equal(cert.n, 0);
    buf_free(&key);
    buf_free(&cert);
}

static void test_pem(void **st)
{
    struct buf pem = BUF_INIT, der = BUF_INIT;

    (void)st;
    buf_addstr(&pem, "comment before\n");
    pki_pem("CERTIFICATE", buf_span(&ca_cert), &pem);
    assert_int_equal(pki_unpem("CERTIFICATE", buf_span(&pem), &der, &e), RC_OK);
    assert_true(span_eq(buf_span(&der), buf_span(&ca_cert)));
    for (size_t n = 0; n + 2 < pem.n; n += 3) {
        buf_clear(&der);
        assert_int_not_equal(pki_unpem("CERTIFICATE", span_head(buf_span(&pem), n), &der, &e), RC_OK);
    }
    assert_int_equal(pki_unpem("PRIVATE KEY", buf_span(&pem), &der, &e), RC_NOTFOUND);
    buf_free(&pem);
    buf_free(&der);
}

/* no prefix of a key or certificate is taken for one */
static void test_cut(void **st)
{
    (void)st;
    for (size_t n = 0; n < ca_key.n; n++)
        assert_int_not_equal(pki_match(span_head(buf_span(&ca_key), n), buf_span(&ca_cert), &e), RC_OK);
    for (size_t n = 0; n < ca_cert.n; n++)
        assert_int_equal(pki_match(buf_span(&ca_key), span_head(buf_span(&ca_cert), n), &e), RC_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest t[] = {cmocka_unit_test(test_smime),        cmocka_unit_test(test_operator),
                                   cmocka_unit_test(test_no_authority), cmocka_unit_test(test_names),
                                   cmocka_unit_test(test_pem),          cmocka_unit_test(test_cut)};
    return cmocka_run_group_tests_name("pki", t, make_ca, drop_ca);
}
