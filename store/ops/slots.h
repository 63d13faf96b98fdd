/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/slots.h - a mailbox's key slots in the store: parts 1 (present) and 2 (former) of its record in boxes.db.
 *
 * Shapes   a list is a string of slot records (crypto/seal/slot.h), at most SLOTS_MAX octets; stored reads their types, never a key.
 * Owns     nothing. Spans that are given out lie in the buffer that was handed in, which must have room for two lists.
 * Errors   RC_SYNTAX: the octets are not a list of slots. RC_PERM: no slot of the list opens the mailbox. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.   Source DESIGN 4.
 */
#pragma once
#include "store/db/tx.h"

enum rc slots_lawful(struct span slots, struct err *e);
enum rc slots_first(struct tx *t, uint64_t mbx, struct span slots, struct err *e); /* the first list of a new mailbox */
/* *former_out is empty when the present list is known to open the mailbox. RC_NOTFOUND: no such mailbox. */
enum rc slots_read(struct tx *t, uint64_t mbx, struct buf *out, struct span *now_out, struct span *former_out, struct err *e);
enum rc slots_replace(struct tx *t, uint64_t mbx, struct span slots, struct err *e);
enum rc slots_opened(struct tx *t, uint64_t mbx, struct err *e); /* the present list has opened the mailbox: deletes the former list */
enum rc slots_remove(struct tx *t, uint64_t mbx, struct err *e); /* deletes both lists, when the mailbox is deleted */
