/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/verify_int.h - the parts of a verdict: the message (verify.c), a signer's certificate (signer.c), its chain (chain.c).
 * Private to crypto/cms.
 */
#pragma once
#include "crypto/cms/cms.h"
#include <openssl/cms.h>
#include <openssl/x509.h>

struct cms_anchors {
    X509_STORE *store;
};
/* One more thing that is wrong. The word becomes this one unless a worse one stands; the worst word's first reason is .reason. */
void verdict_worsen(struct cms_verdict *v, enum cms_word w, const char *why);
void signer_note(X509 *x, struct cms_verdict *v);                /* who: names and every address */
void signer_judge(CMS_SignerInfo *si, X509 *x, struct cms_verdict *v); /* algorithms, key, attributes */
/* Does a chain lead from the signer's certificate to an anchor, for mail? others: candidates to build it from. */
void chain_judge(const struct cms_anchors *a, X509 *leaf, STACK_OF(X509) * others, struct cms_verdict *v);
