/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/finder.c - see relayd/finder.h: the process and its loop, and the scheduler's side of the socket pair. A question and an answer are one packet
 * each, a struct as it stands, because both sides are the same program. */
#include "base/ipc_int.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/service.h"
#include "base/wipe.h"
#include "relayd/channel.h"
#include "relayd/finder_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct finder {
    int fd;
};

/* ---- answers ---- */

static void send_answer(const struct finder_loop *l, const struct finder_answer *a, int fd)
{
    struct pollfd p = {l->ask, POLLOUT, 0};

    while (ipc_tx(l->ask, span_of(a, sizeof *a), fd) == 0) /* 0: no room now */
        (void)poll(&p, 1, -1);
}

void finder_answer_of(struct hunt *h, enum finder_result r, unsigned candidate, int fd)
{
    struct finder_answer a = {.id = h->ask.id, .result = r, .fd = -1};

    if (h->n_cand > 0 && r != FIND_NO_MORE) {
        const struct candidate *c = &h->cand[fd >= 0 ? candidate : h->n_cand - 1];

        a.candidate = h->seed << 8 | (unsigned)(c - h->cand + 1);
        snprintf(a.host, sizeof a.host, "%s", c->host->name);
        inet_ntop(c->addr->family, c->addr->octets, a.ip, sizeof a.ip);
    }
    snprintf(a.text, sizeof a.text, "%s", fd >= 0 ? "" : h->why);
    send_answer(h->loop, &a, fd);
    if (fd >= 0)
        close(fd);
    finder_connect_end(h);
    h->answered = true;
}

/* ---- hunts ---- */

static void begin(struct finder_loop *l, const struct finder_ask *q)
{
    struct hunt *h = calloc(1, sizeof *h);

    if (h == NULL)
        die("out of memory");
    h->ask = *q;
    h->loop = l;
    h->due = deadline_in(l->conf.connect_ms);
    h->first = q->after & 0xff;
    h->seed = q->after >> 8;
    if (q->after == 0)
        random_bytes(&h->seed, sizeof h->seed);
    h->seed &= 0xffffff;
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        h->attempt[i].fd = -1;
    h->next = l->hunts;
    l->hunts = h;
    l->n_hunts++;
    finder_dns_ask(h);
}

static void read_asks(struct finder_loop *l)
{
    struct finder_ask q;
    unsigned fds;
    size_t n;
    int fd, got = 1;

    while (l->n_hunts < HUNTS_MAX && (got = ipc_rx(l->ask, &q, sizeof q, &n, &fd, &fds)) > 0) {
        if (fd >= 0)
            close(fd);
        if (n != sizeof q || memchr(q.domain, 0, sizeof q.domain) == NULL)
            bug("finder: a question of %zu bytes", n);
        begin(l, &q);
    }
    if (got < 0) { /* the scheduler has gone: so do we */
        close(l->ask);
        l->ask = -1;
    }
}

static void sweep(struct finder_loop *l)
{
    for (struct hunt **at = &l->hunts; *at != NULL;) {
        struct hunt *h = *at;

        if (!h->answered || h->pending > 0) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        l->n_hunts--;
        free(h);
    }
}

/* ---- the loop ---- */

enum { POLL_MAX = 1 + DNS_SOCKETS_MAX + HUNTS_MAX * ATTEMPTS_MAX };

static nfds_t gather(const struct finder_loop *l, struct pollfd *p)
{
    nfds_t n = 0;

    p[n++] = (struct pollfd){l->n_hunts < HUNTS_MAX ? l->ask : -1, POLLIN, 0};
    for (unsigned i = 0; i < l->n_dns; i++)
        p[n++] = l->dns_fd[i];
    for (const struct hunt *h = l->hunts; h != NULL; h = h->next)
        for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
            if (h->attempt[i].fd >= 0)
                p[n++] = (struct pollfd){h->attempt[i].fd, POLLOUT, 0};
    return n;
}

static int wait_ms(const struct finder_loop *l)
{
    struct timeval most = {60, 0}, tv, *dns = ares_timeout(l->dns, &most, &tv);
    int64_t next = deadline_in(dns->tv_sec * 1000 + dns->tv_usec / 1000 + 1);

    for (const struct hunt *h = l->hunts; h != NULL; h = h->next)
        if (!h->answered && finder_connect_next(h) < next)
            next = finder_connect_next(h);
    return deadline_left_ms(next);
}

static void on_connect(struct finder_loop *l, const struct pollfd *p)
{
    for (struct hunt *h = l->hunts; h != NULL; h = h->next)
        if (!h->answered)
            finder_connect_event(h, p);
}

