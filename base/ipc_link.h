/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_link.h - one connection to a daemon that outlives restarts of the daemon: the one machine that dials, dials again, waits with
 * patience and asks again. A daemon's client is a table (struct ipc_link_how) and one function an operation.
 *
 * Dials    at first use, and again whenever the connection was lost. The answer to HELLO travels with the first answer where the request bears
 *          to be asked again; else HELLO is waited for, so that nothing is sent to a daemon that would not have us.
 * Again    a request that was not sent is sent on the next connection. One that was sent and lost its answer is asked again when its op
 *          says that it may be (IPC_AGAIN), else the caller hears RC_TEMP at once: it may have been done.
 * Waits    between attempts, longer each time, until patience_ms have passed since the call began; then RC_TEMP. A refusal by the daemon (another
 *          version, a role that is not ours) is final at once.
 * Long     an op that is IPC_LONG and was answered CAUSE_BUSY is asked again, with growing pauses, for call_ms.
 * Due      with due_ms every request says until when it is worth doing (base/ipc.h). The answer is waited for call_ms, which is longer.
 * Spans    of a reply point into *mem, which the caller owns: see ipc_call().
 * Errors   RC_TEMP "NAME is away: ..." when patience or one of the above ended it; else what the daemon answered.
 * Process  all that ask. One process, one thread.
 */
#pragma once
#include "base/ipc.h"

struct ipc_link;
struct ipc_link_how {
    const char *socket;              /* "stored.sock": in the working folder */
    const struct ipc_proto *proto;
    enum ipc_role role;
    int patience_ms;
    int call_ms;                     /* how long one answer is waited for */
    int due_ms;                      /* 0: requests are worth doing at any time */
    /* What a connection must know before the next request (stored: the ticket), told with ipc_link_once(); RC_OK at once when
     * ipc_link_dials() says that it was told on this one. Not RC_OK: the request is not asked. NULL: nothing. */
    enum rc (*tell)(void *ctx, struct ipc_link *l, struct err *e);
    void *ctx;
};
struct ipc_link *ipc_link_new(const struct ipc_link_how *how); /* *how is copied; dies when there is no memory */
void ipc_link_free(struct ipc_link **l);
void ipc_link_patience(struct ipc_link *l, int ms);
void ipc_link_times(struct ipc_link *l, int due_ms, int call_ms); /* for the next requests */
void ipc_link_dial_ahead(struct ipc_link *l); /* dials now, if that takes no waiting; the first request must bear to be asked again */
void ipc_link_hang_up(struct ipc_link *l);    /* forgets what was asked and not answered; the next request dials */

struct ipc_ask {
    uint16_t op;                     /* any of the table */
    const void *req;
    void *rep_out;
    struct buf *mem;                 /* may be NULL for an op whose reply has no spans */
    int req_fd;                      /* of an op that is IPC_REQ_FD; stays the caller's */
    int *rep_fd_out;                 /* of an op that is IPC_REP_FD: the caller's then; -1: none came. NULL: not wanted */
};
enum rc ipc_link_call(struct ipc_link *l, const struct ipc_ask *q, struct err *e);
/* On the connection there is, once: for how.tell. RC_CLOSED, RC_TIMEOUT as ipc_call(). */
enum rc ipc_link_once(struct ipc_link *l, const struct ipc_ask *q, struct err *e);

/* Pipelining: ask n times, answer n times, in order. RC_TEMP from either: the connection is gone, ask all again. A call in between forgets the
 * questions, for their answers would be in its way. */
enum rc ipc_link_ask(struct ipc_link *l, uint16_t op, const void *req, struct err *e);
enum rc ipc_link_answer(struct ipc_link *l, uint16_t op, void *rep_out, struct buf *mem, struct err *e);

/* Events. fd: -1 when there is no connection. event: RC_OK, RC_MORE none there, RC_CLOSED the connection is gone (and hung up). */
int ipc_link_fd(const struct ipc_link *l);
enum rc ipc_link_event(struct ipc_link *l, uint16_t *op_out, void *msg_out, struct err *e);
void ipc_link_rest(struct ipc_link *l);           /* before a long wait: see ipc_rest() */
unsigned ipc_link_dials(const struct ipc_link *l); /* which connection this is, counted from 1; 0: there is none */
