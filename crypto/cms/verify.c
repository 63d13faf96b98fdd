/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/verify.c - a detached signature against content that comes piece by piece. RFC 5652 5.6, RFC 8551, RFC 8550.
 *
 * Two questions, answered apart: do signature and content agree (valid), and does the signer's certificate lead to an anchor (trusted).
 * The rules that make a signature too weak to be called valid stand in one table and one function: algorithms and key_weak().
 */
#include "base/log.h"
#include "crypto/cms/cms.h"
#include "crypto/cms/reader_int.h"
#include "crypto/pki/pki_int.h"
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECURITY_BITS = 112, AUTH_LEVEL = 2 }; /* RSA 2048, P-224: NIST SP 800-57 */

struct cms_anchors {
    X509_STORE *store;
};

enum rc cms_anchors_load(const char *pem_file, struct cms_anchors **a_out, struct err *e)
{
    struct cms_anchors *a = calloc(1, sizeof *a);

    if (a == NULL || (a->store = X509_STORE_new()) == NULL)
        die("out of memory");
    if (X509_STORE_load_file(a->store, pem_file) <= 0) {
        cms_anchors_free(&a);
        return alg_err(e, RC_PERM, pem_file);
    }
    *a_out = a;
    return RC_OK;
}

void cms_anchors_free(struct cms_anchors **a)
{
    if (*a == NULL)
        return;
    X509_STORE_free((*a)->store);
    free(*a);
    *a = NULL;
}

static bool no(struct cms_verdict *v, const char *why)
{
    snprintf(v->reason, sizeof v->reason, "%s", why);
    return false;
}

/* ---- form ---- */

static const int digests[] = {NID_sha256, NID_sha384, NID_sha512};

static bool digest_strong(CMS_SignerInfo *si)
{
    X509_ALGOR *dig = NULL;
    const ASN1_OBJECT *oid = NULL;

    CMS_SignerInfo_get0_algs(si, NULL, NULL, &dig, NULL);
    X509_ALGOR_get0(&oid, NULL, NULL, dig);
    for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
        if (OBJ_obj2nid(oid) == digests[i])
            return true;
    return false;
}

static int certs_count(CMS_ContentInfo *cms)
{
    STACK_OF(X509) *all = CMS_get1_certs(cms);
    int n = all ? sk_X509_num(all) : 0;

    sk_X509_pop_free(all, X509_free);
    return n;
}

/* A SignedData of data, detached, within bounds, no weak digest. */
static bool form_good(CMS_ContentInfo *cms, struct cms_verdict *v)
{
    STACK_OF(CMS_SignerInfo) * all;
    ASN1_OCTET_STRING **content;

    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed ||
        OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
        return no(v, "not a signature over data");
    content = CMS_get0_content(cms);
    if (content != NULL && *content != NULL)
        return no(v, "not a detached signature");
    all = CMS_get0_SignerInfos(cms);
    if (sk_CMS_SignerInfo_num(all) < 1)
        return no(v, "no signer");
    if (sk_CMS_SignerInfo_num(all) > CMS_SIGNERS_MAX || certs_count(cms) > CMS_CERTS_MAX)
        return no(v, "too many signers or certificates");
    for (int i = 0; i < sk_CMS_SignerInfo_num(all); i++)
        if (!digest_strong(sk_CMS_SignerInfo_value(all, i)))
            return no(v, "weak or unknown digest algorithm");
    return true;
}

/* ---- the signer ---- */

static void lower_copy(char *out, size_t cap, const char *in, size_t n)
{
    size_t i;

    for (i = 0; i < n && i + 1 < cap; i++)
        out[i] = (char)(in[i] >= 'A' && in[i] <= 'Z' ? in[i] + 32 : in[i]);
    out[i] = '\0';
}

/* An address with a control byte in it is none: it could be taken for another. */
static bool plain_text(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] <= ' ' || p[i] == 127)
            return false;
    return n > 0;
}

static void signer_mail(X509 *x, struct cms_verdict *v)
{
    STACK_OF(OPENSSL_STRING) *mails = X509_get1_email(x);

    for (int i = 0; i < sk_OPENSSL_STRING_num(mails) && v->signer[0] == '\0'; i++) {
        const char *m = sk_OPENSSL_STRING_value(mails, i);

        if (strlen(m) < sizeof v->signer && plain_text((const unsigned char *)m, strlen(m)))
            lower_copy(v->signer, sizeof v->signer, m, strlen(m));
    }
    X509_email_free(mails);
}

