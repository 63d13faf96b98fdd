/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_tls.c - a handshake signature with a TLS key. RFC 8446 4.4.3, RFC 5246 7.4.3, RFC 8422 5.4.
 *
 * The data comes unhashed, so that keyd sees what it signs: exactly a server's CertificateVerify (1.3) or ServerKeyExchange (1.2),
 * or, for relayd, a client's CertificateVerify (1.3). A session that was taken over can make handshakes while it lives, and nothing
 * else: no mail signature, no certificate, no client of another server.
 */
#include "crypto/keyd/keyd_int.h"
#include <openssl/rsa.h>

enum { TLS12 = 0x0303, TLS13 = 0x0304 };

struct scheme {
    uint16_t id;
    const char *key, *digest;
    bool pss, tls12, tls13;
};
static const struct scheme schemes[] = {
    {0x0401, "RSA", "SHA256", false, true, false}, {0x0501, "RSA", "SHA384", false, true, false},
    {0x0601, "RSA", "SHA512", false, true, false}, {0x0804, "RSA", "SHA256", true, true, true},
    {0x0805, "RSA", "SHA384", true, true, true},   {0x0806, "RSA", "SHA512", true, true, true},
    {0x0403, "EC", "SHA256", false, true, true},   {0x0503, "EC", "SHA384", false, true, false},
    {0x0603, "EC", "SHA512", false, true, false},
};

static const struct scheme *scheme_find(const struct keyd_tls_req *rq, const EVP_PKEY *k)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].id == rq->algorithm && EVP_PKEY_is_a(k, schemes[i].key) &&
            (rq->version == TLS13 ? schemes[i].tls13 : rq->version == TLS12 && schemes[i].tls12))
            return &schemes[i];
    return NULL;
}

/* 64 spaces, the context string, a zero byte, the transcript's hash */
static bool is_verify(struct span d, const char *context)
{
    size_t n = strlen(context);

    if (d.n < 64 + n + 1)
        return false;
    for (size_t i = 0; i < 64; i++)
        if (d.p[i] != ' ')
            return false;
    return memcmp(d.p + 64, context, n + 1) == 0 && (d.n - 64 - n - 1 == 32 || d.n - 64 - n - 1 == 48);
}

static const struct {
    unsigned id;
    size_t point;
} groups[] = {{23, 65}, {24, 97}, {25, 133}, {29, 32}, {30, 56}}; /* P-256, P-384, P-521, X25519, X448 */

/* both randoms, then ECParameters of a named curve and a point of that curve's length, and nothing more */
static bool is_key_exchange(struct span d)
{
    unsigned group;

    if (d.n < 64 + 4 || d.p[64] != 3)
        return false;
    group = (unsigned)d.p[65] << 8 | d.p[66];
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].id == group)
            return d.p[67] == groups[i].point && d.n == 64 + 4 + groups[i].point;
    return false;
}

static bool shape_good(const struct keyd_tls_req *rq, enum ipc_role role)
{
    if (role == ROLE_RELAYD)
        return rq->version == TLS13 && is_verify(rq->data, "TLS 1.3, client CertificateVerify");
    return rq->version == TLS13 ? is_verify(rq->data, "TLS 1.3, server CertificateVerify") : is_key_exchange(rq->data);
}

static bool pad(EVP_PKEY_CTX *c, const struct scheme *sc)
{
    return !sc->pss || (EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0 &&
                        EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0);
}

static enum rc sign(EVP_PKEY *k, const struct scheme *sc, struct span data, struct buf *out, struct err *e)
{
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    EVP_PKEY_CTX *c = NULL; /* m's */
    unsigned char sig[512];
    size_t n = sizeof sig;
    bool ok = m != NULL && EVP_DigestSignInit_ex(m, &c, sc->digest, NULL, NULL, k, NULL) > 0 && pad(c, sc) &&
              EVP_DigestSign(m, sig, &n, data.p, data.n) > 0;

    EVP_MD_CTX_free(m);
    if (!ok)
        return alg_err(e, RC_TEMP, "tls signature");
    buf_add(out, sig, n);
    return RC_OK;
}

enum rc purpose_tls(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_tls_req *rq = req;
    EVP_PKEY *k = rq->key < TLS_KEYS ? s->tls[rq->key] : NULL;
    const struct scheme *sc = k ? scheme_find(rq, k) : NULL;
    enum rc rc;

    (void)fd;
    if (sc == NULL || !shape_good(rq, p->role)) {
        atomic_fetch_add(&s->denied, 1);
        rc = err_set(e, RC_DENIED, NULL, NULL, "tls-sign: not a handshake of ours (key %u, version %04x, scheme %04x, %zu bytes)", rq->key,
                     rq->version, rq->algorithm, rq->data.n);
        log_err(LOG_WARN_, "tls-sign-refused", e);
        return rc;
    }
    rc = sign(k, sc, rq->data, r->scratch, e);
    if (rc != RC_OK)
        return rc;
    atomic_fetch_add(&s->tls_signs, 1);
    log_ev(LOG_DEBUG_, "tls-sign", "peer=%ld key=%u scheme=%04x", (long)p->pid, rq->key, rq->algorithm);
    ((struct keyd_tls_rep *)r->msg)->signature = buf_span(r->scratch);
    return RC_OK;
}
