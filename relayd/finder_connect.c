/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/finder_connect.c - from candidates to a connection: one attempt after the other, the next one beside it when it takes long. The first that
 * stands wins (RFC 8305 section 5, with a pause that suits servers: a slow best MX is not passed over lightly). */
#include "relayd/finder_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#define MS 1000000LL

/* ---- addresses ---- */

static const struct refused {
    int family;
    unsigned bits;
    unsigned char prefix[16];
    bool local; /* relayd.local_peers allows it */
    const char *why;
} refused[] = {
    {AF_INET, 8, {127}, true, "a loopback address"},
    {AF_INET, 8, {0}, false, "no address of a host"},
    {AF_INET, 16, {169, 254}, false, "a link-local address"},
    {AF_INET, 3, {224}, false, "no address of a host"}, /* 224/4 multicast, 240/4 reserved */
    {AF_INET6, 128, {[15] = 1}, true, "a loopback address"},
    {AF_INET6, 80, {0}, false, "an IPv4 address in IPv6 clothes"}, /* ::, ::a.b.c.d, ::ffff:a.b.c.d */
    {AF_INET6, 96, {[1] = 0x64, [2] = 0xff, [3] = 0x9b}, false, "a translated IPv4 address"},
    {AF_INET6, 10, {0xfe, 0x80}, false, "a link-local address"},
    {AF_INET6, 8, {0xff}, false, "no address of a host"},
};

static bool has_prefix(const unsigned char *octets, const struct refused *r)
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;

    return memcmp(octets, r->prefix, whole) == 0 &&
           (rest == 0 || ((octets[whole] ^ r->prefix[whole]) >> (8 - rest)) == 0);
}

const char *finder_refused(const struct finder_addr *a, bool local_peers)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (refused[i].family == a->family && has_prefix(a->octets, &refused[i]))
            return refused[i].local && local_peers ? NULL : refused[i].why;
    return NULL;
}

static socklen_t sockaddr_of(const struct finder_addr *a, uint16_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (a->family == AF_INET) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        memcpy(&four->sin_addr, a->octets, sizeof four->sin_addr);
        return sizeof *four;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    memcpy(&six->sin6_addr, a->octets, sizeof six->sin6_addr);
    return sizeof *six;
}

static const void *octets_of(const struct sockaddr_storage *s, size_t *n)
{
    *n = s->ss_family == AF_INET ? 4 : 16;
    return s->ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)s)->sin_addr
                                   : (const void *)&((const struct sockaddr_in6 *)s)->sin6_addr;
}

/* A connection from an address to the same address goes to this machine. */
static bool to_ourselves(int fd)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t n = sizeof here, m = sizeof there;
    const void *a, *b;
    size_t len, other;

    if (getsockname(fd, (struct sockaddr *)&here, &n) != 0 || getpeername(fd, (struct sockaddr *)&there, &m) != 0)
        return false;
    a = octets_of(&here, &len);
    b = octets_of(&there, &other);
    return len == other && memcmp(a, b, len) == 0;
}

/* ---- attempts ---- */

static void failed(struct hunt *h, unsigned i, const char *why)
{
    const struct candidate *c = &h->cand[i];
    char ip[FINDER_IP];

    inet_ntop(c->addr->family, c->addr->octets, ip, sizeof ip);
    snprintf(h->why, sizeof h->why, "%.80s [%s]: %s", c->host->name, ip, why);
}

static void drop(struct attempt *t)
{
    close(t->fd);
    t->fd = -1;
}

static void won(struct hunt *h, struct attempt *t)
{
    int fd = t->fd, flags = fcntl(fd, F_GETFL);

    t->fd = -1;
    (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    finder_answer_of(h, FIND_CONNECTED, t->candidate, fd);
}

/* The socket says how its attempt ended. */
static void ended(struct hunt *h, struct attempt *t)
{
    int no = 0;
    socklen_t n = sizeof no;

    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &no, &n) != 0)
        no = errno;
    if (no == 0 && !h->loop->conf.local_peers && to_ourselves(t->fd)) {
        failed(h, t->candidate, "an address of this server");
        drop(t);
    } else if (no == 0) {
        won(h, t);
    } else {
        failed(h, t->candidate, strerror(no));
        drop(t);
    }
}

