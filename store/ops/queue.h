/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue.h - the functions of queue.c and keywords.c that a delivery (deliver.c) and queue_list.c need.
 * Errors   RC_SYNTAX from keywords_known(): a keyword bit has no name in the mailbox. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

/* Higher than every number before it, also after a restart; or, where the end of the table lies on a bad page, lower than all of those, and higher than the
 * low ones before it. */
uint64_t queue_new_id(struct stored *d, bool low);
enum rc queue_add(struct tx *t, uint64_t qid, const struct store_deliver_req *rq, const struct store_remote *r,
                  size_t n, struct err *e);
enum rc queue_get(struct tx *t, uint64_t qid, uint32_t rcpt, bool write, struct buf *mem, struct queued *q_out,
                  struct err *e); /* q_out borrows from mem */
/* Updates of entries, each as QUEUE_SETTLE makes it; how many were made. RC_SYNTAX: more than most. */
enum rc queue_settle(struct tx *t, enum ipc_role role, struct span updates, uint32_t most, uint32_t *made_out, struct err *e);
enum rc keywords_known(struct tx *t, uint64_t mbx, uint64_t flags, struct err *e); /* each keyword bit has a name */
