/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls.c - the server side: credentials whose private keys are pli-keyd's, tickets, the handshake. */
#include "base/wipe.h"
#include "crypto/tls/tls_int.h"
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHAIN_MAX = 8 };

/* The private half of one certificate, which is in keyd: which key to ask for, and how it can sign. */
struct far_key {
    struct tls_conf *conf;
    enum keyd_tls_key which;
    gnutls_pk_algorithm_t pk;
    unsigned bits;
};
struct tls_conf {
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_certificate_request_t request;
    struct anchors anchors; /* as in cred, to be asked directly */
    struct tls_rules client;
    struct far_key keys[2];
    struct keyd *k;      /* of the handshake at hand */
    struct err sign_err; /* why keyd did not sign */
};

/* ---- keys that are elsewhere ---- */

static const struct {
    gnutls_sign_algorithm_t gnutls;
    uint16_t iana;
    gnutls_pk_algorithm_t pk;
} schemes[] = {
    {GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 0x0403, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA256, 0x0403, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA384, 0x0503, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_ECDSA_SHA512, 0x0603, GNUTLS_PK_ECDSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 0x0805, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 0x0806, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA256, 0x0401, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA384, 0x0501, GNUTLS_PK_RSA},
    {GNUTLS_SIGN_RSA_SHA512, 0x0601, GNUTLS_PK_RSA},
};

/* 0: a key of this kind does not sign with that algorithm. */
static uint16_t scheme_of(gnutls_sign_algorithm_t algo, gnutls_pk_algorithm_t pk)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].gnutls == algo && schemes[i].pk == pk)
            return schemes[i].iana;
    return 0;
}

/* The DigestInfo of each hash (RFC 8017 9.2). Up to the hash value they differ only in the algorithm's last byte and in
 * two lengths. */
static const struct {
    uint16_t iana;
    unsigned char oid, len;
} infos[] = {{0x0401, 1, 32}, {0x0501, 2, 48}, {0x0601, 3, 64}};

/* For PKCS#1 v1.5 the library gives the finished DigestInfo. keyd takes the hash alone and makes its own DigestInfo. */
static uint16_t digest_info(struct span *in)
{
    for (size_t i = 0; i < sizeof infos / sizeof *infos; i++) {
        const unsigned char head[19] = {0x30,         (unsigned char)(17 + infos[i].len),
                                        0x30,         0x0d,
                                        0x06,         0x09,
                                        0x60,         0x86,
                                        0x48,         0x01,
                                        0x65,         0x03,
                                        0x04,         0x02,
                                        infos[i].oid, 0x05,
                                        0x00,         0x04,
                                        infos[i].len};

        if (in->n == sizeof head + infos[i].len && memcmp(in->p, head, sizeof head) == 0) {
            *in = span_from(*in, sizeof head);
            return infos[i].iana;
        }
    }
    return 0;
}

static int far_sign(gnutls_privkey_t key, gnutls_sign_algorithm_t algo, void *ctx, unsigned flags,
                    const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
    struct far_key *f = ctx;
    struct span h = span_of(hash->data, hash->size);
    uint16_t scheme = algo == GNUTLS_SIGN_RSA_RAW ? digest_info(&h) : scheme_of(algo, f->pk);
    struct keyd_tls_req rq = {(uint8_t)f->which, scheme, h};
    struct buf sig = BUF_INIT;
    int code = GNUTLS_E_PK_SIGN_FAILED;

    (void)key;
    (void)flags;
    if (rq.algorithm == 0 || f->conf->k == NULL)
        return GNUTLS_E_INVALID_REQUEST;
    if (keyd_tls_sign(f->conf->k, &rq, &sig, &f->conf->sign_err) == RC_OK &&
        (signature->data = gnutls_malloc(sig.n)) != NULL) {
        memcpy(signature->data, sig.p, sig.n);
        signature->size = (unsigned)sig.n;
        code = 0;
    }
    buf_free(&sig);
    return code;
}

