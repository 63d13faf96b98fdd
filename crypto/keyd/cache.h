/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/cache.h - a bounded, set-associative table in locked memory: digest to small value, least recently used leaves.
 *
 * Locks    cache_hold() locks the key's set until cache_release(); sets are independent, so four workers rarely meet. Nothing slow
 *          and no second cache is touched while one is held.
 * Owns     values; drop (may be NULL) is called before a value is wiped: at eviction, cache_drop, cache_sweep, cache_free.
 * Process  pli-keyd: epochs, opened password slots, signers, limits.
 */
#pragma once
#include "base/span.h"

enum { CACHE_KEY = 32 };
struct cache;
struct cache *cache_new(size_t entries, size_t value_size, void (*drop)(void *value));
void cache_free(struct cache **c);
/* The key's value; *found_out false: it is new and zeroed. Keys must be digests (evenly spread). */
void *cache_hold(struct cache *c, const unsigned char key[CACHE_KEY], bool *found_out);
void cache_drop(struct cache *c, const unsigned char key[CACHE_KEY]); /* while held: the entry goes; still to be released */
void cache_release(struct cache *c, const unsigned char key[CACHE_KEY]);
/* Drops every value that stale() says is. now: clock_mono(). */
void cache_sweep(struct cache *c, bool (*stale)(const void *value, int64_t now), int64_t now);
