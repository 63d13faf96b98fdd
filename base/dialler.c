/* SPDX-License-Identifier: EUPL-1.2 */
/* base/dialler.c - the dialler itself, and how its listener starts it. See base/dialler.h.
 *
 * The dialler is one epoll loop. The door is a socket that each child of the listener holds for a moment. A packet at
 * the door brings a session's end of its channel. The dialler never waits for one session: a session that does not read
 * its answers loses its channel. */
#include "base/dialler.h"
#include "base/clock.h"
#include "base/dialler_int.h"
#include "base/ipc_int.h"
#include "base/log.h"
#include "base/rates.h"
#include "base/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

enum { MINUTE_MS = 60 * 1000 };

struct chan {
    int fd;
    pid_t pid;
    unsigned dials;
    int64_t minute_end;
    uint64_t held, account, client /* 0: not told */;
    bool proven;
    struct chan *prev, *next;
};
struct desk {
    const struct dialler_conf *c;
    int ep, door, news;
    struct chan *chans;
    uint64_t held; /* by all */
    struct rates *submitted, *came;
};

void dialler_bounds(struct dialler_conf *c, uint64_t all, uint64_t account, uint64_t max_message)
{
    enum { COPIES = 4 }; /* as it came, canonical, signed, and room for what each adds */

    c->hold_account = account > COPIES * max_message ? account : COPIES * max_message;
    c->hold_all = all > c->hold_account ? all : c->hold_account;
}

/* ---- channels ---- */
static void chan_close(struct desk *d, struct chan *c)
{
    d->held -= c->held;
    if (c->next)
        c->next->prev = c->prev;
    *(c->prev ? &c->prev->next : &d->chans) = c->next;
    close(c->fd); /* epoll forgets it */
    free(c);
}

static void chan_open(struct desk *d, int fd, pid_t pid)
{
    struct chan *c = calloc(1, sizeof *c);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

    if (!c || epoll_ctl(d->ep, EPOLL_CTL_ADD, fd, &ev) != 0) {
        log_ev(LOG_ERROR_, "dialler-short", "errno=%d", errno);
        close(fd);
        free(c);
        return;
    }
    c->fd = fd;
    c->pid = pid;
    c->next = d->chans;
    if (c->next)
        c->next->prev = c;
    d->chans = c;
}

/* False: the listener has gone, and every process that could still join has gone too. */
static bool at_door(struct desk *d)
{
    struct ucred who = {0};
    unsigned fds;
    char hello[8];
    size_t n;
    int fd = -1, got = ipc_rx_from(d->door, hello, sizeof hello, &n, &fd, &fds, &who);

    if (got > 0 && fd >= 0 && fds == 1 && who.pid > 0)
        chan_open(d, fd, who.pid);
    else if (fd >= 0)
        close(fd);
    return got >= 0;
}

/* ---- what is asked ---- */
static bool known_socket(const struct desk *d, const char *name)
{
    for (const char *const *at = d->c->sockets; *at; at++)
        if (strncmp(*at, name, DIALLER_NAME) == 0)
            return true;
    return false;
}

static bool rate_left(struct chan *c)
{
    int64_t now = clock_mono();

    if (now >= c->minute_end) {
        c->dials = 0;
        c->minute_end = deadline_in(MINUTE_MS);
    }
    return ++c->dials <= DIALLER_RATE;
}

/* Returns a connected descriptor, or the negative errno. */
static int dial(const char *path)
{
    struct sockaddr_un a;
    socklen_t len;
    struct err e;
    int dir, n, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if (ipc_addr(path, &a, &len, &dir, &e) != RC_OK)
        return close(fd), -ENOENT;
    do
        n = connect(fd, (struct sockaddr *)&a, len);
    while (n < 0 && errno == EINTR);
    n = n < 0 ? -errno : 0;
    if (dir >= 0)
        close(dir);
    if (n < 0)
        close(fd);
    return n < 0 ? n : fd;
}

/* False: the channel must be closed. */
static bool answer(struct chan *c, uint32_t seq, int error, int fd)
{
    struct dialler_answer a = {seq, error};
    int sent = ipc_tx(c->fd, span_of(&a, sizeof a), fd);

    if (fd >= 0)
        close(fd);
    return sent > 0;
}

static bool on_connect(struct desk *d, struct chan *c, const struct dialler_ask *q)
{
    int fd;

    if (!known_socket(d, q->socket))
        return false;
    fd = rate_left(c) ? dial(q->socket) : -EAGAIN;
    return answer(c, q->seq, fd < 0 ? -fd : 0, fd < 0 ? -1 : fd);
}

static bool on_proven(struct desk *d, struct chan *c, const struct dialler_ask *q)
{
    (void)q;
    c->proven = true;
    if (write(d->news, &c->pid, sizeof c->pid) != sizeof c->pid)
        log_ev(LOG_WARN_, "dialler-news", "session_pid=%ld errno=%d", (long)c->pid, errno);
    return true;
}

static uint64_t held_by(const struct desk *d, uint64_t account)
{
    uint64_t sum = 0;

    for (const struct chan *c = d->chans; c; c = c->next)
        sum += c->account == account ? c->held : 0;
    return sum;
}

static bool room_for(const struct desk *d, const struct chan *c, uint64_t bytes, uint64_t account)
{
    uint64_t mine = c->account == account ? c->held : 0;

    return bytes <= d->c->hold_all && d->held - c->held <= d->c->hold_all - bytes && bytes <= d->c->hold_account &&
           held_by(d, account) - mine <= d->c->hold_account - bytes;
}

static bool on_hold(struct desk *d, struct chan *c, const struct dialler_ask *q)
{
    if (q->bytes > c->held && !room_for(d, c, q->bytes, q->account))
        return answer(c, q->seq, ENOSPC, -1);
    d->held += q->bytes - c->held;
    c->held = q->bytes;
    c->account = q->account;
    return answer(c, q->seq, 0, -1);
}

