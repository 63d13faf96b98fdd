/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/authority_fixture_int.h - for unit tests: authorities, certificates, lists and OCSP answers with whatever is wrong with them.
 * Owns     a struct made owns its parts; made_free().
 * Process  unit tests.
 */
#pragma once
#include "crypto/pki/pki_int.h"
#include <openssl/conf.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct made {
    X509 *x;
    EVP_PKEY *key;
    struct buf der;
};
struct made_want {
    const char *cn;
    const struct made *by;   /* NULL: itself */
    const char *usage, *eku; /* as openssl.cnf writes them; NULL: none */
    const char *cdp, *aia, *policies, *basic;
    long serial;
    long from, to;           /* seconds from now; 0, 0: an hour ago to a year ahead */
    int rsa_bits;            /* 0: P-256 */
    const EVP_MD *md;        /* NULL: SHA-256 */
    const char *san;
};

static inline void made_ext(X509 *x, const struct made *by, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    CONF *conf;

    if (!value)
        return;
    conf = NCONF_new(NULL); /* policies are not made without one */
    X509V3_set_ctx(&ctx, by ? by->x : x, x, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    ext = X509V3_EXT_nconf_nid(conf, &ctx, nid, value);
    NCONF_free(conf);
    if (!ext || !X509_add_ext(x, ext, -1))
        abort();
    X509_EXTENSION_free(ext);
}

static inline struct made made_new(struct made_want w)
{
    static long serials = 1000;
    struct made m = {.x = X509_new()};
    X509_NAME *n = X509_get_subject_name(m.x);
    unsigned char *der = NULL;
    int len;

    m.key = w.rsa_bits ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)w.rsa_bits) : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509_set_version(m.x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(m.x), w.serial ? w.serial : ++serials);
    X509_gmtime_adj(X509_getm_notBefore(m.x), w.from || w.to ? w.from : -3600);
    X509_gmtime_adj(X509_getm_notAfter(m.x), w.from || w.to ? w.to : 365L * 86400);
    X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)"Pli", -1, -1, 0);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)w.cn, -1, -1, 0);
    X509_set_issuer_name(m.x, w.by ? X509_get_subject_name(w.by->x) : n);
    X509_set_pubkey(m.x, m.key);
    made_ext(m.x, w.by, NID_basic_constraints, w.basic);
    made_ext(m.x, w.by, NID_key_usage, w.usage);
    made_ext(m.x, w.by, NID_ext_key_usage, w.eku);
    made_ext(m.x, w.by, NID_crl_distribution_points, w.cdp);
    made_ext(m.x, w.by, NID_info_access, w.aia);
    made_ext(m.x, w.by, NID_certificate_policies, w.policies);
    made_ext(m.x, w.by, NID_subject_alt_name, w.san);
    if (X509_sign(m.x, w.by ? w.by->key : m.key, w.md ? w.md : EVP_sha256()) <= 0 || (len = i2d_X509(m.x, &der)) <= 0)
        abort();
    buf_add(&m.der, der, (size_t)len);
    OPENSSL_free(der);
    return m;
}

