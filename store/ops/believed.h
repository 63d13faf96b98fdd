/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/believed.h - the time that may be, for what destroys mail when its time has passed: purged mailboxes, removed messages.
 *
 * Why      The machine's clock may be wrong: a year ahead after a change of its battery, or by a slip of who set it. What is destroyed by it is not
 *          there again when the clock is right.
 * Rule     Up to BELIEVED_GAP_S ahead of what it was, the clock is believed. Further ahead it is followed BELIEVED_PACE times as fast as the store runs, so a machine
 *          that stood still for a month is believed after four days, and a clock that is a year ahead after six weeks, in which pli doctor tells of it.
 *          It never goes back; a clock that does is believed for itself: the earlier of the two counts.
 * Kept     The row "clock" of T_META, every BELIEVED_NOTE_S. What a crash undoes of it is caught up with.
 * Units    UTC s.   Process  pli-stored: the upkeep's thread writes, any thread reads.   docs/decisions/0054
 */
#pragma once
#include "store/ops/stored.h"

enum { BELIEVED_GAP_S = 3 * 86400, BELIEVED_PACE = 8, BELIEVED_NOTE_S = 600 };
#define BELIEVED_ROW "clock"

void believed_load(struct stored *d);                                      /* once, before the first request */
void believed_tick(struct stored *d);                                      /* by the upkeep, round by round */
uint64_t believed_time(const struct stored *d);
uint64_t believed_next(uint64_t was, uint64_t utc, uint64_t ran_s);        /* pure; was 0: nothing is known */
