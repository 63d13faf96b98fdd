/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/pki/revocation.c - what lists say of the certificates of a chain. RFC 5280 6.3.
 *
 * The library's path validation is run with the lists and with a callback that lets it go on after each complaint and
 * notes what the complaint was. A list that the library complains of is taken away and the run is repeated, so that a
 * forged list can hide neither a good one nor the state of another certificate. The anchor itself is not asked about.
 */
#include "base/log.h"
#include "crypto/pki/revocation_int.h"
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>

struct run {
    const struct crls_look *l;
    STACK_OF(X509_CRL) * left, *bad, *used;
    struct pki_status *st;
    X509_CRL *now,
        *nested_now; /* the list that the library is at, in the main path and in the path of a list's signer */
    bool hole[PKI_CHAIN_MAX], nested_stale;
};

static X509_STORE_CTX_check_crl_fn library_check_crl;
static X509_STORE_CTX_cert_crl_fn library_cert_crl;

static struct run *run_of(X509_STORE_CTX *ctx)
{
    X509_STORE_CTX *up;

    while ((up = X509_STORE_CTX_get0_parent_ctx(ctx)) != NULL)
        ctx = up;
    return X509_STORE_CTX_get_app_data(ctx);
}

static bool among(STACK_OF(X509_CRL) * all, const X509_CRL *c)
{
    for (int i = 0; i < sk_X509_CRL_num(all); i++)
        if (sk_X509_CRL_value(all, i) == c)
            return true;
    return false;
}

static void note(STACK_OF(X509_CRL) * all, X509_CRL *c)
{
    if (all && !among(all, c) && !sk_X509_CRL_push(all, c))
        die("out of memory");
}

static bool at_anchor(X509_STORE_CTX *ctx)
{
    return X509_STORE_CTX_get_error_depth(ctx) + 1 >= sk_X509_num(X509_STORE_CTX_get0_chain(ctx));
}

/* ---- complaints ---- */

static void note_revoked(struct pki_status *s, X509_CRL *crl, X509 *x)
{
    X509_REVOKED *rev = NULL;
    ASN1_ENUMERATED *reason;

    s->state = PKI_REVOKED;
    if (X509_CRL_get0_by_cert(crl, &rev, x) < 1)
        return;
    pki_time_utc(X509_REVOKED_get0_revocationDate(rev), &s->revoked_at);
    reason = X509_REVOKED_get_ext_d2i(rev, NID_crl_reason, NULL, NULL);
    if (reason)
        s->reason = (int)ASN1_ENUMERATED_get(reason);
    ASN1_ENUMERATED_free(reason);
}

static bool soon(const struct run *r, const X509_CRL *crl)
{
    int64_t from;

    return pki_time_utc(X509_CRL_get0_lastUpdate(crl), &from) && from <= r->l->at + PKI_SKEW;
}

/* A signer of lists may be covered by a list of its own (NIST's test 4.14.30). The library does not validate its path
 * once more, because it is at that. */
static bool by_itself(X509_STORE_CTX *ctx)
{
    X509 *signer = X509_STORE_CTX_get0_current_issuer(ctx), *first = sk_X509_value(X509_STORE_CTX_get0_chain(ctx), 0);

    return signer != NULL && first != NULL && X509_cmp(signer, first) == 0;
}

/* The list's own signer is another certificate, whose path is validated beside the main one: nothing is let through
 * there but what the age of its lists says, and the anchor. */
static int nested(struct run *r, X509_STORE_CTX *ctx, int why)
{
    if (why == X509_V_ERR_CRL_HAS_EXPIRED)
        r->nested_stale = true;
    return why == X509_V_ERR_CRL_HAS_EXPIRED || (why == X509_V_ERR_CRL_PATH_VALIDATION_ERROR && by_itself(ctx)) ||
           (at_anchor(ctx) && (why == X509_V_ERR_UNABLE_TO_GET_CRL || r->nested_now));
}