enum { HOUR_MS = 60 * MINUTE_MS };
#define NS_A_MS INT64_C(1000000)

static void use(struct rate_use *u, size_t *n, uint64_t key, uint64_t kind, unsigned amount, unsigned most)
{
    if (most > 0)
        u[(*n)++] = (struct rate_use){key * 4 + kind, amount, most, HOUR_MS * NS_A_MS};
}

static bool on_rated(struct desk *d, struct chan *c, const struct dialler_ask *q)
{
    const struct dialler_rates *most = &d->c->rates;
    struct rate_use u[4];
    size_t n = 0, of_account, which;

    use(u, &n, q->account, 0, 1, most->account_messages);
    use(u, &n, q->account, 1, q->recipients, most->account_recipients);
    of_account = n;
    if (q->address != 0) {
        use(u, &n, q->address, 2, 1, most->address_messages);
        use(u, &n, q->address, 3, q->recipients, most->address_recipients);
    }
    which = rates_take(d->submitted, u, n, clock_mono());
    return answer(c, q->seq, which == n ? 0 : which < of_account ? EDQUOT : EUSERS, -1);
}

static bool too_many(const struct desk *d, uint64_t client)
{
    const struct dialler_clients *most = &d->c->clients;
    unsigned sessions = 0, unproven = 0;

    for (const struct chan *c = d->chans; c; c = c->next) {
        sessions += c->client == client;
        unproven += c->client == client && !c->proven;
    }
    return (most->sessions > 0 && sessions >= most->sessions) || (most->unproven > 0 && unproven >= most->unproven);
}

static bool on_client(struct desk *d, struct chan *c, const struct dialler_ask *q)
{
    struct rate_use u = {q->address, 1, d->c->clients.per_minute, MINUTE_MS * NS_A_MS};

    if (q->address == 0 || c->client != 0)
        return false;
    if (u.most > 0 && q->counted && rates_take(d->came, &u, 1, clock_mono()) == 0)
        return answer(c, q->seq, EUSERS, -1);
    if (too_many(d, q->address))
        return answer(c, q->seq, ENOSPC, -1);
    c->client = q->address;
    return answer(c, q->seq, 0, -1);
}

static bool serve(struct desk *d, struct chan *c)
{
    static bool (*const on[])(struct desk *, struct chan *,
                              const struct dialler_ask *) = {[DIALLER_CONNECT] = on_connect,
                                                             [DIALLER_PROVEN] = on_proven,
                                                             [DIALLER_HOLD] = on_hold,
                                                             [DIALLER_RATED] = on_rated,
                                                             [DIALLER_CLIENT] = on_client};
    struct dialler_ask q;
    unsigned fds;
    size_t n;
    int fd = -1, got = ipc_rx(c->fd, &q, sizeof q, &n, &fd, &fds);

    if (got == 0)
        return true;
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return false;
    if (fds > 0 || n != sizeof q || q.op < DIALLER_CONNECT || q.op > DIALLER_CLIENT ||
        memchr(q.socket, 0, sizeof q.socket) == NULL) {
        log_ev(LOG_WARN_, "dialler-malformed", "session_pid=%ld", (long)c->pid);
        return false;
    }
    return on[q.op](d, c, &q);
}

/* ---- life ---- */
void dialler_run(const struct dialler_conf *c, int door, int news)
{
    struct desk d = {.c = c,
                     .ep = epoll_create1(EPOLL_CLOEXEC),
                     .door = door,
                     .news = news,
                     .submitted = rates_new(),
                     .came = rates_new()};
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &d};
    bool open = d.ep >= 0 && epoll_ctl(d.ep, EPOLL_CTL_ADD, door, &ev) == 0;

    while (open || d.chans) {
        if (epoll_wait(d.ep, &ev, 1, -1) < 1)
            continue;
        if (ev.data.ptr != &d) {
            if (!serve(&d, ev.data.ptr))
                chan_close(&d, ev.data.ptr);
        } else if (!at_door(&d)) {
            open = false;
            (void)epoll_ctl(d.ep, EPOLL_CTL_DEL, door, NULL);
        }
    }
    close(d.ep);
    rates_free(&d.submitted);
    rates_free(&d.came);
}

static void run_child(const struct dialler_conf *c, int door, int news)
{
    struct sandbox_how how = {.kind = SB_DIALLER};
    struct err e;

    signal(SIGTERM, SIG_IGN); /* a session that finishes a message may need it */
    signal(SIGINT, SIG_IGN);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("sandbox: %s", e.log);
    dialler_run(c, door, news);
    _exit(0);
}

bool dialler_start(struct dialler *d, const struct dialler_conf *c, void (*forked)(void *ctx), void *ctx)
{
    int door[2] = {-1, -1}, news[2] = {-1, -1}, on = 1;

    *d = (struct dialler){-1, -1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door) == 0 && pipe2(news, O_CLOEXEC | O_NONBLOCK) == 0 &&
        setsockopt(door[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0)
        d->pid = fork();
    if (d->pid == 0) {
        close(door[0]);
        close(news[0]);
        forked(ctx);
        run_child(c, door[1], news[1]);
    }
    if (door[1] >= 0)
        close(door[1]);
    if (news[1] >= 0)
        close(news[1]);
    d->door = door[0];
    d->news = news[0];
    if (d->pid < 0)
        dialler_leave(d);
    return d->pid > 0;
}

void dialler_leave(struct dialler *d)
{
    if (d->door >= 0)
        close(d->door);
    if (d->news >= 0)
        close(d->news);
    d->door = d->news = -1;
}
