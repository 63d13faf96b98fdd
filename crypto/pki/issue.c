/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/issue.c - makes one certificate from a struct pki_want. RFC 5280, RFC 8550.
 * Names and addresses come from people. So they are given to the library through typed calls, and never as text in its
 * configuration language.
 */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/pki/pki.h"
#include "crypto/pki/pki_int.h"
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Extensions whose text stands in this file. They are safe to give to the library as text. */
static const struct profile {
    const char *basic, *usage, *usage_rsa, *extended;
} profiles[PKI_USES_] = {
    [PKI_CA] = {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", "critical,keyCertSign,cRLSign", NULL},
    [PKI_SMIME] = {"critical,CA:FALSE", "critical,digitalSignature,nonRepudiation",
                   "critical,digitalSignature,nonRepudiation", "emailProtection"},
    [PKI_OPERATOR] = {"critical,CA:FALSE", "critical,digitalSignature", "critical,digitalSignature,keyEncipherment",
                      "serverAuth,clientAuth"},
    [PKI_SERVER] = {"critical,CA:FALSE", "critical,digitalSignature", "critical,digitalSignature,keyEncipherment",
                    "serverAuth,clientAuth"},
};

/* X.520 upper bounds */
static const struct {
    const char *type;
    size_t most;
} bounds[] = {{"C", 2}, {"ST", 128}, {"L", 128}, {"O", 64}, {"OU", 64}, {"CN", 64}};

/* The head of s that has at most so many characters of UTF-8. */
static struct span cut_utf8(struct span s, size_t most)
{
    size_t n = 0, chars = 0;

    while (n < s.n && ((s.p[n] & 0xc0) == 0x80 || chars++ < most))
        n++;
    return span_head(s, n);
}

static struct span rdn_value(const char *type, struct span v)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].type, type) == 0)
            return cut_utf8(v, bounds[i].most);
    return v;
}

static bool add_subject(X509 *x, const struct pki_want *w)
{
    X509_NAME *n = X509_NAME_new();
    bool ok = n != NULL;

    for (size_t i = 0; ok && i < PKI_RDNS && w->subject[i].type != NULL; i++) {
        struct span v = rdn_value(w->subject[i].type, w->subject[i].value);

        ok = X509_NAME_add_entry_by_txt(n, w->subject[i].type, MBSTRING_UTF8, v.p, (int)v.n, -1, 0) > 0;
    }
    ok = ok && X509_set_subject_name(x, n) > 0;
    X509_NAME_free(n);
    return ok;
}

static bool add_ext(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *ext = value ? X509V3_EXT_nconf_nid(NULL, ctx, nid, value) : NULL;
    bool ok = value == NULL || (ext != NULL && X509_add_ext(x, ext, -1) > 0);

    X509_EXTENSION_free(ext);
    return ok;
}

/* ---- subjectAltName ---- */

static bool san_push(GENERAL_NAMES *all, int type, struct span v)
{
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_STRING *s = type == GEN_IPADD ? (ASN1_STRING *)ASN1_OCTET_STRING_new() : (ASN1_STRING *)ASN1_IA5STRING_new();

    if (g == NULL || s == NULL || ASN1_STRING_set(s, v.p, (int)v.n) <= 0 || sk_GENERAL_NAME_push(all, g) <= 0) {
        ASN1_STRING_free(s);
        GENERAL_NAME_free(g);
        return false;
    }
    GENERAL_NAME_set0_value(g, type, s);
    return true;
}

/* Names in a certificate are ASCII. The caller gives a domain that has U-labels in A-labels. */
static bool ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > 126)
            return false;
    return true;
}

static bool push_mails(GENERAL_NAMES *all, const struct pki_want *w)
{
    struct span rest = w->more_mail;
    bool ok = w->mail.n == 0 || (ascii(w->mail) && san_push(all, GEN_EMAIL, w->mail));

    while (ok && rest.n > 0) {
        ptrdiff_t nl = span_chr(rest, '\n');
        struct span one = span_head(rest, nl < 0 ? rest.n : (size_t)nl);

        rest = span_from(rest, nl < 0 ? rest.n : (size_t)nl + 1);
        ok = one.n == 0 || (ascii(one) && san_push(all, GEN_EMAIL, one));
    }
    return ok;
}

static bool add_san(X509 *x, const struct pki_want *w)
{
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    bool ok = all != NULL && push_mails(all, w);

    for (size_t i = 0; ok && i < PKI_NAMES && w->dns[i].n > 0; i++)
        ok = ascii(w->dns[i]) && san_push(all, GEN_DNS, w->dns[i]);
    for (size_t i = 0; ok && i < PKI_NAMES && w->ip[i].n > 0; i++)
        ok = san_push(all, GEN_IPADD, w->ip[i]);
    if (ok && sk_GENERAL_NAME_num(all) > 0)
        ok = X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) > 0;
    GENERAL_NAMES_free(all);
    return ok;
}

