/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/finder.h - the finder: a process that turns a domain into a connection. It asks DNS (MX, then A and AAAA; c-ares), calls connect(2), and gives the
 * connected socket to the scheduler.
 *
 * Why      DNS answers are hostile octets. The finder holds no key, no mail, no address of a person; it knows domains. The scheduler and the sessions have no
 *          network call at all.
 * Order    candidates are the MX hosts by preference, equal ones in random order, each with all its addresses (IPv6 and IPv4); without MX the domain itself
 *          (RFC 5321 5.1); "." (RFC 7505) means that the domain takes no mail. An MX that is a CNAME is followed. At most FINDER_CANDIDATES.
 *          With .after the search goes on behind the candidate that a former answer named: its session failed there.
 * Limits   one question costs at most FINDER_CONNECT_MS per address and relayd.connect_timeout in all. Many questions are worked on at once.
 * Owns     struct finder: the process and the socket pair to it. A descriptor in an answer is the caller's.
 * Settings relayd.port (25), relayd.resolver (empty: /etc/resolv.conf; "address:port" for tests and sites with their own), relayd.bind_address.
 * Process  relayd: scheduler (asks), finder.   Source RFC 5321 5.1, RFC 7505, RFC 8305 (attempts that overlap), RFC 6724.
 */
#pragma once
#include "base/boot.h"
#include "base/err.h"

enum { FINDER_CANDIDATES = 32, FINDER_CONNECT_MS = 10000, FINDER_HOST = 256, FINDER_IP = 46 };
enum finder_result {
    FIND_CONNECTED = 1,
    FIND_NO_DOMAIN,   /* NXDOMAIN: 5.1.2 */
    FIND_NULL_MX,     /* 5.1.10 */
    FIND_NO_ADDRESS,  /* the hosts named have no address: 4.4.4, tried again */
    FIND_DNS_TEMP,    /* SERVFAIL, timeout: 4.4.3 */
    FIND_UNREACHABLE, /* nobody took the connection: 4.4.1 */
    FIND_NO_MORE      /* no candidate behind .after */
};
struct finder_ask {
    uint64_t id;       /* the caller's, comes back */
    char domain[256];  /* ASCII (A-labels) */
    uint32_t after;    /* 0: from the first candidate */
};
struct finder_answer {
    uint64_t id;
    enum finder_result result;
    int fd;                 /* FIND_CONNECTED: non-blocking is off; else -1 */
    uint32_t candidate;     /* for .after */
    char host[FINDER_HOST]; /* the MX host; its certificate must bear this name */
    char ip[FINDER_IP];
    char text[160];         /* for the log and the report */
};
struct finder;
enum rc finder_start(const struct boot *b, struct finder **f_out, struct err *e); /* forks; before any secret is loaded */
void finder_stop(struct finder **f);
int finder_fd(const struct finder *f); /* readable: an answer, or its end */
enum rc finder_send(struct finder *f, const struct finder_ask *q, struct err *e);
enum rc finder_next(struct finder *f, struct finder_answer *out, struct err *e); /* RC_MORE: none there; RC_CLOSED: it died; start another */
