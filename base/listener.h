/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener.h - one process a session: accepts on a few sockets and forks; the same for smtpd and imapd.
 *
 * Spares   a few sessions are forked before their peer comes, and get ready meanwhile. None is older than a tick: what the listener
 *          turns over (ticket keys) is turned over in them. When there is none, the session is forked as its peer comes.
 * Owns     the listening descriptors given (made non-blocking), the table of its children.
 * Limits   sessions in all, sessions at once of one address, new sessions a minute of one address. An address is an IPv4 address or an
 *          IPv6 /64. The rate does not count loopback: local software and tests start hundreds a second and nothing is won by it.
 * Unproven a session proves itself by dialler_proven(): a sign-in, a listed operator's certificate. Those that have not yet hold a part
 *          of the places only: max_unproven on one port, max_unproven_per_address there from one address, never more than a quarter of
 *          all for a port. Where it is used up, the oldest of the address that holds most gives its place to the newcomer: at once
 *          when the newcomer's address holds fewer, else once it has had two seconds: who means to sign in has done so by then. One that is unproven after unproven_ms is ended.
 * Dialler  connects to daemons for sessions (base/dialler.h); started before the first session.
 * Ends     SIGTERM, SIGINT: accepts no more; listener_peer.stop_fd becomes readable (end of file) in every session, which says goodbye at its
 *          next pause; after grace_ms the rest is killed; listener_run() returns.
 * Fails    no descriptors, no memory, no processes left: one log line a minute, new peers are refused, sessions go on.
 * Process  listeners of smtpd and imapd, inside their sandbox. Single thread. In the child: only what the session callback does.
 */
#pragma once
#include "base/dialler.h"
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { LISTENER_FDS = 8, LISTENER_IP = 46, LISTENER_SPARES_MAX = 8 };
struct listener_peer {
    char ip[LISTENER_IP]; /* text; an IPv4 address as such even on an IPv6 socket */
    uint16_t port;
    size_t which; /* index in fds */
    int stop_fd;  /* readable when the listener is told to stop, or is gone */
};
enum listener_why { LISTENER_FULL, LISTENER_ADDRESS_FULL, LISTENER_RATE, LISTENER_UNPROVEN, LISTENER_NO_FORK };
struct listener {
    int fds[LISTENER_FDS];
    size_t n_fds;
    unsigned max_sessions, max_per_address;
    unsigned max_rate; /* new sessions a minute and address; 0: any */
    unsigned max_unproven, max_unproven_per_address; /* on one port; 0: any */
    int unproven_ms;                                 /* 0: any */
    struct dialler_conf dialler;                     /* sockets NULL: there is none */
    int grace_ms;
    int tick_ms; /* 0: no tick */
    unsigned spares; /* at most LISTENER_SPARES_MAX; 0: none */
    /* In the child, before there is a peer: the sandbox, what can be made or dialled ahead. May be NULL. */
    void *(*ready)(void *ctx);
    /* In the child, which owns fd; the process ends with status 0 when it returns. ready: what ready() gave. */
    void (*session)(void *ctx, void *ready, int fd, const struct listener_peer *peer);
    /* In the listener, for a peer that gets no session: one non-blocking write at most; fd stays the listener's. May be NULL. */
    void (*refuse)(void *ctx, int fd, const struct listener_peer *peer, enum listener_why why);
    void (*tick)(void *ctx); /* in the listener: rotates ticket keys */
    void *ctx;
};
void listener_run(const struct listener *l);
const char *listener_why_name(enum listener_why why);
