/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/peer.c - what a finished handshake says of the other side: who it is, and whether its certificate is good
 * here. RFC 5280, RFC 6125 (host names), RFC 4514 (names).
 *
 * Revocation is not looked at here: whoever got the verdict asks for it with .chain.
 */
#include "base/ipc.h"
#include "crypto/pki/revocation.h"
#include "crypto/tls/tls_int.h"
#include <stdio.h>

enum { PEER_CERTS = 16 }; /* as many as the library itself would look at */
/* 112 bits in every certificate of the chain: RSA of 2048, no SHA-1 (NIST SP 800-57). By itself the library takes RSA
 * of 1024. */
#define STRENGTH GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)
#define ANY_POLICY "2.5.29.32.0"

struct peer_chain {
    gnutls_x509_crt_t crt[PEER_CERTS];
    unsigned n;
};

static void say(struct tls_peer *p, enum cause cause, const char *why)
{
    p->cause = cause;
    snprintf(p->why, sizeof p->why, "%s", why ? why : "");
}

/* A name that does not fit is dropped, because the first half of a name could be the name of another. */
static void peer_dn(gnutls_x509_crt_t crt, struct tls_peer *p)
{
    gnutls_datum_t dn = {NULL, 0};

    if (gnutls_x509_crt_get_dn3(crt, &dn, 0) >= 0 && dn.size < sizeof p->dn && memchr(dn.data, 0, dn.size) == NULL)
        snprintf(p->dn, sizeof p->dn, "%.*s", (int)dn.size, (const char *)dn.data);
    gnutls_free(dn.data);
}

/* ---- the chain ---- */

/* Verifies a plain chain: one that is in order and ends at an anchor. The verdict is the same as the trust list's and
 * takes half the time, because the trust list compares and writes out names. Any other chain is left to the trust list,
 * which also says why it refuses. */
static bool plainly_trusted(const struct anchors *a, const struct peer_chain *c)
{
    unsigned status = 1;

    return a != NULL &&
           gnutls_x509_crt_list_verify(c->crt, (int)c->n, a->crt, (int)a->n, NULL, 0,
                                       GNUTLS_VERIFY_DO_NOT_ALLOW_SAME | STRENGTH, &status) >= 0 &&
           status == 0;
}

/* The first row that fits is the cause. A chain to nobody known comes first, because what else an unknown authority says
 * does not count. */
static const struct {
    unsigned bit;
    enum cause cause;
} causes[] = {
    {GNUTLS_CERT_SIGNER_NOT_FOUND, CAUSE_CERT_CHAIN},
    {GNUTLS_CERT_SIGNER_NOT_CA, CAUSE_CERT_CHAIN},
    {GNUTLS_CERT_SIGNATURE_FAILURE, CAUSE_CERT_CHAIN},
    {GNUTLS_CERT_EXPIRED, CAUSE_CERT_EXPIRED},
    {GNUTLS_CERT_NOT_ACTIVATED, CAUSE_CERT_NOT_YET},
    {GNUTLS_CERT_INSECURE_ALGORITHM, CAUSE_CERT_WEAK},
    {GNUTLS_CERT_UNEXPECTED_OWNER, CAUSE_BAD_CERT},
    {GNUTLS_CERT_PURPOSE_MISMATCH, CAUSE_CERT_USAGE},
    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, CAUSE_CERT_CHAIN},
};

static bool no_chain(struct tls_peer *p, unsigned status)
{
    gnutls_datum_t text = {NULL, 0};
    size_t i = 0;

    while (i < sizeof causes / sizeof *causes && (status & causes[i].bit) == 0)
        i++;
    (void)gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    say(p, i < sizeof causes / sizeof *causes ? causes[i].cause : CAUSE_CERT_CHAIN, (const char *)text.data);
    gnutls_free(text.data);
    return false;
}

static bool trusted(const struct peer_judge *j, struct peer_chain *c, struct tls_peer *p)
{
    gnutls_typed_vdata_st want = {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)j->host, 0};
    unsigned status = 0;
    int code;

    if (j->host == NULL && plainly_trusted(j->anchors, c))
        return true;
    code = gnutls_x509_trust_list_verify_crt2(j->list, c->crt, c->n, &want, j->host ? 1 : 0, STRENGTH, &status, NULL);
    if (code < 0) {
        say(p, CAUSE_CERT_CHAIN, gnutls_strerror(code));
        return false;
    }
    return status == 0 || no_chain(p, status);
}