static int dial(struct finder_loop *l, const struct finder_addr *a)
{
    const struct sockaddr_storage *from = &l->conf.from[a->family == AF_INET6];
    struct sockaddr_storage to;
    socklen_t n = sockaddr_of(a, l->conf.port, &to);
    int no, fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    if ((from->ss_family == 0 || bind(fd, (const struct sockaddr *)from, n) == 0) &&
        (connect(fd, (struct sockaddr *)&to, n) == 0 || errno == EINPROGRESS))
        return fd;
    no = errno;
    close(fd);
    return -no;
}

/* False: there is nothing to wait for with this candidate. */
static bool try_one(struct hunt *h, unsigned i, struct attempt *t, int64_t now)
{
    const char *no = finder_refused(h->cand[i].addr, h->loop->conf.local_peers);
    int fd;

    if (no != NULL) {
        failed(h, i, no);
        return false;
    }
    fd = dial(h->loop, h->cand[i].addr);
    if (fd < 0) {
        failed(h, i, strerror(-fd));
        return false;
    }
    *t = (struct attempt){fd, i, now + FINDER_CONNECT_MS * MS};
    h->overlap_at = now + OVERLAP_MS * MS;
    return true;
}

static struct attempt *free_attempt(struct hunt *h)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        if (h->attempt[i].fd < 0)
            return &h->attempt[i];
    return NULL;
}

static unsigned running(const struct hunt *h)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        n += h->attempt[i].fd >= 0;
    return n;
}

static void next_attempt(struct hunt *h, int64_t now)
{
    struct attempt *t = free_attempt(h);
    bool begun = false;

    while (t != NULL && !begun && h->next_cand < h->n_cand)
        begun = try_one(h, h->next_cand++, t, now);
    if (running(h) == 0)
        finder_answer_of(h, h->first > 0 && h->first >= h->n_cand ? FIND_NO_MORE : FIND_UNREACHABLE, 0, -1);
}

/* ---- as the loop calls ---- */

void finder_connect(struct hunt *h)
{
    h->next_cand = h->first;
    next_attempt(h, clock_mono());
}

void finder_connect_event(struct hunt *h, const struct pollfd *p)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX && !h->answered; i++)
        if (h->attempt[i].fd == p->fd) {
            ended(h, &h->attempt[i]);
            if (!h->answered && running(h) == 0)
                next_attempt(h, clock_mono());
            return;
        }
}

void finder_connect_time(struct hunt *h, int64_t now)
{
    if (now >= h->due) {
        if (h->why[0] == '\0')
            snprintf(h->why, sizeof h->why, "%.100s: not in time", h->ask.domain);
        finder_answer_of(h, h->n_cand > 0 ? FIND_UNREACHABLE : FIND_DNS_TEMP, 0, -1);
        return;
    }
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        if (h->attempt[i].fd >= 0 && now >= h->attempt[i].until) {
            failed(h, h->attempt[i].candidate, "no answer");
            drop(&h->attempt[i]);
        }
    if (h->n_cand > 0 && (running(h) == 0 || (now >= h->overlap_at && h->next_cand < h->n_cand && free_attempt(h))))
        next_attempt(h, now);
}

int64_t finder_connect_next(const struct hunt *h)
{
    int64_t next = h->due;

    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        if (h->attempt[i].fd >= 0 && h->attempt[i].until < next)
            next = h->attempt[i].until;
    if (h->next_cand < h->n_cand && running(h) > 0 && running(h) < ATTEMPTS_MAX && h->overlap_at < next)
        next = h->overlap_at;
    return next;
}

void finder_connect_end(struct hunt *h)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++)
        if (h->attempt[i].fd >= 0)
            drop(&h->attempt[i]);
}
