/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/queue.h - counts the recipients in the queue, by state, and finds how long the oldest has waited.
 * Units    numbers are recipients; times are UTC seconds.
 * Errors   what store_call() gives (store/client/client.h).
 * Process  relayd.
 */
#pragma once
#include "store/client/client.h"

struct queue_view {
    uint64_t by_state[Q_FAILED + 1]; /* enum queue_state; 0: any other */
    uint64_t due;                    /* waiting, and their time has come */
    uint64_t oldest;                 /* UTC s of the oldest that waits; 0: none */
    uint64_t octets;                 /* of the messages that wait, once a recipient */
};
enum rc queue_look(struct store *st, uint64_t now, struct queue_view *out, struct err *e);
