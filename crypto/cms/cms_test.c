/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/cms_test.c - signatures as the openssl command sees them, and the command's as we see them. */
#include "base/clock.h"
#include "crypto/cms/cms.h"
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/revocation.h"
#include "crypto/seal/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct err e;
static char dir[] = "/tmp/cms_test.XXXXXX";
static struct buf ca_key, ca_cert;
static struct pki_authority *authority;
static struct cms_anchors *anchors;
static const char text[] =
    "Content-Type: text/plain; charset=utf-8\r\n\r\nCompte rendu op\xc3\xa9ratoire.\r\n\r\nDr M\xc3\xbcller\r\n";
#define TEXT SPAN_LIT(text)

static void save(const char *name, struct span s)
{
    char path[96];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
    fclose(f);
}

static struct buf load(const char *name)
{
    struct buf b = BUF_INIT;
    unsigned char part[4096];
    char path[96];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "r");
    assert_non_null(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_add(&b, part, n);
    fclose(f);
    return b;
}

static int sh(const char *cmd)
{
    char all[768];

    snprintf(all, sizeof all, "cd %s && { %s; } >out 2>&1", dir, cmd);
    return system(all);
}

static void save_pem(const char *name, const char *label, struct span der)
{
    struct buf pem = BUF_INIT;

    pki_pem(label, der, &pem);
    save(name, buf_span(&pem));
    buf_free(&pem);
}

static int make_ca(void **st)
{
    struct pki_want w = {.use = PKI_CA, .subject = {{"CN", SPAN_LIT("CA")}}, .days = 10};
    char path[64];

    (void)st;
    if (mkdtemp(dir) == NULL || pki_key_new(PKI_P256, &ca_key, &e) != RC_OK)
        return -1;
    w.key_pkcs8 = buf_span(&ca_key);
    if (pki_issue(&w, &ca_cert, &e) != RC_OK ||
        pki_authority_new(buf_span(&ca_key), buf_span(&ca_cert), &authority, &e) != RC_OK)
        return -1;
    save_pem("ca.pem", "CERTIFICATE", buf_span(&ca_cert));
    save("text", TEXT);
    snprintf(path, sizeof path, "%s/ca.pem", dir);
    return cms_anchors_load(path, &anchors, &e) == RC_OK ? 0 : -1;
}

static int drop_ca(void **st)
{
    char cmd[64];

    (void)st;
    buf_free(&ca_key);
    buf_free(&ca_cert);
    pki_authority_free(&authority);
    cms_anchors_free(&anchors);
    snprintf(cmd, sizeof cmd, "rm -r %s", dir);
    return system(cmd);
}

struct person {
    struct buf key, cert;
};

static struct person person_new(enum pki_alg alg, enum pki_use use)
{
    struct person p = {BUF_INIT, BUF_INIT};
    struct pki_want w = {.use = use,
                         .subject = {{"C", SPAN_LIT("FR")}, {"CN", SPAN_LIT("Dr Anaïs Müller")}},
                         .days = 5,
                         .mail = SPAN_LIT("Ana@CHU.example"),
                         .by = authority};

    assert_int_equal(pki_key_new(alg, &p.key, &e), RC_OK);
    w.key_pkcs8 = buf_span(&p.key);
    assert_int_equal(pki_issue(&w, &p.cert, &e), RC_OK);
    save_pem("key.pem", "PRIVATE KEY", buf_span(&p.key));
    save_pem("cert.pem", "CERTIFICATE", buf_span(&p.cert));
    return p;
}

static void person_free(struct person *p)
{
    buf_free(&p->key);
    buf_free(&p->cert);
}

/* content in pieces of step bytes */
struct feed {
    struct span rest;
    size_t step;
};

static enum rc feed_read(void *ctx, struct span *piece, struct err *err)
{
    struct feed *f = ctx;

    if (f->rest.n == 0)
        return err_set(err, RC_NOTFOUND, "end");
    *piece = span_head(f->rest, f->step);
    f->rest = span_from(f->rest, piece->n);
    return RC_OK;
}

static struct cms_verdict verdict(struct span der, struct span content, size_t step)
{
    struct cms_verdict v;
    struct feed f = {content, step};

    memset(&v, 'x', sizeof v);
    assert_int_equal(cms_verify(der, feed_read, &f, &(const struct cms_trust){.anchors = anchors}, &v, &e), RC_OK);
    assert_non_null(memchr(v.reason, 0, sizeof v.reason));
    for (size_t i = 0; i < v.n_mails; i++)
        assert_non_null(memchr(v.mails[i], 0, sizeof v.mails[i]));
    assert_string_equal(v.revocation, "not checked");
    assert_true(v.trusted == (v.word == CMS_PASS) && (!v.trusted || v.valid));
    return v;
}