/* ---- usage ---- */

static const char *const client_only[] = {GNUTLS_KP_TLS_WWW_CLIENT, NULL};
static const char *const client_or_server[] = {GNUTLS_KP_TLS_WWW_CLIENT, GNUTLS_KP_TLS_WWW_SERVER, NULL};
static const char *const server_only[] = {GNUTLS_KP_TLS_WWW_SERVER, NULL};
static const char *const *const purposes[] = {[TLS_USE_ANY] = NULL,
                                              [TLS_USE_CLIENT] = client_only,
                                              [TLS_USE_EITHER] = client_or_server,
                                              [TLS_USE_SERVER] = server_only};

/* No extended key usage, or any of it, is every purpose. */
static bool for_one_of(gnutls_x509_crt_t x, const char *const *oids)
{
    while (*oids != NULL && gnutls_x509_crt_check_key_purpose(x, *oids, 0) == 0)
        oids++;
    return *oids != NULL;
}

/* RFC 5280 4.2.1.3: both sides sign in a handshake with ECDHE. */
static bool may_sign(gnutls_x509_crt_t x)
{
    unsigned usage = 0, critical;
    int code = gnutls_x509_crt_get_key_usage(x, &usage, &critical);

    return code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || (code >= 0 && (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) != 0);
}

static bool usage_good(const struct peer_judge *j, const struct peer_chain *c, struct tls_peer *p)
{
    const char *const *oids = purposes[j->rules.usage];

    if (oids == NULL)
        return true;
    if (!may_sign(c->crt[0])) {
        say(p, CAUSE_CERT_USAGE, "key usage without digitalSignature");
        return false;
    }
    for (unsigned i = 0; i < c->n; i++)
        if (!for_one_of(c->crt[i], oids)) {
            say(p, CAUSE_CERT_USAGE, i ? "extended key usage of an authority" : "extended key usage");
            return false;
        }
    return true;
}

/* ---- policies ---- */

static bool oid_listed(struct span list, const char *oid)
{
    while (list.n > 0) {
        size_t n = 0;

        while (n < list.n && !memchr(" ,\t", list.p[n], 3))
            n++;
        if (n > 0 && span_eq_str(span_head(list, n), oid))
            return true;
        list = span_from(list, n < list.n ? n + 1 : n);
    }
    return false;
}

static bool has_policy(gnutls_x509_crt_t x, struct span list, bool authority)
{
    struct gnutls_x509_policy_st policy;
    unsigned critical;
    bool found = false;

    for (unsigned i = 0; !found && gnutls_x509_crt_get_policy(x, i, &policy, &critical) >= 0; i++) {
        found = oid_listed(list, policy.oid) || (authority && strcmp(policy.oid, ANY_POLICY) == 0);
        gnutls_x509_policy_release(&policy);
    }
    return found;
}

/* RFC 5280 6.1, as far as there are no mappings: the certificate and every authority between it and the anchor name one
 * of the policies. An authority may name anyPolicy. The last certificate may be the anchor, which is not asked. */
static bool policy_good(const struct peer_judge *j, const struct peer_chain *c, struct tls_peer *p)
{
    struct span list = span_trim(span_str(j->rules.policies));
    bool good = list.n == 0 || has_policy(c->crt[0], list, false);

    for (unsigned i = 1; good && list.n > 0 && i < c->n; i++)
        good = has_policy(c->crt[i], list, true) || gnutls_x509_crt_check_issuer(c->crt[i], c->crt[i]) == 1;
    if (!good)
        say(p, CAUSE_CERT_POLICY, "none of the certificate policies wanted here");
    return good;
}

/* ---- all of it ---- */

