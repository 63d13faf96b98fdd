/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls.h - TLS 1.2 and 1.3 under a base/stream, with the private key in pli-keyd.
 *
 * Policy   TLS 1.3 and 1.2; AES-GCM with ECDHE only (spec: MSSante 2021 list and RFC 9325); no renegotiation, no compression, no early
 *          data. The certificate is ECDSA where the client takes it, else RSA. CHACHA20 is left out, because the library cannot offer it in
 *          1.3 without offering it in 1.2, where the national list is closed. With .old_ciphers two suites more, behind all others, in 1.2:
 *          ECDHE with AES-256-CBC and SHA-384, AES-128-CBC and SHA-256 (0xC028, 0xC027 of the text of 2021; the library gives the same two for
 *          an ECDSA certificate).
 * Tickets  work across session processes, because their key is made before the fork. The library changes it by time, and
 *          tls_conf_rotate() replaces it. No ticket is given where a client certificate is asked for, because a partner is verified anew
 *          each time. No ticket is given in TLS 1.2: such a ticket holds the traffic key itself, and each session process has the
 *          key of all tickets (docs/decisions/0011).
 * Peer     On port 25 a client certificate is asked for. tls_judge() verifies it: chain to the anchors alone, dates, 112 bits, usage, policies. The caller
 *          gets the verdict with its cause, and decides. Where trustd has verified the same chain lately, tls_suits() is enough, and the session reads no
 *          certificate. Whether it is revoked the caller asks trustd, with .chain. On other ports none is
 *          asked for.
 * Owns     A listener makes a struct tls_conf before its sandbox, because certificate files are read. Its children share it read-only.
 * Process  smtpd, imapd (server side); relayd, tests (client side).   Source RFC 8446, RFC 5246, RFC 9325.
 */
#pragma once
#include "base/stream.h"
#include "crypto/keyd/client/client.h"
struct tls_conf;
/* What a peer's certificate must be good for, besides its chain and dates. */
enum tls_usage {
    TLS_USE_EITHER = 0, /* clientAuth or serverAuth: operators present their server certificate as client too (spec 1.4) */
    TLS_USE_CLIENT, TLS_USE_SERVER, /* in the order of the words of smtpd.peer_usage */
    TLS_USE_ANY         /* neither key usage nor extended key usage is looked at */
};
struct tls_rules {
    enum tls_usage usage;
    const char *policies; /* OIDs, separated by spaces or commas, of which the certificate must name one (RFC 5280 4.2.1.4); NULL, "": any */
};
struct tls_conf_spec {
    const char *chain_pem;    /* RSA server certificate and chain, file (key KEYD_TLS_SERVER); NULL: none. One of the two is needed */
    const char *chain_ec_pem; /* the same with ECDSA P-256, which signs ten times faster (KEYD_TLS_SERVER_EC); NULL: none */
    const char *anchors_pem;  /* trust anchors for client certificates, file; NULL: none asked */
    bool old_ciphers;         /* setting smtpd.old_ciphers */
    bool require_client;      /* handshake fails without one */
    struct tls_rules client;  /* for client certificates; .policies lives as long as the tls_conf */
};
enum rc tls_conf_new(const struct tls_conf_spec *s, struct tls_conf **c_out, struct err *e);
/* The same with the chains of an instance: tls/server.pem and tls/server-ec.pem. One of them may be missing (pli cert import may leave one). */
enum rc tls_conf_of(const char *instance, struct tls_conf_spec rest, struct tls_conf **c_out, struct err *e);
void tls_conf_free(struct tls_conf **c);
void tls_conf_rotate(struct tls_conf *c);  /* listener, once an hour: new ticket key; older tickets lead to a full handshake */
enum { TLS_CHAIN_MAX = 32 * 1024 };
struct tls_peer {
    char version[16], cipher[64];
    bool has_cert, verified;
    bool judged;              /* .verified, .dn, .cause and .why are set; server side: by tls_judge() */
    char dn[512];             /* subject, RFC 4514 */
    enum cause cause;         /* not verified: CAUSE_NO_CERT, _BAD_CERT (unreadable, or another name than the host's), or one of CAUSE_CERT_... */
    char why[160];            /* not verified: the reason, for the log */
    size_t n_chain;           /* bytes of .chain that are set */
    unsigned char chain[TLS_CHAIN_MAX]; /* what the peer presented, leaf first: the list that trust_check() takes (trust/client/client.h) */
};
/* Does the handshake on s, within the stream's deadline. Afterwards s speaks TLS. k signs. Client side: tls_client.h.
 * RC_SYNTAX: bytes came in clear before the handshake, or the peer does not speak TLS. RC_DENIED: the peer gave no certificate where one is
 * required. RC_TEMP: keyd did not sign. Only one handshake at a time may use a tls_conf, which is so because a process has one session. */
enum rc tls_accept(struct tls_conf *c, struct keyd *k, struct stream *s, struct tls_peer *peer_out, struct err *e);
void tls_judge(const struct tls_conf *c, struct tls_peer *p); /* of tls_accept(), with the same conf; nothing when it is judged */
/* A chain that was verified elsewhere, by RFC 5280 and with 112 bits, to the anchors with that digest (SHA-256 of their file): is it good here? uses: what all
 * of it may be used for (enum pki_uses, crypto/pki/revocation.h). False: those are not the conf's anchors, or its rules ask for more: tls_judge() says which. */
bool tls_suits(const struct tls_conf *c, unsigned uses, const unsigned char anchors[32]);
