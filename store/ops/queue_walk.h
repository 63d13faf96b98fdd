/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/queue_walk.h - the records of the queue in order, past those that cannot be read: a page that is bad hides its own records, and no others.
 *
 * Use      queue_walk(); while ((rc = queue_walk_next(...)) == RC_OK) ...; queue_walk_end(). RC_NOTFOUND is the end.
 * Cost     as a scan's (scan.h). At a bad page, some hundred searches more.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/db/rec.h"
#include "store/db/scan.h"

enum queue_walk_how { QW_BULK, QW_SINGLY /* a page ahead is bad: which record is the last before it? */, QW_BY_NUMBER /* of one message: each recipient that there may be */ };
struct queue_walk {
    struct tx *t;
    struct scan s;
    enum queue_walk_how how;
    bool one, open;
    struct key next; /* the least key that was not looked at */
    struct buf mem;
};
/* From (qid, rcpt) on. one: of that message only. */
void queue_walk(struct queue_walk *w, struct tx *t, uint64_t qid, uint32_t rcpt, bool one);
enum rc queue_walk_next(struct queue_walk *w, uint64_t *qid_out, uint32_t *rcpt_out, struct queued *q_out, struct err *e); /* q_out: until the next call */
void queue_walk_end(struct queue_walk *w);