static struct buf sign(const struct person *p, struct span content)
{
    unsigned char md[DIGEST_LEN];
    struct cms_signer *signer = NULL;
    struct buf der = BUF_INIT;

    digest_of(content, md);
    assert_int_equal(cms_signer_new(buf_span(&p->key), buf_span(&p->cert), &signer, &e), RC_OK);
    assert_int_equal(cms_signer_sign(signer, md, clock_utc(), &der, &e), RC_OK);
    cms_signer_free(&signer);
    return der;
}

static void test_command_accepts(void **st)
{
    static const enum pki_alg algs[] = {PKI_P256, PKI_RSA_2048};

    (void)st;
    for (size_t i = 0; i < 2; i++) {
        struct person p = person_new(algs[i], PKI_SMIME);
        struct buf der = sign(&p, TEXT);

        save("sig.der", buf_span(&der));
        assert_int_equal(sh("openssl cms -verify -cades -binary -inform DER -in sig.der -content text -CAfile ca.pem "
                            "-purpose smimesign -out got "
                            "&& cmp got text"),
                         0);
        assert_int_not_equal(sh("sed s/Dr/Pr/ text > other; openssl cms -verify -binary -inform DER -in sig.der "
                                "-content other -CAfile ca.pem"),
                             0);
        assert_int_equal(sh("openssl cms -cmsout -print -noout -inform DER -in sig.der && grep -q "
                            "id-smime-aa-signingCertificateV2 out && "
                            "grep -q signingTime out && grep -q messageDigest out"),
                         0);
        assert_true(der.n < 4096);
        buf_free(&der);
        person_free(&p);
    }
}

static void test_round_trip(void **st)
{
    static const size_t steps[] = {1, 2, 3, 7, 64, 4096};
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT), changed = BUF_INIT;

    (void)st;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct cms_verdict v = verdict(buf_span(&der), TEXT, steps[i]);

        assert_true(v.valid);
        assert_true(v.trusted);
        assert_int_equal(v.n_mails, 1);
        assert_string_equal(v.mails[0], "ana@chu.example");
        assert_string_equal(v.signers[0].subject, "CN=Dr Anaïs Müller,C=FR");
        assert_string_equal(v.reason, "");
    }
    buf_addspan(&changed, TEXT);
    for (size_t i = 0; i < changed.n; i++) {
        struct cms_verdict v;

        changed.p[i] ^= 1;
        v = verdict(buf_span(&der), buf_span(&changed), 64);
        assert_false(v.valid);
        assert_false(v.trusted);
        assert_string_not_equal(v.reason, "");
        changed.p[i] ^= 1;
        assert_false(verdict(buf_span(&der), span_head(TEXT, i), 64).valid);
    }
    buf_free(&changed);
    buf_free(&der);
    person_free(&p);
}

/* made by the command, judged by us */
static const struct row {
    const char *what, *cmd;
    enum pki_alg alg;
    enum pki_use use;
    enum cms_word word;
    bool valid;
} rows[] = {
    {"plain", "openssl cms -sign -md sha256 $S", PKI_RSA_2048, PKI_SMIME, CMS_PASS, true},
    {"pss", "openssl cms -sign -md sha256 $S -keyopt rsa_padding_mode:pss", PKI_RSA_2048, PKI_SMIME, CMS_PASS, true},
    {"pss sha512", "openssl cms -sign -md sha512 $S -keyopt rsa_padding_mode:pss", PKI_RSA_2048, PKI_SMIME, CMS_PASS,
     true},
    {"sha384 ecdsa", "openssl cms -sign -md sha384 $S", PKI_P256, PKI_SMIME, CMS_PASS, true},
    {"without attributes", "openssl cms -sign -md sha256 -noattr $S", PKI_P256, PKI_SMIME, CMS_POLICY, true},
    {"sha1", "openssl cms -sign -md sha1 $S", PKI_RSA_2048, PKI_SMIME, CMS_POLICY, true},
    {"md5", "openssl cms -sign -md md5 $S", PKI_RSA_2048, PKI_SMIME, CMS_POLICY, true},
    {"content inside", "openssl cms -sign -nodetach -md sha256 $S", PKI_P256, PKI_SMIME, CMS_NEUTRAL, false},
    {"no certificate", "openssl cms -sign -nocerts -md sha256 $S", PKI_P256, PKI_SMIME, CMS_PERMERROR, false},
    {"not for mail", "openssl cms -sign -md sha256 $S", PKI_P256, PKI_OPERATOR, CMS_POLICY, true},
    {"self-signed",
     "openssl req -x509 -newkey rsa:2048 -nodes -keyout k2 -out c2 -subj /CN=Mallory -addext "
     "subjectAltName=email:ana@chu.example "
     "-addext extendedKeyUsage=emailProtection; openssl cms -sign -binary -md sha256 -signer c2 -inkey k2 -outform DER "
     "-in text -out s",
     PKI_P256, PKI_SMIME, CMS_POLICY, true},
    {"weak key",
     "openssl req -x509 -newkey rsa:1024 -nodes -keyout k2 -out c2 -subj /CN=Weak; "
     "openssl cms -sign -binary -md sha256 -signer c2 -inkey k2 -outform DER -in text -out s",
     PKI_P256, PKI_SMIME, CMS_POLICY, true},
    {"two signers",
     "openssl req -x509 -newkey rsa:2048 -nodes -keyout k2 -out c2 -subj /CN=Mallory; "
     "openssl cms -sign -md sha256 -signer c2 -inkey k2 $S",
     PKI_P256, PKI_SMIME, CMS_POLICY, true},
    {"encrypted, not signed", "openssl cms -encrypt -aes256 -binary -outform DER -in text -out s cert.pem",
     PKI_RSA_2048, PKI_SMIME, CMS_NEUTRAL, false},
    {"not CMS", "cp text s", PKI_P256, PKI_SMIME, CMS_NEUTRAL, false},
};

