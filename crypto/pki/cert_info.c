/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/cert_info.c - see crypto/pki/cert_info.h. RFC 5280. */
#include "crypto/pki/cert_info.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/revocation_int.h"
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <stdio.h>

static bool serial(const ASN1_INTEGER *a, char out[48])
{
    BIGNUM *bn = ASN1_INTEGER_to_BN(a, NULL);
    char *hex = bn ? BN_bn2hex(bn) : NULL;

    snprintf(out, 48, "%.47s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(bn);
    return out[0] != 0;
}

enum rc cert_info_der(struct span der, struct cert_info *out, struct err *e)
{
    const unsigned char *p = der.p;
    X509 *x = der.n ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    struct cert_info i = {0};
    bool ok = x && p == der.p + der.n && pki_time_utc(X509_get0_notBefore(x), &i.not_before) &&
              pki_time_utc(X509_get0_notAfter(x), &i.not_after) && serial(X509_get0_serialNumber(x), i.serial);

    if (ok) {
        pki_name_text(X509_get_subject_name(x), i.subject);
        pki_name_text(X509_get_issuer_name(x), i.issuer);
    }
    i.rsa = ok && EVP_PKEY_is_a(X509_get0_pubkey(x), "RSA");
    X509_free(x);
    if (!ok)
        return err_set(e, RC_SYNTAX, "%zu bytes that are no certificate", der.n);
    *out = i;
    return RC_OK;
}

enum rc cert_info_pem(struct span pem, struct cert_info *out, struct err *e)
{
    struct buf der = BUF_INIT;
    enum rc rc = pki_unpem("CERTIFICATE", pem, &der, e);

    if (rc == RC_OK)
        rc = cert_info_der(buf_span(&der), out, e);
    buf_free(&der);
    return rc;
}
