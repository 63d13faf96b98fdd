/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_conn.h - one peer of an IPC server: its socket, what waits to be sent to it, and whose turn it is.
 *
 * State     a connection is armed in epoll for one event. An event is a hint: a push may arm the connection again between epoll_wait(2)
 *           and the worker's next step, so two workers may hold an event of the same connection. The one that claims it, under the
 *           lock, owns it (busy) until it arms it again or gives it back; the other drops its hint, and nothing is lost, for
 *           arming looks anew at what is readable. Only the owner reads, calls handlers, ends. Any thread may push an event:
 *           the lock covers sending, the queue of what could not be sent, the claim and the arming.
 * Memory    a late hint may name a connection that has ended. So the memory of a connection stays a connection while its server runs: one
 *           that ended is busy until it is used anew, and whoever claims it meanwhile is told no.
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
    bool busy;            /* under lock: a worker owns it and will arm it, or it is out of use */
    struct buf queue;     /* under lock: u32 length, i32 fd, packet */
    struct ipc_conn *prev, *next;
    struct ipc_conn *same_pid; /* under the server's lock: next in its chain (base/ipc_places.c) */
};

struct ipc_conn *ipc_conn_new(void);                     /* out of use; NULL: no memory */
void ipc_conn_free(struct ipc_conn *c);                  /* one out of use; no worker is left that could hold a hint */
void ipc_conn_begin(struct ipc_conn *c, int fd, int ep, const struct ipc_proto *proto); /* takes fd; the caller owns it */
void ipc_conn_end(struct ipc_conn *c);                   /* its owner: closes its socket and what waits; out of use, busy */
bool ipc_conn_claim(struct ipc_conn *c);                 /* true: the caller owns it now */
/* Sends, or queues; takes fd (-1: none). A reply always fits; an event beyond the bound breaks the connection. */
void ipc_conn_send(struct ipc_conn *c, struct span packet, int fd, bool event);
bool ipc_conn_drain(struct ipc_conn *c);                 /* true: nothing waits */
bool ipc_conn_arm(struct ipc_conn *c);                   /* gives up ownership; false: broken, still the caller's */
void ipc_conn_break(struct ipc_conn *c);                 /* any thread: the owner will find it ended */
