/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener_int.h - the listener's table: its children by process id and address, and how many came lately.
 * Process  listeners, and the unit test.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    RATE_BUCKETS = 4096
}; /* two addresses that share a bucket share a rate: the seed keeps a peer from choosing its neighbour */
struct listener_kid {
    pid_t pid;
    uint64_t key;
};
struct listener_table {
    struct listener_kid *kids;
    size_t n, cap;
    uint64_t seed;
    int64_t minute_end; /* monotonic */
    uint32_t came[RATE_BUCKETS];
};
void table_add(struct listener_table *t, pid_t pid, uint64_t key);
bool table_drop(struct listener_table *t, pid_t pid);
size_t table_count(const struct listener_table *t, uint64_t key);
bool table_rate(struct listener_table *t, uint64_t key, int64_t now,
                unsigned max); /* counts this one; false: too many this minute */
void table_free(struct listener_table *t);
