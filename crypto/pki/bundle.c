/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/bundle.c - see crypto/pki/bundle.h: a bundle read from PEM or PKCS#12, put in order, and checked. */
#include "crypto/pki/bundle.h"
#include "base/clock.h"
#include "crypto/pki/pki_int.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

enum { AUTH_LEVEL = 2, CERTS_MAX = 8 };

struct parts {
    EVP_PKEY *key;
    X509 *leaf;
    STACK_OF(X509) * all;
};

/* ---- reading ---- */

static int give_password(char *out, int room, int writing, void *password)
{
    size_t n = password ? strlen(password) : 0;

    (void)writing;
    if (n == 0 || n > (size_t)room)
        return -1; /* never the terminal */
    memcpy(out, password, n);
    return (int)n;
}

static void read_pem(struct span file, const char *password, struct parts *p)
{
    BIO *b = BIO_new_mem_buf(file.p, (int)file.n);
    X509 *x;

    while (b && sk_X509_num(p->all) < CERTS_MAX && (x = PEM_read_bio_X509(b, NULL, give_password, NULL)) != NULL)
        sk_X509_push(p->all, x);
    BIO_free(b);
    b = BIO_new_mem_buf(file.p, (int)file.n);
    p->key = b ? PEM_read_bio_PrivateKey(b, NULL, give_password, (void *)(uintptr_t)password) : NULL;
    BIO_free(b);
}

static enum rc read_p12(struct span file, const char *password, struct parts *p, struct err *e)
{
    const unsigned char *at = file.p;
    PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)file.n);
    X509 *leaf = NULL;
    bool opened = p12 && PKCS12_parse(p12, password ? password : "", &p->key, &leaf, &p->all) > 0;
    bool known = p12 != NULL;

    PKCS12_free(p12);
    if (leaf)
        sk_X509_push(p->all, leaf);
    if (opened)
        return RC_OK;
    if (!known)
        return err_set(e, RC_SYNTAX, "neither PEM nor PKCS#12");
    return err_set(e, RC_DENIED,
                   "the PKCS#12 file does not open: not its password (--password-stdin), or an old cipher (then: "
                   "openssl pkcs12 -legacy "
                   "-in FILE -nodes)");
}

/* Finds the certificate that the key belongs to. */
static X509 *own_certificate(const struct parts *p)
{
    for (int i = 0; i < sk_X509_num(p->all); i++)
        if (X509_check_private_key(sk_X509_value(p->all, i), p->key) > 0)
            return sk_X509_value(p->all, i);
    return NULL;
}

static bool put_pem(X509 *x, struct pki_bundle *out)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    long n = b && PEM_write_bio_X509(b, x) > 0 ? BIO_get_mem_data(b, &text) : 0;

    if (n > 0)
        buf_add(&out->chain_pem, text, (size_t)n);
    BIO_free(b);
    out->certificates++;
    return n > 0;
}

/* Puts the chain in the order in which a peer is sent it (RFC 8446 4.4.2): the server's certificate first, then the
 * issuer of each, as far as the bundle has it. */
static bool put_chain(const struct parts *p, struct pki_bundle *out)
{
    X509 *x = p->leaf, *next;
    bool ok = true;

    while (x && ok && out->certificates < CERTS_MAX) {
        ok = put_pem(x, out);
        next = NULL;
        for (int i = 0; i < sk_X509_num(p->all) && !next; i++)
            if (sk_X509_value(p->all, i) != x && X509_check_issued(sk_X509_value(p->all, i), x) == X509_V_OK)
                next = sk_X509_value(p->all, i);
        x = next;
    }
    return ok;
}

static bool put_der(const struct parts *p, struct pki_bundle *out)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(p->key);
    unsigned char *key = NULL, *cert = NULL;
    int n_key = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &key) : -1, n_cert = i2d_X509(p->leaf, &cert);
    struct tm tm;

    if (n_key > 0)
        buf_add(&out->key_pkcs8, key, (size_t)n_key);
    if (n_cert > 0)
        buf_add(&out->cert_der, cert, (size_t)n_cert);
    if (n_key > 0)
        OPENSSL_clear_free(key, (size_t)n_key);
    OPENSSL_free(cert);
    PKCS8_PRIV_KEY_INFO_free(info);
    out->ecdsa = EVP_PKEY_is_a(p->key, "EC");
    if (ASN1_TIME_to_tm(X509_get0_notAfter(p->leaf), &tm) == 1)
        out->not_after = (int64_t)timegm(&tm);
    return n_key > 0 && n_cert > 0;
}

