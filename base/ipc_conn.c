/* SPDX-License-Identifier: EUPL-1.2 */
/* base/ipc_conn.c - see base/ipc_conn.h. */
#include "base/ipc_conn.h"
#include "base/log.h"
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { QUEUE_MAX = 64 * 1024, ENTRY_HEAD = 8 };

struct ipc_conn *ipc_conn_new(void)
{
    struct ipc_conn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->fd = -1;
    c->busy = true;
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void ipc_conn_free(struct ipc_conn *c)
{
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void ipc_conn_begin(struct ipc_conn *c, int fd, int ep, const struct ipc_proto *proto)
{
    pthread_mutex_lock(&c->lock);
    c->peer = (struct ipc_peer){0};
    c->fd = fd;
    c->ep = ep;
    c->proto = proto;
    c->broken = false;
    c->since = clock_mono();
    atomic_store(&c->joined, false);
    buf_init_secret(&c->queue);
    pthread_mutex_unlock(&c->lock);
}

bool ipc_conn_claim(struct ipc_conn *c)
{
    bool mine;

    pthread_mutex_lock(&c->lock);
    mine = !c->busy;
    c->busy = true;
    pthread_mutex_unlock(&c->lock);
    return mine;
}

/* The first entry of the queue; false when there is none. */
static bool first_entry(const struct ipc_conn *c, struct span *packet, int *fd)
{
    struct rd r = rd_of(buf_span(&c->queue));
    uint32_t n;

    if (c->queue.n == 0)
        return false;
    n = rd_u32(&r);
    *fd = (int)(int32_t)rd_u32(&r);
    *packet = rd_take(&r, n);
    return true;
}

void ipc_conn_end(struct ipc_conn *c)
{
    struct span packet;
    int fd;

    pthread_mutex_lock(&c->lock);
    while (first_entry(c, &packet, &fd)) {
        if (fd >= 0)
            close(fd);
        buf_take(&c->queue, ENTRY_HEAD + packet.n);
    }
    close(c->fd);
    c->fd = -1;
    c->broken = true;
    buf_free(&c->queue);
    pthread_mutex_unlock(&c->lock);
}

/* Under lock. The shutdown wakes whoever owns or will own it: its next read says "gone". */
static void break_locked(struct ipc_conn *c)
{
    if (!c->broken)
        shutdown(c->fd, SHUT_RDWR);
    c->broken = true;
}

void ipc_conn_break(struct ipc_conn *c)
{
    pthread_mutex_lock(&c->lock);
    break_locked(c);
    pthread_mutex_unlock(&c->lock);
}

static bool drain_locked(struct ipc_conn *c)
{
    struct span packet;
    int fd, sent;

    while (!c->broken && first_entry(c, &packet, &fd)) {
        sent = ipc_tx(c->fd, packet, fd);
        if (sent == 0)
            return false;
        if (fd >= 0)
            close(fd);
        buf_take(&c->queue, ENTRY_HEAD + packet.n);
        if (sent < 0)
            break_locked(c);
    }
    return true;
}

bool ipc_conn_drain(struct ipc_conn *c)
{
    bool empty;

    pthread_mutex_lock(&c->lock);
    empty = drain_locked(c);
    pthread_mutex_unlock(&c->lock);
    return empty;
}

/* Under lock: epoll shows errors and hang-ups always, input only while nothing waits to be sent. */
static void arm_locked(struct ipc_conn *c)
{
    struct epoll_event ev = {.events = EPOLLONESHOT | (c->queue.n > 0 ? EPOLLOUT : EPOLLIN), .data.ptr = c};

    if (epoll_ctl(c->ep, EPOLL_CTL_MOD, c->fd, &ev) != 0)
        bug("ipc: a connection cannot be armed");
}

bool ipc_conn_arm(struct ipc_conn *c)
{
    bool ok;

    pthread_mutex_lock(&c->lock);
    ok = !c->broken;
    if (ok) {
        c->busy = false;
        arm_locked(c);
    }
    pthread_mutex_unlock(&c->lock);
    return ok;
}

static void queue_locked(struct ipc_conn *c, struct span packet, int fd, bool event)
{
    if (event && c->queue.n + packet.n > QUEUE_MAX) {
        log_ev(LOG_WARN_, "ipc-slow-peer", "proto=%s peer=%ld", c->proto->name, (long)c->peer.pid);
        break_locked(c);
        return;
    }
    buf_u32(&c->queue, (uint32_t)packet.n);
    buf_u32(&c->queue, (uint32_t)fd);
    buf_addspan(&c->queue, packet);
    if (!c->busy)
        arm_locked(c); /* armed for input until now */
}

void ipc_conn_send(struct ipc_conn *c, struct span packet, int fd, bool event)
{
    int sent = 0;

    pthread_mutex_lock(&c->lock);
    if (c->broken)
        goto out;
    if (c->queue.n == 0)
        sent = ipc_tx(c->fd, packet, fd);
    if (sent == 0) {
        queue_locked(c, packet, fd, event);
        fd = -1;
    } else if (sent < 0) {
        break_locked(c);
    }
out:
    pthread_mutex_unlock(&c->lock);
    if (fd >= 0)
        close(fd);
}
