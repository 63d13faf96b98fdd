/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_client.h - TLS as a client: the server's certificate verified to a file of anchors and to its name.
 * Owns     A struct tls_client is made once from files and used for many connections. A key file is for trials and tests only, because keyd
 *          will sign for relayd's own certificate, as it does for the server's.
 * Process  relayd, tests.   Source RFC 8446, RFC 5246.
 */
#pragma once
#include "crypto/tls/tls.h"
struct tls_client;
struct tls_client_spec {
    const char *anchors_pem;         /* file */
    const char *cert_pem, *key_pem;  /* own certificate, files; NULL: none */
    struct tls_rules server;         /* for the server's certificate; usage 0 means serverAuth. .policies lives as long as the tls_client */
};
enum rc tls_client_new(const struct tls_client_spec *s, struct tls_client **c_out, struct err *e);
void tls_client_free(struct tls_client **c);
/* Does the handshake on s, within its deadline. Afterwards s speaks TLS. host: the name that the certificate must have. It is also sent (SNI).
 * RC_OK: the handshake has ended. It does not mean that the server is the right one: peer_out says that, and the caller decides. */
enum rc tls_connect(struct tls_client *c, const char *host, struct stream *s, struct tls_peer *peer_out, struct err *e);
