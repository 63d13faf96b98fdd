/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_client.c - see crypto/tls/tls_client.h. */
#include "crypto/tls/tls_client.h"
#include "crypto/tls/far_key.h"
#include "crypto/tls/tls_int.h"
#include <gnutls/x509.h>
#include <stdlib.h>

struct tls_client {
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
    struct tls_rules server;
    struct far_keys keys;
    gnutls_certificate_credentials_t own; /* the owner of .presented's chains; NULL: .keys are shown */
    struct far_keys presented;
    bool any_name;
};

static struct far_keys *shown(struct tls_client *c)
{
    return c->own != NULL ? &c->presented : &c->keys;
}

static enum rc files_load(struct tls_client *c, const struct tls_client_spec *s, struct err *e)
{
    int code = gnutls_certificate_set_x509_trust_file(c->cred, s->anchors_pem, GNUTLS_X509_FMT_PEM);

    if (code <= 0)
        return tls_err(e, RC_PERM, s->anchors_pem, code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND);
    far_keys_offer(c->cred);
    return far_keys_add(&c->keys, c->cred, s->chain_ec_pem, s->chain_pem, e);
}

enum rc tls_client_new(const struct tls_client_spec *s, struct tls_client **c_out, struct err *e)
{
    struct tls_client *c = calloc(1, sizeof *c);
    enum rc rc = RC_OK;
    int code;

    if (c == NULL)
        die("out of memory");
    c->server = s->server;
    c->any_name = s->any_name;
    if (c->server.usage == TLS_USE_EITHER)
        c->server.usage = TLS_USE_SERVER;
    code = gnutls_certificate_allocate_credentials(&c->cred);
    if (code >= 0)
        code = gnutls_priority_init(&c->priority, tls_priority, NULL);
    if (code < 0)
        rc = tls_err(e, RC_TEMP, "tls set-up", code);
    if (rc == RC_OK)
        rc = files_load(c, s, e);
    if (rc == RC_OK)
        *c_out = c;
    else
        tls_client_free(&c);
    return rc;
}

enum rc tls_client_present(struct tls_client *c, struct span chain_ec, struct span chain_rsa, struct err *e)
{
    gnutls_certificate_credentials_t own;
    int code = gnutls_certificate_allocate_credentials(&own);
    enum rc rc;

    if (code < 0)
        return tls_err(e, RC_TEMP, "tls set-up", code);
    rc = far_keys_add_pem(&c->presented, own, chain_ec, chain_rsa, e);
    if (c->own != NULL)
        gnutls_certificate_free_credentials(c->own);
    c->own = own;
    return rc;
}

void tls_client_free(struct tls_client **c)
{
    if (*c == NULL)
        return;
    if ((*c)->own != NULL)
        gnutls_certificate_free_credentials((*c)->own);
    if ((*c)->cred != NULL)
        gnutls_certificate_free_credentials((*c)->cred);
    if ((*c)->priority != NULL)
        gnutls_priority_deinit((*c)->priority);
    free(*c);
    *c = NULL;
}

static enum rc session_setup(struct tls_client *c, const char *host, struct link *l, struct err *e)
{
    int code = gnutls_priority_set(l->session, c->priority);

    gnutls_session_set_ptr(l->session, shown(c));
    if (code >= 0)
        code = gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, c->cred);
    if (code >= 0)
        code = gnutls_server_name_set(l->session, GNUTLS_NAME_DNS, host, strlen(host));
    return code >= 0 ? RC_OK : tls_err(e, RC_TEMP, "tls session", code);
}

static enum rc handshake(struct tls_client *c, const struct tls_signer *signer, struct link *l, struct err *e)
{
    struct far_keys *k = shown(c);
    enum rc rc;

    k->signer = signer;
    k->why.rc = RC_OK;
    rc = link_handshake(l, e);
    k->signer = NULL;
    if (rc != RC_OK && k->why.rc != RC_OK)
        return err_set(e, RC_TEMP, "tls handshake: our key did not sign: %s", k->why.log);
    return rc == RC_OK ? link_flush(l, e) : rc; /* our Finished is the last to be written */
}

enum rc tls_connect(struct tls_client *c, const char *host, const struct tls_signer *signer, struct stream *s,
                    struct tls_peer *peer_out, struct err *e)
{
    struct link *l = NULL;
    enum rc rc;

    if (stream_buffered(s) > 0)
        return err_set(e, RC_SYNTAX, "bytes in clear behind the start of TLS");
    rc = link_new(s, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, &l, e);
    if (rc == RC_OK)
        rc = session_setup(c, host, l, e);
    if (rc == RC_OK)
        rc = handshake(c, signer, l, e);
    if (rc != RC_OK) {
        link_free(&l);
        return rc;
    }
    link_peer(l, &c->server, c->any_name ? NULL : host, peer_out);
    link_attach(l, s);
    return RC_OK;
}
