/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/queue.h - messages that wait for recipients elsewhere: looked at, counted, retried, held, released, taken out. Their envelopes are sealed; keyd
 * gives an administrator the key of an envelope alone, never that of the message: who may look at the queue reads no mail.
 *
 * Filter   stored finds what it can without an envelope (state, cause, age, keys of addresses); the rest is judged on the opened envelope, so the
 *          answer is right whatever stored could tell. Without .keys every entry is opened.
 * Acts     compare and set: an entry that is in another state by then is left as it is (QUEUE_MISSED). relayd notices by itself.
 * Errors   RC_CORRUPT: an envelope cannot be opened; e->log names the entry.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"
#include "extract/queued.h"

struct queue_filter { /* zeroed: everything */
    uint64_t qid;                           /* one message; 0: all */
    int64_t rcpt;                           /* with qid: one recipient of it, +1; 0: all of them */
    uint16_t states;                        /* 1 << enum queue_state; 0: any */
    uint16_t cause;                         /* enum cause of the last error, or QUEUE_CAUSE_REPLY; 0: any */
    uint64_t received_before;               /* UTC s; 0: any */
    struct span domain, sender, recipient;  /* case does not count; empty: any. A sender or recipient without @ is a domain. "<>" is the null sender */
    unsigned char keys[STORE_QUEUE_KEYS];   /* of these, when which is not 0 (flow/logged.h makes them) */
    uint8_t which;                          /* QK_ bits */
    uint64_t most;                          /* recipients; 0: all */
};
/* One recipient of one message. Both live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*queue_see)(const struct store_queue_item *item, const struct queued_envelope *envelope, void *ctx, struct err *e);
/* Oldest message first. None is no error. */
enum rc queue_each(struct admin *ad, const struct queue_filter *f, queue_see see, void *ctx, struct err *e);

enum queue_act {
    QUEUE_RETRY = 1, /* waiting: tried now */
    QUEUE_HOLD,      /* waiting: not tried until it is released; its life runs on */
    QUEUE_RELEASE,   /* held: waits again, and is tried now */
    QUEUE_DROP,      /* waiting or held: not sent; relayd reports that to its sender, and ends it */
    QUEUE_END        /* waiting, held or dropped: not sent, and its sender is not told, if relayd has not done it yet */
};
enum queue_done { QUEUE_DONE = 1, QUEUE_MISSED /* it ended meanwhile, or is in a state that the act is not for */ };
/* item: its qid, rcpt and next_try. */
enum rc queue_act(struct admin *ad, const struct store_queue_item *item, enum queue_act act, enum queue_done *out, struct err *e);
uint16_t queue_act_states(enum queue_act act); /* those the act is for */

/* The sums of one destination, state and last error, those of a destination one behind the other. domain: its name; empty: entries that stored can not
 * tell apart (of an older release, or made under another log.key), or the destination's last entry went meanwhile. */
typedef enum rc (*queue_sum_see)(const struct store_queue_sum *sum, struct span domain, void *ctx, struct err *e);
enum rc queue_count(struct admin *ad, queue_sum_see see, void *ctx, struct err *e);

const char *queue_state_name(uint8_t state); /* enum queue_state -> "waiting", "held", ...; "?" */
uint8_t queue_state_named(const char *name); /* 0: no such state */