static void complain(struct run *r, X509_STORE_CTX *ctx, int why, X509_CRL *crl)
{
    int depth = X509_STORE_CTX_get_error_depth(ctx);
    struct pki_status *s = &r->st[depth];

    if (why == X509_V_ERR_UNABLE_TO_GET_CRL)
        r->hole[depth] = true;
    else if (why == X509_V_ERR_CRL_HAS_EXPIRED)
        s->stale = true;
    else if (why == X509_V_ERR_CERT_REVOKED && !among(r->bad, crl))
        note_revoked(s, crl, X509_STORE_CTX_get_current_cert(ctx));
    else if (why != X509_V_ERR_CERT_REVOKED && !(why == X509_V_ERR_CRL_NOT_YET_VALID && soon(r, crl))) {
        note(r->bad, crl);
        snprintf(s->why, sizeof s->why, "%s", X509_verify_cert_error_string(why));
    }
}

static int hear(int ok, X509_STORE_CTX *ctx)
{
    struct run *r = run_of(ctx);
    int why = X509_STORE_CTX_get_error(ctx);

    if (ok)
        return 1;
    if (X509_STORE_CTX_get0_parent_ctx(ctx))
        return nested(r, ctx, why);
    if (r->now == NULL && why != X509_V_ERR_UNABLE_TO_GET_CRL)
        return 0; /* not about lists: the chain itself */
    if (!at_anchor(ctx) && X509_STORE_CTX_get_error_depth(ctx) < PKI_CHAIN_MAX)
        complain(r, ctx, why, r->now);
    return 1;
}

/* ---- which lists were used ---- */

static void note_used(struct run *r, X509_CRL *crl, struct pki_status *s)
{
    int64_t from = 0, to = 0;

    pki_time_utc(X509_CRL_get0_lastUpdate(crl), &from);
    pki_time_utc(X509_CRL_get0_nextUpdate(crl), &to);
    if (from > s->this_update)
        s->this_update = from;
    if (s->next_update == 0 || to < s->next_update)
        s->next_update = to;
    s->stale = s->stale || r->nested_stale;
    note(r->used, crl);
}

/* The library names the list at hand to the callback, but no longer after it has complained of its dates. So both of its
 * steps are stepped into. */
static int check_crl(X509_STORE_CTX *ctx, X509_CRL *crl)
{
    struct run *r = run_of(ctx);
    bool nested = X509_STORE_CTX_get0_parent_ctx(ctx) != NULL;
    X509_CRL **now = nested ? &r->nested_now : &r->now;
    int depth = X509_STORE_CTX_get_error_depth(ctx), ok;

    if (!nested)
        r->nested_stale = false;
    *now = crl;
    ok = library_check_crl(ctx, crl);
    *now = NULL;
    if (ok > 0 && !nested && !at_anchor(ctx) && depth < PKI_CHAIN_MAX && !among(r->bad, crl))
        note_used(r, crl, &r->st[depth]);
    return ok;
}

