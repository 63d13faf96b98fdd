/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_server_int.h - between base/ipc_server.c (peers, workers) and base/ipc_turn.c (one request, one reply).
 * Process  those that serve.
 */
#pragma once
#include "base/ipc_conn.h"

struct ipc_server {
    const struct ipc_service *s;
    int ep, listen_fd;
    pthread_mutex_t lock; /* covers the list */
    struct ipc_conn *conns;
    unsigned n_conns;
};
struct ipc_work; /* a worker's buffers */
struct ipc_work *ipc_work_new(void);
void ipc_work_free(struct ipc_work *w);
/* An armed connection had an event: one request at most is read and answered; then it is armed again, or ended. */
void ipc_turn(struct ipc_server *sv, struct ipc_work *w, struct ipc_conn *c, uint32_t events);
void ipc_end_peer(struct ipc_server *sv, struct ipc_conn *c);
