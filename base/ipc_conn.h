/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_conn.h - one peer of an IPC server: its socket, what waits to be sent to it, and whose turn it is.
 *
 * State     a connection is armed in epoll for one event; the worker that gets it owns the connection (busy) until it
 *           arms it again or ends it. Only that worker reads, calls handlers, frees. Any thread may push an event: the
 *           lock covers sending, the queue of what could not be sent, and the arming.
 * Bound     at most one reply and QUEUE_MAX bytes of events wait for a peer; while anything waits, no request is read.
 * Process   stored, keyd, dird, smtpd's listener.
 */
#pragma once
#include "base/ipc_int.h"
#include <pthread.h>
#include <stdatomic.h>

struct ipc_conn {
    struct ipc_peer peer; /* first: the address handlers get is ours */
    int fd, ep;
    atomic_bool joined;   /* HELLO was good */
    bool broken;          /* under lock */
    int64_t since;        /* clock_mono() at accept */
    const struct ipc_proto *proto;
    pthread_mutex_t lock;
    bool busy;            /* under lock: a worker owns it and will arm it */
    struct buf queue;     /* under lock: u32 length, i32 fd, packet */
    struct ipc_conn *prev, *next;
};

struct ipc_conn *ipc_conn_new(int fd, int ep, const struct ipc_proto *proto); /* NULL: no memory; fd stays the caller's */
void ipc_conn_free(struct ipc_conn *c);                  /* closes its socket and what waits */
/* Sends, or queues; takes fd (-1: none). A reply always fits; an event beyond the bound breaks the connection. */
void ipc_conn_send(struct ipc_conn *c, struct span packet, int fd, bool event);
bool ipc_conn_drain(struct ipc_conn *c);                 /* true: nothing waits */
bool ipc_conn_arm(struct ipc_conn *c);                   /* gives up ownership; false: broken, still the caller's */
void ipc_conn_break(struct ipc_conn *c);                 /* any thread: the owner will find it ended */
