/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/crl.c - reads a revocation list, and the addresses that a certificate names. RFC 5280 5, 4.2.1.13, 4.2.2.1. */
#include "base/ascii.h"
#include "base/log.h"
#include "crypto/pki/revocation_int.h"
#include "crypto/seal/digest.h"
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- lists ---- */

bool pki_digest_strong(int signature_nid)
{
    int md = NID_undef;

    return OBJ_find_sigid_algs(signature_nid, &md, NULL) && md != NID_sha1 && md != NID_md5;
}

/* What servers give in place of a list, so that the operator reads what it is. */
static const char *looks_like(struct span s)
{
    struct span text = span_trim(span_head(s, 512));

    if (s.n == 0)
        return "nothing";
    if (span_istarts(text, "-----BEGIN"))
        return "PEM, not DER";
    if (text.n > 0 && text.p[0] == '<')
        return "HTML or XML, not DER";
    return s.p[0] == 0x30 ? "DER, but no revocation list" : "not DER";
}

enum rc pki_crl_fit(const X509_CRL *crl, struct err *e)
{
    const ASN1_OBJECT *oid = NULL;
    const X509_ALGOR *alg = NULL;

    X509_CRL_get0_signature(crl, NULL, &alg);
    X509_ALGOR_get0(&oid, NULL, NULL, alg);
    if (!pki_digest_strong(OBJ_obj2nid(oid)))
        return err_set(e, RC_DENIED, "the list's signature is over SHA-1, MD5 or an unknown digest");
    return X509_CRL_get0_nextUpdate(crl) != NULL
               ? RC_OK
               : err_set(e, RC_DENIED, "the list does not say until when it is good (nextUpdate)");
}

static enum rc describe(struct pki_crl *c, struct err *e)
{
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(c->crl);

    pki_name_text(X509_CRL_get_issuer(c->crl), c->info.issuer);
    if (!pki_time_utc(X509_CRL_get0_lastUpdate(c->crl), &c->info.this_update))
        return err_set(e, RC_SYNTAX, "the list's thisUpdate is no time");
    pki_time_utc(X509_CRL_get0_nextUpdate(c->crl), &c->info.next_update);
    c->info.revoked = all ? (uint32_t)sk_X509_REVOKED_num(all) : 0;
    c->info.delta = X509_CRL_get_ext_by_NID(c->crl, NID_delta_crl, -1) >= 0;
    return pki_crl_fit(c->crl, e);
}

enum rc pki_crl_parse(struct span der, struct pki_crl **c_out, struct err *e)
{
    const unsigned char *p = der.p;
    struct pki_crl *c;
    X509_CRL *crl;
    enum rc rc;

    if (der.n > PKI_CRL_MAX)
        return err_set(e, RC_DENIED, "a list of %zu bytes", der.n);
    crl = der.n > 0 ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
    ERR_clear_error();
    if (crl == NULL || p != der.p + der.n) {
        X509_CRL_free(crl);
        return err_set(e, RC_SYNTAX, "%s (%zu bytes)", looks_like(der), der.n);
    }
    c = calloc(1, sizeof *c);
    if (c == NULL)
        die("out of memory");
    c->crl = crl;
    c->refs = 1;
    rc = describe(c, e);
    if (rc == RC_OK)
        *c_out = c;
    else
        pki_crl_free(&c);
    return rc;
}

