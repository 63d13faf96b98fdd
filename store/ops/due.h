/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/due.h - the index of what is due (T_DUE), and life without it.
 *
 * Why      The index says nothing that the queue's records do not say. So a page of it that cannot be read may cost time, but no letter.
 * Given up The first request that meets a bad page of it gives the index up: the row "due_unkept" of T_META says so from then on, until a
 *          salvage has made the index anew. Meanwhile nobody reads or writes it, and what is due is found in T_QUEUE itself, in the order of its keys.
 * INV-9    T_DUE has exactly one record for each queue record that relayd has to do with (queue_state_due), under its next_try (UTC s), unless it is given up.
 * Process  pli-stored, inside a transaction where a struct tx is asked for. due_load(): once, before the first request.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/stored.h"

#define DUE_UNKEPT "due_unkept" /* the row of T_META */

void due_load(struct stored *d);
bool due_kept(const struct tx *t);
/* A request that began while the index was kept ended with rc. True: it may have met the bad page of the index, which is given up now, by it or by another
 * request at the same moment, and the request is worth another try. */
bool due_give_up(struct stored *d, enum rc rc);
enum rc due_put(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e); /* when it is due at all */
enum rc due_del(struct tx *t, uint64_t qid, uint32_t rcpt, const struct queued *q, struct err *e);