static inline struct made made_ca(const char *cn, const struct made *by)
{
    return made_new((struct made_want){.cn = cn, .by = by, .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign,cRLSign"});
}

static inline struct made made_leaf(const char *cn, const struct made *by)
{
    return made_new((struct made_want){.cn = cn, .by = by, .usage = "critical,digitalSignature", .eku = "serverAuth,clientAuth"});
}

static inline void made_free(struct made *m)
{
    X509_free(m->x);
    EVP_PKEY_free(m->key);
    buf_free(&m->der);
    *m = (struct made){.x = NULL};
}

/* ---- lists ---- */
struct list_want {
    const struct made *by;      /* the name in it */
    const struct made *key_of;  /* who signs; NULL: .by */
    const struct made *revoked[3];
    long revoked_serial;        /* one more */
    int reason;                 /* 0: none written */
    long from, to;              /* seconds from now; 0, 0: a minute ago to a day ahead */
    bool no_next, critical;     /* critical: with a critical extension that nobody knows */
    const char *idp;            /* issuing distribution point */
    const EVP_MD *md;
    unsigned many;              /* that many other entries */
};

static inline void list_entry(X509_CRL *c, const ASN1_INTEGER *serial, int reason)
{
    X509_REVOKED *r = X509_REVOKED_new();
    ASN1_TIME *t = X509_gmtime_adj(NULL, -600);
    ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();

    X509_REVOKED_set_serialNumber(r, (ASN1_INTEGER *)(uintptr_t)serial);
    X509_REVOKED_set_revocationDate(r, t);
    if (reason && ASN1_ENUMERATED_set(why, reason))
        X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, why, 0, 0);
    X509_CRL_add0_revoked(c, r);
    ASN1_ENUMERATED_free(why);
    ASN1_TIME_free(t);
}

static inline void list_times(X509_CRL *c, const struct list_want *w)
{
    bool set = w->from || w->to;
    ASN1_TIME *t = X509_gmtime_adj(NULL, set ? w->from : -60);

    X509_CRL_set1_lastUpdate(c, t);
    X509_gmtime_adj(t, set ? w->to : 86400);
    if (!w->no_next)
        X509_CRL_set1_nextUpdate(c, t);
    ASN1_TIME_free(t);
}

static inline void list_ext(X509_CRL *c, const struct list_want *w)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx(&ctx, w->by->x, NULL, NULL, c, 0);
    if (w->idp && (ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_issuing_distribution_point, w->idp)) != NULL) {
        X509_CRL_add_ext(c, ext, -1);
        X509_EXTENSION_free(ext);
    }
    if (w->critical) {
        ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *oid = OBJ_txt2obj("1.2.3.4.5", 1);

        ASN1_OCTET_STRING_set(o, (const unsigned char *)"\x05\x00", 2);
        ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, o);
        X509_CRL_add_ext(c, ext, -1);
        X509_EXTENSION_free(ext);
        ASN1_OBJECT_free(oid);
        ASN1_OCTET_STRING_free(o);
    }
}

static inline struct buf list_new(struct list_want w)
{
    X509_CRL *c = X509_CRL_new();
    struct buf out = BUF_INIT;
    unsigned char *der = NULL;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    int len;

    X509_CRL_set_version(c, 1);
    X509_CRL_set_issuer_name(c, X509_get_subject_name(w.by->x));
    list_times(c, &w);
    for (int i = 0; i < 3 && w.revoked[i]; i++)
        list_entry(c, X509_get0_serialNumber(w.revoked[i]->x), w.reason);
    for (unsigned i = 0; i < w.many && ASN1_INTEGER_set_uint64(serial, (1ULL << 60) + i); i++)
        list_entry(c, serial, 1);
    list_ext(c, &w);
    X509_CRL_sort(c);
    if (X509_CRL_sign(c, (w.key_of ? w.key_of : w.by)->key, w.md ? w.md : EVP_sha256()) <= 0 || (len = i2d_X509_CRL(c, &der)) <= 0)
        abort();
    buf_add(&out, der, (size_t)len);
    OPENSSL_free(der);
    ASN1_INTEGER_free(serial);
    X509_CRL_free(c);
    return out;
}

/* ---- OCSP answers ---- */
struct answer_want {
    const struct made *about, *issuer, *by; /* by: who signs */
    const struct made *with;                /* its certificate, put in; NULL: none */
    int status;                             /* V_OCSP_CERTSTATUS_... */
    long from, to;                          /* 0, 0: a minute ago to a day ahead */
    bool no_next;
    const EVP_MD *id_md, *md;               /* NULL: SHA-1 for the certID, SHA-256 for the signature */
};

static inline struct buf answer_new(struct answer_want w)
{
    OCSP_BASICRESP *b = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(w.id_md ? w.id_md : EVP_sha1(), w.about->x, w.issuer->x);
    bool set = w.from || w.to;
    ASN1_TIME *from = X509_gmtime_adj(NULL, set ? w.from : -60), *to = X509_gmtime_adj(NULL, set ? w.to : 86400), *rev = X509_gmtime_adj(NULL, -600);
    OCSP_RESPONSE *r;
    struct buf out = BUF_INIT;
    unsigned char *der = NULL;
    int len;

    if (!OCSP_basic_add1_status(b, id, w.status, 1, w.status == V_OCSP_CERTSTATUS_REVOKED ? rev : NULL, from, w.no_next ? NULL : to) ||
        !OCSP_basic_sign(b, w.by->x, w.by->key, w.md ? w.md : EVP_sha256(), NULL, w.with ? 0 : OCSP_NOCERTS))
        abort();
    r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, b);
    len = i2d_OCSP_RESPONSE(r, &der);
    buf_add(&out, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(r);
    OCSP_BASICRESP_free(b);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    ASN1_TIME_free(rev);
    return out;
}
