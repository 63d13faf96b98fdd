/* SPDX-License-Identifier: EUPL-1.2 */
/* base/stream.c - see base/stream.h.
 *
 * Input     in[start, end) is at hand. Only a read moves what is left to the front, and only when the room behind it is
 *           short. So a borrowed span stays good until the next call that reads.
 * Output    is gathered up to OUT_HIGH and then sent at once, so that memory stays bounded. A failure is kept and
 *           reported at the next flush. What is put after a failure is dropped.
 * Secrets   Both buffers hold mail in clear, so they are wiped when they are freed.
 */
#include "base/stream.h"
#include "base/wipe.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_CAP = 16 * 1024, IN_MOST = 1024 * 1024, READ_LEAST = 4096, OUT_HIGH = 64 * 1024, DIRECT = 16 * 1024 };
enum { LINGER_MS = 2000, LINGER_MAX = 16 * 1024 * 1024 };

struct stream {
    int fd;
    int64_t deadline;
    const struct stream_ops *ops; /* NULL: the socket itself */
    void *ctx;
    const struct stream_watch *watch; /* may be NULL */
    void *watch_ctx;
    unsigned char *in;
    size_t start, end, cap;
    size_t
        written; /* no octet of in beyond it was ever written: what was not need not be wiped, and its pages are never touched */
    struct buf out;
    bool eof;
    struct err broken; /* rc RC_OK while output works */
};

/* ---- the socket, when there is no TLS ---- */
static enum rc wait_fd(int fd, short what, int64_t deadline, struct err *e)
{
    struct pollfd p = {fd, what, 0};
    int n;

    do
        n = poll(&p, 1, deadline_left_ms(deadline));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(e, RC_TEMP, "poll");
    if (n == 0)
        return err_set(e, RC_TIMEOUT, "peer silent until the deadline");
    return RC_OK;
}

/* Woken by the watch alone, or because it is due: it says whether to go on. */
static enum rc await_once(struct stream *s, int64_t deadline, bool *ready, struct err *e)
{
    const struct stream_watch *w = s->watch;
    int64_t due = w ? w->due(s->watch_ctx) : DEADLINE_NEVER;
    bool due_first = due < deadline;
    struct pollfd p[2] = {{s->fd, POLLIN, 0},
                          {w ? w->fd(s->watch_ctx) : -1, POLLIN, 0}}; /* a negative fd is passed over */
    int n = poll(p, 2, deadline_left_ms(due_first ? due : deadline));

    if (n < 0)
        return errno == EINTR ? RC_OK : err_sys(e, RC_TEMP, "poll");
    *ready = p[0].revents != 0;
    if (n == 0 && !due_first)
        return err_set(e, RC_TIMEOUT, "peer silent until the deadline");
    return n == 0 || p[1].revents ? w->look(s->watch_ctx, e) : RC_OK;
}

enum rc stream_await(struct stream *s, int64_t deadline, struct err *e)
{
    bool ready = false;
    enum rc rc = RC_OK;

    while (rc == RC_OK && !ready)
        rc = await_once(s, deadline, &ready, e);
    return rc;
}

void stream_watch(struct stream *s, const struct stream_watch *w, void *ctx)
{
    s->watch = w;
    s->watch_ctx = ctx;
}

static enum rc sock_fail(struct err *e, const char *what)
{
    if (errno == ECONNRESET || errno == EPIPE)
        return err_sys(e, RC_CLOSED, "%s", what);
    return err_sys(e, RC_TEMP, "%s", what);
}

static ssize_t sock_read(struct stream *s, void *p, size_t n, struct err *e)
{
    for (;;) {
        ssize_t got = recv(s->fd, p, n, MSG_DONTWAIT);
        if (got >= 0)
            return got;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return (void)sock_fail(e, "recv"), -1;
        if (stream_await(s, s->deadline, e) != RC_OK)
            return -1;
    }
}

static ssize_t sock_write(struct stream *s, const void *p, size_t n, struct err *e)
{
    for (;;) {
        ssize_t put = send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put >= 0)
            return put;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return (void)sock_fail(e, "send"), -1;
        if (wait_fd(s->fd, POLLOUT, s->deadline, e) != RC_OK)
            return -1;
    }
}

/* ---- life ---- */
struct stream *stream_open(int fd)
{
    struct stream *s = calloc(1, sizeof *s);
    int on = 1;

    if (!s || !(s->in = malloc(IN_CAP)))
        die("out of memory");
    s->fd = fd;
    s->cap = IN_CAP;
    s->deadline = DEADLINE_NEVER;
    buf_init_secret(&s->out);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
                     sizeof on); /* fails on what is not TCP: nothing to switch off */
    return s;
}

int stream_fd(const struct stream *s)
{
    return s->fd;
}

void stream_close(struct stream **sp)
{
    struct stream *s = *sp;

    if (!s)
        return;
    *sp = NULL;
    if (s->ops && s->ops->close)
        s->ops->close(s->ctx);
    close(s->fd);
    wipe(s->in, s->written);
    free(s->in);
    buf_free(&s->out);
    free(s);
}

