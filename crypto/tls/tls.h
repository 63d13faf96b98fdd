/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls.h - TLS 1.2 and 1.3 under a base/stream, with the private key in pli-keyd.
 *
 * Policy   spec/mssante.md 1.2: TLS 1.2 minimum, AEAD suites only, no renegotiation, no compression; RSA certificate (and 1.3).
 *          Session tickets work across session processes: key made before the fork, rotated by the listener.
 * Peer     port 25: client certificate asked for and verified to the trial CA (trust anchors); the verdict is given to
 *          the caller, who decides. Elsewhere none is asked.
 * Owns     struct tls_conf: made by a listener before its sandbox (reads certificate files), shared by its children read-only.
 * Process  smtpd, imapd (server side); relayd, tests (client side).
 */
#pragma once
#include "base/stream.h"
#include "crypto/keyd/client/client.h"
struct tls_conf;
struct tls_conf_spec {
    const char *chain_pem;    /* RSA server certificate and chain, file (key KEYD_TLS_SERVER) */
    const char *chain_ec_pem; /* the same with ECDSA P-256, which signs ten times faster (KEYD_TLS_SERVER_EC); NULL: none */
    const char *anchors_pem;  /* trust anchors for client certificates, file; NULL: none asked */
    bool require_client;      /* handshake fails without one */
};
enum rc tls_conf_new(const struct tls_conf_spec *s, struct tls_conf **c_out, struct err *e);
void tls_conf_free(struct tls_conf **c);
void tls_conf_rotate(struct tls_conf *c);  /* listener, each few hours: new ticket key, previous one still accepted */
struct tls_peer {
    char version[16], cipher[64];
    bool has_cert, verified;
    char dn[512];             /* subject, RFC 4514 */
    char why[160];            /* not verified: the reason */
};
/* Handshake on s (within deadline); afterwards s speaks TLS and deadlines are the stream's. k signs and must outlive s. One session a
 * process at a time is what this is made for, but nothing is global. Client side: tls_client.h. */
enum rc tls_accept(struct tls_conf *c, struct keyd *k, struct stream *s, struct tls_peer *peer_out, struct err *e);
