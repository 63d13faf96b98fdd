/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/verify_int.h - the parts of a verdict: the message (verify.c), a signer's certificate (signer.c), its chain (chain.c).
 * Private to crypto/cms.
 * Process  smtpd sessions, pli cert verify.   Source RFC 5652 5.6, RFC 5280 6.1, RFC 8550.
 */
#pragma once
#include "crypto/cms/cms.h"
#include <openssl/cms.h>
#include <openssl/x509.h>

struct cms_anchors {
    X509_STORE *store;
};
/* Notes one more thing that is wrong. The word becomes w, unless the verdict has a worse one. .reason is the first reason of the worst word. */
void verdict_worsen(struct cms_verdict *v, enum cms_word w, const char *why);
void signer_note(X509 *x, struct cms_verdict *v);                /* notes who signed: names and every address */
void signer_judge(CMS_SignerInfo *si, X509 *x, struct cms_verdict *v); /* algorithms, key, attributes */
/* Does a chain that is good for mail lead from the signer's certificate (leaf) to an anchor? others: certificates to build the chain from.
 * path_out: the chain, the caller's to free, or NULL. */
void chain_judge(const struct cms_anchors *a, X509 *leaf, STACK_OF(X509) * others, struct cms_verdict *v, STACK_OF(X509) * *path_out);
/* Is a certificate of that chain revoked? lists: those inside the CMS. */
struct revoked_look {
    const struct cms_trust *trust;
    STACK_OF(X509) *path, *others;
    STACK_OF(X509_CRL) *lists;
};
void revoked_judge(const struct revoked_look *l, struct cms_verdict *v);
void revoked_tell(struct cms_verdict *v); /* .revocation from .revoked, when all signers were looked at */
