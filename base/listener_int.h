/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener_int.h - the listener's table of its children, by process id and address, with the count of those that came lately; and the
 * spare sessions, which wait for a peer.
 * Process  listeners, and the unit test.
 */
#pragma once
#include "base/listener.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    RATE_BUCKETS = 4096
}; /* two addresses that share a bucket share a rate; because of the seed, a peer cannot choose whose bucket it shares */
struct listener_kid {
    pid_t pid;
    uint64_t key;
    int64_t since; /* monotonic */
    uint8_t which; /* port */
    bool unproven; /* has proven nothing yet, and was not told to end */
};
struct listener_table {
    struct listener_kid *kids;
    size_t n, cap;
    uint64_t seed;
    int64_t minute_end; /* monotonic */
    uint32_t came[RATE_BUCKETS];
};
struct listener_kid *table_add(struct listener_table *t, pid_t pid, uint64_t key); /* borrowed until the next change */
bool table_drop(struct listener_table *t, pid_t pid);
size_t table_count(const struct listener_table *t, uint64_t key);
void table_proven(struct listener_table *t, pid_t pid);
void table_all_proven(struct listener_table *t);
/* How many sessions of a port are unproven: those from the address key; key NULL: those from all addresses. */
size_t table_unproven(const struct listener_table *t, size_t which, const uint64_t *key);
/* The oldest unproven session of a port from the address key; key NULL: from the address that has most of them there. NULL: there is none. */
struct listener_kid *table_oldest(struct listener_table *t, size_t which, const uint64_t *key);
bool table_rate(struct listener_table *t, uint64_t key, int64_t now,
                unsigned max); /* counts this one; false: too many this minute */
void table_free(struct listener_table *t);
bool table_may(const uid_t *user, int fd); /* is the peer of a local socket a process of that user (NULL: of any), by the kernel's word? Says who else it was */

/* Spare sessions are forked while the listener has nothing else to do. So a peer does not wait for the fork, the sandbox and the dialling of
 * daemons. Each spare holds one end of a socket pair, on which the listener sends it its peer. Other children close the listener's ends, so
 * no session can hand a peer to another one. */
enum { SPARES_MAX = LISTENER_SPARES_MAX };
struct listener_spare {
    pid_t pid;
    int chan;
};
struct listener_spares {
    struct listener_spare spare[SPARES_MAX];
    size_t n;
};
void spare_add(struct listener_spares *s, pid_t pid, int chan);
bool spare_drop(struct listener_spares *s, pid_t pid); /* that process has died; false: it was no spare */
void spares_retire(struct listener_spares *s);         /* closes the channels of all spares, and so ends them */
pid_t spare_give(struct listener_spares *s, int fd, const struct listener_peer *peer); /* which spare has it now; 0: there is no spare */
bool spare_wait(int chan, struct listener_peer *peer_out, int *fd_out);                /* runs in the spare; false: it is not needed */
