/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/throttle.h - how long until the next password may be tried: growing delays, in a table of fixed size.
 *
 * Rule     A try is counted when it begins. The first `free` tries cost nothing. Each further try doubles the pause before the next one, from a
 *          second up to most_ms. A try that turned out right, or that could not be decided, is given back; other tries stay counted.
 *          A bucket is forgotten when nothing was counted in it for ten minutes (or for four pauses, when that is longer).
 * Keys     A key is 64 bits of a keyed MAC that the caller makes, so that nobody can aim at a slot. A row holds four keys. When it is full, the key
 *          that was quiet longest is forgotten.
 * Units    milliseconds of a monotonic clock.
 * Process  dird, any thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct throttle;
struct throttle *throttle_new(unsigned free, int64_t most_ms);
void throttle_free(struct throttle **t);
int64_t throttle_wait(struct throttle *t, uint64_t key, int64_t now_ms); /* 0: now */
void throttle_take(struct throttle *t, uint64_t key, int64_t now_ms);
void throttle_back(struct throttle *t, uint64_t key, int64_t now_ms);
