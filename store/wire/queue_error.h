/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/queue_error.h - of store/wire/wire.h: the form of last_error in a queue entry: why the last attempt did not take the message on.
 *
 * Form     the fields below, as ipc_encode() writes them, and nothing else; last_error is empty while there was none. stored refuses another form (RC_SYNTAX).
 *          So an operator may see it and the queue can be filtered by it: it holds no word of a message and none of a peer's, who might say an address or
 *          anything else in a reply. The peer's words go to the log (relayd) and into the report, never here.
 * Process  relayd writes; stored filters; pli shows.
 */
#pragma once
#include "store/wire/common.h"

enum { STORE_ESC = 16 };
#define FIELDS_store_queue_error(F, T)                                                                              \
    F(T, U16, cause)                          /* enum cause: what we found; CAUSE_NONE: the peer's reply below */   \
    F(T, U16, code)                           /* of the peer's reply; 0: it gave none */                            \
    F(T, BYTES, esc, STORE_ESC)               /* "4.2.2", digits and dots; empty: none */
IPC_MESSAGE(store_queue_error);
/* The form to out (cleared first). */
void store_queue_error_write(struct buf *out, enum cause cause, uint16_t code, struct span esc);
/* last_error of an entry. False: it is empty, or not of this form; then *out is zeroed. esc borrows from last_error. */
bool store_queue_error_read(struct span last_error, struct store_queue_error *out);