static enum rc read_parts(struct span file, const char *password, struct parts *p, struct err *e)
{
    bool pem = span_find(file, SPAN_LIT("-----BEGIN ")) >= 0;
    enum rc rc = RC_OK;

    if (pem)
        read_pem(file, password, p);
    else
        rc = read_p12(file, password, p, e);
    if (rc != RC_OK)
        return rc;
    if (p->key == NULL)
        return err_set(e, pem && span_find(file, SPAN_LIT("PRIVATE KEY-----")) >= 0 ? RC_DENIED : RC_SYNTAX,
                       "no private key that can be read: the file needs one, and an encrypted one its password "
                       "(--password-stdin)");
    if (sk_X509_num(p->all) == 0)
        return err_set(e, RC_SYNTAX, "no certificate in it");
    p->leaf = own_certificate(p);
    return p->leaf ? RC_OK
                   : err_set(e, RC_DENIED, "the key is no certificate's in it: key and certificate are not a pair");
}

enum rc pki_bundle_read(struct span file, const char *password, struct pki_bundle *out, struct err *e)
{
    struct parts p = {.all = sk_X509_new_null()};
    enum rc rc;

    *out = (struct pki_bundle){.certificates = 0};
    buf_init_secret(&out->key_pkcs8);
    if (file.n == 0 || file.n > PKI_BUNDLE_MAX)
        rc = err_set(e, RC_SYNTAX, "%zu bytes: neither PEM nor PKCS#12", file.n);
    else
        rc = read_parts(file, password, &p, e);
    if (rc == RC_OK && (!put_chain(&p, out) || !put_der(&p, out)))
        rc = alg_err(e, RC_PERM, "certificate bundle");
    EVP_PKEY_free(p.key);
    sk_X509_pop_free(p.all, X509_free);
    ERR_clear_error();
    return rc;
}

void pki_bundle_free(struct pki_bundle *b)
{
    buf_free(&b->key_pkcs8);
    buf_free(&b->cert_der);
    buf_free(&b->chain_pem);
}

/* ---- checking ---- */

static const char *key_wrong(X509 *leaf)
{
    EVP_PKEY *k = X509_get0_pubkey(leaf);
    int bits = k ? EVP_PKEY_get_bits(k) : 0;

    if (k && EVP_PKEY_is_a(k, "RSA"))
        return bits < 2048   ? "an RSA key of less than 2048 bits is refused by peers: have a new one made"
               : bits > 4096 ? "an RSA key of more than 4096 bits is not served here"
                             : NULL;
    return k && EVP_PKEY_is_a(k, "EC") && (bits == 256 || bits == 384)
               ? NULL
               : "the key must be RSA, or ECDSA on P-256 or P-384";
}

/* Checks the chain up to its last certificate, which is trusted here. Whether its own authority is known is the
 * clients' question. */
static const char *chain_wrong(X509 *leaf, STACK_OF(X509) * all, enum pki_bundle_for use, const char *host)
{
    X509 *last = sk_X509_value(all, sk_X509_num(all) - 1);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *p;
    const char *why = "out of memory";

    if (store && c && X509_STORE_add_cert(store, last) > 0 && X509_STORE_CTX_init(c, store, leaf, all) > 0) {
        p = X509_STORE_CTX_get0_param(c);
        X509_VERIFY_PARAM_set_purpose(p, use == PKI_FOR_CLIENT ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER);
        X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
        X509_VERIFY_PARAM_set1_host(p, host, 0);
        why = X509_verify_cert(c) > 0 ? NULL : X509_verify_cert_error_string(X509_STORE_CTX_get_error(c));
    }
    X509_STORE_CTX_free(c);
    X509_STORE_free(store);
    return why;
}

enum rc pki_bundle_check(const struct pki_bundle *b, enum pki_bundle_for use, const char *host, struct err *e)
{
    BIO *bio = BIO_new_mem_buf(b->chain_pem.p, (int)b->chain_pem.n);
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *x;
    const char *why = "no certificate";

    while (bio && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        sk_X509_push(all, x);
    BIO_free(bio);
    if (sk_X509_num(all) > 0) {
        why = key_wrong(sk_X509_value(all, 0));
        if (why == NULL)
            why = chain_wrong(sk_X509_value(all, 0), all, use, host);
    }
    sk_X509_pop_free(all, X509_free);
    ERR_clear_error();
    if (why == NULL)
        return RC_OK;
    return host ? err_set(e, RC_DENIED, "%s (for the name %s)", why, host) : err_set(e, RC_DENIED, "%s", why);
}
