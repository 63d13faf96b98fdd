/* SPDX-License-Identifier: EUPL-1.2 */
/* store/client.h - asking pli-stored.
 * Owns     struct store: one connection, dialled at first use ("store.sock" is named stored.sock in the working
 *          folder), dialled again after stored restarted (and bound to its ticket again). One process, one thread.
 * Restart  store_call() answers RC_TEMP when stored stays away for longer than its patience; ops that are idempotent
 *          (reads, and DELIVER by oid) are asked again by themselves within that time, so a restart of stored costs a
 *          session a pause, not a failure.
 * Process  smtpd, imapd, relayd sessions, pli.
 */
#pragma once
#include "store/wire.h"
struct store;
struct store *store_new(enum ipc_role role);
void store_free(struct store **s);
void store_dial_ahead(struct store *s); /* dials now, if that takes no waiting; the first request must bear to be asked again */
void store_patience(struct store *s, int milliseconds); /* default 8000 */
/* ticket copied; rep's spans until the next call */
void store_renew(struct store *s, struct span ticket); /* of the same mailbox: given with the next request */
enum rc store_bind(struct store *s, struct span ticket, struct store_box_rep *rep_out, struct err *e);
/* Any op of the table; rep's spans are borrowed until the next call. */
enum rc store_call(struct store *s, enum store_op op, const void *req, int req_fd, void *rep_out, struct err *e);
/* before a long wait: see ipc_rest() */
void store_rest(struct store *s);
/* Pipelining for listings: ask n times, answer n times, in order, no other call between. RC_TEMP: stored went away, ask
 * all again. */
enum rc store_ask(struct store *s, enum store_op op, const void *req, struct err *e);
enum rc store_answer(struct store *s, enum store_op op, void *rep_out, struct err *e);
/* a watching connection: readable when something changed */
int store_event_fd(struct store *s);
/* RC_MORE: none; RC_CLOSED: watch again */
enum rc store_event(struct store *s, struct store_ev_changed *ev_out, struct err *e);
