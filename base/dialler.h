/* SPDX-License-Identifier: EUPL-1.2 */
/* base/dialler.h - the dialler: a process beside a listener that does for the sessions what they must not do themselves. It calls connect(2)
 * and keeps the sums of what they hold.
 *
 * Why      A session that was taken over could call connect() on its client's TCP socket and leave the machine. seccomp does not see an
 *          address, and Landlock stops TCP only from ABI 4 on (Linux 6.7). So sessions have no connect at all (docs/decisions/0011).
 * Channel  Each session has a socket pair with the dialler, which is made before the session's peer comes. No other process has an end of
 *          it. The kernel tells the dialler the session's process id (SCM_CREDENTIALS). A packet that is malformed or comes with a
 *          descriptor ends the channel.
 * Asked    CONNECT  gives a descriptor that is connected to one of the named sockets, at most DIALLER_RATE per minute and session. The
 *                   daemon sees who says HELLO on it.
 *          PROVEN   says that the peer has shown who it is. The listener is told. A session that lies gains a longer stay and no more.
 *          HOLD     asks: may this session hold that many bytes of a message on its way, for that account? There is a bound per account and
 *                   one for all. What a session held is given back when its channel closes, however the session ended.
 *          RATED    asks: may this account, from this address, submit one more message to so many recipients? Both have rates an hour, which are
 *                   counted here because sessions end. They begin anew when a dialler is started: after a restart, a renewal of certificates,
 *                   and the death of a dialler.
 *          CLIENT   a session behind a proxy (flow/proxied.h) tells its true client's address and asks: are there already too many from
 *                   there? The listener has seen the proxy's address only, and leaves that question to the dialler.
 * Life     listener_run() starts the dialler, and starts another when it dies. The sessions of the dead one cannot dial any more: they answer
 *          451 or NO until they end. The dialler ends when the listener and all sessions have gone. It has no network socket and reads no
 *          byte of a peer.
 * Process  listeners of smtpd and imapd, their dialler, their sessions. Each has a single thread.
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
    struct dialler_rates {           /* an hour; 0: no limit */
        unsigned account_messages, account_recipients, address_messages, address_recipients;
    } rates;
    struct dialler_clients { /* of one address behind a proxy; 0: no limit */
        unsigned sessions, unproven, per_minute;
    } clients;
};
/* Sets the bounds of c to the given ones, or higher: one message of max_message bytes can always be signed. */
void dialler_bounds(struct dialler_conf *c, uint64_t all, uint64_t account, uint64_t max_message);
/* ---- in the listener ---- */
struct dialler {
    pid_t pid;
    int door; /* children inherit it and send their end of a channel through it */
    int news; /* readable, never blocks: a pid_t for each session that has proven itself */
};
/* Forks. False: there are no descriptors or no process left. forked runs in the dialler and closes what is the listener's. Then the dialler
 * enters its sandbox. */
bool dialler_start(struct dialler *d, const struct dialler_conf *c, void (*forked)(void *ctx), void *ctx);
void dialler_leave(struct dialler *d); /* closes both ends */
void dialler_run(const struct dialler_conf *c, int door, int news); /* the dialler's loop, until all have gone; for tests too */

/* ---- in a session ---- */
void dialler_join(struct dialler *d); /* before its peer's first byte; closes its copies of d's ends */
void dialler_only(void);              /* from now on this process cannot connect by itself: base/ipc_client.c asks the dialler */
bool dialler_needed(void);
/* The caller owns *fd_out. RC_TEMP: the daemon's queue is full, or the rate is used up. RC_CLOSED: there is no dialler. */
enum rc dialler_connect(const char *path, int64_t deadline, int *fd_out, struct err *e);
void dialler_proven(void);
enum dialler_answer_to { DIALLER_YES, DIALLER_ACCOUNT_RATE, DIALLER_ADDRESS_RATE, DIALLER_ADDRESS_SESSIONS, DIALLER_GONE /* it does not answer */ };
enum dialler_answer_to dialler_rated(const char *account, const char *ip, unsigned recipients); /* YES counts it; YES without a dialler */
enum dialler_answer_to dialler_client(const char *ip);                                          /* once a session */
/* bytes: all that this process holds from now on. False: there is no room, and what was granted before stays. True without a dialler. */
bool dialler_hold(uint64_t bytes, const char *account);