/* ---- the certificate ---- */

static bool add_serial(X509 *x)
{
    unsigned char b[16];
    BIGNUM *n;
    bool ok;

    random_bytes(b, sizeof b);
    b[0] = (unsigned char)((b[0] & 0x7f) | 0x40); /* positive, never short */
    n = BN_bin2bn(b, sizeof b, NULL);
    ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
    BN_free(n);
    return ok;
}

static bool add_dates(X509 *x, X509 *ca, uint32_t days)
{
    time_t now = (time_t)clock_utc();

    if (X509_time_adj_ex(X509_getm_notBefore(x), 0, -3600, &now) == NULL ||
        X509_time_adj_ex(X509_getm_notAfter(x), (int)days, 0, &now) == NULL)
        return false;
    if (ca != NULL && ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(ca)) > 0)
        return X509_set1_notAfter(x, X509_get0_notAfter(ca)) > 0;
    return true;
}

static bool add_extensions(X509 *x, X509 *ca, EVP_PKEY *key, const struct pki_want *w)
{
    const struct profile *p = &profiles[w->use];
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, ca ? ca : x, x, NULL, NULL, 0);
    return add_ext(x, &ctx, NID_basic_constraints, p->basic) &&
           add_ext(x, &ctx, NID_key_usage, EVP_PKEY_is_a(key, "RSA") ? p->usage_rsa : p->usage) &&
           add_ext(x, &ctx, NID_ext_key_usage, p->extended) && add_ext(x, &ctx, NID_subject_key_identifier, "hash") &&
           (ca == NULL || add_ext(x, &ctx, NID_authority_key_identifier, "keyid:always")) && add_san(x, w);
}

static X509 *build(const struct pki_want *w, EVP_PKEY *key)
{
    X509 *x = X509_new(), *ca = w->by ? w->by->cert : NULL;
    bool ok = x != NULL && X509_set_version(x, X509_VERSION_3) > 0 && add_serial(x) && add_dates(x, ca, w->days) &&
              add_subject(x, w) && X509_set_issuer_name(x, X509_get_subject_name(ca ? ca : x)) > 0 &&
              X509_set_pubkey(x, key) > 0 && add_extensions(x, ca, key, w) &&
              X509_sign(x, w->by ? w->by->key : key, alg_sha256()) > 0;

    if (ok)
        return x;
    X509_free(x);
    return NULL;
}

static enum rc cert_out(X509 *x, struct buf *out, struct err *e)
{
    unsigned char *der = NULL;
    int n = x ? i2d_X509(x, &der) : -1;

    if (n <= 0)
        return alg_err(e, RC_PERM, "certificate (a name in it may be malformed)");
    buf_add(out, der, (size_t)n);
    OPENSSL_free(der);
    return RC_OK;
}

/* ---- the authority ---- */

enum rc pki_authority_new(struct span key_pkcs8, struct span cert, struct pki_authority **out, struct err *e)
{
    struct pki_authority *a = calloc(1, sizeof *a);
    enum rc rc = a ? pki_key_parse(key_pkcs8, &a->key, e) : err_set(e, RC_TEMP, "out of memory");

    if (rc == RC_OK)
        rc = pki_cert_parse(cert, &a->cert, e);
    if (rc != RC_OK)
        pki_authority_free(&a);
    *out = a;
    return rc;
}

void pki_authority_free(struct pki_authority **a)
{
    if (*a) {
        EVP_PKEY_free((*a)->key);
        X509_free((*a)->cert);
    }
    free(*a);
    *a = NULL;
}

enum rc pki_issue(const struct pki_want *w, struct buf *cert_der_out, struct err *e)
{
    EVP_PKEY *key = NULL;
    X509 *x = NULL;
    enum rc rc = w->by || w->use == PKI_CA ? RC_OK : err_set(e, RC_PERM, "no authority to issue a certificate");

    if (rc == RC_OK)
        rc = pki_key_parse(w->key_pkcs8, &key, e);
    if (rc == RC_OK) {
        x = build(w, key);
        rc = cert_out(x, cert_der_out, e);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return rc;
}

enum rc pki_issue_again(struct span cert_der, uint32_t days, const struct pki_authority *by, struct buf *cert_der_out,
                        struct err *e)
{
    X509 *x = NULL;
    enum rc rc = pki_cert_parse(cert_der, &x, e);

    if (rc == RC_OK) {
        bool ok = add_serial(x) && add_dates(x, by->cert, days) && X509_sign(x, by->key, alg_sha256()) > 0;

        rc = cert_out(ok ? x : NULL, cert_der_out, e);
    }
    X509_free(x);
    return rc;
}
