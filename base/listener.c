/* SPDX-License-Identifier: EUPL-1.2 */
/* base/listener.c - see base/listener.h. Signals are blocked but while the listener waits: no other call is interrupted. */
#include "base/listener.h"
#include "base/clock.h"
#include "base/listener_int.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAUSE_MS = 100, COMPLAIN_MS = 60000, ACCEPTS_A_TURN = 64, SPARE_RETRY_MS = 1000, UNPROVEN_GRACE_MS = 2000 };
/* The C library's allocator keeps freed blocks of these sizes in lists. In bytes, as a caller asks for them. */
enum { LISTED_MOST = 1032, LIST_STEP = 16 };

struct run {
    const struct listener *l;
    struct listener_table table;
    struct listener_spares spares;
    struct dialler dialler;
    int64_t spares_from; /* no spare is forked before, because the last one died unused or found no room */
    int stop[2];         /* pipe: sessions hold the reading end */
    sigset_t waiting;    /* the signal mask while the listener waits */
    int64_t quiet_until; /* no failure is logged before */
    int taken;           /* the peer at hand; -1: none. A dialler may be started meanwhile */
    bool starved;        /* descriptors have run out: the listener pauses before the next accept */
};
static volatile sig_atomic_t told_to_stop, told_to_yield;

static void on_signal(int sig)
{
    if (sig == SIGUSR2)
        told_to_yield = 1;
    else if (sig != SIGCHLD)
        told_to_stop = 1;
}

static void signals(struct run *r)
{
    static const int sigs[] = {SIGCHLD, SIGTERM, SIGINT, SIGUSR2};
    struct sigaction sa = {.sa_handler = on_signal};
    sigset_t block;

    sigemptyset(&block);
    for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
        sigaction(sigs[i], &sa, NULL);
        sigaddset(&block, sigs[i]);
    }
    sigprocmask(SIG_BLOCK, &block, &r->waiting);
    for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
        sigdelset(&r->waiting, sigs[i]);
}

static void complain(struct run *r, const char *what)
{
    int saved = errno;

    if (clock_mono() < r->quiet_until)
        return;
    r->quiet_until = deadline_in(COMPLAIN_MS);
    log_ev(LOG_ERROR_, "listener-short", "what=%s errno=%d sessions=%zu", what, saved, r->table.n);
}

/* ---- addresses ---- */
static void peer_of(const struct sockaddr_storage *ss, struct listener_peer *peer, uint64_t *key)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)ss;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)ss;
    const unsigned char *a = v6->sin6_addr.s6_addr;

    *key = 0;
    if (ss->ss_family == AF_INET) {
        *key = (uint64_t)0xFFFF << 32 | ntohl(v4->sin_addr.s_addr);
        peer->port = ntohs(v4->sin_port);
        inet_ntop(AF_INET, &v4->sin_addr, peer->ip, sizeof peer->ip);
    } else if (ss->ss_family == AF_INET6) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);

        for (size_t i = mapped ? 12 : 0; i < (mapped ? 16u : 8u); i++)
            *key = *key << 8 | a[i];
        if (mapped)
            *key |= (uint64_t)0xFFFF << 32;
        peer->port = ntohs(v6->sin6_port);
        inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? a + 12 : a, peer->ip, sizeof peer->ip);
    }
}

const char *listener_why_name(enum listener_why why)
{
    static const char *const names[] = {"full", "address-full", "rate", "unproven", "no-fork"};

    return names[why];
}

/* ---- one peer ---- */
static void refuse(struct run *r, int fd, const struct listener_peer *peer, enum listener_why why)
{
    log_ev(LOG_WARN_, "session-refused", "peer=%s why=%s sessions=%zu", peer->ip, listener_why_name(why), r->table.n);
    if (r->l->refuse)
        r->l->refuse(r->l->ctx, fd, peer, why);
}

static void child_begin(struct run *r)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};

    for (size_t i = 0; i < r->l->n_fds; i++)
        close(r->l->fds[i]);
    close(r->stop[1]);
    spares_retire(&r->spares); /* closes our copies; the listener's stay */
    dialler_join(&r->dialler);
    sigaction(SIGCHLD, &dfl, NULL);
    sigaction(SIGTERM, &dfl, NULL);
    sigaction(SIGINT, &dfl, NULL);
    sigaction(SIGUSR2, &dfl, NULL);
    sigprocmask(SIG_SETMASK, &r->waiting, NULL);
}

static void child(struct run *r, int fd, const struct listener_peer *peer)
{
    child_begin(r);
    r->l->session(r->l->ctx, r->l->ready ? r->l->ready(r->l->ctx) : NULL, fd, peer);
    _exit(0); /* nothing of the listener's is flushed or freed a second time */
}

