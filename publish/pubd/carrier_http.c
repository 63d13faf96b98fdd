/* SPDX-License-Identifier: EUPL-1.2 */
/* publish/pubd/carrier_http.c - one HTTP request over a stream that speaks TLS. See publish/pubd/carrier.h.
 *
 * Clear    libcurl writes and reads plain HTTP on a local connection to a door of this very process, a socket in run/; a thread carries the
 *          octets between it and the stream. libcurl's own TLS can only use a key that it is given, and ours is in keyd. A connected socket cannot be handed to it:
 *          7.88 connects again. Whoever else comes to the door is sent away: the kernel names the process at the other end.
 */
#include "base/ascii.h"
#include "base/stream.h"
#include "publish/pubd/carrier.h"
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BODY_MOST = 1000 * 1000, CARRY = 16384, BACKLOG = 8 };

/* ---- the door ---- */
bool carrier_door(struct carrier_door *d, uid_t uid)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof a.sun_path, "%s", d->name);
    (void)unlink(d->name);
    d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return d->fd >= 0 && bind(d->fd, (struct sockaddr *)&a, sizeof a) == 0 && chmod(d->name, 0600) == 0 &&
           (uid == 0 || geteuid() != 0 || chown(d->name, uid, (gid_t)uid) == 0) && listen(d->fd, BACKLOG) == 0;
}

static bool is_own(int fd)
{
    struct ucred who = {0};
    socklen_t n = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.pid == getpid();
}

/* libcurl's connection; -1: there will be none. */
static int let_in(int door, int stop)
{
    struct pollfd p[2] = {{door, POLLIN, 0}, {stop, 0, 0}};

    for (;;) {
        int fd = accept4(door, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0 && is_own(fd))
            return fd;
        if (fd >= 0)
            close(fd);
        else if ((poll(p, 2, -1) < 0 && errno != EINTR) || p[1].revents)
            return -1;
    }
}

/* ---- carried ---- */
struct carrying {
    struct stream *s;
    int door, stop;
    int end;
};