static int far_info(gnutls_privkey_t key, unsigned flags, void *ctx)
{
    const struct far_key *f = ctx;

    (void)key;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
        return (int)f->pk;
    if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
        return (int)f->bits;
    if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
        return scheme_of(GNUTLS_FLAGS_TO_SIGN_ALGO(flags), f->pk) != 0;
    if (flags & GNUTLS_PRIVKEY_INFO_SIGN_ALGO)
        return 0; /* no favourite */
    return -1;
}

/* ---- credentials ---- */

static int far_privkey(struct far_key *f, gnutls_privkey_t *key_out)
{
    gnutls_privkey_t key;
    int code = gnutls_privkey_init(&key);

    if (code < 0)
        return code;
    /* sign_data would tell keyd more, but the library hashes first for RSA and ECDSA and calls sign_hash whatever is given */
    code = gnutls_privkey_import_ext4(key, f, NULL, far_sign, NULL, NULL, far_info, 0);
    if (code < 0)
        gnutls_privkey_deinit(key);
    else
        *key_out = key;
    return code;
}

/* Adds a chain and its key, which is in keyd. From set_key on, the credentials own both. */
static int keypair_add(struct tls_conf *c, struct far_key *f, gnutls_pcert_st *chain, unsigned n)
{
    gnutls_privkey_t key = NULL;
    int pk = gnutls_pubkey_get_pk_algorithm(chain[0].pubkey, &f->bits), code;

    f->pk = (gnutls_pk_algorithm_t)pk;
    code = far_privkey(f, &key);
    if (code >= 0)
        code = gnutls_certificate_set_key(c->cred, NULL, 0, chain, (int)n, key);
    if (code >= 0)
        return 0;
    gnutls_privkey_deinit(key);
    for (unsigned i = 0; i < n; i++)
        gnutls_pcert_deinit(&chain[i]);
    return code;
}

/* A root at the end of the chain is not sent (RFC 8446 section 4.4.2). A client that trusts it has it, and for any
 * other client it is useless. A client spends as long on reading a root as on all other certificates of a handshake. */
static unsigned without_root(gnutls_pcert_st *chain, unsigned n)
{
    gnutls_x509_crt_t last = NULL;
    bool root = false;

    if (n < 2 || gnutls_x509_crt_init(&last) < 0)
        return n;
    root = gnutls_x509_crt_import(last, &chain[n - 1].cert, GNUTLS_X509_FMT_DER) >= 0 &&
           gnutls_x509_crt_check_issuer(last, last) == 1;
    gnutls_x509_crt_deinit(last);
    if (root)
        gnutls_pcert_deinit(&chain[n - 1]);
    return root ? n - 1 : n;
}

static enum rc chain_add(struct tls_conf *c, struct far_key *f, enum keyd_tls_key which, const char *pem_file,
                         struct err *e)
{
    gnutls_pcert_st chain[CHAIN_MAX];
    gnutls_x509_crt_t *crts = NULL;
    gnutls_datum_t pem = {NULL, 0};
    unsigned n_crts = 0, n = CHAIN_MAX;
    int code = gnutls_load_file(pem_file, &pem);