static void spare_child(struct run *r, int chan)
{
    struct listener_peer peer;
    void *ready;
    int fd;

    child_begin(r);
    ready = r->l->ready ? r->l->ready(r->l->ctx) : NULL;
    if (spare_wait(chan, &peer, &fd)) {
        close(chan);
        r->l->session(r->l->ctx, ready, fd, &peer);
    }
    _exit(0);
}

/* Forks one more spare session, when one is missing. A failure is not logged, because sessions are then forked as peers
 * come. */
static void prepare_spare(struct run *r)
{
    int chan[2] = {-1, -1};
    pid_t pid;

    if (r->starved || clock_mono() < r->spares_from)
        return;
    pid = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, chan) == 0 ? fork() : -1;
    if (pid == 0) {
        close(chan[0]);
        spare_child(r, chan[1]);
    }
    if (pid > 0) {
        close(chan[1]);
        spare_add(&r->spares, pid, chan[0]);
        return;
    }
    r->spares_from = deadline_in(SPARE_RETRY_MS);
    for (int i = 0; i < 2 && chan[i] >= 0; i++)
        close(chan[i]);
}

/* An unproven session gives its place to a newcomer, once it has had grace_ms. It dies at once, without a reply to its
 * peer. */
static bool displace(struct run *r, struct listener_kid *kid, int64_t grace_ms)
{
    if (!kid || clock_mono() - kid->since < grace_ms * 1000000)
        return false;
    log_ev(LOG_WARN_, "session-displaced", "session_pid=%d sessions=%zu", (int)kid->pid, r->table.n);
    kid->unproven = false; /* it does not count from now on, and is not asked twice */
    kill(kid->pid, SIGTERM);
    return true;
}

/* All places of the port for unproven sessions are taken. The address that holds most gives one place to the newcomer:
 * at once when the newcomer's address holds fewer, else when the oldest session has had UNPROVEN_GRACE_MS. */
static bool displace_heaviest(struct run *r, size_t which, uint64_t key)
{
    struct listener_kid *kid = table_oldest(&r->table, which, NULL);
    size_t mine = table_unproven(&r->table, which, &key),
           theirs = kid ? table_unproven(&r->table, which, &kid->key) : 0;

    return displace(r, kid, theirs > mine + 1 ? 0 : UNPROVEN_GRACE_MS);
}

static void catch_up(struct run *r);

/* Many peers are taken in one turn. Meanwhile sessions have proven themselves, or are over: who refuses for them must look first. */
static bool crowded(struct run *r, size_t which, const uint64_t *key, size_t most)
{
    if (table_unproven(&r->table, which, key) < most)
        return false;
    catch_up(r);
    return table_unproven(&r->table, which, key) >= most;
}

static bool room_unproven(struct run *r, const struct listener_peer *peer, uint64_t key)
{
    size_t which = peer->which;
    size_t quarter = (r->l->max_sessions + 3) / 4, most = r->l->max_unproven;
    size_t of_address = peer->proxied || peer->local ? 0 : r->l->max_unproven_per_address;

    if (most == 0)
        return true;
    if (of_address > 0 && crowded(r, which, &key, of_address) &&
        !displace(r, table_oldest(&r->table, which, &key), UNPROVEN_GRACE_MS))
        return false;
    return !crowded(r, which, NULL, most < quarter ? most : quarter) || displace_heaviest(r, which, key);
}

/* A session that stays unproven ends by itself at unproven_ms; one that was taken over does not. */
static void end_unproven(struct run *r)
{
    int64_t before = clock_mono() - 2 * (int64_t)r->l->unproven_ms * 1000000;

    for (size_t i = 0; r->l->unproven_ms > 0 && i < r->table.n; i++)
        if (r->table.kids[i].unproven && r->table.kids[i].since < before)
            displace(r, &r->table.kids[i], 0);
}

static bool admitted(struct run *r, int fd, const struct listener_peer *peer, uint64_t key)
{
    if (r->table.n >= r->l->max_sessions)
        return refuse(r, fd, peer, LISTENER_FULL), false;
    if (!peer->proxied && !peer->local && table_count(&r->table, key) >= r->l->max_per_address)
        return refuse(r, fd, peer, LISTENER_ADDRESS_FULL), false;
    if (r->l->max_rate > 0 && !peer->proxied && !peer->local && !nets_loopback(peer->ip) &&
        !table_rate(&r->table, key, clock_mono(), r->l->max_rate))
        return refuse(r, fd, peer, LISTENER_RATE), false;
    if (!room_unproven(r, peer, key))
        return refuse(r, fd, peer, LISTENER_UNPROVEN), false;
    return true;
}

