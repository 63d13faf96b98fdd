/* SPDX-License-Identifier: EUPL-1.2 */
/* httpd/server.c - see httpd/server.h. */
#include "httpd/server.h"
#include "base/log.h"
#include "httpd/routes.h"
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TURNS = 1000 /* of the library for one piece of input: it needs a few */ };

struct server {
    const struct httpd *h;
    struct keyd *keyd;
    struct dir *dir;
    struct MHD_Daemon *mhd;
    int ours, its; /* ends of the pair; its: the library's from server_begin() on, -1 */
    bool clear;
    const char *peer;
    unsigned requests;
};
struct request {     /* between its first header and its answer */
    struct buf body; /* secret: a password may be in it */
};

/* ---- the answer ---- */
static const char *const always[][2] = {
    {"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri "
                                "'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void header(struct MHD_Response *r, const char *name, const char *value)
{
    if (value)
        (void)MHD_add_response_header(r, name, value);
}

static enum MHD_Result send_answer(struct MHD_Connection *c, const struct answer *a)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_MUST_COPY);
    char file[100];
    enum MHD_Result sent;

    if (!r)
        return MHD_NO;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        header(r, always[i][0], always[i][1]);
    if (a->file) {
        (void)snprintf(file, sizeof file, "attachment; filename=\"%s\"", a->file);
        header(r, "Content-Disposition", file);
    }
    header(r, "Content-Type", a->type);
    header(r, "Cache-Control", a->keep ? "public, max-age=3600" : "no-store");
    header(r, "Location", a->location);
    header(r, "Allow", a->allow);
    header(r, "Retry-After", a->status == 503 || a->status == 429 ? "60" : NULL);
    sent = MHD_queue_response(c, a->status, r);
    MHD_destroy_response(r);
    return sent;
}

/* ---- the question ---- */
static enum method method_of(const char *name)
{
    if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
        return ASK_GET;
    return strcmp(name, "POST") == 0 ? ASK_POST : ASK_OTHER;
}

static struct span argument(struct MHD_Connection *c, const char *name)
{
    const char *value = NULL;
    size_t n = 0;

    if (MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value, &n) != MHD_YES || !value)
        return SPAN_NULL;
    return span_of(value, n);
}

static struct span host_of(struct MHD_Connection *c)
{
    return span_str(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host"));
}

/* W3C Fetch Metadata: what a browser says of the page that a request came from. Who says nothing is no browser of today, or somebody who types. */
static enum asked_from from_where(struct MHD_Connection *c)
{
    const char *site = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Sec-Fetch-Site");

    return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0 ? FROM_HERE : FROM_ELSEWHERE;
}

static enum MHD_Result respond(struct server *s, struct MHD_Connection *c, const char *url, const char *method,
                               struct span body)
{
    struct question q = {
        .h = s->h, .keyd = s->keyd, .dir = s->dir, .clear = s->clear, .method = method_of(method), .path = url};
    enum MHD_Result sent;
    struct answer a;

    q.address = argument(c, "emailaddress");
    if (q.address.n == 0)
        q.address = argument(c, "adresse");
    q.host = host_of(c);
    q.body = body;
    q.peer = s->peer;
    q.from = from_where(c);
    answer_to(&q, &a);
    s->requests++;
    log_ev(LOG_INFO_, "request", "route=%s status=%u bytes=%zu", a.route, a.status, a.body.n);
    sent = send_answer(c, &a);
    buf_free(&a.body);
    return sent;
}

static bool too_long(struct MHD_Connection *c)
{
    const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Length");
    uint64_t n;

    return text && (!span_u64(span_str(text), UINT64_MAX, &n) || n > BODY_MAX);
}

static enum MHD_Result refuse_body(struct server *s, struct MHD_Connection *c)
{
    struct answer a = {.status = 413, .type = "text/plain; charset=utf-8"};
    enum MHD_Result sent;

