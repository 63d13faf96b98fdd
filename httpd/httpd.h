/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/httpd.h - what pli-httpd serves, and what its sessions share: the settings of mail clients, for people and for programs.
 *
 * Chooses  a password with a first-sign-in code, which goes to dird (httpd/choose.h).
 * Tells    where this instance is reached: host, ports, the address book. Nothing of any account: what is answered depends on the domain of the address
 *          that was asked about, never on whether there is such an address. A session may ask dird whether a domain is served here, and DIRD_CHOOSE, and nothing else; it
 *          has no way to stored or a file.
 * Holds    the certificate that TLS peers are shown. No private key: keyd signs handshakes and settings files.
 * Process  pli-httpd: the listener makes struct httpd before its sandbox, sessions read it.
 */
#pragma once
#include "base/book.h"
#include "base/listener.h"
#include "crypto/keyd/client/client.h"
#include "crypto/tls/tls.h"

struct reach { /* ports are as clients name them; 0: not offered */
    const char *host, *domain;
    unsigned https, imaps, imap, submissions, submission;
    struct book book;
};
struct httpd {
    struct reach reach;
    int64_t password_min;        /* characters, as the page says it: dird decides */
    struct tls_conf *tls;
    enum keyd_tls_key key;       /* signs settings files */
    struct buf chain, cert;      /* of that key: PEM with its authorities; DER */
    bool clear[LISTENER_FDS];    /* index as in listener.fds: port 80 */
    int64_t request_ms, session_ms;
    struct listener listener;
};

void *http_ready(void *conf);                                                         /* listener.ready */
void http_session(void *conf, void *ready, int fd, const struct listener_peer *peer); /* listener.session */
