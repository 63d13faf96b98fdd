/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/key.c - makes key pairs; reads and writes DER and PEM. RFC 5958, RFC 7468. */
#include "base/base64.h"
#include "base/wipe.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/pki_int.h"
#include "crypto/seal/digest.h"
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static EVP_PKEY *generate(enum pki_alg alg)
{
    switch (alg) {
    case PKI_RSA_2048:
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    case PKI_RSA_3072:
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
    case PKI_P256:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    }
    return NULL;
}

enum rc pki_key_new(enum pki_alg alg, struct buf *pkcs8_out, struct err *e)
{
    EVP_PKEY *k = generate(alg);
    PKCS8_PRIV_KEY_INFO *p8 = k ? EVP_PKEY2PKCS8(k) : NULL;
    unsigned char *der = NULL;
    int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1;

    if (n > 0)
        buf_add(pkcs8_out, der, (size_t)n);
    if (der != NULL) {
        wipe(der, (size_t)n);
        OPENSSL_free(der);
    }
    PKCS8_PRIV_KEY_INFO_free(p8);
    EVP_PKEY_free(k);
    return n > 0 ? RC_OK : alg_err(e, RC_TEMP, "key generation");
}

enum rc pki_key_parse(struct span pkcs8, EVP_PKEY **key_out, struct err *e)
{
    const unsigned char *p = pkcs8.p;
    PKCS8_PRIV_KEY_INFO *p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)pkcs8.n);
    EVP_PKEY *k = p8 && p == pkcs8.p + pkcs8.n ? EVP_PKCS82PKEY(p8) : NULL;

    PKCS8_PRIV_KEY_INFO_free(p8);
    if (k == NULL)
        return alg_err(e, RC_CORRUPT, "private key (PKCS#8 DER)");
    *key_out = k;
    return RC_OK;
}

enum rc pki_cert_parse(struct span der, X509 **cert_out, struct err *e)
{
    const unsigned char *p = der.p;
    X509 *x = der.n ? d2i_X509(NULL, &p, (long)der.n) : NULL;

    if (x == NULL || p != der.p + der.n) {
        X509_free(x);
        return alg_err(e, RC_CORRUPT, "certificate (DER)");
    }
    *cert_out = x;
    return RC_OK;
}

enum rc pki_match(struct span key_pkcs8, struct span cert_der, struct err *e)
{
    EVP_PKEY *k = NULL;
    X509 *x = NULL;
    enum rc rc = pki_key_parse(key_pkcs8, &k, e);

    if (rc == RC_OK)
        rc = pki_cert_parse(cert_der, &x, e);
    if (rc == RC_OK && X509_check_private_key(x, k) <= 0)
        rc = alg_err(e, RC_DENIED, "certificate and key do not belong together");
    X509_free(x);
    EVP_PKEY_free(k);
    return rc;
}

/* ---- PEM: RFC 7468 ---- */

void pki_pem(const char *label, struct span der, struct buf *out)
{
    struct buf b64 = BUF_INIT;

    b64.secret = true;
    base64_encode(der, &b64);
    buf_addf(out, "-----BEGIN %s-----\n", label);
    for (struct span s = buf_span(&b64); s.n > 0; s = span_from(s, span_head(s, 64).n)) {
        buf_addspan(out, span_head(s, 64));
        buf_addc(out, '\n');
    }
    buf_addf(out, "-----END %s-----\n", label);
    buf_free(&b64);
}

/* Takes what stands between the two lines, without its white space. */
static enum rc pem_body(const char *label, struct span pem, struct buf *b64, struct err *e)
{
    struct buf begin = BUF_INIT, end = BUF_INIT;
    ptrdiff_t a, z = -1;

    buf_addf(&begin, "-----BEGIN %s-----", label);
    buf_addf(&end, "-----END %s-----", label);
    a = span_find(pem, buf_span(&begin));
    if (a >= 0) {
        pem = span_from(pem, (size_t)a + begin.n);
        z = span_find(pem, buf_span(&end));
    }
    buf_free(&begin);
    buf_free(&end);
    if (z < 0)
        return err_set(e, RC_NOTFOUND, "no PEM block \"%s\"", label);
    for (size_t i = 0; i < (size_t)z; i++)
        if (pem.p[i] > ' ')
            buf_addc(b64, pem.p[i]);
    return RC_OK;
}

enum rc pki_unpem(const char *label, struct span pem, struct buf *der_out, struct err *e)
{
    struct buf b64 = BUF_INIT;
    enum rc rc;

    b64.secret = true;
    rc = pem_body(label, pem, &b64, e);
    if (rc == RC_OK)
        rc = base64_decode(buf_span(&b64), der_out, e);
    buf_free(&b64);
    return rc;
}

bool pki_issued_by(struct span pem, struct span ca_der)
{
    struct buf der = BUF_INIT;
    X509 *x = NULL, *ca = NULL;
    struct err e;
    bool yes = pki_unpem("CERTIFICATE", pem, &der, &e) == RC_OK && pki_cert_parse(buf_span(&der), &x, &e) == RC_OK &&
               pki_cert_parse(ca_der, &ca, &e) == RC_OK && X509_check_issued(ca, x) == X509_V_OK &&
               X509_verify(x, X509_get0_pubkey(ca)) > 0;

    X509_free(x);
    X509_free(ca);
    buf_free(&der);
    return yes;
}
