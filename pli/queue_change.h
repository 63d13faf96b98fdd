/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/queue_change.h - recipients of the queue that an act is for: named by number or by filter, counted first, then changed one by one.
 * Owns     struct queue_pick: queue_pick_free(), in any case.
 * Process  pli.
 */
#pragma once
#include "admin/queue.h"
#include "pli/cmd.h"

struct queue_pick {
    struct store_queue_item *a; /* qid, rcpt, next_try alone */
    size_t n, messages;
    uint64_t oldest;            /* received, UTC s */
    struct buf to;              /* "chu.example 12, autre.example 3, ...": the first destinations */
};
/* By the words NUMBER[.RECIPIENT] ..., each narrowed by the options, or by the options alone, or by --all: one of the three must be given. Only those in a
 * state that the act is for. PLI_OK, or an exit code after its line: a number that names none is one. */
int queue_pick(struct cmd *c, enum queue_act act, struct queue_pick *out);
/* Changes them and says how many: "3 recipients held". done: the word for it. */
int queue_change(struct cmd *c, const struct queue_pick *p, enum queue_act act, const char *done);
void queue_pick_free(struct queue_pick *p);
/* The three that undo each other need no question: pick and change. */
int queue_pick_and_change(struct cmd *c, enum queue_act act, const char *done);
