/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_tls.c - a handshake signature with a TLS key. RFC 8446 4.2.3, RFC 5246 7.4.1.4.1, RFC 8422.
 *
 * The TLS library gives out the hash of what is signed, and not the data. So keyd cannot see that the data is a
 * handshake. Two things bound a session that was taken over. A TLS key is of use for TLS only, because its certificate
 * says serverAuth and clientAuth only, and mail keys are other keys. And a process, which cannot fork, gets few
 * signatures per minute. pubd has signatures with the outbox's keys alone, and nobody else has those.
 */
#include "base/clock.h"
#include "crypto/keyd/keyd_int.h"
#include <openssl/rsa.h>

enum { SESSION_MOST = 30, RELAY_MOST = 6000 }; /* a minute; a session needs one */

static const struct scheme {
    uint16_t id;
    const char *key, *digest;
    size_t len;
    bool pss;
} schemes[] = {
    {0x0401, "RSA", "SHA256", 32, false}, {0x0501, "RSA", "SHA384", 48, false}, {0x0601, "RSA", "SHA512", 64, false},
    {0x0804, "RSA", "SHA256", 32, true},  {0x0805, "RSA", "SHA384", 48, true},  {0x0806, "RSA", "SHA512", 64, true},
    {0x0403, "EC", "SHA256", 32, false},  {0x0503, "EC", "SHA384", 48, false},  {0x0603, "EC", "SHA512", 64, false},
};

static const struct scheme *scheme_find(const struct keyd_tls_req *rq, const EVP_PKEY *k)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].id == rq->algorithm && EVP_PKEY_is_a(k, schemes[i].key) && schemes[i].len == rq->hash.n)
            return &schemes[i];
    return NULL;
}

static bool prepare(EVP_PKEY_CTX *c, const struct scheme *sc)
{
    const char *pad = sc->pss ? "pss" : "pkcs1";

    if (EVP_PKEY_sign_init(c) <= 0 || EVP_PKEY_CTX_ctrl_str(c, "digest", sc->digest) <= 0)
        return false;
    return strcmp(sc->key, "RSA") != 0 ||
           (EVP_PKEY_CTX_ctrl_str(c, "rsa_padding_mode", pad) > 0 &&
            (!sc->pss || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0));
}

static enum rc sign(EVP_PKEY *k, const struct scheme *sc, struct span hash, struct buf *out, struct err *e)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
    unsigned char sig[512];
    size_t n = sizeof sig;
    bool ok = c != NULL && prepare(c, sc) && EVP_PKEY_sign(c, sig, &n, hash.p, hash.n) > 0;

    EVP_PKEY_CTX_free(c);
    if (!ok)
        return alg_err(e, RC_TEMP, "tls signature");
    buf_add(out, sig, n);
    return RC_OK;
}

/* A certificate may have been replaced since the session read it: whoever is shown it gets a signature that fits it, or none. */
static EVP_PKEY *instances_key(const struct state *s, const struct keyd_tls_req *rq)
{
    const struct tls_key *today = &s->tls[rq->key];

    if (span_eq(rq->shown, span_of(today->shown, sizeof today->shown)))
        return today->key;
    for (size_t i = 0; i < KEYRING_FORMERS; i++) {
        const struct tls_key *f = &s->former[i];

        if (f->which == rq->key && clock_mono() < f->until && span_eq(rq->shown, span_of(f->shown, sizeof f->shown)))
            return f->key;
    }
    return domain_keys_find(s->domains, (enum keyd_tls_key)rq->key, rq->shown);
}

/* A key that is there, but another role's, is no matter of time: whoever asks for it shows a certificate that is not hers. */
static enum rc key_find(const struct state *s, enum ipc_role role, const struct keyd_tls_req *rq, EVP_PKEY **out,
                        struct err *e)
{
    EVP_PKEY *ours = instances_key(s, rq), *outbox = domain_keys_find(s->outbox, (enum keyd_tls_key)rq->key, rq->shown);

    *out = role == ROLE_PUBD ? outbox : ours;
    if (*out)
        return RC_OK;
    if (role == ROLE_PUBD && s->outbox == NULL)
        return err_set(e, RC_DENIED, "tls-sign: publish.backend is not https, so nothing is signed for the outbox");
    return ours || outbox
               ? err_set(e, RC_DENIED, "tls-sign: that key is not of this role (key %u)", rq->key)
               : err_set(e, RC_TEMP, "tls-sign: the certificate that is shown was replaced (key %u)", rq->key);
}

enum rc purpose_tls(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_tls_req *rq = req;
    EVP_PKEY *k = rq->key < TLS_KEYS ? s->tls[rq->key].key : NULL;
    const struct scheme *sc = k ? scheme_find(rq, k) : NULL;
    enum rc rc;

    (void)fd;
    if (sc == NULL) {
        atomic_fetch_add(&s->denied, 1);
        rc = err_set(e, RC_DENIED, "tls-sign: no such signature (key %u, scheme %04x, %zu bytes)", rq->key,
                     rq->algorithm, rq->hash.n);
        log_err(LOG_WARN_, "tls-sign-refused", e);
        return rc;
    }
    rc = limit_take(s, s->handshakes, "tls-sign", span_of(&p->pid, sizeof p->pid),
                    p->role == ROLE_RELAYD || p->role == ROLE_PUBD ? RELAY_MOST : SESSION_MOST, e);
    if (rc == RC_OK)
        rc = key_find(s, (enum ipc_role)p->role, rq, &k, e);
    if (rc == RC_DENIED)
        atomic_fetch_add(&s->denied, 1);
    if (rc == RC_OK)
        rc = sign(k, sc, rq->hash, r->scratch, e);
    if (rc != RC_OK) {
        log_err(LOG_WARN_, "tls-sign-refused", e);
        return rc;
    }
    atomic_fetch_add(&s->tls_signs, 1);
    log_ev(LOG_DEBUG_, "tls-sign", "peer=%ld key=%u scheme=%04x", (long)p->pid, rq->key, rq->algorithm);
    ((struct keyd_tls_rep *)r->msg)->signature = buf_span(r->scratch);
    return RC_OK;
}
