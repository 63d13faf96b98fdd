/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/chain.c - the path from a signer's certificate to an anchor. RFC 5280 6.1, RFC 8550 4.4.
 *
 * The library's path validation checks dates, name constraints, basic constraints, path length, keyCertSign, critical
 * extensions and, because it is asked to, certificate policies. Usage is judged here, because the library's purpose for
 * mail does not take anyExtendedKeyUsage, which RFC 8550 4.4.4 takes.
 */
#include "base/log.h"
#include "crypto/cms/verify_int.h"
#include "crypto/pki/revocation_int.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum rc cms_anchors_load(const char *pem_file, struct cms_anchors **a_out, struct err *e)
{
    struct cms_anchors *a = calloc(1, sizeof *a);

    if (a == NULL || (a->store = pki_store_new()) == NULL)
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

/* Does every extended key usage in the chain allow mail? In the signer's certificate it says what the key is for (RFC
 * 8550 4.4.4). In an authority's it bounds what the authority may issue for. The anchor's own does not count, because
 * an anchor is a name and a key (RFC 5280 6.1). */
static bool usage_allows_mail(X509 *x)
{
    return (X509_get_extension_flags(x) & EXFLAG_XKUSAGE) == 0 ||
           (X509_get_extended_key_usage(x) & (XKU_SMIME | XKU_ANYEKU)) != 0;
}

/* RFC 8550 4.4.2 */
static bool may_sign(X509 *leaf)
{
    return (X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) == 0 ||
           (X509_get_key_usage(leaf) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

static const char *usage_wrong(STACK_OF(X509) * chain)
{
    if (!may_sign(sk_X509_value(chain, 0)))
        return "key usage does not allow signatures";
    if (!usage_allows_mail(sk_X509_value(chain, 0)))
        return "extended key usage does not allow mail";
    for (int i = 1; i + 1 < sk_X509_num(chain); i++)
        if (!usage_allows_mail(sk_X509_value(chain, i)))
            return "extended key usage of an authority does not allow mail";
    return NULL;
}

static const char *chain_try(X509_STORE_CTX *c, X509_STORE *store, X509 *leaf, STACK_OF(X509) * others)
{
    X509_VERIFY_PARAM *p;

    if (X509_STORE_CTX_init(c, store, leaf, others) <= 0)
        return "out of memory";
    p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_POLICY_CHECK);
    if (!X509_VERIFY_PARAM_add0_policy(
            p, OBJ_nid2obj(NID_any_policy))) /* RFC 5280 6.1.1 (c): any; the library's default is none */
        return "out of memory";
    X509_VERIFY_PARAM_set_auth_level(p, PKI_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(p, PKI_DEPTH);
    if (X509_verify_cert(c) <= 0)
        return X509_verify_cert_error_string(X509_STORE_CTX_get_error(c));
    return usage_wrong(X509_STORE_CTX_get0_chain(c));
}

void chain_judge(const struct cms_anchors *a, X509 *leaf, STACK_OF(X509) * others, struct cms_verdict *v,
                 STACK_OF(X509) * *path_out)
{
    X509_STORE_CTX *c = a ? X509_STORE_CTX_new() : NULL;
    const char *why = "no trust anchors";

    if (a != NULL)
        why = c ? chain_try(c, a->store, leaf, others) : "out of memory";
    *path_out = why == NULL ? X509_STORE_CTX_get1_chain(c) : NULL;
    X509_STORE_CTX_free(c);
    ERR_clear_error();
    if (why != NULL)
        verdict_worsen(v, CMS_POLICY, why);
}
