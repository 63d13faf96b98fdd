/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_client.h - TLS as a client: the server's certificate verified to a file of anchors and to its name, ours presented where it is asked for.
 *
 * Key      our private key is in pli-keyd. Whoever does the handshake gives a signer, which knows how to have a hash signed: a destination session of
 *          relayd asks its scheduler. Without a signer a server that asks for our certificate gets no signature, and the handshake fails.
 * Chosen   of our two chains the ECDSA one where the server takes it, else the RSA one. A server that names authorities is given the chain that leads
 *          to one of them. When it names others only, a single chain is sent all the same.
 * Name     .any_name: the server's certificate may bear any name (a site whose MX hosts are aliases; the DN is still compared by the caller).
 *          Else it must bear the host's: subjectAltName dNSName, or the CN where there is no such name (RFC 6125, spec 1.4).
 * Owns     A struct tls_client is made once from files and used for many connections; a process does one handshake at a time with it.
 * Process  relayd sessions, tests.   Source RFC 8446, RFC 5246.
 */
#pragma once
#include "crypto/tls/tls.h"
struct tls_client;
struct tls_client_spec {
    const char *anchors_pem;               /* file */
    const char *chain_pem, *chain_ec_pem;  /* own certificates and chains, files (keys KEYD_TLS_SERVER, KEYD_TLS_SERVER_EC); NULL: none */
    struct tls_rules server;               /* for the server's certificate; usage 0 means serverAuth. .policies lives as long as the tls_client */
    bool any_name;
};
struct tls_signer {
    /* Appends the signature of rq->hash to sig_out. An error ends the handshake. */
    enum rc (*sign)(void *ctx, const struct keyd_tls_req *rq, struct buf *sig_out, struct err *e);
    void *ctx;
};
enum rc tls_client_new(const struct tls_client_spec *s, struct tls_client **c_out, struct err *e);
/* These chains (PEM; empty: none of that kind) are shown from now on, in the place of those of the files. */
enum rc tls_client_present(struct tls_client *c, struct span chain_ec, struct span chain_rsa, struct err *e);
void tls_client_free(struct tls_client **c);
/* Does the handshake on s, within its deadline. Afterwards s speaks TLS. host: the name that the certificate must have. It is also sent (SNI).
 * signer NULL: nobody signs for us.
 * RC_OK: the handshake has ended. It does not mean that the server is the right one: peer_out says that, and the caller decides. RC_TEMP: our
 * signature was not to be had. */
enum rc tls_connect(struct tls_client *c, const char *host, const struct tls_signer *signer, struct stream *s, struct tls_peer *peer_out, struct err *e);