struct pki_crl *pki_crl_ref(struct pki_crl *c)
{
    __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

void pki_crl_free(struct pki_crl **c)
{
    if (*c != NULL && __atomic_sub_fetch(&(*c)->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        X509_CRL_free((*c)->crl);
        free(*c);
    }
    *c = NULL;
}

const struct pki_crl_info *pki_crl_about(const struct pki_crl *c)
{
    return &c->info;
}

void pki_crl_scope(const struct pki_crl *c, unsigned char out[32])
{
    int at = X509_CRL_get_ext_by_NID(c->crl, NID_issuing_distribution_point, -1);
    ASN1_OCTET_STRING *idp = at >= 0 ? X509_EXTENSION_get_data(X509_CRL_get_ext(c->crl, at)) : NULL;
    unsigned char *name = NULL;
    int n = i2d_X509_NAME(X509_CRL_get_issuer(c->crl), &name);
    struct buf all = BUF_INIT;

    buf_bytes(&all, span_of(name, n > 0 ? (size_t)n : 0));
    buf_bytes(&all, idp ? span_of(ASN1_STRING_get0_data(idp), (size_t)ASN1_STRING_length(idp)) : SPAN_NULL);
    buf_u8(&all, c->info.delta);
    digest_of(buf_span(&all), out);
    OPENSSL_free(name);
    buf_free(&all);
}

/* Several authorities may have the same name, with different keys: one that has signed it is enough. */
enum rc pki_crl_by_anchor(const struct pki_anchors *a, const struct pki_anchors *b, const struct pki_crl *c,
                          struct err *e)
{
    const struct pki_anchors *sets[] = {a, b};
    bool named = false, signed_by = false;

    for (size_t s = 0; s < 2 && !signed_by; s++) {
        STACK_OF(X509) *all = sets[s] ? X509_STORE_get1_all_certs(sets[s]->store) : NULL;

        for (int i = 0; i < sk_X509_num(all) && !signed_by; i++) {
            X509 *x = sk_X509_value(all, i);

            if (X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(c->crl)) != 0)
                continue;
            named = true;
            signed_by = X509_CRL_verify(c->crl, X509_get0_pubkey(x)) > 0;
        }
        sk_X509_pop_free(all, X509_free);
    }
    ERR_clear_error();
    return !named || signed_by ? RC_OK : err_set(e, RC_DENIED, "the list is not signed by %s", c->info.issuer);
}

bool pki_crl_same_issuer(const struct pki_crl *a, const struct pki_crl *b)
{
    return X509_NAME_cmp(X509_CRL_get_issuer(a->crl), X509_CRL_get_issuer(b->crl)) == 0;
}

/* ---- addresses ---- */

/* A list of addresses is short and each is of the web: others are counted only. No octet of it may end a line or a string. */
static void add(char out[PKI_URLS][PKI_URL_MAX], unsigned *n, const GENERAL_NAME *g, unsigned *skipped)
{
    struct span s;

    if (g->type != GEN_URI)
        return;
    s = span_of(ASN1_STRING_get0_data(g->d.ia5), (size_t)ASN1_STRING_length(g->d.ia5));
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7F)
            s.n = 0;
    if (*n == PKI_URLS || s.n >= PKI_URL_MAX || !(span_istarts(s, "http://") || span_istarts(s, "https://"))) {
        (*skipped)++;
        return;
    }
    for (unsigned i = 0; i < *n; i++)
        if (span_eq_str(s, out[i]))
            return;
    snprintf(out[(*n)++], PKI_URL_MAX, "%.*s", SPAN_ARG(s));
}

static void add_lists(X509 *x, struct pki_addresses *out)
{
    CRL_DIST_POINTS *all = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);

    for (int i = 0; i < sk_DIST_POINT_num(all); i++) {
        DIST_POINT *dp = sk_DIST_POINT_value(all, i);

        if (dp->distpoint == NULL || dp->distpoint->type != 0)
            continue;
        for (int j = 0; j < sk_GENERAL_NAME_num(dp->distpoint->name.fullname); j++)
            add(out->crl, &out->n_crl, sk_GENERAL_NAME_value(dp->distpoint->name.fullname, j), &out->skipped);
    }
    CRL_DIST_POINTS_free(all);
}

static void add_responders(X509 *x, struct pki_addresses *out)
{
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);

    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(all, i);

        if (OBJ_obj2nid(a->method) == NID_ad_OCSP)
            add(out->ocsp, &out->n_ocsp, a->location, &out->skipped);
    }
    AUTHORITY_INFO_ACCESS_free(all);
}

void pki_chain_addresses(const struct pki_chain *c, size_t i, struct pki_addresses *out)
{
    *out = (struct pki_addresses){0};
    add_lists(sk_X509_value(c->path, (int)i), out);
    add_responders(sk_X509_value(c->path, (int)i), out);
    ERR_clear_error();
}
