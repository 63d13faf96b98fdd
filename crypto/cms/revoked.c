/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/cms/revoked.c - is a signer's certificate revoked, or one of its authorities'? RFC 5652 10.2.1, RFC 8550 4.3. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/cms/verify_int.h"
#include "crypto/pki/revocation_int.h"
#include <openssl/err.h>
#include <stdio.h>

enum { LISTS_MAX = 32 }; /* inside one CMS; no chain needs more */

/* The lists inside the CMS, as far as they may be believed at all, and those at hand. */
static STACK_OF(X509_CRL) * lists_of(const struct revoked_look *l)
{
    STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
    struct err e;

    for (int i = 0; i < sk_X509_CRL_num(l->lists) && i < LISTS_MAX; i++)
        if (pki_crl_fit(sk_X509_CRL_value(l->lists, i), &e) == RC_OK &&
            !sk_X509_CRL_push(all, sk_X509_CRL_value(l->lists, i)))
            die("out of memory");
    for (size_t i = 0; i < l->trust->n_crls; i++)
        if (!sk_X509_CRL_push(all, l->trust->crls[i]->crl))
            die("out of memory");
    return all;
}

static void day(int64_t utc, char out[32])
{
    clock_iso(utc * 1000, out);
    memmove(out + 19, "Z", 2); /* without the milliseconds */
}

static void note_revoked(const struct revoked_look *l, size_t i, const struct pki_status *s, struct cms_revocation *r)
{
    char name[256], when[32];

    pki_name_text(X509_get_issuer_name(sk_X509_value(l->path, (int)i)), name);
    day(s->revoked_at, when);
    r->state = CMS_REVOKED;
    r->as_of = s->this_update;
    snprintf(r->why, sizeof r->why, "%s revoked %s by %.100s", i ? "an authority" : "the signer's certificate", when,
             name);
}

/* Good when every certificate is known to be. */
static void by_lists(const struct revoked_look *l, struct cms_revocation *r)
{
    STACK_OF(X509_CRL) *all = lists_of(l);
    struct pki_status s[PKI_CHAIN_MAX];
    struct crls_look look = {.store = l->trust->anchors->store,
                             .leaf = sk_X509_value(l->path, 0),
                             .others = l->others,
                             .crls = all,
                             .at = clock_utc()};
    size_t n = sk_X509_CRL_num(all) > 0 ? crls_look(&look, s, NULL) : 0;

    r->state = n > 0 ? CMS_NOT_REVOKED : CMS_NOT_CHECKED;
    for (size_t i = 0; i < n && r->state != CMS_REVOKED; i++) {
        if (s[i].state == PKI_REVOKED)
            note_revoked(l, i, &s[i], r);
        else if (s[i].state == PKI_UNKNOWN) {
            r->state = CMS_NOT_CHECKED;
            snprintf(r->why, sizeof r->why, "%s", s[i].why);
        } else if (r->as_of == 0 || s[i].this_update < r->as_of)
            r->as_of = s[i].this_update;
    }
    sk_X509_CRL_free(all);
}

static void by_asking(const struct revoked_look *l, struct cms_revocation *r)
{
    struct buf chain = BUF_INIT;

    for (int i = 0; i + 1 < sk_X509_num(l->path); i++) {
        unsigned char *der = NULL;
        int n = i2d_X509(sk_X509_value(l->path, i), &der);

        if (n > 0)
            pki_list_add(&chain, span_of(der, (size_t)n));
        OPENSSL_free(der);
    }
    l->trust->ask(l->trust->ask_ctx, buf_span(&chain), r);
    buf_free(&chain);
}

/* Revoked by either; else good by either, and then the younger data count. */
static struct cms_revocation both(const struct cms_revocation *a, const struct cms_revocation *b)
{
    if (a->state == b->state && a->state == CMS_NOT_REVOKED)
        return a->as_of > b->as_of ? *a : *b;
    if (a->state == b->state && a->state == CMS_NOT_CHECKED)
        return b->why[0] ? *b : *a;
    return a->state > b->state ? *a : *b;
}

/* The worst of all signers: revoked, then not checked, then the oldest data. */
static void add(struct cms_verdict *v, const struct cms_revocation *one)
{
    static const int rank[] = {[CMS_NOT_REVOKED] = 0, [CMS_NOT_CHECKED] = 1, [CMS_REVOKED] = 2};
    struct cms_revocation *all = &v->revoked;

    if (!v->revoked_seen || rank[one->state] > rank[all->state] ||
        (one->state == all->state && one->state == CMS_NOT_REVOKED && one->as_of < all->as_of))
        *all = *one;
    v->revoked_seen = true;
}

void revoked_judge(const struct revoked_look *l, struct cms_verdict *v)
{
    struct cms_revocation lists = {.state = CMS_NOT_CHECKED}, asked = lists, one;

    if (l->path != NULL && sk_X509_num(l->path) > 1) {
        by_lists(l, &lists);
        if (l->trust->ask != NULL && lists.state != CMS_REVOKED)
            by_asking(l, &asked);
    }
    one = both(&lists, &asked);
    if (one.state == CMS_REVOKED)
        verdict_worsen(v, CMS_POLICY, one.why);
    else if (one.state == CMS_NOT_CHECKED && l->path != NULL && l->trust->require)
        verdict_worsen(v, CMS_POLICY, "revocation could not be checked");
    add(v, &one);
    ERR_clear_error();
}

void revoked_tell(struct cms_verdict *v)
{
    const struct cms_revocation *r = &v->revoked;
    char when[32] = "";

    if (r->as_of != 0)
        day(r->as_of, when);
    if (r->state == CMS_NOT_REVOKED)
        snprintf(v->revocation, sizeof v->revocation, "not revoked as of %s", when);
    else if (r->state == CMS_REVOKED)
        snprintf(v->revocation, sizeof v->revocation, "revoked, as of %s", when);
    else
        snprintf(v->revocation, sizeof v->revocation, "not checked%s%s", r->why[0] ? ": " : "", r->why);
}