    f->conf = c;
    f->which = which;
    if (code >= 0)
        code = gnutls_x509_crt_list_import2(&crts, &n_crts, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (code >= 0 && n_crts > CHAIN_MAX)
        code = GNUTLS_E_CERTIFICATE_LIST_UNSORTED;
    if (code >= 0) {
        n = n_crts;
        code = gnutls_pcert_import_x509_list(chain, crts, &n, GNUTLS_X509_CRT_LIST_SORT);
    }
    if (code >= 0)
        code = keypair_add(c, f, chain, without_root(chain, n));
    for (unsigned i = 0; i < n_crts; i++)
        gnutls_x509_crt_deinit(crts[i]);
    gnutls_free(crts);
    gnutls_free(pem.data);
    return code >= 0 ? RC_OK : tls_err(e, RC_PERM, pem_file, code);
}

static int anchors_read(struct anchors *a, const char *pem_file)
{
    gnutls_datum_t pem = {NULL, 0};
    int code = gnutls_load_file(pem_file, &pem);

    if (code >= 0)
        code = gnutls_x509_crt_list_import2(&a->crt, &a->n, &pem, GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(pem.data);
    return code;
}

static enum rc anchors_add(struct tls_conf *c, const struct tls_conf_spec *s, struct err *e)
{
    int code;

    c->request = GNUTLS_CERT_IGNORE;
    c->client = s->client;
    if (s->anchors_pem == NULL)
        return RC_OK;
    c->request = s->require_client ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
    code = gnutls_certificate_set_x509_trust_file(c->cred, s->anchors_pem, GNUTLS_X509_FMT_PEM);
    if (code == 0)
        return err_set(e, RC_PERM, "%s: no certificate in it", s->anchors_pem);
    if (code > 0)
        code = anchors_read(&c->anchors, s->anchors_pem);
    return code < 0 ? tls_err(e, RC_PERM, s->anchors_pem, code) : RC_OK;
}

/* Behind all others, so that a peer that knows better gets better. */
static int priority_make(struct tls_conf *c, const struct tls_conf_spec *s)
{
    char text[1024];

    snprintf(text, sizeof text, "%s%s", tls_priority,
             s->old_ciphers ? ":+AES-256-CBC:+AES-128-CBC:+SHA384:+SHA256" : "");
    return gnutls_priority_init(&c->priority, text, NULL);
}

static enum rc parts_make(struct tls_conf *c, const struct tls_conf_spec *s, struct err *e)
{
    int code = gnutls_certificate_allocate_credentials(&c->cred);
    enum rc rc = RC_OK;

    if (code >= 0)
        code = priority_make(c, s);
    if (code >= 0)
        code = gnutls_session_ticket_key_generate(&c->ticket_key);
    if (code < 0)
        return tls_err(e, RC_TEMP, "tls set-up", code);
    /* the match of key and certificate would ask keyd for a signature of nothing, which keyd rightly refuses */
    gnutls_certificate_set_flags(c->cred, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    if (s->chain_ec_pem != NULL) /* first, so that it is chosen where both would do */
        rc = chain_add(c, &c->keys[0], KEYD_TLS_SERVER_EC, s->chain_ec_pem, e);
    if (rc == RC_OK && s->chain_pem != NULL)
        rc = chain_add(c, &c->keys[1], KEYD_TLS_SERVER, s->chain_pem, e);
    if (s->chain_pem == NULL && s->chain_ec_pem == NULL)
        rc = err_set(e, RC_PERM, "no server certificate (tls/server.pem, tls/server-ec.pem)");
    return rc == RC_OK ? anchors_add(c, s, e) : rc;
}

enum rc tls_conf_of(const char *instance, struct tls_conf_spec s, struct tls_conf **c_out, struct err *e)
{
    char rsa[PATH_MAX], ec[PATH_MAX];

    if (snprintf(rsa, sizeof rsa, "%s/tls/server.pem", instance) >= (int)sizeof rsa ||
        snprintf(ec, sizeof ec, "%s/tls/server-ec.pem", instance) >= (int)sizeof ec)
        return err_set(e, RC_PERM, "path too long: %s", instance);
    s.chain_pem = access(rsa, F_OK) == 0 ? rsa : NULL;
    s.chain_ec_pem = access(ec, F_OK) == 0 ? ec : NULL;
    return tls_conf_new(&s, c_out, e);
}

enum rc tls_conf_new(const struct tls_conf_spec *s, struct tls_conf **c_out, struct err *e)
{
    struct tls_conf *c = calloc(1, sizeof *c);
    enum rc rc;

    if (c == NULL)
        die("out of memory");
    rc = parts_make(c, s, e);
    if (rc == RC_OK)
        *c_out = c;
    else
        tls_conf_free(&c);
    return rc;
}

static void ticket_key_drop(gnutls_datum_t *k)
{
    if (k->data != NULL)
        wipe(k->data, k->size);
    gnutls_free(k->data);
    k->data = NULL;
}

void tls_conf_free(struct tls_conf **c)
{
    if (*c == NULL)
        return;
    if ((*c)->cred != NULL)
        gnutls_certificate_free_credentials((*c)->cred);
    if ((*c)->priority != NULL)
        gnutls_priority_deinit((*c)->priority);
    ticket_key_drop(&(*c)->ticket_key);
    for (unsigned i = 0; i < (*c)->anchors.n; i++)
        gnutls_x509_crt_deinit((*c)->anchors.crt[i]);
    gnutls_free((*c)->anchors.crt);
    free(*c);
    *c = NULL;
}

void tls_conf_rotate(struct tls_conf *c)
{
    gnutls_datum_t fresh = {NULL, 0};

    if (gnutls_session_ticket_key_generate(&fresh) < 0)
        return; /* the old one serves on */
    ticket_key_drop(&c->ticket_key);
    c->ticket_key = fresh;
}

/* ---- a session ---- */

static enum rc session_setup(struct tls_conf *c, struct link *l, struct err *e)
{
    int code = gnutls_priority_set(l->session, c->priority);

    if (code >= 0)
        code = gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, c->cred);
    gnutls_certificate_server_set_request(l->session, c->request);
    if (code >= 0 && c->request == GNUTLS_CERT_IGNORE)
        code = gnutls_session_ticket_enable_server(l->session, &c->ticket_key);
    return code >= 0 ? RC_OK : tls_err(e, RC_TEMP, "tls session", code);
}

/* In TLS 1.3 one ticket is made. It stays in the link's buffer until the first reply or the first wait. In TLS 1.2 our
 * Finished must leave now, because the client waits for it and the caller may wait for the client. */
static enum rc last_words(struct tls_conf *c, struct link *l, struct err *e)
{
    if (gnutls_protocol_get_version(l->session) != GNUTLS_TLS1_3)
        return link_flush(l, e);
    if (c->request == GNUTLS_CERT_IGNORE)
        gnutls_session_ticket_send(l->session, 1, 0);
    return RC_OK;
}

static enum rc handshake(struct tls_conf *c, struct keyd *k, struct link *l, struct err *e)
{
    enum rc rc;

    c->k = k;
    c->sign_err.rc = RC_OK;
    rc = link_handshake(l, e);
    c->k = NULL;
    if (rc != RC_OK && c->sign_err.rc != RC_OK)
        return err_set(e, RC_TEMP, "tls handshake: keyd did not sign: %s", c->sign_err.log);
    return rc;
}

enum rc tls_accept(struct tls_conf *c, struct keyd *k, struct stream *s, struct tls_peer *peer_out, struct err *e)
{
    struct link *l = NULL;
    enum rc rc;

    if (stream_buffered(s) > 0)
        return err_cause(e, RC_SYNTAX, CAUSE_PIPELINED_TLS, "%zu bytes in clear behind the start of TLS",
                         stream_buffered(s));
    rc = link_new(s, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_NO_TICKETS_TLS12, &l, e);
    if (rc == RC_OK)
        rc = session_setup(c, l, e);
    if (rc == RC_OK)
        rc = handshake(c, k, l, e);
    if (rc == RC_OK)
        rc = last_words(c, l, e);
    if (rc != RC_OK) {
        link_free(&l);
        return rc;
    }
    l->anchors = c->anchors.n > 0 ? &c->anchors : NULL;
    link_peer(l, &c->client, NULL, peer_out);
    link_attach(l, s);
    return RC_OK;
}
