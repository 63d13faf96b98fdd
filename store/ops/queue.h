/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue.h - the functions of queue.c and keywords.c that a delivery (deliver.c) and queue_list.c need.
 * INV-9    T_DUE has exactly one record for each queue record that relayd has to do with (queue_state_due), under its next_try (UTC s).
 * Errors   RC_SYNTAX from keywords_known(): a keyword bit has no name in the mailbox. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

uint64_t queue_new_id(struct stored *d); /* higher than every number before it, also after a restart */
enum rc queue_add(struct tx *t, uint64_t qid, const struct store_deliver_req *rq, const struct store_remote *r,
                  size_t n, struct err *e);
enum rc queue_get(struct tx *t, uint64_t qid, uint32_t rcpt, bool write, struct buf *mem, struct queued *q_out,
                  struct err *e); /* q_out borrows from mem */
enum rc keywords_known(struct tx *t, uint64_t mbx, uint64_t flags, struct err *e); /* each keyword bit has a name */
