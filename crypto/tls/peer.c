/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/peer.c - what a finished handshake says of the other side. RFC 4514 (names). */
#include "crypto/tls/tls_int.h"
#include <stdio.h>

enum { PEER_CERTS = 16 }; /* as many as the library itself would look at */
/* 112 bits in every certificate of the chain: RSA of 2048, no SHA-1 (NIST SP 800-57). By itself the library takes RSA
 * of 1024. */
#define STRENGTH GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)

static void copy(char *out, size_t cap, const char *in)
{
    snprintf(out, cap, "%s", in ? in : "");
}

/* A name that does not fit is dropped, because the first half of a name could be the name of another. */
static void peer_dn(gnutls_x509_crt_t crt, struct tls_peer *p)
{
    gnutls_datum_t dn = {NULL, 0};

    if (gnutls_x509_crt_get_dn3(crt, &dn, 0) >= 0 && dn.size < sizeof p->dn && memchr(dn.data, 0, dn.size) == NULL)
        snprintf(p->dn, sizeof p->dn, "%.*s", (int)dn.size, (const char *)dn.data);
    gnutls_free(dn.data);
}

static bool trusted(const struct link *l, gnutls_x509_crt_t *chain, unsigned n, const char *purpose, const char *host,
                    struct tls_peer *p)
{
    gnutls_typed_vdata_st want[2] = {{GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)purpose, 0},
                                     {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)host, 0}};
    gnutls_datum_t text = {NULL, 0};
    gnutls_certificate_credentials_t cred = NULL;
    gnutls_x509_trust_list_t anchors = NULL;
    unsigned status = 0;
    int code = gnutls_credentials_get(l->session, GNUTLS_CRD_CERTIFICATE, (void **)&cred);

    if (code >= 0) {
        gnutls_certificate_get_trust_list(cred, &anchors);
        code = gnutls_x509_trust_list_verify_crt2(anchors, chain, n, want, host ? 2 : 1, STRENGTH, &status, NULL);
    }
    if (code >= 0 && status == 0)
        return true;
    if (code < 0)
        copy(p->why, sizeof p->why, gnutls_strerror(code));
    else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) >= 0)
        copy(p->why, sizeof p->why, (const char *)text.data);
    gnutls_free(text.data);
    return false;
}

/* Verifies a plain chain: one that is in order and ends at an anchor. The verdict is the same as trusted()'s and takes
 * half the time, because the library's trust list compares and writes out names. Any other chain is left to trusted(),
 * which also says why it refuses. */
static bool plainly_trusted(const struct link *l, gnutls_x509_crt_t *chain, unsigned n, const char *purpose)
{
    const struct anchors *a = l->anchors;
    unsigned status = 1;

    if (a == NULL || gnutls_x509_crt_list_verify(chain, (int)n, a->crt, (int)a->n, NULL, 0,
                                                 GNUTLS_VERIFY_DO_NOT_ALLOW_SAME | STRENGTH, &status) < 0)
        return false;
    for (unsigned i = 0; i < n && status == 0; i++)
        status = gnutls_x509_crt_check_key_purpose(chain[i], purpose, 0) == 0;
    return status == 0;
}

/* Each certificate is parsed once. The name and the verdict both use that. */
static void judge(const struct link *l, const gnutls_datum_t *certs, unsigned n, const char *purpose, const char *host,
                  struct tls_peer *p)
{
    gnutls_x509_crt_t chain[PEER_CERTS];
    unsigned got = 0;
    int code = n <= PEER_CERTS ? 0 : GNUTLS_E_CERTIFICATE_ERROR;

    while (code >= 0 && got < n && (code = gnutls_x509_crt_init(&chain[got])) >= 0)
        code = gnutls_x509_crt_import(chain[got], &certs[got], GNUTLS_X509_FMT_DER), got++;
    if (code < 0)
        copy(p->why, sizeof p->why, gnutls_strerror(code));
    else
        peer_dn(chain[0], p);
    p->verified = code >= 0 &&
                  ((host == NULL && plainly_trusted(l, chain, n, purpose)) || trusted(l, chain, n, purpose, host, p));
    while (got > 0)
        gnutls_x509_crt_deinit(chain[--got]);
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
    judge(l, certs, n, purpose, host, p);
}