static void serve(struct run *r, int fd, const struct listener_peer *peer, uint64_t key)
{
    struct listener_kid *kid;
    pid_t pid;

    if (!admitted(r, fd, peer, key))
        return;
    if ((pid = spare_give(&r->spares, fd, peer)) == 0 && (pid = fork()) == 0)
        child(r, fd, peer);
    if (pid < 0) {
        complain(r, "fork");
        refuse(r, fd, peer, LISTENER_NO_FORK);
        return;
    }
    kid = table_add(&r->table, pid, key);
    kid->since = clock_mono();
    kid->which = (uint8_t)peer->which;
    kid->unproven = true;
}

static bool peer_gone(int error) /* errors of the connection that was about to be accepted, accept(2) */
{
    static const int errors[] = {ECONNABORTED, EINTR,        EPROTO,     ENETDOWN,    ENOPROTOOPT, EHOSTDOWN,
                                 ENONET,       EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i] == error)
            return true;
    return false;
}

static void take(struct run *r, size_t which)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct listener_peer peer = {.which = which, .stop_fd = r->stop[0]};
        struct sockaddr_storage ss = {0};
        socklen_t len = sizeof ss;
        int fd = accept4(r->l->fds[which], (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);
        uint64_t key;

        if (fd < 0 && peer_gone(errno))
            continue;
        if (fd < 0) {
            r->starved = errno != EAGAIN;
            if (r->starved)
                complain(r, "accept");
            return;
        }
        peer_of(&ss, &peer, &key);
        peer.proxied = r->l->proxies && nets_has(r->l->proxies, peer.ip);
        peer.local = ss.ss_family == AF_UNIX;
        r->taken = fd;
        if (!peer.local || table_may(r->l->local_user, fd))
            serve(r, fd, &peer, key);
        r->taken = -1;
        close(fd);
    }
}

/* ---- children ---- */
static void in_dialler(void *ctx)
{
    struct run *r = ctx;

    for (size_t i = 0; i < r->l->n_fds; i++)
        close(r->l->fds[i]);
    close(r->taken); /* else his connection would not end before the dialler does; -1 is no descriptor */
    close(r->stop[0]);
    close(r->stop[1]);
    spares_retire(&r->spares);
}

static void start_dialler(struct run *r)
{
    r->dialler = (struct dialler){-1, -1, -1};
    if (r->l->dialler.sockets && !dialler_start(&r->dialler, &r->l->dialler, in_dialler, r))
        complain(r, "dialler");
}

/* Starts another dialler. The spares are ended, because their channels lead to the dialler that died. The sessions that
 * serve a peer cannot report any more that the peer has proven itself. So they count as proven; a stranger among them
 * ends by its own deadline. */
static void dialler_died(struct run *r)
{
    table_all_proven(&r->table);
    dialler_leave(&r->dialler);
    spares_retire(&r->spares);
    if (!told_to_stop)
        start_dialler(r);
}

static void hear_news(struct run *r)
{
    pid_t pid;

    while (r->dialler.news >= 0 && read(r->dialler.news, &pid, sizeof pid) == sizeof pid)
        table_proven(&r->table, pid);
}

static void reap(struct run *r)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == r->dialler.pid) {
            log_ev(LOG_ERROR_, "dialler-died", "pid=%d status=%d", (int)pid, status);
            dialler_died(r);
            continue;
        }
        table_drop(&r->table, pid);
        if (spare_drop(&r->spares, pid))
            r->spares_from = deadline_in(SPARE_RETRY_MS);
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM && !told_to_stop)
            log_ev(LOG_ERROR_, "session-died", "session_pid=%d signal=%d%s", (int)pid, WTERMSIG(status),
                   WTERMSIG(status) == SIGSYS ? " why=forbidden-system-call" : "");
    }
}

static void catch_up(struct run *r)
{
    hear_news(r);
    reap(r);
}

/* Waits once. Returns how many of p are readable; 0: nothing happened until the deadline. */
static int wait_once(struct run *r, struct pollfd *p, size_t n, int64_t until)
{
    int ms = deadline_left_ms(until), ready;
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};

    ready = ppoll(p, n, ms < 0 ? NULL : &ts, &r->waiting);
    if (ready < 0)
        for (size_t i = 0; i < n; i++)
            p[i].revents = 0;
    catch_up(r);
    return ready;
}

/* Another listener has taken this one's place. No new peer comes here. The sessions that are here stay until they
 * end. */
