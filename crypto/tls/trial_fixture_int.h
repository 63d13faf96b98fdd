/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/trial_fixture_int.h - tests only: an authority with certificates for two ends, a TLS server that a test writes by hand (no keyd), and a
 * signature as keyd would make it.
 * Process  tests.
 */
#pragma once
#include "crypto/pki/authority_fixture_int.h"
#include "crypto/tls/tls_client.h"
#include <gnutls/gnutls.h>
#include <openssl/pem.h>
#include <unistd.h>

struct trial {
    struct made ca, server, client; /* ECDSA P-256 */
    char dir[32], ca_pem[64], server_pem[64], client_pem[64];
};

static inline void trial_pem(const char *path, const struct made *m, const struct made *ca, bool key)
{
    FILE *f = fopen(path, "w");

    if (f == NULL || PEM_write_X509(f, m->x) != 1 || (ca != NULL && PEM_write_X509(f, ca->x) != 1) ||
        (key && PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL) != 1) || fclose(f) != 0)
        abort();
}

/* host: the name in the server's certificate. */
static inline void trial_make(struct trial *t, struct made server)
{
    snprintf(t->dir, sizeof t->dir, "/tmp/pli-trial.XXXXXX");
    if (mkdtemp(t->dir) == NULL)
        abort();
    snprintf(t->ca_pem, sizeof t->ca_pem, "%s/ca.pem", t->dir);
    snprintf(t->server_pem, sizeof t->server_pem, "%s/server.pem", t->dir);
    snprintf(t->client_pem, sizeof t->client_pem, "%s/client.pem", t->dir);
    t->server = server;
    t->client = made_leaf("relay.test", &t->ca);
    trial_pem(t->ca_pem, &t->ca, NULL, false);
    trial_pem(t->server_pem, &t->server, &t->ca, true);
    trial_pem(t->client_pem, &t->client, &t->ca, false);
}

static inline void trial_free(struct trial *t)
{
    unlink(t->ca_pem);
    unlink(t->server_pem);
    unlink(t->client_pem);
    rmdir(t->dir);
    made_free(&t->ca);
    made_free(&t->server);
    made_free(&t->client);
}

/* As keyd signs for KEYD_TLS_SERVER_EC. */
static inline bool trial_sign(const struct trial *t, const struct keyd_tls_req *rq, struct buf *sig)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(t->client.key, NULL);
    unsigned char out[256];
    size_t n = sizeof out;
    bool ok = rq->key == KEYD_TLS_SERVER_EC && EVP_PKEY_sign_init(c) > 0 && EVP_PKEY_sign(c, out, &n, rq->hash.p, rq->hash.n) > 0;

    EVP_PKEY_CTX_free(c);
    if (ok)
        buf_add(sig, out, n);
    return ok;
}

/* The server's end: it requires a certificate of the authority and says so by ending the handshake. NULL: it failed. */
static inline gnutls_session_t trial_accept(const struct trial *t, int fd, const char *priority)
{
    gnutls_certificate_credentials_t cred;
    gnutls_session_t s;
    unsigned status = 1;
    int code;

    if (gnutls_certificate_allocate_credentials(&cred) < 0 ||
        gnutls_certificate_set_x509_trust_file(cred, t->ca_pem, GNUTLS_X509_FMT_PEM) != 1 ||
        gnutls_certificate_set_x509_key_file(cred, t->server_pem, t->server_pem, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls_init(&s, GNUTLS_SERVER) < 0 || gnutls_priority_set_direct(s, priority, NULL) < 0)
        abort();
    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
    gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUIRE);
    gnutls_transport_set_int(s, fd);
    gnutls_handshake_set_timeout(s, 20000);
    do
        code = gnutls_handshake(s);
    while (code < 0 && !gnutls_error_is_fatal(code));
    if (code < 0 || gnutls_certificate_verify_peers2(s, &status) < 0 || status != 0)
        return NULL;
    return s;
}