/* What was presented, for those who ask about revocation. A chain that does not fit is not verified. */
static bool keep(const gnutls_datum_t *certs, unsigned n, struct tls_peer *p)
{
    struct buf list = BUF_INIT;

    for (unsigned i = 0; i < n && certs[i].size <= TLS_CHAIN_MAX; i++)
        pki_list_add(&list, span_of(certs[i].data, certs[i].size));
    p->n_chain = list.n <= sizeof p->chain ? list.n : 0;
    if (p->n_chain > 0)
        memcpy(p->chain, list.p, list.n);
    buf_free(&list);
    return p->n_chain > 0;
}

/* Each certificate is parsed once. The name and the verdict both use that. */
void peer_judge(const struct peer_judge *j, const gnutls_datum_t *certs, unsigned n, struct tls_peer *p)
{
    struct peer_chain c = {.n = 0};
    int code = n <= PEER_CERTS && keep(certs, n, p) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;

    while (code >= 0 && c.n < n && (code = gnutls_x509_crt_init(&c.crt[c.n])) >= 0)
        code = gnutls_x509_crt_import(c.crt[c.n], &certs[c.n], GNUTLS_X509_FMT_DER), c.n++;
    if (code < 0)
        say(p, CAUSE_BAD_CERT, gnutls_strerror(code));
    else
        peer_dn(c.crt[0], p);
    p->verified = code >= 0 && trusted(j, &c, p) && usage_good(j, &c, p) && policy_good(j, &c, p);
    while (c.n > 0)
        gnutls_x509_crt_deinit(c.crt[--c.n]);
}

#define FIELDS_presented(F, T) F(T, BYTES, der, TLS_CHAIN_MAX)
IPC_MESSAGE(presented);
IPC_TABLE(presented);

void peer_judge_kept(const struct peer_judge *j, struct tls_peer *p)
{
    struct span rest = span_of(p->chain, p->n_chain);
    gnutls_datum_t certs[PEER_CERTS];
    struct presented one;
    unsigned n = 0;
    struct err e;

    while (n < PEER_CERTS && ipc_list_next(&rest, presented_f, &one, &e) == RC_OK)
        certs[n++] = (gnutls_datum_t){(unsigned char *)(uintptr_t)one.der.p, (unsigned)one.der.n};
    if (n > 0)
        peer_judge(j, certs, n, p);
    else
        say(p, CAUSE_BAD_CERT, "more certificates than are looked at");
    p->judged = true;
}

void link_peer_seen(struct link *l, struct tls_peer *p)
{
    unsigned n = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(l->session, &n);

    memset(p, 0, offsetof(struct tls_peer, chain));
    snprintf(p->version, sizeof p->version, "%s", gnutls_protocol_get_name(gnutls_protocol_get_version(l->session)));
    snprintf(p->cipher, sizeof p->cipher, "%s", gnutls_ciphersuite_get(l->session));
    p->has_cert = certs != NULL && n > 0;
    p->judged = !p->has_cert;
    if (!p->has_cert)
        say(p, CAUSE_NO_CERT, "no certificate");
    else if (n <= PEER_CERTS)
        (void)keep(certs, n, p);
}

void link_peer(struct link *l, const struct tls_rules *rules, const char *host, struct tls_peer *p)
{
    struct peer_judge j = {.rules = *rules, .host = host};
    gnutls_certificate_credentials_t cred = NULL;

    link_peer_seen(l, p);
    if (p->judged)
        return;
    if (gnutls_credentials_get(l->session, GNUTLS_CRD_CERTIFICATE, (void **)&cred) >= 0)
        gnutls_certificate_get_trust_list(cred, &j.list);
    peer_judge_kept(&j, p);
}

/* ---- a verdict on the chain from elsewhere ---- */

static bool purpose_fits(enum tls_usage u, unsigned uses)
{
    return u == TLS_USE_CLIENT   ? (uses & PKI_USE_CLIENT) != 0
           : u == TLS_USE_SERVER ? (uses & PKI_USE_SERVER) != 0
                                 : (uses & PKI_USE_EITHER) != 0;
}

bool rules_met(const struct tls_rules *r, unsigned uses)
{
    bool fits = r->usage == TLS_USE_ANY || ((uses & PKI_USE_SIGNS) && purpose_fits(r->usage, uses));

    return fits && span_trim(span_str(r->policies)).n == 0;
}