/* Takes in what the peer still sends, until the peer has closed its half too. */
static void linger(int fd)
{
    unsigned char sink[16 * 1024];
    int64_t until = deadline_in(LINGER_MS);
    size_t most = 0; /* octets of sink that were written: mostly none */
    struct err e;

    for (size_t taken = 0; taken < LINGER_MAX;) {
        ssize_t got = recv(fd, sink, sizeof sink, MSG_DONTWAIT);

        if (got > 0) {
            taken += (size_t)got;
            most = (size_t)got > most ? (size_t)got : most;
        }
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ||
            (got < 0 && wait_fd(fd, POLLIN, until, &e) != RC_OK) || deadline_left_ms(until) == 0)
            break;
    }
    wipe(sink, most);
}

void stream_finish(struct stream **sp)
{
    struct stream *s = *sp;
    struct err e;

    if (!s)
        return;
    if (stream_flush(s, &e) == RC_OK) {
        if (s->ops && s->ops->close)
            s->ops->close(s->ctx);
        s->ops = NULL;
        if (!s->eof && shutdown(s->fd, SHUT_WR) == 0)
            linger(s->fd);
    }
    stream_close(sp);
}

void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *ctx)
{
    if (s->start != s->end || s->out.n > 0)
        bug("a layer begins with bytes in the buffers"); /* what came in clear must never be taken for what comes under TLS */
    s->ops = ops;
    s->ctx = ctx;
}

/* The socket as a layer. Its deadline is the stream's. */
static ssize_t below_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    (void)deadline;
    return sock_read(ctx, p, n, e);
}

static ssize_t below_write(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e)
{
    (void)deadline;
    return sock_write(ctx, p, n, e);
}

void stream_push_ops(struct stream *s, const struct stream_ops *ops, void *ctx, const struct stream_ops **below_out,
                     void **below_ctx_out)
{
    static const struct stream_ops sock = {.read = below_read, .write = below_write};
    const struct stream_ops *was = s->ops;
    void *was_ctx = s->ctx;

    stream_set_ops(s, ops, ctx);
    *below_out = was ? was : &sock;
    *below_ctx_out = was ? was_ctx : s;
}

void stream_deadline(struct stream *s, int64_t deadline)
{
    s->deadline = deadline;
}

int64_t stream_deadline_of(const struct stream *s)
{
    return s->deadline;
}

/* Frees the input buffer when it is empty. The next read allocates it again. */
void stream_rest(struct stream *s)
{
    if (s->out.n == 0) {
        buf_free(&s->out);
        buf_init_secret(&s->out);
    }
    if (s->start != s->end || s->in == NULL)
        return;
    wipe(s->in, s->written);
    free(s->in);
    s->in = NULL;
    s->start = s->end = s->cap = s->written = 0;
}

size_t stream_buffered(const struct stream *s)
{
    return s->end - s->start + (s->ops && s->ops->pending ? s->ops->pending(s->ctx) : 0);
}

/* ---- reading ---- */
static enum rc make_room(struct stream *s, struct err *e)
{
    size_t used = s->end - s->start, cap = s->cap ? s->cap * 2 : IN_CAP;
    unsigned char *p;

    if (s->cap - s->end >= READ_LEAST)
        return RC_OK;
    if (s->start > 0 && s->cap - used >= READ_LEAST) {
        memmove(s->in, s->in + s->start, used);
    } else {
        if (cap > IN_MOST)
            return err_set(e, RC_SYNTAX, "more than %d bytes without an end", IN_MOST);
        if (!(p = malloc(cap)))
            return err_set(e, RC_TEMP, "out of memory for %zu bytes of input", cap);
        if (s->in) { /* NULL after stream_rest() */
            memcpy(p, s->in + s->start, used);
            wipe(s->in, s->written);
            free(s->in);
        }
        s->in = p;
        s->cap = cap;
        s->written = used;
    }
    s->start = 0;
    s->end = used;
    return RC_OK;
}

static void wrote_up_to(struct stream *s, size_t n)
{
    if (n > s->written)
        s->written = n;
}

/* Reads once from the layer below. RC_OK: at least one more byte is at hand. A layer that fails may have written anything. */
static enum rc fill(struct stream *s, struct err *e)
{
    ssize_t got;
    enum rc rc;

    if (s->start == s->end)
        s->start = s->end = 0;
    if ((rc = make_room(s, e)) != RC_OK)
        return rc;
    if (s->eof)
        return err_set(e, RC_CLOSED, "peer has closed");
    if (s->ops)
        got = s->ops->read(s->ctx, s->in + s->end, s->cap - s->end, s->deadline, e);
    else
        got = sock_read(s, s->in + s->end, s->cap - s->end, e);
    wrote_up_to(s, got < 0 ? s->cap : s->end + (size_t)got);
    if (got < 0)
        return e->rc;
    if (got == 0) {
        s->eof = true;
        return err_set(e, RC_CLOSED, "peer has closed");
    }
    s->end += (size_t)got;
    return RC_OK;
}