static bool give_all(int fd, struct span octets)
{
    while (octets.n > 0) {
        ssize_t n = send(fd, octets.p, octets.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        octets = span_from(octets, (size_t)n);
    }
    return true;
}

static bool carry_out(struct carrying *c)
{
    unsigned char piece[CARRY];
    ssize_t n = recv(c->end, piece, sizeof piece, 0);
    struct err e;

    if (n <= 0)
        return false;
    stream_put(c->s, span_of(piece, (size_t)n));
    return stream_flush(c->s, &e) == RC_OK;
}

/* What came may be no data, but a record of TLS's own (a server sends its session tickets right behind the handshake). The wait for data behind it ends when
 * libcurl has something: else its request would lie here while the server waits for it. */
static int end_of(const void *ctx)
{
    return ((const struct carrying *)ctx)->end;
}

static int64_t never(const void *ctx)
{
    (void)ctx;
    return DEADLINE_NEVER;
}

static enum rc stop_reading(void *ctx, struct err *e)
{
    (void)ctx;
    return err_set(e, RC_DENIED, "libcurl has something");
}

static bool carry_in(struct carrying *c)
{
    struct span got;
    struct err e;
    enum rc rc = stream_peek(c->s, &got, &e);

    if (rc == RC_DENIED)
        return true;
    if (rc != RC_OK || !give_all(c->end, got))
        return false;
    stream_consume(c->s, got.n);
    return true;
}

static void *carry(void *arg)
{
    static const struct stream_watch libcurl = {end_of, never, stop_reading};
    struct carrying *c = arg;
    int which;
    struct err e;
    bool more;

    c->end = let_in(c->door, c->stop);
    more = c->end >= 0;
    stream_watch(c->s, &libcurl, c);
    while (more && stream_wait(c->s, c->end, -1, stream_deadline_of(c->s), &which, &e) == RC_OK)
        more = (!(which & STREAM_OTHER) || carry_out(c)) && (!(which & STREAM_INPUT) || carry_in(c));
    stream_watch(c->s, NULL, NULL);
    if (c->end >= 0)
        close(c->end); /* libcurl sees the end */
    return NULL;
}

/* ---- asked ---- */
static size_t take_body(char *p, size_t size, size_t n, void *body)
{
    struct buf *b = body;

    if (b->n + size * n > BODY_MOST)
        return 0;
    buf_add(b, p, size * n);
    return size * n;
}

/* What may stand in the value of a query as it is; the rest, the separator of FHIR's tokens too, is percent-encoded (RFC 3986 2.1). */
static void add_value(struct buf *out, const char *value)
{
    for (; *value; value++)
        if (ascii_is_alnum((unsigned char)*value) || strchr("-._~:/", *value))
            buf_addc(out, (unsigned char)*value);
        else
            buf_addf(out, "%%%02X", (unsigned char)*value);
}

/* libcurl speaks to "http://HOST...", which is right between it and the pair of sockets. */
static void make_url(const struct carrier_request *rq, struct buf *out)
{
    const char *value = strchr(rq->query, '=');

    buf_addf(out, "http%s/%s?%.*s=", rq->base + strlen("https"), rq->resource, value ? (int)(value - rq->query) : 0,
             rq->query);
    add_value(out, value ? value + 1 : "");
}

static struct curl_slist *headers(const struct carrier_request *rq)
{
    const char *authority = rq->base + strlen("https://");
    char key[128], host[320];
    const char *const lines[] = {"Content-Type: application/fhir+json", "Accept: application/fhir+json", "Expect:", key,
                                 host};
    struct curl_slist *list = NULL;

    snprintf(key, sizeof key, "X-Idempotency-Key: %s", rq->key);
    snprintf(host, sizeof host, "Host: %.*s", (int)strcspn(authority, "/"), authority);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        list = curl_slist_append(list, lines[i]);
    return list;
}

static void set_up(CURL *c, const struct carrier_request *rq, const char *url, struct buf *body)
{
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)rq->timeout_ms);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "pli/" PLI_VERSION);
    curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, rq->door->name);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "PATCH");
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body.n);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, rq->body.p);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
}

static enum rc ask(const struct carrier_request *rq, struct carrier_answer *out, struct err *e)
{
    CURL *c = curl_easy_init();
    struct curl_slist *list = headers(rq);
    struct buf url = BUF_INIT;
    char error[CURL_ERROR_SIZE] = "";
    CURLcode code = CURLE_OUT_OF_MEMORY;
    curl_off_t wait = 0;

    make_url(rq, &url);
    if (c && list) {
        set_up(c, rq, buf_cstr(&url), &out->body);
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
        code = curl_easy_perform(c);
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &out->status);
        curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &wait);
        out->wait_s = wait < 0 ? 0 : wait > UINT32_MAX ? UINT32_MAX : (uint32_t)wait;
    }
    curl_easy_cleanup(c);
    curl_slist_free_all(list);
    buf_free(&url);
    return code == CURLE_OK
               ? RC_OK
               : err_set(e, RC_TEMP, "no whole answer: %.150s", error[0] ? error : curl_easy_strerror(code));
}

enum rc carrier_exchange(struct stream *s, const struct carrier_request *rq, struct carrier_answer *out, struct err *e)
{
    int stop[2];
    struct carrying c = {.s = s, .door = rq->door->fd};
    pthread_t thread;
    enum rc rc;

    *out = (struct carrier_answer){.body = BUF_INIT};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stop) != 0)
        return err_sys(e, RC_TEMP, "a pair of sockets");
    c.stop = stop[1];
    if (pthread_create(&thread, NULL, carry, &c) == 0) {
        rc = ask(rq, out, e);
        (void)shutdown(stop[0], SHUT_RDWR); /* where libcurl did not come at all */
        pthread_join(thread, NULL);
    } else
        rc = err_set(e, RC_TEMP, "no thread can be made");
    close(stop[0]);
    close(stop[1]);
    return rc;
}
