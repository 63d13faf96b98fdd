/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/tls_int.h - a GnuTLS session over a socket with a deadline, under a base/stream. Private to crypto/tls.
 *
 * Output   what the library writes is gathered and leaves in one send: at the end of a write, or before waiting for input. So a
 *          session ticket travels with the first reply, and no small segment waits for a delayed acknowledgement.
 * Owns     struct link: the session and its buffer; not the socket (the stream's).
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
    struct stream *stream; /* whose socket it is */
    int fd;
    int64_t deadline;
    const struct anchors *anchors; /* whom the peer's certificate may come from; NULL: only the credentials say */
    struct buf out;   /* encrypted, not yet sent */
    bool heard;       /* input has come since our last output, which would have carried its acknowledgement */
    bool eof;         /* the peer has closed the socket */
    struct err io;    /* rc RC_OK while the socket works; RC_TIMEOUT of a read, and what the stream's watch said, is told once, then it works again */
};
/* flags: GNUTLS_SERVER or GNUTLS_CLIENT and friends. */
enum rc link_new(struct stream *s, unsigned flags, struct link **l_out, struct err *e);
void link_free(struct link **l);
enum rc link_flush(struct link *l, struct err *e);
/* The handshake, to its end. who: "client 192.0.2.1"-like text is the caller's log's business. */
enum rc link_handshake(struct link *l, struct err *e);
/* The stream speaks through the link from now on, and owns it. */
void link_attach(struct link *l, struct stream *s);
/* version, cipher and the peer's certificate as seen; purpose: key purpose OID it must have. host: name it must have, NULL: any. */
void link_peer(struct link *l, const char *purpose, const char *host, struct tls_peer *p);
enum rc tls_err(struct err *e, enum rc rc, const char *what, int code);
extern const char tls_priority[];