static int cert_crl(X509_STORE_CTX *ctx, X509_CRL *crl, X509 *x)
{
    struct run *r = run_of(ctx);
    X509_CRL **now = X509_STORE_CTX_get0_parent_ctx(ctx) ? &r->nested_now : &r->now;
    int ok;

    *now = crl;
    ok = library_cert_crl(ctx, crl, x);
    *now = NULL;
    return ok;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void library_ask(void)
{
    X509_STORE *s = X509_STORE_new();
    X509_STORE_CTX *c = X509_STORE_CTX_new();

    if (!s || !c || X509_STORE_CTX_init(c, s, NULL, NULL) <= 0)
        die("out of memory");
    library_check_crl = X509_STORE_CTX_get_check_crl(c);
    library_cert_crl = X509_STORE_CTX_get_cert_crl(c);
    X509_STORE_CTX_free(c);
    X509_STORE_free(s);
}

X509_STORE *pki_store_new(void)
{
    X509_STORE *s;

    pthread_once(&once, library_ask);
    s = X509_STORE_new();
    if (s == NULL)
        die("out of memory");
    X509_STORE_set_check_crl(s, check_crl);
    X509_STORE_set_cert_crl(s, cert_crl);
    return s;
}

/* ---- a run ---- */

static int run_once(struct run *r)
{
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *p;
    int n = 0;

    if (c == NULL || X509_STORE_CTX_init(c, r->l->store, r->l->leaf, r->l->others) <= 0)
        die("out of memory");
    p = X509_STORE_CTX_get0_param(c);
    X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_auth_level(p, PKI_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(p, PKI_DEPTH);
    X509_VERIFY_PARAM_set_time(p, (time_t)r->l->at);
    X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                       X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS |
                                       (r->l->partial ? X509_V_FLAG_PARTIAL_CHAIN : 0));
    X509_STORE_CTX_set0_crls(c, r->left);
    X509_STORE_CTX_set_app_data(c, r);
    X509_STORE_CTX_set_verify_cb(c, hear);
    if (X509_verify_cert(c) > 0)
        n = sk_X509_num(X509_STORE_CTX_get0_chain(c)) - 1;
    X509_STORE_CTX_free(c);
    ERR_clear_error();
    return n < 0 ? 0 : n;
}

static void without_bad(struct run *r)
{
    for (int i = sk_X509_CRL_num(r->left) - 1; i >= 0; i--)
        if (among(r->bad, sk_X509_CRL_value(r->left, i)))
            sk_X509_CRL_delete(r->left, i);
}

static void conclude(const struct run *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct pki_status *s = &r->st[i];

        if (s->state == PKI_REVOKED)
            continue;
        s->state = r->hole[i] || s->this_update == 0 ? PKI_UNKNOWN : PKI_GOOD;
        if (s->state == PKI_GOOD && s->stale && r->l->at > s->next_update + r->l->grace) {
            s->state = PKI_UNKNOWN;
            snprintf(s->why, sizeof s->why, "the list is too old");
        }
        if (s->state == PKI_GOOD)
            s->why[0] = '\0';
    }
}

static void forget(struct run *r)
{
    for (size_t i = 0; i < PKI_CHAIN_MAX; i++) { /* .why stays: it tells what was wrong with the list taken away */
        struct pki_status fresh = {.reason = -1};

        memcpy(fresh.why, r->st[i].why, sizeof fresh.why);
        r->st[i] = fresh;
        r->hole[i] = false;
    }
    sk_X509_CRL_zero(r->bad);
    if (r->used)
        sk_X509_CRL_zero(r->used);
}

size_t crls_look(const struct crls_look *l, struct pki_status out[PKI_CHAIN_MAX], STACK_OF(X509_CRL) * used)
{
    struct run r = {.l = l, .left = sk_X509_CRL_dup(l->crls), .bad = sk_X509_CRL_new_null(), .used = used, .st = out};
    int n;

    if (!r.left || !r.bad)
        die("out of memory");
    for (size_t i = 0; i < PKI_CHAIN_MAX; i++)
        out[i].why[0] = '\0';
    do {
        without_bad(&r);
        forget(&r);
        n = run_once(&r);
    } while (sk_X509_CRL_num(r.bad) > 0);
    n = n < PKI_CHAIN_MAX ? n : PKI_CHAIN_MAX;
    conclude(&r, (size_t)n);
    sk_X509_CRL_free(r.left);
    sk_X509_CRL_free(r.bad);
    return (size_t)n;
}

void pki_crls_say(const struct pki_chain *c, const struct pki_data *d, struct pki_status *out, bool *used)
{
    struct pki_status st[PKI_CHAIN_MAX];
    STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null(), *good = sk_X509_CRL_new_null();
    struct crls_look l = {c->anchors->store, sk_X509_value(c->given, 0), c->given, all, d->at, d->grace, c->partial};
    size_t n = pki_chain_n(c);

    if (!all || !good)
        die("out of memory");
    for (size_t i = 0; i < d->n_crls; i++)
        if (!sk_X509_CRL_push(all, d->crls[i]->crl))
            die("out of memory");
    if (crls_look(&l, st, good) != n)
        for (size_t i = 0; i < n; i++)
            st[i] = (struct pki_status){.reason = -1, .why = "the chain does not hold any more"};
    memcpy(out, st, n * sizeof *st);
    for (size_t i = 0; used && i < d->n_crls; i++)
        used[i] = among(good, d->crls[i]->crl);
    sk_X509_CRL_free(all);
    sk_X509_CRL_free(good);
}
