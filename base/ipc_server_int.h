/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_server_int.h - between base/ipc_server.c (peers, workers) and base/ipc_turn.c (one request, one reply).
 * Process  those that serve.
 */
#pragma once
#include "base/ipc_conn.h"

enum { PLACES_CHAINS = 1024, PLACES_ROLES = 11 };
_Static_assert(ROLE_LAST == 1 << (PLACES_ROLES - 1), "a place for each role");
struct ipc_places { /* who holds how many; all of it under the server's lock */
    struct ipc_conn *by_pid[PLACES_CHAINS];
    unsigned of_role[PLACES_ROLES]; /* joined ones */
};
void ipc_place_take(struct ipc_places *p, struct ipc_conn *c); /* at accept: peer.pid is set */
void ipc_place_leave(struct ipc_places *p, struct ipc_conn *c);
unsigned ipc_places_of(const struct ipc_places *p, pid_t pid, bool joined);
/* At HELLO: the place is pid's and role's from now on, and the peer has joined. False: that process or that role has all it may have. */
bool ipc_place_join(struct ipc_places *p, struct ipc_conn *c, pid_t pid, enum ipc_role role, unsigned per_process,
                    unsigned max_peers);

struct ipc_server {
    const struct ipc_service *s;
    const ipc_handler *run; /* by place in s->proto->ops; NULL: an event */
    int ep, listen_fd;
    pthread_mutex_t lock; /* covers the lists and the places */
    struct ipc_conn *conns, *spare; /* spare: ended, kept as late hints may name them */
    unsigned n_conns;
    struct ipc_places places;
};
struct ipc_work; /* a worker's buffers */
struct ipc_work *ipc_work_new(void);
void ipc_work_free(struct ipc_work *w);
/* A hint that a connection has something to do: if nobody else owns it, what waits is sent, else one request at most is read and answered;
 * then it is armed again, or ended. */
void ipc_turn(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c);
void ipc_end_peer(struct ipc_server *sv, struct ipc_conn *c);
