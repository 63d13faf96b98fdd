/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/path.c - anchors, and the chain from a certificate to one of them. RFC 5280 6.1. See crypto/pki/revocation.h. */
#include "base/ipc.h"
#include "base/log.h"
#include "crypto/pki/revocation_int.h"
#include "crypto/seal/digest.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void pki_name_text(const X509_NAME *n, char out[256])
{
    BIO *b = BIO_new(BIO_s_mem());
    struct span text = SPAN_NULL;
    char *p = NULL;

    if (b && X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        long len = BIO_get_mem_data(b, &p);

        text = span_head_text(span_of(p, len > 0 ? (size_t)len : 0), 255); /* JSON takes no half a character */
    }
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = 0;
    BIO_free(b);
}

/* A name that does not fit is none: the first half of a name could be the name of another. */
bool pki_name_whole(const X509_NAME *n, char *out, size_t room)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = -1;

    if (b && X509_NAME_entry_count(n) > 0 &&
        X509_NAME_print_ex(b, n, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
        len = BIO_get_mem_data(b, &text);
    if (len <= 0 || (size_t)len >= room || memchr(text, 0, (size_t)len))
        len = 0;
    else
        memcpy(out, text, (size_t)len);
    out[len] = 0;
    BIO_free(b);
    return len > 0;
}

bool pki_time_utc(const ASN1_TIME *t, int64_t *out)
{
    struct tm tm;

    if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
        return false;
    *out = (int64_t)timegm(&tm);
    return true;
}

static enum rc file_read(const char *path, struct buf *out, struct err *e)
{
    FILE *f = fopen(path, "re");
    char some[4096];
    size_t n;
    enum rc rc = RC_OK;

    while (f && (n = fread(some, 1, sizeof some, f)) > 0)
        buf_add(out, some, n);
    if (!f || ferror(f))
        rc = err_sys(e, RC_PERM, "%s", path);
    if (f)
        fclose(f);
    return rc;
}

/* A certificate that cannot be read makes the file unusable: half of the authorities would refuse the peers of the others. */
static enum rc anchors_add(X509_STORE *store, struct span pem, const char *path, struct err *e)
{
    char no_password[] = ""; /* else the library asks the terminal */
    BIO *b = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.n > 0 ? (const void *)pem.p : "", (int)pem.n) : NULL;
    STACK_OF(X509_INFO) *all = b ? PEM_X509_INFO_read_bio(b, NULL, NULL, no_password) : NULL;
    bool ok = all != NULL;
    int n = 0;

    for (int i = 0; ok && i < sk_X509_INFO_num(all); i++) {
        X509 *x = sk_X509_INFO_value(all, i)->x509;

        ok = x == NULL || X509_STORE_add_cert(store, x) == 1;
        n += x != NULL;
    }
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    BIO_free(b);
    if (!ok)
        return alg_err(e, RC_PERM, path);
    return n > 0 ? RC_OK : err_set(e, RC_PERM, "%s: no certificate in it", path);
}

const unsigned char *pki_anchors_digest(const struct pki_anchors *a)
{
    return a->digest;
}

enum rc pki_anchors_load(const char *pem_file, struct pki_anchors **a_out, struct err *e)
{
    struct pki_anchors *a = calloc(1, sizeof *a);
    struct buf pem = BUF_INIT;
    enum rc rc;

    if (a == NULL)
        die("out of memory");
    a->store = pki_store_new();
    rc = file_read(pem_file, &pem, e);
    if (rc == RC_OK)
        rc = anchors_add(a->store, buf_span(&pem), pem_file, e);
    digest_of(buf_span(&pem), a->digest);
    buf_free(&pem);
    if (rc == RC_OK)
        *a_out = a;
    else
        pki_anchors_free(&a);
    return rc;
}

void pki_anchors_free(struct pki_anchors **a)
{
    if (*a == NULL)
        return;
    X509_STORE_free((*a)->store);
    free(*a);
    *a = NULL;
}

static const struct {
    int why;
    enum cause cause;
} causes[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, CAUSE_CERT_EXPIRED}, {X509_V_ERR_CERT_NOT_YET_VALID, CAUSE_CERT_NOT_YET},
    {X509_V_ERR_EE_KEY_TOO_SMALL, CAUSE_CERT_WEAK},    {X509_V_ERR_CA_KEY_TOO_SMALL, CAUSE_CERT_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, CAUSE_CERT_WEAK},
};

static enum rc no_chain(struct err *e, int why)
{
    enum cause cause = CAUSE_CERT_CHAIN;

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].why == why)
            cause = causes[i].cause;
    return err_cause(e, RC_DENIED, cause, "%s", X509_verify_cert_error_string(why));
}

