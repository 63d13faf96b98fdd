/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue.h - messages that wait for recipients elsewhere. Their envelopes are sealed; keyd gives an administrator the key of an envelope alone,
 * never that of the message: who may look at the queue reads no mail.
 *
 * Errors   RC_CORRUPT: an envelope cannot be opened; e->log names the entry.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"
#include "extract/queued.h"

/* One recipient of one message. Both live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*queue_see)(const struct store_queue_item *item, const struct queued_envelope *envelope, void *ctx, struct err *e);
/* only: one message's recipients; 0: all, oldest message first. None is no error. */
enum rc queue_each(struct admin *ad, uint64_t only, queue_see see, void *ctx, struct err *e);
const char *queue_state_name(uint8_t state); /* enum queue_state -> "waiting", "held", "done", "failed"; "?" */