static void test_others(void **st)
{
    (void)st;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct person p = person_new(rows[i].alg, rows[i].use);
        struct buf cmd = BUF_INIT, der;
        struct cms_verdict v;

        buf_addf(&cmd, "S='-binary -signer cert.pem -inkey key.pem -outform DER -in text -out s'; rm -f s; %s",
                 rows[i].cmd);
        if (sh(buf_cstr(&cmd)) != 0)
            fail_msg("%s: the command failed", rows[i].what);
        der = load("s");
        v = verdict(buf_span(&der), TEXT, 10);
        if (v.word != rows[i].word || v.valid != rows[i].valid || (v.trusted ? v.reason[0] != 0 : v.reason[0] == 0))
            fail_msg("%s: %s, valid %d, reason %s", rows[i].what, cms_word_name(v.word), v.valid, v.reason);
        buf_free(&cmd);
        buf_free(&der);
        person_free(&p);
    }
}

static enum rc broken_read(void *ctx, struct span *piece, struct err *err)
{
    (void)ctx;
    (void)piece;
    return err_set(err, RC_CORRUPT, "a chunk did not open");
}

static void test_reader_fails(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT);
    struct cms_verdict v = {.valid = true};

    (void)st;
    assert_int_equal(
        cms_verify(buf_span(&der), broken_read, NULL, &(const struct cms_trust){.anchors = anchors}, &v, &e),
        RC_CORRUPT);
    assert_true(v.valid); /* untouched */
    buf_free(&der);
    person_free(&p);
}

static void test_no_anchors(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT);
    struct feed f = {TEXT, 5};
    struct cms_verdict v;

    (void)st;
    assert_int_equal(cms_verify(buf_span(&der), feed_read, &f, NULL, &v, &e), RC_OK);
    assert_true(v.valid);
    assert_false(v.trusted);
    assert_string_equal(v.reason, "no trust anchors");
    buf_free(&der);
    person_free(&p);
}

/* every bit of the signature and every prefix: no crash, and never trusted with another signer's name */
static void test_hostile(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT);

    (void)st;
    for (size_t i = 0; i < der.n; i++) {
        struct cms_verdict v;

        der.p[i] ^= (unsigned char)(1u << i % 8);
        v = verdict(buf_span(&der), TEXT, 64);
        assert_true(!v.trusted || (v.n_mails == 1 && strcmp(v.mails[0], "ana@chu.example") == 0));
        der.p[i] ^= (unsigned char)(1u << i % 8);
        assert_false(verdict(span_head(buf_span(&der), i), TEXT, 64).valid);
    }
    buf_free(&der);
    person_free(&p);
}

static void test_not_a_pair(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME), q = person_new(PKI_P256, PKI_SMIME);
    struct cms_signer *s = NULL;

    (void)st;
    assert_int_equal(cms_signer_new(buf_span(&p.key), buf_span(&q.cert), &s, &e), RC_DENIED);
    assert_null(s);
    person_free(&p);
    person_free(&q);
}

/* ---- revocation ---- */

struct asker {
    struct cms_revocation says;
    int asked;
    size_t certificates;
};

static void ask(void *ctx, struct span chain, struct cms_revocation *out)
{
    struct asker *a = ctx;
    struct rd r = rd_of(chain);

    a->asked++;
    for (a->certificates = 0; r.s.n > 0 && rd_ok(&r); a->certificates++)
        (void)rd_bytes(&r);
    assert_true(rd_done(&r));
    *out = a->says;
}

static struct cms_verdict with(struct span der, struct span content, struct cms_trust t, struct asker *a)
{
    struct feed f = {content, 64};
    struct cms_verdict v;

