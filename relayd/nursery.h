/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/nursery.h - the nursery: a process that forks destination sessions. It is forked from relayd before any secret is loaded, so that a session
 * inherits no key, no envelope and no connection of the scheduler's.
 *
 * Use      the scheduler sends the peer's connected socket and its end of a new channel; the nursery forks, the child enters SB_RELAY_SESSION and runs
 *          session_run(). The channel's end of file is the session's end: nobody waits for process ids.
 * Warm     TLS settings (anchors, our certificate chain) are loaded here once.
 * Process  relayd: scheduler (asks), nursery, and in the child the session.
 */
#pragma once
#include "base/boot.h"
#include "relayd/channel.h"

struct nursery;
struct session_start {
    char domain[256]; /* of the recipients */
    char host[256];   /* MX host: SNI, and the name that the certificate must bear */
    char ip[46];
    uint32_t as;      /* whose certificate is shown: relayd/identity.h */
};
struct identities;
enum rc nursery_start(const struct boot *b, const struct identities *t, struct nursery **n_out, struct err *e);
void nursery_stop(struct nursery **n); /* sessions are told to stop: they finish the letter at hand */
/* peer_fd becomes the session's; channel_out is the scheduler's end of the channel. RC_CLOSED: the nursery died; start another. */
enum rc nursery_fork(struct nursery *n, const struct session_start *s, int peer_fd, int *channel_out, struct err *e);

/* In the child (relayd/session.c): until the channel or the peer ends. host_name: what we say in EHLO. */
struct session_conf; /* TLS client, timeouts, our name: nursery.c fills it before the fork */
void session_run(const struct session_conf *c, const struct session_start *s, int peer_fd, int channel_fd);
