/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_int.h - a GnuTLS session over a socket with a deadline, under a base/stream. Private to crypto/tls.
 *
 * Output   What the library writes is gathered. It leaves in one send, at the end of a write or before a wait for input. So a
 *          session ticket travels with the first reply, and no small segment waits for a delayed acknowledgement.
 * Owns     A struct link owns the session and its buffer. The socket is the stream's.
 * Process  smtpd and imapd sessions; relayd, tests.
 */
#pragma once
#include "crypto/tls/tls.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

struct anchors {
    gnutls_x509_crt_t *crt;
    unsigned n;
};
struct link {
    gnutls_session_t session;
    struct stream *stream; /* the stream that the socket belongs to */
    int fd;
    int64_t deadline;
    struct buf out;   /* encrypted, not yet sent */
    bool heard;       /* input has come since our last output, so no output has carried its acknowledgement yet */
    bool eof;         /* the peer has closed the socket */
    /* rc is RC_OK while the socket works. The RC_TIMEOUT of a read, and what the stream's watch said, are reported once. Then the socket works
     * again. */
    struct err io;
};
/* flags: GNUTLS_SERVER or GNUTLS_CLIENT and friends. */
enum rc link_new(struct stream *s, unsigned flags, struct link **l_out, struct err *e);
void link_free(struct link **l);
enum rc link_flush(struct link *l, struct err *e);
/* Does the handshake to its end. The error names no peer: the caller logs who it was. */
enum rc link_handshake(struct link *l, struct err *e);
/* From now on the stream speaks through the link and owns it. */
void link_attach(struct link *l, struct stream *s);
/* Fills in version, cipher and what was presented; nothing is read of it. */
void link_peer_seen(struct link *l, struct tls_peer *p);
/* The same, and the verdict on the peer's certificate. host: the name that it must have; NULL: any. */
void link_peer(struct link *l, const struct tls_rules *rules, const char *host, struct tls_peer *p);
/* The verdict alone, on certificates as they came, leaf first: .has_cert, .verified, .cause, .why, .dn and .chain of p, which is zeroed before. */
struct peer_judge {
    const struct anchors *anchors;   /* NULL: the trust list alone is asked */
    gnutls_x509_trust_list_t list;   /* the same authorities */
    struct tls_rules rules;
    const char *host;
};
void peer_judge_kept(const struct peer_judge *j, struct tls_peer *p); /* on what link_peer_seen() kept */
void peer_judge(const struct peer_judge *j, const gnutls_datum_t *certs, unsigned n, struct tls_peer *p);
/* Are uses (enum pki_uses) what the rules ask for? False where the rules ask for policies, of which uses say nothing. */
bool rules_met(const struct tls_rules *r, unsigned uses);
enum rc tls_err(struct err *e, enum rc rc, const char *what, int code);
extern const char tls_priority[];
