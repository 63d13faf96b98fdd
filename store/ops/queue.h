/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue.h - what deliver.c wants of the queue and of the keywords.
 * INV-9    T_DUE has exactly one record for each waiting queue record, at its next_try.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

uint64_t queue_new_id(struct stored *d); /* grows, over restarts too */
enum rc queue_add(struct tx *t, uint64_t qid, const struct store_deliver_req *rq, const struct store_remote *r,
                  size_t n, struct err *e);
enum rc keywords_known(struct tx *t, uint64_t mbx, uint64_t flags, struct err *e); /* each keyword bit has a name */
