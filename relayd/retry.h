/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/retry.h - when to try again, when to warn the sender, when to give up. Pure: the caller gives the time and the random octet.
 *
 * Schedule the first pause is relayd.retry_first (1m); then 2, 5, 10, 20, 30, 60, 120 ... times that, up to relayd.retry_max (1h). Each is made up
 *          to a fifth shorter or longer, so that many destinations that failed together do not come back together.
 * Life     a recipient's life is relayd.max_age (2d) from its reception; after relayd.warn_after (4h) its sender is warned, once. No pause reaches
 *          beyond the next of the two: a recipient is looked at when its time has come.
 * Units    seconds; times UTC seconds.
 * Process  relayd scheduler.   Source RFC 5321 4.5.4.1.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct retry {
    uint64_t first, max;          /* pauses */
    uint64_t max_age, warn_after; /* warn_after 0: no warning */
};
uint64_t retry_pause(const struct retry *r, uint32_t failures, uint8_t random); /* failures in a row, from 1 */
bool retry_expired(const struct retry *r, uint64_t received, uint64_t now);
bool retry_warns(const struct retry *r, uint64_t received, uint64_t now); /* old enough for the warning; false once it has expired */
uint64_t retry_age_at(const struct retry *r, uint64_t received, uint64_t now); /* when one of the two comes next */
uint64_t retry_at(const struct retry *r, uint64_t received, uint32_t failures, uint64_t now, uint8_t random);