static void turn(struct finder_loop *l, struct pollfd *p)
{
    unsigned dns = l->n_dns;
    nfds_t n = gather(l, p);
    int64_t now;

    if (poll(p, n, wait_ms(l)) < 0 && errno != EINTR)
        die("poll (errno %d)", errno);
    for (nfds_t i = 1 + dns; i < n; i++)
        if (p[i].revents)
            on_connect(l, &p[i]);
    for (nfds_t i = 1; i < 1 + dns; i++)
        if (p[i].revents)
            ares_process_fd(l->dns, p[i].revents & (POLLIN | POLLERR | POLLHUP) ? p[i].fd : ARES_SOCKET_BAD,
                            p[i].revents & POLLOUT ? p[i].fd : ARES_SOCKET_BAD);
    ares_process_fd(l->dns, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what is over by time */
    now = clock_mono();
    for (struct hunt *h = l->hunts; h != NULL; h = h->next)
        if (!h->answered)
            finder_connect_time(h, now);
    sweep(l);
    if (p[0].revents)
        read_asks(l);
}

void finder_run(struct finder_loop *l)
{
    static struct pollfd p[POLL_MAX];

    while (l->ask >= 0)
        turn(l, p);
}

/* ---- the process ---- */

static void bind_address(struct finder_conf *c, const char *text)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&c->from[0];
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&c->from[1];
    struct span rest = span_str(text);

    while (rest.n > 0) {
        ptrdiff_t at = span_chr(rest, ' ');
        struct span one = span_head(rest, at < 0 ? rest.n : (size_t)at);
        char *s = span_dup(one);

        if (inet_pton(AF_INET, s, &four->sin_addr) == 1)
            four->sin_family = AF_INET;
        else if (inet_pton(AF_INET6, s, &six->sin6_addr) == 1)
            six->sin6_family = AF_INET6;
        else if (one.n > 0)
            die("relayd.bind_address: %s is no address", s);
        free(s);
        rest = span_from(rest, at < 0 ? rest.n : (size_t)at + 1);
    }
}

static void configure(struct finder_conf *c, const struct boot *b)
{
    c->port = (uint16_t)boot_num(b, "relayd.port");
    c->connect_ms = boot_num(b, "relayd.connect_timeout") * 1000;
    c->local_peers = boot_num(b, "relayd.local_peers") != 0;
    c->resolver = boot_get(b, "relayd.resolver");
    c->own_host = service_host(b);
    bind_address(c, boot_get(b, "relayd.bind_address"));
}

static void run_child(const struct boot *b, struct finder_loop *l)
{
    int64_t uid = boot_given_num(b, "uid");
    const char *run = boot_given(b, "run");
    struct sandbox_how how = {SB_RELAY_FINDER, uid > 0 ? (uid_t)uid : 0, run ? run : ".", NULL};
    struct err e;

    signal(SIGTERM, SIG_IGN); /* it ends with the scheduler */
    signal(SIGINT, SIG_IGN);
    if (finder_dns_start(l, &e) != RC_OK || sandbox_enter(&how, &e) != RC_OK)
        die("finder: %s", e.log);
    finder_run(l);
    _exit(0);
}

enum rc finder_start(const struct boot *b, struct finder **f_out, struct err *e)
{
    static struct finder_loop l; /* the child's */
    struct finder *f = calloc(1, sizeof *f);
    int ends[2];
    pid_t pid;

    if (f == NULL)
        die("out of memory");
    configure(&l.conf, b);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 || (pid = fork()) < 0) {
        free(f);
        return err_sys(e, RC_TEMP, "finder");
    }
    if (pid == 0) {
        channel_alone(ends[1]);
        ipc_size_buffers(ends[1]);
        l.ask = ends[1];
        run_child(b, &l);
    }
    close(ends[1]);
    ipc_size_buffers(ends[0]);
    f->fd = ends[0];
    *f_out = f;
    return RC_OK;
}

/* ---- the scheduler's side ---- */

void finder_stop(struct finder **f)
{
    if (*f == NULL)
        return;
    close((*f)->fd);
    free(*f);
    *f = NULL;
}

int finder_fd(const struct finder *f)
{
    return f->fd;
}

enum rc finder_send(struct finder *f, const struct finder_ask *q, struct err *e)
{
    int sent = ipc_tx(f->fd, span_of(q, sizeof *q), -1);

    if (sent == 0)
        return err_cause(e, RC_TEMP, CAUSE_BUSY, "finder: too many questions wait");
    return sent > 0 ? RC_OK : err_set(e, RC_CLOSED, "finder has ended");
}

/* The finder reads hostile octets: what it says is checked. */
static bool lawful(const struct finder_answer *a, size_t n, int fd)
{
    return n == sizeof *a && a->result >= FIND_CONNECTED && a->result <= FIND_NO_MORE &&
           (fd >= 0) == (a->result == FIND_CONNECTED) && memchr(a->host, 0, sizeof a->host) != NULL &&
           memchr(a->ip, 0, sizeof a->ip) != NULL && memchr(a->text, 0, sizeof a->text) != NULL &&
           (fd < 0 || finder_name_ok(a->host));
}

enum rc finder_next(struct finder *f, struct finder_answer *out, struct err *e)
{
    struct finder_answer a;
    unsigned fds;
    size_t n = 0;
    int fd, got = ipc_rx(f->fd, &a, sizeof a, &n, &fd, &fds);

    if (got == 0)
        return err_set(e, RC_MORE, "finder: no answer yet");
    if (got < 0)
        return err_set(e, RC_CLOSED, "finder has ended");
    if (!lawful(&a, n, fd)) {
        if (fd >= 0)
            close(fd);
        return err_set(e, RC_CLOSED, "finder: malformed answer");
    }
    *out = a;
    out->fd = fd;
    return RC_OK;
}