static void signer_subject(X509 *x, struct cms_verdict *v)
{
    BIO *b = BIO_new(BIO_s_mem());
    int n;

    if (b != NULL && X509_NAME_print_ex(b, X509_get_subject_name(x), 0,
                                        XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        n = BIO_read(b, v->subject, sizeof v->subject - 1);
        v->subject[n > 0 ? n : 0] = '\0';
    }
    BIO_free(b);
}

static bool key_weak(X509 *x)
{
    EVP_PKEY *k = X509_get0_pubkey(x);

    return k == NULL || EVP_PKEY_get_security_bits(k) < SECURITY_BITS;
}

/* ---- the chain ---- */

static const char *chain_try(X509_STORE_CTX *c, X509_STORE *store, X509 *leaf, STACK_OF(X509) * others)
{
    X509_VERIFY_PARAM *p;

    if (X509_STORE_CTX_init(c, store, leaf, others) <= 0)
        return "out of memory";
    p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SMIME_SIGN);
    X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(p, 8);
    return X509_verify_cert(c) > 0 ? NULL : X509_verify_cert_error_string(X509_STORE_CTX_get_error(c));
}

static bool chain_good(X509_STORE *store, X509 *leaf, STACK_OF(X509) * others, struct cms_verdict *v)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    const char *why = c ? chain_try(c, store, leaf, others) : "out of memory";

    X509_STORE_CTX_free(c);
    return why == NULL ? true : no(v, why);
}

/* every signer's key is strong, every chain good; the verdict shows the first */
static void judge_signers(CMS_ContentInfo *cms, const struct cms_anchors *a, struct cms_verdict *v)
{
    STACK_OF(X509) *signers = CMS_get0_signers(cms), *others = CMS_get1_certs(cms);
    bool trusted = a != NULL && v->valid && sk_X509_num(signers) > 0; /* no chain is built for what does not agree */

    for (int i = 0; i < sk_X509_num(signers); i++) {
        X509 *x = sk_X509_value(signers, i);

        if (i == 0) {
            signer_mail(x, v);
            signer_subject(x, v);
        }
        if (key_weak(x))
            v->valid = no(v, "weak key");
        if (trusted)
            trusted = chain_good(a->store, x, others, v);
    }
    if (a == NULL && v->valid)
        no(v, "no trust anchors");
    v->trusted = v->valid && trusted;
    sk_X509_pop_free(others, X509_free);
    sk_X509_free(signers);
}

/* ---- all of it ---- */

static void library_says(struct cms_verdict *v)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    no(v, why ? why : "signature does not verify");
    ERR_clear_error();
}

static enum rc agree(CMS_ContentInfo *cms, struct reader *r, const struct cms_anchors *a, struct cms_verdict *v,
                     struct err *e)
{
    BIO *content = reader_bio(r);

    if (content == NULL)
        return alg_err(e, RC_TEMP, "content reader");
    ERR_clear_error();
    v->valid = CMS_verify(cms, NULL, NULL, content, NULL, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) > 0;
    BIO_free(content);
    if (r->rc != RC_OK && r->rc != RC_NOTFOUND) { /* what the reader could not give, no verdict is about */
        *e = r->e;
        return r->rc;
    }
    if (!v->valid)
        library_says(v);
    judge_signers(cms, a, v);
    return RC_OK;
}

enum rc cms_verify_detached(struct span cms_der, cms_read read, void *ctx, const struct cms_anchors *a,
                            struct cms_verdict *v_out, struct err *e)
{
    const unsigned char *p = cms_der.p;
    CMS_ContentInfo *cms = NULL;
    struct reader r = {.read = read, .ctx = ctx};
    struct cms_verdict v = {.valid = false};
    enum rc rc = RC_OK;

    if (cms_der.n == 0 || cms_der.n > CMS_DER_MAX)
        no(&v, cms_der.n ? "signature too large" : "no signature");
    else if ((cms = d2i_CMS_ContentInfo(NULL, &p, (long)cms_der.n)) == NULL)
        no(&v, "malformed signature");
    else if (form_good(cms, &v))
        rc = agree(cms, &r, a, &v, e);
    ERR_clear_error();
    CMS_ContentInfo_free(cms);
    if (rc == RC_OK)
        *v_out = v;
    return rc;
}