/* Answers the library's error; X509_V_OK: c->path is the chain. */
static int path_try(struct pki_chain *c, int64_t at)
{
    X509_STORE_CTX *x = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *p;
    int why = X509_V_OK;

    if (x == NULL || X509_STORE_CTX_init(x, c->anchors->store, sk_X509_value(c->given, 0), c->given) <= 0)
        die("out of memory");
    p = X509_STORE_CTX_get0_param(x);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_auth_level(p, PKI_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(p, PKI_DEPTH);
    X509_VERIFY_PARAM_set_time(p, (time_t)at);
    X509_VERIFY_PARAM_set_flags(p, c->partial ? X509_V_FLAG_PARTIAL_CHAIN : 0);
    if (X509_verify_cert(x) > 0)
        c->path = X509_STORE_CTX_get1_chain(x);
    else
        why = X509_STORE_CTX_get_error(x);
    X509_STORE_CTX_free(x);
    ERR_clear_error();
    return why;
}

/* An authority that is not its own issuer may be an anchor too. A chain that goes on to a root comes first, because an
 * authority below a root can be revoked, and an anchor cannot. */
static enum rc path_find(struct pki_chain *c, int64_t at, struct err *e)
{
    int why = path_try(c, at);

    if (why == X509_V_OK)
        return RC_OK;
    c->partial = true;
    return path_try(c, at) == X509_V_OK ? RC_OK : no_chain(e, why);
}

enum rc pki_chain_find(const struct pki_anchors *a, const struct span *ders, size_t n, int64_t at,
                       struct pki_chain **c_out, struct err *e)
{
    struct pki_chain *c = calloc(1, sizeof *c);
    enum rc rc = n > 0 ? RC_OK : err_set(e, RC_SYNTAX, "no certificate");

    if (c == NULL || (c->given = sk_X509_new_null()) == NULL)
        die("out of memory");
    c->anchors = a;
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        X509 *x = NULL;

        rc = pki_cert_parse(ders[i], &x, e) == RC_OK
                 ? RC_OK
                 : err_set(e, RC_SYNTAX, "%zu bytes that are no certificate", ders[i].n);
        if (rc == RC_OK && !sk_X509_push(c->given, x))
            die("out of memory");
    }
    if (rc == RC_OK)
        rc = path_find(c, at, e);
    if (rc == RC_OK)
        *c_out = c;
    else
        pki_chain_free(&c);
    return rc;
}

void pki_chain_free(struct pki_chain **c)
{
    if (*c == NULL)
        return;
    sk_X509_pop_free((*c)->given, X509_free);
    sk_X509_pop_free((*c)->path, X509_free);
    free(*c);
    *c = NULL;
}

size_t pki_chain_n(const struct pki_chain *c)
{
    return (size_t)sk_X509_num(c->path) - 1;
}

void pki_chain_issuer(const struct pki_chain *c, size_t i, char out[256])
{
    pki_name_text(X509_get_issuer_name(sk_X509_value(c->path, (int)i)), out);
}

bool pki_chain_subject(const struct pki_chain *c, char out[PKI_NAME_MAX])
{
    return pki_name_whole(X509_get_subject_name(sk_X509_value(c->path, 0)), out, PKI_NAME_MAX);
}

int64_t pki_chain_ends(const struct pki_chain *c)
{
    int64_t first = INT64_MAX, ends;

    for (size_t i = 0; i <= pki_chain_n(c); i++)
        if (pki_time_utc(X509_get0_notAfter(sk_X509_value(c->path, (int)i)), &ends) && ends < first)
            first = ends;
    return first;
}

/* No extension is every purpose, and so is anyExtendedKeyUsage. */
static unsigned purposes_of(X509 *x)
{
    uint32_t eku = X509_get_extended_key_usage(x);
    unsigned uses = (eku & (XKU_SSL_CLIENT | XKU_ANYEKU) ? PKI_USE_CLIENT : 0) |
                    (eku & (XKU_SSL_SERVER | XKU_ANYEKU) ? PKI_USE_SERVER : 0);

    return uses ? uses | PKI_USE_EITHER : 0;
}

unsigned pki_chain_uses(const struct pki_chain *c)
{
    unsigned uses = PKI_USE_CLIENT | PKI_USE_SERVER | PKI_USE_EITHER;

    for (int i = 0; i < sk_X509_num(c->given); i++)
        uses &= purposes_of(sk_X509_value(c->given, i));
    return uses | (X509_get_key_usage(sk_X509_value(c->given, 0)) & KU_DIGITAL_SIGNATURE ? PKI_USE_SIGNS : 0);
}

/* The certID that OCSP uses has all of it: hashes of the issuer's name and key, and the serial number. */
enum rc pki_chain_id(const struct pki_chain *c, size_t i, unsigned char out[32], struct err *e)
{
    X509 *x = sk_X509_value(c->path, (int)i), *issuer = sk_X509_value(c->path, (int)i + 1);
    unsigned char *name = NULL, *key = NULL, *serial = NULL;
    int n_name = i2d_X509_NAME(X509_get_subject_name(issuer), &name),
        n_key = i2d_PUBKEY(X509_get0_pubkey(issuer), &key);
    int n_serial = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);
    struct buf all = BUF_INIT;
    enum rc rc = n_name > 0 && n_key > 0 && n_serial > 0 ? RC_OK : alg_err(e, RC_SYNTAX, "certificate");

    if (rc == RC_OK) {
        buf_bytes(&all, span_of(name, (size_t)n_name));
        buf_bytes(&all, span_of(key, (size_t)n_key));
        buf_bytes(&all, span_of(serial, (size_t)n_serial));
        digest_of(buf_span(&all), out);
    }
    OPENSSL_free(name);
    OPENSSL_free(key);
    OPENSSL_free(serial);
    buf_free(&all);
    return rc;
}

#define FIELDS_pki_record(F, T) F(T, BYTES, der, IPC_MSG_MAX)
IPC_MESSAGE(pki_record);
IPC_TABLE(pki_record);

void pki_list_add(struct buf *list, struct span der)
{
    ipc_list_add(list, pki_record_f, &(struct pki_record){der});
}