static struct span at_hand(const struct stream *s)
{
    return span_of(s->in + s->start, s->end - s->start);
}

enum rc stream_peek(struct stream *s, struct span *out, struct err *e)
{
    enum rc rc = RC_OK;

    if (s->start == s->end)
        rc = fill(s, e);
    if (rc == RC_OK)
        *out = at_hand(s);
    return rc;
}

void stream_consume(struct stream *s, size_t n)
{
    if (n > s->end - s->start)
        bug("stream_consume of %zu bytes out of %zu", n, s->end - s->start);
    s->start += n;
}

/* Looks for a line in what is at hand: RC_OK with the line's length, RC_MORE, or RC_SYNTAX. from: the bytes before it
 * are known to hold no line end. The answer depends on the bytes only, never on how they were cut into packets. */
static enum rc find_line(struct span s, size_t from, size_t max, size_t *len_out, struct err *e)
{
    size_t upto = s.n <= max ? s.n : max + 1;
    const unsigned char *lf = from < upto ? memchr(s.p + from, '\n', upto - from) : NULL;
    size_t end = lf ? (size_t)(lf - s.p) : upto;
    const unsigned char *cr = from < end ? memchr(s.p + from, '\r', end - from) : NULL;

    if (cr) {
        size_t at = (size_t)(cr - s.p);
        if (at + 1 == s.n)
            return RC_MORE;
        if (s.p[at + 1] != '\n')
            return err_cause(e, RC_SYNTAX, CAUSE_BARE_LINE, "bare CR in a line");
        *len_out = at;
        return RC_OK;
    }
    if (lf)
        return err_cause(e, RC_SYNTAX, CAUSE_BARE_LINE, "bare LF in a line");
    if (s.n > max)
        return err_cause(e, RC_SYNTAX, CAUSE_LINE_TOO_LONG, "line longer than the limit");
    return RC_MORE;
}

enum rc stream_line(struct stream *s, size_t max, struct span *line_out, struct err *e)
{
    size_t seen = 0, len = 0;
    enum rc rc;

    if (max > IN_MOST / 2)
        bug("stream_line of up to %zu bytes", max);
    for (;;) {
        struct span have = at_hand(s);
        rc = find_line(have, seen, max, &len, e);
        if (rc == RC_OK) {
            *line_out = span_head(have, len);
            s->start += len + 2;
            return RC_OK;
        }
        if (rc != RC_MORE)
            return rc;
        seen = have.n > 0 ? have.n - 1 : 0; /* the last byte may be the CR */
        if ((rc = fill(s, e)) != RC_OK)
            return rc;
    }
}

/* ---- writing ---- */
static enum rc write_all(struct stream *s, struct span d, struct err *e)
{
    while (d.n > 0) {
        ssize_t put = s->ops ? s->ops->write(s->ctx, d.p, d.n, s->deadline, e) : sock_write(s, d.p, d.n, e);
        if (put < 0)
            return e->rc;
        d = span_from(d, (size_t)put);
    }
    return RC_OK;
}

static void send_out(struct stream *s)
{
    if (s->broken.rc == RC_OK && write_all(s, buf_span(&s->out), &s->broken) == RC_OK)
        s->broken.rc = RC_OK; /* a layer below may have used it as scratch */
    buf_clear(&s->out);
}

void stream_put(struct stream *s, struct span d)
{
    if (s->broken.rc != RC_OK)
        return;
    if (s->out.n > 0 && s->out.n + d.n > OUT_HIGH)
        send_out(s);
    if (s->broken.rc != RC_OK)
        return;
    if (d.n < DIRECT) {
        buf_addspan(&s->out, d);
        return;
    }
    send_out(s);
    if (s->broken.rc == RC_OK && write_all(s, d, &s->broken) == RC_OK)
        s->broken.rc = RC_OK;
}

enum rc stream_flush(struct stream *s, struct err *e)
{
    if (s->out.n > 0)
        send_out(s);
    if (s->broken.rc != RC_OK)
        *e = s->broken;
    return s->broken.rc;
}

enum rc stream_wait(struct stream *s, int other_fd, int third_fd, int64_t deadline, int *which_out, struct err *e)
{
    struct pollfd p[3] = {{s->fd, POLLIN, 0}, {other_fd, POLLIN, 0}, {third_fd, POLLIN, 0}};
    bool ready = stream_buffered(s) > 0 || s->eof;
    int n;

    if (!ready && s->ops && s->ops->waiting)
        s->ops->waiting(s->ctx);
    do
        n = poll(p, 3, ready ? 0 : deadline_left_ms(deadline)); /* a negative fd is passed over */
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(e, RC_TEMP, "poll");
    if (n == 0 && !ready)
        return err_set(e, RC_TIMEOUT, "nothing came until the deadline");
    *which_out = (ready || p[0].revents ? STREAM_INPUT : 0) | (p[1].revents ? STREAM_OTHER : 0) |
                 (p[2].revents ? STREAM_THIRD : 0);
    return RC_OK;
}
