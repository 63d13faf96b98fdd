/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/proxied.h - the client behind a proxy: reads the PROXY header, before anything else of the connection, and asks whether the client's address
 * has a place left.
 *
 * Who      only a peer whose address the listener found in SECTION.proxy_from (listener_peer.proxied). From it a header must come, within
 *          PROXIED_MS. Any other peer's PROXY header is a line that nobody understands.
 * Exact    no octet behind the header is read, because TLS may begin there.
 * Counts   all places (max_sessions, max_unproven) count the session as the proxy's, because they are the listener's and are counted before. The
 *          limits for one address (sessions, unproven ones, rate) count the client, in the dialler. So do the rates of submission, dird's
 *          pauses after wrong passwords, and the log.
 * Process  smtpd, imapd sessions.   Source proto/proxy/proxy.h
 */
#pragma once
#include "base/listener.h"

enum { PROXIED_MS = 5000 };
enum proxied {
    PROXIED_FINE, /* *peer has the client's address and port; for LOCAL and for no family the proxy's own */
    PROXIED_BAD,  /* no header, or a wrong one: close. One log line has said why */
    PROXIED_FULL  /* too many from the client's address: to be told as the listener tells it. Logged, too */
};
enum proxied proxied_client(int fd, struct listener_peer *peer);
