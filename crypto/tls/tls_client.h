/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_client.h - TLS as a client: the server's certificate verified to a file of anchors and to its name.
 * Owns     struct tls_client: made once from files, used for many connections. A key file is for trials and tests: relayd's own
 *          certificate will be signed with by keyd, as the server's is.
 * Process  relayd, tests.
 */
#pragma once
#include "crypto/tls/tls.h"
struct tls_client;
struct tls_client_spec {
    const char *anchors_pem;         /* file */
    const char *cert_pem, *key_pem;  /* own certificate, files; NULL: none */
};
enum rc tls_client_new(const struct tls_client_spec *s, struct tls_client **c_out, struct err *e);
void tls_client_free(struct tls_client **c);
/* Handshake on s within its deadline; afterwards s speaks TLS. host: what the certificate must name; it is also sent (SNI).
 * RC_OK says that the handshake ended; whether the server is who it should be stands in peer_out: the caller decides. */
enum rc tls_connect(struct tls_client *c, const char *host, struct stream *s, struct tls_peer *peer_out, struct err *e);
