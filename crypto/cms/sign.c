/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/sign.c - makes a detached signature from a digest alone, because the content never comes to this process.
 * RFC 5652 5.4, RFC 8551 2.5, RFC 5035.
 */
#include "crypto/cms/cms.h"
#include "crypto/pki/pki_int.h"
#include <openssl/cms.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>

struct cms_signer {
    EVP_PKEY *key;
    X509 *cert;
};

enum rc cms_signer_new(struct span key_pkcs8, struct span cert, struct cms_signer **s_out, struct err *e)
{
    struct cms_signer *s = calloc(1, sizeof *s);
    enum rc rc;

    if (s == NULL)
        die("out of memory");
    rc = pki_key_parse(key_pkcs8, &s->key, e);
    if (rc == RC_OK)
        rc = pki_cert_parse(cert, &s->cert, e);
    if (rc == RC_OK && X509_check_private_key(s->cert, s->key) <= 0)
        rc = alg_err(e, RC_DENIED, "signing certificate and key do not belong together");
    if (rc == RC_OK)
        *s_out = s;
    else
        cms_signer_free(&s);
    return rc;
}

void cms_signer_free(struct cms_signer **s)
{
    if (*s == NULL)
        return;
    EVP_PKEY_free((*s)->key);
    X509_free((*s)->cert);
    free(*s);
    *s = NULL;
}

/* Adds the attributes that CMS_SignerInfo_sign() would make itself if it had the content. */
static bool attributes(CMS_SignerInfo *si, const unsigned char digest[32], int64_t when)
{
    ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)when); /* UTCTime up to 2049, RFC 5652 11.3 */
    bool ok =
        t != NULL && CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, t->type, t, -1) > 0 &&
        CMS_signed_add1_attr_by_NID(si, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) > 0 &&
        CMS_signed_add1_attr_by_NID(si, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, digest, 32) > 0;

    ASN1_TIME_free(t);
    return ok;
}

/* The signed attributes as they are hashed: a DER SET OF (RFC 5652 5.4). NULL: out of memory. */
static unsigned char *attributes_der(const CMS_SignerInfo *si, size_t *n_out)
{
    STACK_OF(X509_ATTRIBUTE) *all = sk_X509_ATTRIBUTE_new_null();
    unsigned char *der = NULL;
    bool ok = all != NULL;
    int n = 0;

    for (int i = 0; ok && i < CMS_signed_get_attr_count(si); i++)
        ok = sk_X509_ATTRIBUTE_push(all, CMS_signed_get_attr(si, i)) > 0;
    if (ok)
        n = ASN1_item_i2d((const ASN1_VALUE *)all, &der, ASN1_ITEM_rptr(PKCS7_ATTR_SIGN));
    sk_X509_ATTRIBUTE_free(all);
    *n_out = n > 0 ? (size_t)n : 0;
    return der;
}

/* The library adds a signing time when it finds none. So the time is taken out afterwards, and the rest is signed
 * anew. */
static bool sign_without_time(CMS_SignerInfo *si, EVP_PKEY *key)
{
    X509_ATTRIBUTE *taken = CMS_signed_delete_attr(si, CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = 0, sig_n = (size_t)EVP_PKEY_get_size(key);
    unsigned char *der = attributes_der(si, &n), *sig = OPENSSL_malloc(sig_n);
    bool ok = taken != NULL && ctx != NULL && n > 0 && sig != NULL &&
              EVP_DigestSignInit(ctx, NULL, alg_sha256(), NULL, key) > 0 &&
              EVP_DigestSign(ctx, sig, &sig_n, der, n) > 0 &&
              ASN1_STRING_set(CMS_SignerInfo_get0_signature(si), sig, (int)sig_n) > 0;

    OPENSSL_free(sig);
    OPENSSL_free(der);
    EVP_MD_CTX_free(ctx);
    X509_ATTRIBUTE_free(taken);
    return ok;
}

static bool der_add(CMS_ContentInfo *cms, struct buf *out)
{
    unsigned char *der = NULL;
    int n = i2d_CMS_ContentInfo(cms, &der);

    if (n <= 0)
        return false;
    buf_add(out, der, (size_t)n);
    OPENSSL_free(der);
    return true;
}

enum rc cms_signer_sign(const struct cms_signer *s, const unsigned char digest[32], int64_t when, struct buf *der_out,
                        struct err *e)
{
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_DETACHED | CMS_BINARY);
    CMS_SignerInfo *si =
        cms ? CMS_add1_signer(cms, s->cert, s->key, alg_sha256(), CMS_PARTIAL | CMS_CADES | CMS_NOSMIMECAP) : NULL;
    bool ok = si != NULL && attributes(si, digest, when) && CMS_SignerInfo_sign(si) > 0 &&
              (when != CMS_NO_TIME || sign_without_time(si, s->key)) && der_add(cms, der_out);

    CMS_ContentInfo_free(cms);
    return ok ? RC_OK : alg_err(e, RC_TEMP, "cms signature");
}
