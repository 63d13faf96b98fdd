/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls.h - TLS 1.2 and 1.3 under a base/stream, with the private key in pli-keyd.
 *
 * Policy   TLS 1.3 and 1.2, AES-GCM with ECDHE only (spec: MSSante 2021 list and RFC 9325), no renegotiation, no compression, no early
 *          data. ECDSA certificate where the client takes it, RSA elsewhere. CHACHA20 is left out: the library can not offer it in 1.3
 *          without offering it in 1.2, where the national list is closed.
 * Tickets  work across session processes: the key is made before the fork, turned over by time inside the library, replaced by
 *          tls_conf_rotate(). None where a client certificate is asked for: a partner is verified anew each time. None in TLS 1.2:
 *          its tickets hold the key of the traffic itself, and each session has the key of all tickets (docs/decisions/0011).
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
    const char *chain_pem;    /* RSA server certificate and chain, file (key KEYD_TLS_SERVER); NULL: none. One of the two is needed */
    const char *chain_ec_pem; /* the same with ECDSA P-256, which signs ten times faster (KEYD_TLS_SERVER_EC); NULL: none */
    const char *anchors_pem;  /* trust anchors for client certificates, file; NULL: none asked */
    bool require_client;      /* handshake fails without one */
};
enum rc tls_conf_new(const struct tls_conf_spec *s, struct tls_conf **c_out, struct err *e);
/* With the chains of an instance: tls/server.pem and tls/server-ec.pem, those of them that are there (pli cert import may leave one). */
enum rc tls_conf_of(const char *instance, struct tls_conf_spec rest, struct tls_conf **c_out, struct err *e);
void tls_conf_free(struct tls_conf **c);
void tls_conf_rotate(struct tls_conf *c);  /* listener, once an hour: new ticket key; older tickets lead to a full handshake */
struct tls_peer {
    char version[16], cipher[64];
    bool has_cert, verified;
    char dn[512];             /* subject, RFC 4514 */
    char why[160];            /* not verified: the reason */
};
/* Handshake on s (within deadline); afterwards s speaks TLS and deadlines are the stream's. k signs. RC_SYNTAX: bytes came in clear
 * before it, or no TLS; RC_DENIED: no certificate where one is required; RC_TEMP: keyd. One handshake at a time uses a tls_conf (a
 * process has one session). Client side: tls_client.h. */
enum rc tls_accept(struct tls_conf *c, struct keyd *k, struct stream *s, struct tls_peer *peer_out, struct err *e);
