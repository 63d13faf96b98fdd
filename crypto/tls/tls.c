/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls.c - the server side: credentials whose private keys are pli-keyd's, tickets, the handshake. */
#include "base/log.h"
#include "base/wipe.h"
#include "crypto/seal/digest.h"
#include "crypto/tls/domain_certs.h"
#include "crypto/tls/far_key.h"
#include "crypto/tls/tls_int.h"
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tls_conf {
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_certificate_request_t request;
    struct anchors anchors; /* as in cred, to be asked directly */
    unsigned char anchors_digest[DIGEST_LEN];
    struct tls_rules client;
    struct far_keys keys;
    struct domain_certs *domains; /* those with a certificate of their own; NULL: none */
    struct { /* what the peer at hand is shown instead of .keys, because it asked for a name of a domain's */
        gnutls_certificate_credentials_t cred;
        struct far_keys keys;
    } other;
};

/* How many, or an error. The file is read once: all that is said of the anchors is of the same ones. */
static int anchors_read(struct tls_conf *c, const char *pem_file)
{
    gnutls_datum_t pem = {NULL, 0};
    int code = gnutls_load_file(pem_file, &pem), n = 0;

    if (code >= 0) {
        digest_of(span_of(pem.data, pem.size), c->anchors_digest);
        code = n = gnutls_certificate_set_x509_trust_mem(c->cred, &pem, GNUTLS_X509_FMT_PEM);
    }
    if (code > 0)
        code = gnutls_x509_crt_list_import2(&c->anchors.crt, &c->anchors.n, &pem, GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(pem.data);
    return code < 0 ? code : n;
}

static enum rc anchors_add(struct tls_conf *c, const struct tls_conf_spec *s, struct err *e)
{
    int code;

    c->request = GNUTLS_CERT_IGNORE;
    c->client = s->client;
    if (s->anchors_pem == NULL)
        return RC_OK;
    c->request = s->require_client ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
    code = anchors_read(c, s->anchors_pem);
    if (code == 0)
        return err_set(e, RC_PERM, "%s: no certificate in it", s->anchors_pem);
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
    rc = far_keys_add(&c->keys, c->cred, s->chain_ec_pem, s->chain_pem, e);
    if (s->chain_pem == NULL && s->chain_ec_pem == NULL)
        rc = err_set(e, RC_PERM, "no server certificate (tls/server.pem, tls/server-ec.pem)");
    return rc == RC_OK ? anchors_add(c, s, e) : rc;
}

enum rc tls_conf_of(const char *instance, struct tls_conf_spec s, struct tls_conf **c_out, struct err *e)
{
    char rsa[PATH_MAX], ec[PATH_MAX];
    struct err unread;
    enum rc rc;

    if (snprintf(rsa, sizeof rsa, "%s/tls/server.pem", instance) >= (int)sizeof rsa ||
        snprintf(ec, sizeof ec, "%s/tls/server-ec.pem", instance) >= (int)sizeof ec)
        return err_set(e, RC_PERM, "path too long: %s", instance);
    s.chain_pem = access(rsa, F_OK) == 0 ? rsa : NULL;
    s.chain_ec_pem = access(ec, F_OK) == 0 ? ec : NULL;
    rc = tls_conf_new(&s, c_out, e);
    if (rc == RC_OK && domain_certs_read(instance, &(*c_out)->domains, &unread) != RC_OK)
        log_err(LOG_WARN_, "domain-certificate-unread", &unread); /* all others are served */
    return rc;
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
    if ((*c)->other.cred != NULL)
        gnutls_certificate_free_credentials((*c)->other.cred);
    domain_certs_free(&(*c)->domains);
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

/* The names of the instance's own certificate are its own, whatever else a domain's certificate names. */
static bool is_ours(const struct tls_conf *c, const char *host)
{
    bool ours = false;

    for (size_t i = 0; i < 2 && !ours; i++) {
        gnutls_x509_crt_t crt = NULL;

        if (c->keys.key[i].n_chain == 0 || gnutls_x509_crt_init(&crt) < 0)
            continue;
        ours = gnutls_x509_crt_import(crt, &c->keys.key[i].chain[0].cert, GNUTLS_X509_FMT_DER) >= 0 &&
               gnutls_x509_crt_check_hostname(crt, host) != 0;
        gnutls_x509_crt_deinit(crt);
    }
    return ours;
}

static int other_make(struct tls_conf *c, const struct domain_cert *d)
{
    struct err e;
    int code;

    if (c->other.cred != NULL)
        gnutls_certificate_free_credentials(c->other.cred);
    c->other.cred = NULL;
    code = gnutls_certificate_allocate_credentials(&c->other.cred);
    if (code >= 0 && far_keys_add_pem(&c->other.keys, c->other.cred, buf_span(&d->pem[DC_EC]),
                                      buf_span(&d->pem[DC_RSA]), &e) != RC_OK)
        code = GNUTLS_E_CERTIFICATE_ERROR;
    if (code >= 0 && c->anchors.n > 0) /* the authorities that the peer is told of */
        code = gnutls_certificate_set_x509_trust(c->other.cred, c->anchors.crt, (int)c->anchors.n);
    c->other.keys.signer = c->keys.signer;
    return code < 0 ? code : 0;
}

/* Runs when the ClientHello was read, and before anything is chosen by it. */
static int hello(gnutls_session_t session)
{
    struct tls_conf *c = gnutls_session_get_ptr(session);
    const struct domain_cert *d;
    char host[256];
    size_t n = sizeof host;
    unsigned type = 0;

    if (gnutls_server_name_get(session, host, &n, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
        return 0;
    d = domain_certs_of_host(c->domains, span_of(host, strnlen(host, n)));
    if (d == NULL || is_ours(c, host))
        return 0;
    if (other_make(c, d) < 0)
        return GNUTLS_E_CERTIFICATE_ERROR;
    return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, c->other.cred);
}

static enum rc session_setup(struct tls_conf *c, struct link *l, struct err *e)
{
    int code = gnutls_priority_set(l->session, c->priority);

    if (c->domains != NULL && domain_certs_count(c->domains) > 0) {
        gnutls_session_set_ptr(l->session, c);
        gnutls_handshake_set_post_client_hello_function(l->session, hello);
    }

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

static enum rc keyd_signs(void *k, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e)
{
    return keyd_tls_sign(k, rq, sig_out, e);
}

static enum rc handshake(struct tls_conf *c, struct keyd *k, struct link *l, struct err *e)
{
    const struct tls_signer keyd = {keyd_signs, k};
    enum rc rc;

    c->keys.signer = &keyd;
    c->keys.why.rc = c->other.keys.why.rc = RC_OK;
    rc = link_handshake(l, e);
    c->keys.signer = NULL;
    c->other.keys.signer = NULL;
    if (rc != RC_OK && c->keys.why.rc == RC_OK && c->other.cred != NULL)
        c->keys.why = c->other.keys.why;
    if (rc != RC_OK && c->keys.why.rc != RC_OK)
        return err_set(e, RC_TEMP, "tls handshake: keyd did not sign: %s", c->keys.why.log);
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
    link_peer_seen(l, peer_out);
    link_attach(l, s);
    return RC_OK;
}

void tls_judge(const struct tls_conf *c, struct tls_peer *p)
{
    struct peer_judge j = {.anchors = NULL};

    if (p->judged)
        return;
    j.anchors = c->anchors.n > 0 ? &c->anchors : NULL;
    j.rules = c->client;
    gnutls_certificate_get_trust_list(c->cred, &j.list);
    peer_judge_kept(&j, p);
}

bool tls_suits(const struct tls_conf *c, unsigned uses, const unsigned char anchors[DIGEST_LEN])
{
    return c->anchors.n > 0 && memcmp(anchors, c->anchors_digest, DIGEST_LEN) == 0 && rules_met(&c->client, uses);
}
