/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_client.c - see crypto/tls/tls_client.h. */
#include "crypto/tls/tls_client.h"
#include "crypto/tls/tls_int.h"
#include <gnutls/x509.h>
#include <stdlib.h>

struct tls_client {
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
    struct tls_rules server;
};

static enum rc files_load(struct tls_client *c, const struct tls_client_spec *s, struct err *e)
{
    int code = gnutls_certificate_set_x509_trust_file(c->cred, s->anchors_pem, GNUTLS_X509_FMT_PEM);

    if (code <= 0)
        return tls_err(e, RC_PERM, s->anchors_pem, code < 0 ? code : GNUTLS_E_NO_CERTIFICATE_FOUND);
    if (s->cert_pem == NULL)
        return RC_OK;
    code = gnutls_certificate_set_x509_key_file(c->cred, s->cert_pem, s->key_pem, GNUTLS_X509_FMT_PEM);
    return code >= 0 ? RC_OK : tls_err(e, RC_PERM, s->cert_pem, code);
}

enum rc tls_client_new(const struct tls_client_spec *s, struct tls_client **c_out, struct err *e)
{
    struct tls_client *c = calloc(1, sizeof *c);
    enum rc rc = RC_OK;
    int code;

    if (c == NULL)
        die("out of memory");
    c->server = s->server;
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

void tls_client_free(struct tls_client **c)
{
    if (*c == NULL)
        return;
    if ((*c)->cred != NULL)
        gnutls_certificate_free_credentials((*c)->cred);
    if ((*c)->priority != NULL)
        gnutls_priority_deinit((*c)->priority);
    free(*c);
    *c = NULL;
}

enum rc tls_connect(struct tls_client *c, const char *host, struct stream *s, struct tls_peer *peer_out, struct err *e)
{
    struct link *l = NULL;
    int code = 0;
    enum rc rc;

    if (stream_buffered(s) > 0)
        return err_set(e, RC_SYNTAX, "bytes in clear behind the start of TLS");
    rc = link_new(s, GNUTLS_CLIENT, &l, e);
    if (rc == RC_OK) {
        code = gnutls_priority_set(l->session, c->priority);
        if (code >= 0)
            code = gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, c->cred);
        if (code >= 0)
            code = gnutls_server_name_set(l->session, GNUTLS_NAME_DNS, host, strlen(host));
        rc = code >= 0 ? link_handshake(l, e) : tls_err(e, RC_TEMP, "tls session", code);
    }
    if (rc == RC_OK)
        rc = link_flush(l, e); /* the client's Finished is the last to be written */
    if (rc != RC_OK) {
        link_free(&l);
        return rc;
    }
    link_peer(l, &c->server, host, peer_out);
    link_attach(l, s);
    return RC_OK;
}
