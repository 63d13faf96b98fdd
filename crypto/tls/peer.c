/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/peer.c - what a finished handshake says of the other side. RFC 4514 (names). */
#include "crypto/tls/tls_int.h"
#include <gnutls/x509.h>
#include <stdio.h>

static void copy(char *out, size_t cap, const char *in)
{
    snprintf(out, cap, "%s", in ? in : "");
}

/* A name that does not fit is no name: the first half of one could be another's. */
static void peer_dn(const gnutls_datum_t *der, struct tls_peer *p)
{
    gnutls_x509_crt_t crt;
    gnutls_datum_t dn = {NULL, 0};

    if (gnutls_x509_crt_init(&crt) < 0)
        return;
    if (gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER) >= 0 && gnutls_x509_crt_get_dn3(crt, &dn, 0) >= 0 &&
        dn.size < sizeof p->dn && memchr(dn.data, 0, dn.size) == NULL)
        snprintf(p->dn, sizeof p->dn, "%.*s", (int)dn.size, (const char *)dn.data);
    gnutls_free(dn.data);
    gnutls_x509_crt_deinit(crt);
}

static bool verify(struct link *l, const char *purpose, const char *host, char why[], size_t cap)
{
    gnutls_typed_vdata_st want[2] = {{GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)purpose, 0},
                                     {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)host, 0}};
    gnutls_datum_t text = {NULL, 0};
    unsigned status = 0;
    int code = gnutls_certificate_verify_peers(l->session, want, host ? 2 : 1, &status);

    if (code >= 0 && status == 0)
        return true;
    if (code < 0)
        copy(why, cap, gnutls_strerror(code));
    else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) >= 0)
        copy(why, cap, (const char *)text.data);
    gnutls_free(text.data);
    return false;
}

void link_peer(struct link *l, const char *purpose, const char *host, struct tls_peer *p)
{
    unsigned n = 0;
    const gnutls_datum_t *certs = gnutls_certificate_get_peers(l->session, &n);

    memset(p, 0, sizeof *p);
    copy(p->version, sizeof p->version, gnutls_protocol_get_name(gnutls_protocol_get_version(l->session)));
    copy(p->cipher, sizeof p->cipher, gnutls_ciphersuite_get(l->session));
    p->has_cert = certs != NULL && n > 0;
    if (!p->has_cert) {
        copy(p->why, sizeof p->why, "no certificate");
        return;
    }
    peer_dn(&certs[0], p);
    p->verified = verify(l, purpose, host, p->why, sizeof p->why);
}
