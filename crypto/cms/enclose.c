/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/enclose.c - the content goes into a CMS that was signed without it (RFC 5652 5.2: eContent), with the chain beside
 * the signer's certificate. Neither is signed by its place: the signature is over the attributes, which hold the digest. */
#include "crypto/cms/cms.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/pki_int.h"
#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static CMS_ContentInfo *parsed(struct span der)
{
    const unsigned char *at = der.p;
    CMS_ContentInfo *cms = der.n <= CMS_DER_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)der.n) : NULL;

    if (cms && at == der.p + der.n && CMS_is_detached(cms) == 1)
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

/* All but the first, which is in the CMS already. */
static bool chain_add(CMS_ContentInfo *cms, struct span pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *cert = NULL;
    size_t n = 0;
    bool ok = b != NULL;

    while (ok && n < CMS_CERTS_MAX && (cert = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
        ok = n++ == 0 || CMS_add1_cert(cms, cert) > 0;
        X509_free(cert);
    }
    ERR_clear_error(); /* the end of the text is one */
    BIO_free(b);
    return ok && n > 0;
}

static bool content_put(CMS_ContentInfo *cms, struct span content)
{
    ASN1_OCTET_STRING **at;

    if (content.n > INT_MAX || CMS_set_detached(cms, 0) <= 0)
        return false;
    at = CMS_get0_content(cms);
    if (!at || !*at || ASN1_OCTET_STRING_set(*at, content.p, (int)content.n) <= 0)
        return false;
    (*at)->flags &= ~ASN1_STRING_FLAG_CONT; /* "to be continued": it is whole now, and is written with its length */
    return true;
}

enum rc cms_enclose(struct span detached, struct span content, struct span chain_pem, struct buf *der_out,
                    struct err *e)
{
    CMS_ContentInfo *cms = parsed(detached);
    unsigned char *der = NULL;
    int n = 0;

    if (!cms)
        return alg_err(e, RC_SYNTAX, "enclose: not a detached CMS");
    if (chain_pem.n <= INT_MAX && chain_add(cms, chain_pem) && content_put(cms, content))
        n = i2d_CMS_ContentInfo(cms, &der);
    CMS_ContentInfo_free(cms);
    if (n <= 0)
        return alg_err(e, RC_SYNTAX, "enclose: the content or the chain does not fit");
    buf_add(der_out, der, (size_t)n);
    OPENSSL_free(der);
    return RC_OK;
}
