/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle.h - how many wrong passwords are too many: leaky buckets in a table of fixed size.
 *
 * Rule     each failure adds one, a bucket loses most failures evenly over the window; full is refused. So after a burst, one more try is
 *          allowed every window / most. A good sign-in empties the bucket. When the table is full the oldest of four is forgotten.
 * Keys     64 bits of a keyed MAC, made by the caller: nobody can aim at a slot.
 * Process  dird, any thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct throttle;
struct throttle *throttle_new(unsigned most, int64_t window_ms);
void throttle_free(struct throttle **t);
bool throttle_full(struct throttle *t, uint64_t key, int64_t now_ms);
void throttle_failed(struct throttle *t, uint64_t key, int64_t now_ms);
void throttle_good(struct throttle *t, uint64_t key);
