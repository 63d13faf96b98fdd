/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/cache.h - a bounded, set-associative table in locked memory, from a digest to a small value. In a full set the value that was used
 * least recently is evicted.
 *
 * Locks    cache_hold() locks the key's set until cache_release(). Sets are independent, so four workers rarely meet. While a set is held the caller
 *          must do nothing slow and must not touch a second cache.
 * Owns     the values. drop() (may be NULL) is called before a value is wiped: at eviction, in cache_drop(), cache_sweep() and cache_free().
 * Process  pli-keyd: epochs, opened password slots, signers, opened epochs of the queue, limits.
 */
#pragma once
#include "base/span.h"

enum { CACHE_KEY = 32 };
struct cache;
struct cache *cache_new(size_t entries, size_t value_size, void (*drop)(void *value));
void cache_free(struct cache **c);
/* The key's value, held until cache_release(). *found_out false: the value is new and zeroed. Keys must be evenly spread, so they must be digests. */
void *cache_hold(struct cache *c, const unsigned char key[CACHE_KEY], bool *found_out);
void cache_drop(struct cache *c, const unsigned char key[CACHE_KEY]); /* while held: the entry goes; still to be released */
void cache_release(struct cache *c, const unsigned char key[CACHE_KEY]);
/* Drops every value for which stale() is true. now: clock_mono(). */
void cache_sweep(struct cache *c, bool (*stale)(const void *value, int64_t now), int64_t now);
