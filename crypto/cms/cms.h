/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/cms.h - CMS SignedData, detached (RFC 5652, RFC 8551, RFC 5035): made from a digest alone, verified from a reader.
 *
 * Signing   attributes: content type, message digest, signing time (none with CMS_NO_TIME), signing certificate v2; SHA-256 with RSA (PKCS#1 v1.5) or ECDSA.
 *           A signer (parsed key and certificate) may be kept and used by several threads at once.
 * Verifying digests SHA-256, SHA-384, SHA-512; RSA (PKCS#1 v1.5, PSS) of 2048 bits or more, ECDSA, Ed25519. At most CMS_DER_MAX bytes,
 *           CMS_CERTS_MAX certificates, CMS_SIGNERS_MAX signers, all of whom must hold; the verdict names the first.
 * Process   keyd makes; smtpd verifies (its own session: a hostile CMS owns that session only).
 */
#pragma once
#include "base/buf.h"

enum { CMS_DER_MAX = 1024 * 1024, CMS_CERTS_MAX = 16, CMS_SIGNERS_MAX = 4 };

enum { CMS_NO_TIME = 0 };
/* key_pkcs8, cert: DER. when: UTC seconds, or CMS_NO_TIME. Out: DER. */
enum rc cms_sign_digest(struct span key_pkcs8, struct span cert, const unsigned char digest[32], int64_t when, struct buf *der_out, struct err *e);
struct cms_signer;
enum rc cms_signer_new(struct span key_pkcs8, struct span cert, struct cms_signer **s_out, struct err *e); /* RC_DENIED: not a pair */
void cms_signer_free(struct cms_signer **s);
enum rc cms_signer_sign(const struct cms_signer *s, const unsigned char digest[32], int64_t when, struct buf *der_out, struct err *e);

struct cms_verdict {
    bool valid;              /* signature and content agree */
    bool trusted;            /* chain to an anchor, dates, usage emailProtection */
    char signer[256];        /* certificate's mail address, lower case; "" when none */
    char subject[256];       /* DN, RFC 4514 */
    char reason[160];        /* what is wrong, for the log and A-R reason= */
};
struct cms_anchors;
enum rc cms_anchors_load(const char *pem_file, struct cms_anchors **a_out, struct err *e); /* before the sandbox */
void cms_anchors_free(struct cms_anchors **a);
/* read: gives the signed content's canonical octets, piece by piece, RC_NOTFOUND at the end. RC_OK whenever a verdict was reached
 * (a malformed or unsigned CMS is one: not valid); the reader's own failure is given back. a NULL: nobody is trusted. */
typedef enum rc (*cms_read)(void *ctx, struct span *piece_out, struct err *e);
enum rc cms_verify_detached(struct span cms_der, cms_read read, void *ctx, const struct cms_anchors *a, struct cms_verdict *v_out, struct err *e);
