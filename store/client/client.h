/* SPDX-License-Identifier: EUPL-1.2 */
/* store/client/client.h - asking pli-stored.
 * Owns     struct store: one connection. It is dialled at first use, to stored.sock in the working folder. After a restart of stored it is dialled
 *          again and bound to its ticket again. A struct store is for one process and one thread.
 * Restart  base/ipc_link.h redials. store_call() answers RC_TEMP when stored stays away for longer than its patience. Within that time it asks
 *          again by itself, when the operation is IPC_AGAIN (reads, and DELIVER by oid). So a restart of stored costs a session a pause, and no
 *          failure.
 * Slow     a request says until when it may still be done (store_timeout()). stored drops a request that is late, up to the moment before the
 *          commit. The client waits longer than that (WAIT_MORE times as long). So a caller that is told "not done" may ask again with another
 *          oid, and the message is not there twice. One case remains: after the commit the disk may take longer for the flush than the client
 *          waits (stored logs ev=store-late).
 * Process  smtpd, imapd, relayd sessions, pli.
 */
#pragma once
#include "store/wire/wire.h"
struct store;
void store_timeout(int milliseconds); /* for every request of this process from now on; default 20 s */
struct store *store_new(enum ipc_role role);
void store_free(struct store **s);
void store_dial_ahead(struct store *s); /* dials now, if that takes no waiting; the first request must bear to be asked again */
void store_patience(struct store *s, int milliseconds); /* default 8000 */
/* Spans of a reply point into *mem, which the caller owns, and live as long as that: see ipc_call(). */
/* ticket copied; rep's slots in mem */
enum rc store_bind(struct store *s, struct span ticket, struct store_box_rep *rep_out, struct buf *mem, struct err *e);
void store_renew(struct store *s, struct span ticket); /* of the same mailbox: given with the next request */
/* Any op of the table. */
enum rc store_call_in(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct buf *mem,
                      struct err *e);
/* The same for an op whose reply has no spans; for another one it is a bug(), at the first call. */
enum rc store_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct err *e);
/* before a long wait: see ipc_rest() */
void store_rest(struct store *s);
/* Pipelining for listings: ask n times, answer n times, in order, no other call between. RC_TEMP: stored went away, ask
 * all again. */
enum rc store_ask(struct store *s, enum store_op op, const void *req, struct err *e);
enum rc store_answer(struct store *s, enum store_op op, void *rep_out, struct buf *mem, struct err *e);
/* Which connection this is, counted from 1; 0: there is none. A watch lives as long as its connection. */
unsigned store_dials(const struct store *s);
/* a watching connection: readable when something changed */
int store_event_fd(struct store *s);
/* RC_MORE: none; RC_CLOSED: watch again */
enum rc store_event(struct store *s, struct store_ev_changed *ev_out, struct err *e);