    a->asked = 0;
    t.anchors = anchors;
    t.ask = ask;
    t.ask_ctx = a;
    assert_int_equal(cms_verify(der, feed_read, &f, &t, &v, &e), RC_OK);
    return v;
}

static void test_revocation_is_asked(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT);
    struct asker a = {.says = {CMS_NOT_REVOKED, 1700000000, ""}};
    struct cms_verdict v = with(buf_span(&der), TEXT, (struct cms_trust){.require = true}, &a);

    (void)st;
    assert_true(v.trusted && a.asked == 1 && a.certificates == 1); /* the anchor is not asked about */
    assert_string_equal(v.revocation, "not revoked as of 2023-11-14T22:13:20Z");
    a.says = (struct cms_revocation){CMS_REVOKED, 1700000000, "the signer's certificate revoked 2023-11-01 by CN=CA"};
    v = with(buf_span(&der), TEXT, (struct cms_trust){.require = false}, &a);
    assert_true(v.valid && !v.trusted && v.word == CMS_POLICY);
    assert_string_equal(v.reason, a.says.why);
    assert_string_equal(v.revocation, "revoked, as of 2023-11-14T22:13:20Z");
    a.says = (struct cms_revocation){CMS_NOT_CHECKED, 0, "nobody answers"};
    v = with(buf_span(&der), TEXT, (struct cms_trust){.require = false}, &a);
    assert_true(v.trusted);
    assert_string_equal(v.revocation, "not checked: nobody answers");
    v = with(buf_span(&der), TEXT, (struct cms_trust){.require = true}, &a);
    assert_int_equal(v.word, CMS_POLICY);
    assert_string_equal(v.reason, "revocation could not be checked");
    v = with(buf_span(&der), SPAN_LIT("changed"), (struct cms_trust){.require = true}, &a);
    assert_true(v.word == CMS_FAIL && a.asked == 0); /* nobody is asked about what does not agree */
    buf_free(&der);
    person_free(&p);
}

/* A list at hand, against what is answered: revoked by either is revoked, and of two good ones the younger counts. */
static void test_revocation_by_lists(void **st)
{
    struct person p = person_new(PKI_P256, PKI_SMIME);
    struct buf der = sign(&p, TEXT), clean, revoking;
    struct made ca = {.x = NULL}, leaf = {.x = NULL};
    struct asker a = {.says = {CMS_NOT_REVOKED, 1700000000, ""}};
    struct pki_crl *list[2];
    struct cms_verdict v;

    (void)st;
    assert_int_equal(pki_key_parse(buf_span(&ca_key), &ca.key, &e), RC_OK);
    assert_int_equal(pki_cert_parse(buf_span(&ca_cert), &ca.x, &e), RC_OK);
    assert_int_equal(pki_cert_parse(buf_span(&p.cert), &leaf.x, &e), RC_OK);
    clean = list_new((struct list_want){.by = &ca});
    revoking = list_new((struct list_want){.by = &ca, .revoked = {&leaf}});
    assert_int_equal(pki_crl_parse(buf_span(&clean), &list[0], &e), RC_OK);
    assert_int_equal(pki_crl_parse(buf_span(&revoking), &list[1], &e), RC_OK);
    v = with(buf_span(&der), TEXT, (struct cms_trust){.crls = &list[0], .n_crls = 1, .require = true}, &a);
    assert_true(v.trusted && v.revoked.as_of > 1700000000);
    a.says.state = CMS_NOT_CHECKED;
    v = with(buf_span(&der), TEXT, (struct cms_trust){.crls = &list[0], .n_crls = 1, .require = true}, &a);
    assert_true(v.trusted);
    a.says.state = CMS_REVOKED;
    v = with(buf_span(&der), TEXT, (struct cms_trust){.crls = &list[0], .n_crls = 1}, &a);
    assert_int_equal(v.word, CMS_POLICY);
    a.says.state = CMS_NOT_REVOKED;
    v = with(buf_span(&der), TEXT, (struct cms_trust){.crls = &list[1], .n_crls = 1}, &a);
    assert_true(v.word == CMS_POLICY && v.revoked.state == CMS_REVOKED && a.asked == 0);
    assert_non_null(strstr(v.reason, "the signer's certificate revoked 20"));
    for (int i = 0; i < 2; i++)
        pki_crl_free(&list[i]);
    buf_free(&clean);
    buf_free(&revoking);
    buf_free(&der);
    made_free(&ca);
    made_free(&leaf);
    person_free(&p);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(test_command_accepts),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_reader_fails),
        cmocka_unit_test(test_no_anchors),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_not_a_pair),
        cmocka_unit_test(test_revocation_is_asked),
        cmocka_unit_test(test_revocation_by_lists),
    };
    return cmocka_run_group_tests_name("cms", t, make_ca, drop_ca);
}
