/* SPDX-License-Identifier: EUPL-1.2 */
/* trust/list/signature.c - libxmlsec1 verifies the signature with one key, that of the certificate given, and hands out the octets that it digested.
 * KeyInfo is not read here: what stands in it cannot change the key. */
#include "trust/list/list_int.h"
#include <libxml/parser.h>
#include <xmlsec/buffer.h>
#include <xmlsec/errors.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

static void quiet(const char *file, int line, const char *func, const char *object, const char *subject, int reason,
                  const char *msg)
{
    (void)file, (void)line, (void)func, (void)object, (void)subject, (void)reason, (void)msg;
}

/* libxml2's own lines would show octets of the text. */
static void no_line(void *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
}

void list_warm(void)
{
    static bool warm;

    if (warm)
        return;
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, no_line);
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1 || xmlSecOpenSSLAppInit(NULL) < 0 || xmlSecOpenSSLInit() < 0)
        die("libxmlsec1 cannot be used");
    xmlSecErrorsSetCallback(quiet);
    warm = true;
}

static enum rc wrong(struct err *e, const char *why)
{
    return err_cause(e, RC_DENIED, CAUSE_LIST_SIGNATURE, "list: signature: %s", why);
}

/* The form was looked at in document.c; this keeps the library itself from more. */
static bool narrow(xmlSecDSigCtx *c)
{
    const xmlSecTransformId both[] = {xmlSecTransformExclC14NId},
                            reference[] = {xmlSecTransformEnvelopedId, xmlSecOpenSSLTransformSha256Id,
                                           xmlSecOpenSSLTransformSha384Id, xmlSecOpenSSLTransformSha512Id},
                            method[] = {xmlSecOpenSSLTransformRsaSha256Id,   xmlSecOpenSSLTransformRsaSha384Id,
                                        xmlSecOpenSSLTransformRsaSha512Id,   xmlSecOpenSSLTransformEcdsaSha256Id,
                                        xmlSecOpenSSLTransformEcdsaSha384Id, xmlSecOpenSSLTransformEcdsaSha512Id};
    bool ok = xmlSecDSigCtxEnableReferenceTransform(c, both[0]) == 0 &&
              xmlSecDSigCtxEnableSignatureTransform(c, both[0]) == 0;

    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++)
        ok = ok && xmlSecDSigCtxEnableReferenceTransform(c, reference[i]) == 0;
    for (size_t i = 0; i < sizeof method / sizeof *method; i++)
        ok = ok && xmlSecDSigCtxEnableSignatureTransform(c, method[i]) == 0;
    c->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
    c->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES | XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
    return ok;
}

/* What the one reference digested. */
static enum rc take_octets(xmlSecDSigCtx *c, struct buf *out, struct err *e)
{
    xmlSecDSigReferenceCtx *r;
    xmlSecBuffer *b;

    if (xmlSecPtrListGetSize(&c->signedInfoReferences) != 1)
        return wrong(e, "not one reference");
    r = xmlSecPtrListGetItem(&c->signedInfoReferences, 0);
    b = r && r->status == xmlSecDSigStatusSucceeded ? xmlSecDSigReferenceCtxGetPreDigestBuffer(r) : NULL;
    if (!b || xmlSecBufferGetSize(b) == 0)
        return wrong(e, "its octets were not kept");
    buf_add(out, xmlSecBufferGetData(b), xmlSecBufferGetSize(b));
    return RC_OK;
}

enum rc list_verify(xmlNode *signature, struct span cert_der, struct buf *octets_out, struct err *e)
{
    xmlSecDSigCtx *c;
    enum rc rc;

    list_warm();
    if ((c = xmlSecDSigCtxCreate(NULL)) == NULL)
        return err_set(e, RC_TEMP, "list: no memory");
    c->signKey =
        xmlSecOpenSSLAppKeyLoadMemory(cert_der.p, (xmlSecSize)cert_der.n, xmlSecKeyDataFormatCertDer, NULL, NULL, NULL);
    if (!c->signKey)
        rc = wrong(e, "its certificate has no key that can be used");
    else if (!narrow(c))
        rc = err_set(e, RC_TEMP, "list: no memory");
    else if (xmlSecDSigCtxVerify(c, signature) < 0)
        rc = wrong(e, "it cannot be verified");
    else if (c->status != xmlSecDSigStatusSucceeded)
        rc = wrong(e, "it is not that of this text");
    else
        rc = take_octets(c, octets_out, e);
    xmlSecDSigCtxDestroy(c);
    return rc;
}