static void yield_place(struct run *r)
{
    for (size_t i = 0; i < r->l->n_fds; i++)
        close(r->l->fds[i]);
    spares_retire(&r->spares);
    log_ev(LOG_INFO_, "listener-yielded", "sessions=%zu", r->table.n);
    reap(r);
    while (!told_to_stop && r->table.n > 0)
        wait_once(r, NULL, 0, DEADLINE_NEVER);
}

static void last_ones(struct run *r)
{
    int64_t until = deadline_in(r->l->grace_ms);

    for (size_t i = 0; i < r->l->n_fds && !told_to_yield; i++)
        close(r->l->fds[i]);
    close(r->stop[1]); /* every session's stop_fd is at its end now */
    spares_retire(&r->spares);
    reap(r);
    while (r->table.n > 0 && deadline_left_ms(until) > 0)
        wait_once(r, NULL, 0, until);
    if (r->table.n > 0)
        log_ev(LOG_WARN_, "sessions-killed", "n=%zu", r->table.n);
    for (size_t i = 0; i < r->table.n; i++)
        kill(r->table.kids[i].pid, SIGKILL);
    dialler_leave(&r->dialler); /* with the last session it ends too */
    while (waitpid(-1, NULL, 0) > 0)
        ;
    close(r->stop[0]);
    table_free(&r->table);
}

static void prepare(struct run *r, struct pollfd *p)
{
    if (pipe2(r->stop, O_CLOEXEC) < 0)
        die("no pipe (errno %d)", errno);
    signals(r);
    for (size_t i = 0; i < r->l->n_fds; i++) {
        int flags = fcntl(r->l->fds[i], F_GETFL);

        if (flags < 0 || fcntl(r->l->fds[i], F_SETFL, flags | O_NONBLOCK) < 0)
            die("listening descriptor %d is unusable (errno %d)", r->l->fds[i], errno);
        p[i] = (struct pollfd){r->l->fds[i], POLLIN, 0};
    }
}

/* Takes one block of that size for good, if it lies in a hole of the heap. False: the block comes from the end of the
 * heap, or more was taken than was left (the allocator then tells nothing about itself). */
static bool fill_one(size_t size, size_t *left)
{
    struct mallinfo2 before = mallinfo2(), after;
    void *volatile hole;
    bool end;

    if (*left < size)
        return false;
    hole = malloc(size);
    after = mallinfo2();
    end = after.keepcost != before.keepcost || after.arena != before.arena;
    if (end && size > LISTED_MOST) /* a smaller one would lie in a list, for a child to find */
        free(hole);
    *left -= end ? 0 : size;
    return !end;
}

/* Fills the holes of the heap once and for good. What start-up freed lies as holes all over the heap. A child that puts
 * its own small things there gets a private copy of each of these pages, at the cost of a page fault. When the holes
 * are filled, children allocate side by side at the end of the heap. Large holes are filled roughly, then those of
 * every size that the allocator keeps lists of (of the smallest there is one to a page). Measured with imapd: 172 KB of
 * private memory at a session's greeting before, 76 KB after. */
static void fill_holes(void)
{
    size_t left = mallinfo2().arena;

    for (size_t size = 64 * 1024; size > LISTED_MOST; size = size * 7 / 8)
        while (fill_one(size, &left))
            ;
    for (int size = LISTED_MOST; size > 0; size -= LIST_STEP)
        while (fill_one((size_t)size, &left))
            ;
}

void listener_run(const struct listener *l)
{
    struct run r = {.l = l, .taken = -1};
    struct pollfd p[LISTENER_FDS + 1];
    int64_t tick = l->tick_ms > 0 ? deadline_in(l->tick_ms) : DEADLINE_NEVER;

    prepare(&r, p);
    fill_holes();
    start_dialler(&r);
    while (!told_to_stop && !told_to_yield) {
        bool short_of = r.spares.n < l->spares;
        int64_t until = r.starved ? deadline_in(PAUSE_MS) : short_of ? r.spares_from : tick;

        p[l->n_fds] = (struct pollfd){r.dialler.news, POLLIN, 0};
        if (wait_once(&r, p, r.starved ? 0 : l->n_fds + 1, until < tick ? until : tick) == 0 && short_of)
            prepare_spare(&r);
        for (size_t i = 0; !r.starved && i < l->n_fds && !told_to_stop && !told_to_yield; i++)
            if (p[i].revents)
                take(&r, i);
        if (r.starved && deadline_left_ms(until) == 0)
            r.starved = false;
        if (deadline_left_ms(tick) == 0) {
            l->tick(l->ctx);
            end_unproven(&r);
            spares_retire(&r.spares);
            tick = deadline_in(l->tick_ms);
        }
    }
    if (told_to_yield && !told_to_stop)
        yield_place(&r);
    last_ones(&r);
}
