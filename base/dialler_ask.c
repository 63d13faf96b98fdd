/* SPDX-License-Identifier: EUPL-1.2 */
/* base/dialler_ask.c - the session's side of base/dialler.h. */
#include "base/clock.h"
#include "base/dialler_int.h"
#include "base/ipc_int.h"
#include "base/nets.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { JOIN_MS = 2000, ANSWER_MS = 2000, AGAIN_MS = 50 };

static int chan = -1; /* -1: none */
static bool only;
static uint32_t seq;

static bool wait_for(int fd, short what, int64_t until)
{
    struct pollfd p = {fd, what, 0};
    int n;

    do
        n = poll(&p, 1, deadline_left_ms(until));
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* Sends one end of the channel to the dialler. The kernel adds this process's id. */
static bool announce(int door, int end)
{
    const char hello = 'j';
    int64_t until = deadline_in(JOIN_MS);
    int n;

    while ((n = ipc_tx(door, span_of(&hello, 1), end)) == 0)
        if (!wait_for(door, POLLOUT, until))
            return false;
    return n > 0;
}

void dialler_join(struct dialler *d)
{
    int pair[2];

    if (d->door >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        chan = announce(d->door, pair[1]) ? pair[0] : -1;
        close(pair[1]);
        if (chan < 0)
            close(pair[0]);
    }
    dialler_leave(d);
}

void dialler_only(void)
{
    only = true;
}

bool dialler_needed(void)
{
    return only;
}

/* Takes the answer to the last question. Answers to earlier questions, which timed out, are passed over. */
static int answer_to(const struct dialler_ask *q, int64_t until, int *fd_out)
{
    struct dialler_answer a = {0};
    unsigned fds;
    size_t n;

    for (;;) {
        int fd = -1, got;

        if (!wait_for(chan, POLLIN, until))
            return ETIMEDOUT;
        if ((got = ipc_rx(chan, &a, sizeof a, &n, &fd, &fds)) == 0)
            continue;
        if (got > 0 && n == sizeof a && a.seq == q->seq && (fd >= 0) == (fd_out != NULL && a.error == 0)) {
            if (fd_out)
                *fd_out = fd;
            return a.error;
        }
        if (fd >= 0)
            close(fd);
        if (got < 0)
            return EPIPE;
    }
}

static int ask(struct dialler_ask *q, int64_t until, int *fd_out)
{
    int sent;

    q->seq = ++seq;
    if (chan < 0)
        return EPIPE;
    while ((sent = ipc_tx(chan, span_of(q, sizeof *q), -1)) == 0)
        if (!wait_for(chan, POLLOUT, until))
            return ETIMEDOUT;
    return sent < 0 ? EPIPE : answer_to(q, until, fd_out);
}

enum rc dialler_connect(const char *path, int64_t deadline, int *fd_out, struct err *e)
{
    struct dialler_ask q = {.op = DIALLER_CONNECT};
    int64_t least = deadline_in(ANSWER_MS);
    int error;

    snprintf(q.socket, sizeof q.socket, "%s", path);
    while ((error = ask(&q, deadline > least ? deadline : least, fd_out)) == EAGAIN && deadline_left_ms(deadline) > 0)
        poll(NULL, 0, AGAIN_MS);
    if (error == 0)
        return RC_OK;
    errno = error;
    return err_sys(e, error == EPIPE ? RC_CLOSED : RC_TEMP, "connect %s", path);
}

void dialler_proven(void)
{
    struct dialler_ask q = {.op = DIALLER_PROVEN};

    if (chan >= 0)
        (void)ipc_tx(chan, span_of(&q, sizeof q), -1); /* the channel holds many such; a full one has a dead reader */
}

static uint64_t hash_of(const char *s) /* FNV-1a: two accounts that share one share a budget */
{
    uint64_t h = 0xcbf29ce484222325u;

    while (*s)
        h = (h ^ (unsigned char)*s++) * 0x100000001b3u;
    return h;
}

bool dialler_hold(uint64_t bytes, const char *account)
{
    struct dialler_ask q = {.op = DIALLER_HOLD, .bytes = bytes, .account = hash_of(account)};

    return !only || ask(&q, deadline_in(ANSWER_MS), NULL) == 0;
}

static enum dialler_answer_to answer_of(int error)
{
    static const struct {
        int error;
        enum dialler_answer_to is;
    } of[] = {{0, DIALLER_YES},
              {EDQUOT, DIALLER_ACCOUNT_RATE},
              {EUSERS, DIALLER_ADDRESS_RATE},
              {ENOSPC, DIALLER_ADDRESS_SESSIONS}};

    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].error == error)
            return of[i].is;
    return DIALLER_GONE;
}

enum dialler_answer_to dialler_rated(const char *account, const char *ip, unsigned recipients)
{
    struct dialler_ask q = {.op = DIALLER_RATED,
                            .account = hash_of(account),
                            .address = nets_loopback(ip) ? 0 : nets_key(ip),
                            .recipients = recipients};

    return only ? answer_of(ask(&q, deadline_in(ANSWER_MS), NULL)) : DIALLER_YES;
}

enum dialler_answer_to dialler_client(const char *ip)
{
    struct dialler_ask q = {.op = DIALLER_CLIENT, .address = nets_key(ip), .counted = !nets_loopback(ip)};

    return only ? answer_of(ask(&q, deadline_in(ANSWER_MS), NULL)) : DIALLER_YES;
}
