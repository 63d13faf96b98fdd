/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener.h - one process per session: accepts on a few sockets and forks. smtpd and imapd use it alike.
 *
 * Spares   A few sessions are forked before their peer comes, and get ready meanwhile. No spare is older than a tick, because it must have
 *          what the listener renews at a tick (ticket keys). When there is no spare, the session is forked as its peer comes.
 * Owns     the listening descriptors given (made non-blocking), the table of its children.
 * Limits   sessions in all; sessions at once per address; new sessions per minute and address. An address is an IPv4 address or an
 *          IPv6 /64. The rate does not count loopback, because local software and tests start hundreds per second and a limit would
 *          gain nothing.
 * Unproven A session proves itself by dialler_proven(): its peer has signed in, or has a listed operator's certificate. Sessions that have
 *          not proven themselves may hold only a part of the places: max_unproven per port, max_unproven_per_address per port and address,
 *          and never more than a quarter of all places per port.
 *          When these are used up, the oldest unproven session of the address that holds most gives its place to the newcomer. It does so at
 *          once when the newcomer's address holds fewer. Otherwise it does so only when it has had two seconds, because a peer that means
 *          to sign in has done so by then.
 *          A session that is still unproven after unproven_ms ends by itself. The listener ends it after twice that time.
 * Proxies  A proxy of ours brings the connections of many clients. The limits per address do not count its own address. The session reads its
 *          client's address from the PROXY header and asks the dialler, which counts the sessions and the rate of such clients.
 * Dialler  connects to daemons for sessions (base/dialler.h). It is started before the first session.
 * Ends     On SIGTERM or SIGINT the listener accepts no more. listener_peer.stop_fd becomes readable (end of file) in every session, which
 *          says goodbye at its next pause. After grace_ms the sessions that are left are killed. listener_run() returns.
 * Fails    When descriptors, memory or processes run out, there is one log line per minute, new peers are refused, and sessions go on.
 * Process  listeners of smtpd and imapd, inside their sandbox. Single thread. In the child only the ready and session callbacks run.
 */
#pragma once
#include "base/dialler.h"
#include "base/err.h"
#include "base/nets.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LISTENER_FDS = 8, LISTENER_IP = 46, LISTENER_SPARES_MAX = 8 };
struct listener_peer {
    char ip[LISTENER_IP]; /* text; an IPv4 address as such even on an IPv6 socket */
    uint16_t port;
    size_t which; /* index in fds */
    bool local;   /* came by a socket of run/: a process of this instance, or of this machine. Limits per address do not count it */
    bool proxied; /* its address is in .proxies: a PROXY header comes first, which names the true client (flow/proxied.h) */
    int stop_fd;  /* readable when the listener is told to stop, or is gone */
};
enum listener_why { LISTENER_FULL, LISTENER_ADDRESS_FULL, LISTENER_RATE, LISTENER_UNPROVEN, LISTENER_NO_FORK };
struct listener {
    int fds[LISTENER_FDS];
    size_t n_fds;
    unsigned max_sessions, max_per_address;
    unsigned max_rate; /* new sessions per minute and address; 0: no limit */
    const struct nets *proxies; /* NULL: none */
    unsigned max_unproven, max_unproven_per_address; /* on one port; 0: no limit */
    int unproven_ms;                                 /* 0: no limit */
    const uid_t *local_user; /* who alone may come by a socket of run/: another is closed before a session is forked for him. NULL: anyone */
    struct dialler_conf dialler;                     /* sockets NULL: there is none */
    int grace_ms;
    int tick_ms; /* 0: no tick */
    unsigned spares; /* at most LISTENER_SPARES_MAX; 0: none */
    /* Runs in the child before there is a peer: enters the sandbox, makes and dials what can be made and dialled ahead. May be NULL. */
    void *(*ready)(void *ctx);
    /* Runs in the child, which owns fd. The process ends with status 0 when it returns. ready: what ready() gave. */
    void (*session)(void *ctx, void *ready, int fd, const struct listener_peer *peer);
    /* Runs in the listener for a peer that gets no session. It may do one non-blocking write. fd stays the listener's. May be NULL. */
    void (*refuse)(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why);
    void (*tick)(void *ctx); /* runs in the listener: rotates ticket keys */
    void *ctx;
};
void listener_run(const struct listener *l);
const char *listener_why_name(enum listener_why why);
