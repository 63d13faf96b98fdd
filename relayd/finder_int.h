/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/finder_int.h - the finder from inside: a hunt for each question, from the name to addresses (finder_dns.c) to a connection (finder_connect.c).
 *
 * Candidates of a domain stand in one order, which depends on its DNS answers and on a seed. A candidate's number says the seed and the place, so that
 *          a later question goes on behind it without anything being kept: the same answers and the same seed give the same order.
 * Refused  addresses of this machine and of no machine (loopback, unspecified, link-local, multicast): who publishes them as his MX would have us talk to
 *          ourselves. relayd.local_peers allows loopback, for tests.
 * Ourselves a MX that is our own host name is dropped with all that are no better (RFC 5321 5.1). A connection whose two ends have one address is closed.
 * Owns     a hunt lives until c-ares has called back for each of its queries, also when it is answered before.
 * Process  finder.
 */
#pragma once
#include "base/clock.h"
#include "relayd/finder.h"
#include <ares.h>
#include <poll.h>
#include <sys/socket.h>

enum { HOSTS_MAX = 16, ADDRS_MAX = 8 /* of a host and family */, ATTEMPTS_MAX = 4, HUNTS_MAX = 128 /* more would flood a small resolver's socket */, DNS_SOCKETS_MAX = 64 };
enum { OVERLAP_MS = 2000 /* an attempt that has not ended by then gets company */ };

struct finder_conf {
    uint16_t port;
    int64_t connect_ms;                /* a question in all */
    bool local_peers;
    const char *resolver, *own_host;   /* "": none */
    struct sockaddr_storage from[2];   /* relayd.bind_address: IPv4, IPv6; family 0: none */
};
struct mx_host {
    char name[FINDER_HOST];
    uint16_t preference;
    struct finder_addr {
        int family;
        unsigned char octets[16];
    } addr[2][ADDRS_MAX];              /* IPv6, IPv4 */
    unsigned n[2];
};
struct candidate {
    const struct mx_host *host;
    const struct finder_addr *addr;
};
struct attempt {
    int fd;                            /* -1: free */
    unsigned candidate;
    int64_t until;
};
struct hunt {
    struct hunt *next;
    struct finder_loop *loop;
    struct finder_ask ask;
    uint32_t seed;
    unsigned first;                    /* candidates before it were tried by a former question */
    unsigned pending;                  /* queries that c-ares has not called back for */
    bool answered, temp /* a query failed for now */, named /* MX records, not the domain itself */;
    struct mx_host host[HOSTS_MAX];
    unsigned n_hosts;
    struct candidate cand[FINDER_CANDIDATES];
    unsigned n_cand, next_cand;
    struct attempt attempt[ATTEMPTS_MAX];
    int64_t due, overlap_at;
    char why[160];                     /* of the last failure */
};
struct finder_loop {
    struct finder_conf conf;
    int ask;                           /* the scheduler's end; -1: closed */
    ares_channel dns;
    struct pollfd dns_fd[DNS_SOCKETS_MAX];
    unsigned n_dns;
    struct hunt *hunts;
    unsigned n_hunts;
};

void finder_answer_of(struct hunt *h, enum finder_result r, unsigned candidate, int fd); /* once a hunt; takes fd */
/* finder_dns.c */
enum rc finder_dns_start(struct finder_loop *l, struct err *e); /* reads /etc/resolv.conf: before the sandbox */
void finder_dns_ask(struct hunt *h);
bool finder_name_ok(const char *name);
/* finder_connect.c */
void finder_connect(struct hunt *h);                             /* the addresses are known */
void finder_connect_event(struct hunt *h, const struct pollfd *p);
void finder_connect_time(struct hunt *h, int64_t now);
int64_t finder_connect_next(const struct hunt *h);               /* monotonic: when to call finder_connect_time() */
void finder_connect_end(struct hunt *h);
const char *finder_refused(const struct finder_addr *a, bool local_peers); /* NULL: may be connected to; else why not */
/* finder.c: the process */
void finder_run(struct finder_loop *l);
