/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/vouch.c - see crypto/pki/vouch.h. */
#include "crypto/pki/vouch.h"
#include "crypto/pki/pki_int.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { BITS = 112, AUTH_LEVEL = 2, DEPTH = 8 };

enum rc vouch_use(struct span der, struct err *e)
{
    X509 *x = NULL;
    enum rc rc = pki_cert_parse(der, &x, e);
    EVP_PKEY *key = x ? X509_get0_pubkey(x) : NULL;

    if (x && (!key || EVP_PKEY_get_security_bits(key) < BITS))
        rc = err_set(e, RC_DENIED, "its key has fewer than %d bits of security", BITS);
    else if (x && X509_get_extension_flags(x) & EXFLAG_KUSAGE &&
             !(X509_get_key_usage(x) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        rc = err_set(e, RC_DENIED, "its key usage does not allow signatures");
    X509_free(x);
    return rc;
}

/* ---- the path ---- */
static int add_anchors(X509_STORE *store, struct span pem)
{
    BIO *b = pem.n > 0 && pem.n <= (1 << 24) ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    int n = 0;

    for (X509 *x; b && (x = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL; X509_free(x))
        n += X509_STORE_add_cert(store, x) == 1;
    BIO_free(b);
    ERR_clear_error();
    return n;
}

static const char *try_path(X509_STORE_CTX *c, X509_STORE *store, X509 *leaf, int64_t at)
{
    X509_VERIFY_PARAM *p;

    if (X509_STORE_CTX_init(c, store, leaf, NULL) <= 0)
        return "out of memory";
    p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(p, (time_t)at);
    X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(p, DEPTH);
    return X509_verify_cert(c) > 0 ? NULL : X509_verify_cert_error_string(X509_STORE_CTX_get_error(c));
}

enum rc vouch_chain(struct span der, struct span anchors_pem, int64_t at, struct err *e)
{
    X509 *leaf = NULL;
    enum rc rc = pki_cert_parse(der, &leaf, e);
    X509_STORE *store = leaf ? X509_STORE_new() : NULL;
    X509_STORE_CTX *c = store ? X509_STORE_CTX_new() : NULL;
    const char *why = "out of memory";

    if (rc != RC_OK)
        return rc;
    if (c)
        why = add_anchors(store, anchors_pem) > 0 ? try_path(c, store, leaf, at) : "no trust anchors";
    X509_STORE_CTX_free(c);
    X509_STORE_free(store);
    X509_free(leaf);
    ERR_clear_error();
    return why ? err_set(e, RC_DENIED, "%s", why) : RC_OK;
}

/* ---- the name ---- */
static bool is(const ASN1_STRING *s, struct span name)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, s);
    bool same = n >= 0 && span_ieq(span_of(utf8, (size_t)n), name);

    OPENSSL_free(utf8);
    return same;
}

static bool one_cn_is(const X509 *x, struct span name)
{
    const X509_NAME *subject = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at >= 0 && X509_NAME_get_index_by_NID(subject, NID_commonName, at) < 0 &&
           is(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), name);
}

static bool a_mail_is(const X509 *x, struct span name)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);
        found = found || (g->type == GEN_EMAIL && is(g->d.rfc822Name, name));
    }
    GENERAL_NAMES_free(names);
    return found;
}

enum rc vouch_name(struct span der, struct span name, struct err *e)
{
    X509 *x = NULL;
    enum rc rc = pki_cert_parse(der, &x, e);
    bool ok = x && name.n > 0 && (one_cn_is(x, name) || a_mail_is(x, name));

    if (rc != RC_OK)
        return rc;
    X509_free(x);
    ERR_clear_error();
    return ok ? RC_OK : err_set(e, RC_DENIED, "it has no CN or mail address %.*s", SPAN_ARG(span_head(name, 100)));
}