    buf_addstr(&a.body, "Trop long.\nToo long.\n");
    s->requests++;
    log_ev(LOG_INFO_, "request", "route=- status=413 bytes=%zu", a.body.n);
    sent = send_answer(c, &a);
    buf_free(&a.body);
    return sent;
}

/* The library calls first with the head alone, then for each piece of the body, then once with nothing more. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_n, void **mine)
{
    struct request *rq = *mine;

    (void)version;
    if (!rq) {
        rq = *mine = calloc(1, sizeof *rq);
        if (!rq)
            die("out of memory");
        buf_init_secret(&rq->body);
        return too_long(c) ? refuse_body(ctx, c) : MHD_YES;
    }
    if (*piece_n == 0)
        return respond(ctx, c, url, method, buf_span(&rq->body));
    if (rq->body.n + *piece_n > BODY_MAX)
        return MHD_NO; /* it named no length: nothing can be said in the middle of it */
    buf_add(&rq->body, piece, *piece_n);
    *piece_n = 0;
    return MHD_YES;
}

static void on_done(void *ctx, struct MHD_Connection *c, void **mine, enum MHD_RequestTerminationCode why)
{
    struct request *rq = *mine;

    (void)ctx;
    (void)c;
    (void)why;
    if (rq)
        buf_free(&rq->body);
    free(rq);
    *mine = NULL;
}

/* The library's texts end at an octet 0: "/style.css%00.html" would be the style sheet. What has one is left as it came, and is the name of nothing. */
static size_t unescape(void *ctx, struct MHD_Connection *c, char *text)
{
    (void)ctx;
    (void)c;
    return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

/* ---- the connection ---- */
struct server *server_new(const struct httpd *h, struct keyd *k, struct dir *d)
{
    struct server *s = calloc(1, sizeof *s);
    int pair[2];

    if (!s || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        die("no socket pair (errno %d)", errno);
    s->h = h;
    s->keyd = k;
    s->dir = d;
    s->ours = pair[0];
    s->its = pair[1];
    s->mhd = MHD_start_daemon(
        MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_HEAD,
        MHD_OPTION_CONNECTION_LIMIT, 1u, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!s->mhd)
        die("libmicrohttpd does not start");
    return s;
}

void server_begin(struct server *s, bool clear, const char *peer)
{
    const struct sockaddr_un nobody = {.sun_family = AF_UNIX};

    s->clear = clear;
    s->peer = peer;
    if (MHD_add_connection(s->mhd, s->its, (const struct sockaddr *)&nobody, sizeof nobody) != MHD_YES)
        die("libmicrohttpd takes no connection");
    s->its = -1;
}

size_t server_put(struct server *s, struct span in)
{
    ssize_t n = send(s->ours, in.p, in.n, MSG_NOSIGNAL);

    return n > 0 ? (size_t)n : 0;
}

/* One turn of the library, if it can do something now. */
static bool turn(struct server *s)
{
    fd_set r, w, x;
    MHD_socket top = -1;
    MHD_UNSIGNED_LONG_LONG ms = 1;
    struct timeval now = {0, 0};
    int n;

    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_ZERO(&x);
    if (MHD_get_fdset(s->mhd, &r, &w, &x, &top) != MHD_YES)
        return false;
    n = select(top + 1, &r, &w, &x, &now);
    if (n < 0 || (n == 0 && !(MHD_get_timeout(s->mhd, &ms) == MHD_YES && ms == 0)))
        return false;
    return MHD_run_from_select(s->mhd, &r, &w, &x) == MHD_YES;
}

/* False: the library has closed its end, and all that it wrote was taken. */
static bool take(struct server *s, struct buf *out)
{
    unsigned char part[4096];
    ssize_t n;

    while ((n = recv(s->ours, part, sizeof part, 0)) > 0)
        buf_add(out, part, (size_t)n);
    return n < 0 && errno == EAGAIN;
}

bool server_get(struct server *s, struct buf *out)
{
    bool on = true;

    for (int i = 0; on && i < TURNS; i++) {
        bool more = turn(s);

        on = take(s, out);
        if (!more)
            break;
    }
    return on;
}

unsigned server_requests(const struct server *s)
{
    return s->requests;
}

void server_free(struct server **s)
{
    MHD_stop_daemon((*s)->mhd);
    close((*s)->ours);
    if ((*s)->its >= 0)
        close((*s)->its);
    free(*s);
    *s = NULL;
}
