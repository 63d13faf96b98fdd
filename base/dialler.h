/* SPDX-License-Identifier: EUPL-1.2 */
/* base/dialler.h - the process beside a listener that keeps what its sessions may not have: connect(2), and the sums of what they hold.
 *
 * Why      a session that was taken over could call connect() on its client's TCP socket and leave the machine: seccomp does not see an
 *          address, and Landlock stops TCP only from ABI 4 on (Linux 6.7). So sessions have no connect at all (docs/decisions/0011).
 * Channel  each session has a socket pair with the dialler, made before its peer came; nobody else has an end of it. Its process id is
 *          known by the kernel's word (SCM_CREDENTIALS). What is malformed, or comes with a descriptor, ends the channel.
 * Asked    CONNECT: a connected descriptor to one of the named sockets, at most DIALLER_RATE a minute. The daemon sees who says HELLO on it.
 *          PROVEN: the peer has shown who it is; the listener is told. A session that lies gains a longer stay, no more.
 *          HOLD: may this session hold that many bytes of a message on its way, for that account? Bounded for an account and in all;
 *          what a session held is given back when its channel closes, however it ended.
 * Life     started by listener_run(), again if it dies (sessions that it had then can not dial: they answer 451 or NO until they end). Ends
 *          when the listener and all sessions have gone. It has no network socket and reads no byte of a peer.
 * Process  listeners of smtpd and imapd, their dialler, their sessions. Single threads.
 */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { DIALLER_RATE = 600 };
struct dialler_conf {
    const char *const *sockets; /* what may be connected to, relative to the working folder; NULL-terminated */
    uint64_t hold_all, hold_account; /* bytes */
};
/* What is set, but never so little that one message of max_message could not be signed. */
void dialler_bounds(struct dialler_conf *c, uint64_t all, uint64_t account, uint64_t max_message);
/* ---- in the listener ---- */
struct dialler {
    pid_t pid;
    int door; /* children are made with it and say there who they are */
    int news; /* readable, never blocks: a pid_t for each session that has proven itself */
};
/* Forks; false: no descriptors, no process. forked runs in the dialler, to close what is the listener's; then it takes its sandbox. */
bool dialler_start(struct dialler *d, const struct dialler_conf *c, void (*forked)(void *ctx), void *ctx);
void dialler_leave(struct dialler *d); /* closes both ends */
void dialler_run(const struct dialler_conf *c, int door, int news); /* until all have gone; for tests too */

/* ---- in a session ---- */
void dialler_join(struct dialler *d); /* before its peer's first byte; closes its copies of d's ends */
void dialler_only(void);              /* from now on this process can not connect by itself: base/ipc_client.c asks */
bool dialler_needed(void);
/* RC_TEMP: the daemon's queue is full or the rate is used up; RC_CLOSED: no dialler. */
enum rc dialler_connect(const char *path, int64_t deadline, int *fd_out, struct err *e);
void dialler_proven(void);
/* bytes: all that this process holds from now on. False: no room; what was granted before stays. Without a dialler: true. */
bool dialler_hold(uint64_t bytes, const char *account);
