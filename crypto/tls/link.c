/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/tls/link.c - see tls_int.h. The socket is never blocking for longer than the deadline. */
#include "crypto/tls/tls_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { OUT_HIGH = 64 * 1024, OUT_KEEP = 8 * 1024, RECORD = 16 * 1024 };

const char tls_priority[] =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+AES-256-GCM:+AES-128-GCM:+AEAD:+ECDHE-ECDSA:+ECDHE-RSA:"
    "+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:"
    "+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384:"
    "+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512:"
    "+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512:+COMP-NULL:+CTYPE-X509:%SERVER_PRECEDENCE";

enum rc tls_err(struct err *e, enum rc rc, const char *what, int code)
{
    return err_set(e, rc, NULL, NULL, "%s: %s", what, gnutls_strerror(code));
}

/* ---- the socket ---- */

static bool ready(struct link *l, short what)
{
    struct pollfd p = {l->fd, what, 0};
    enum rc rc;
    int n;

    do
        n = poll(&p, 1, deadline_left_ms(l->deadline));
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return true;
    rc = n == 0 ? err_set(&l->io, RC_TIMEOUT, NULL, NULL, "peer silent until the deadline")
                : err_sys(&l->io, RC_TEMP, "poll");
    (void)rc;
    return false;
}

/* Before a wait for more: a client that gathers small segments (Nagle) holds the last one of a message back until all before it is
 * acknowledged, and the kernel would take 40 ms to do that. Where nothing has come since our last word there is nothing to do. */
static void acknowledge(struct link *l)
{
    int on = 1;

    if (l->heard)
        (void)setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &on,
                         sizeof on); /* fails on what is not TCP: nothing to hasten */
    l->heard = false;
}

static bool await_input(struct link *l)
{
    acknowledge(l);
    return stream_await(l->stream, l->deadline, &l->io) == RC_OK;
}

/* The read was ended from our side: the connection works. */
static bool still_works(const struct link *l)
{
    return l->io.rc == RC_TIMEOUT || l->io.rc == RC_DENIED;
}

static bool transient(struct link *l, const char *what)
{
    enum rc rc;

    if (errno == EINTR || errno == EAGAIN)
        return true;
    rc = err_sys(&l->io, errno == ECONNRESET || errno == EPIPE ? RC_CLOSED : RC_TEMP, "%s", what);
    (void)rc;
    return false;
}

static bool send_out(struct link *l)
{
    while (l->out.n > 0) {
        ssize_t n = send(l->fd, l->out.p, l->out.n, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n >= 0) {
            buf_take(&l->out, (size_t)n);
            l->heard = false;
        }
        if (n < 0 && (!transient(l, "send") || (errno == EAGAIN && !ready(l, POLLOUT))))
            return false;
    }
    if (l->out.cap > OUT_KEEP)
        buf_free(&l->out);
    return true;
}

static ssize_t push(gnutls_transport_ptr_t ctx, const void *p, size_t n)
{
    struct link *l = ctx;

    buf_add(&l->out, p, n);
    if (l->out.n < OUT_HIGH || send_out(l))
        return (ssize_t)n;
    gnutls_transport_set_errno(l->session, EIO);
    return -1;
}

/* That nothing came in time, and that the peer has closed its side, are told to the library as "not yet": any other answer makes it refuse
 * to send ever after, and the last reply of the session is still to be sent. The callers of the library look at l->io and l->eof. */
static ssize_t pull(gnutls_transport_ptr_t ctx, void *p, size_t n)
{
    struct link *l = ctx;
    bool works = send_out(l);

    while (works) {
        ssize_t got = recv(l->fd, p, n, MSG_DONTWAIT);

        l->eof = got == 0;
        l->heard = l->heard || got > 0;
        if (got > 0)
            return got;
        if (l->eof || !(works = transient(l, "recv")))
            break;
        if (errno == EAGAIN && !await_input(l)) {
            works = still_works(l);
            break;
        }
    }
    gnutls_transport_set_errno(l->session, works ? EAGAIN : EIO);
    return -1;
}

/* The library said "again": is there anything to wait for? */
static bool over(const struct link *l)
{
    return l->eof || l->io.rc != RC_OK;
}

/* ---- life ---- */

enum rc link_new(struct stream *s, unsigned flags, struct link **l_out, struct err *e)
{
    struct link *l = calloc(1, sizeof *l);
    int code;

    if (l == NULL)
        return err_sys(e, RC_TEMP, "tls session");
    l->stream = s;
    l->fd = stream_fd(s);
    l->deadline = stream_deadline_of(s);
    code = gnutls_init(&l->session, flags);
    if (code < 0) {
        free(l);
        return tls_err(e, RC_TEMP, "tls session", code);
    }
    gnutls_transport_set_ptr(l->session, l);
    gnutls_transport_set_push_function(l->session, push);
    gnutls_transport_set_pull_function(l->session, pull);
    *l_out = l;
    return RC_OK;
}

void link_free(struct link **l)
{
    if (*l == NULL)
        return;
    gnutls_deinit((*l)->session);
    buf_free(&(*l)->out);
    free(*l);
    *l = NULL;
}

enum rc link_flush(struct link *l, struct err *e)
{
    if (send_out(l))
        return RC_OK;
    *e = l->io;
    return e->rc;
}

/* why a call into the library failed: the socket's reason when it has one */
static enum rc failed(struct link *l, const char *what, int code, struct err *e)
{
    if (l->io.rc != RC_OK) {
        *e = l->io;
        return e->rc;
    }
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED)
        return err_set(e, RC_CLOSED, NULL, NULL, "%s: peer's alert: %s", what,
                       gnutls_alert_get_name(gnutls_alert_get(l->session)));
    if (code == GNUTLS_E_PREMATURE_TERMINATION || l->eof)
        return err_set(e, RC_CLOSED, NULL, NULL, "%s: peer has closed", what);
    if (code == GNUTLS_E_CERTIFICATE_REQUIRED || code == GNUTLS_E_NO_CERTIFICATE_FOUND)
        return tls_err(e, RC_DENIED, what, code);
    return tls_err(e, RC_SYNTAX, what, code);
}

enum rc link_handshake(struct link *l, struct err *e)
{
    int code;

    do
        code = gnutls_handshake(l->session);
    while (code < 0 && !over(l) && !gnutls_error_is_fatal(code) && code != GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (code >= 0)
        return RC_OK;
    if (!over(l) && code != GNUTLS_E_FATAL_ALERT_RECEIVED) { /* say why, if it can be said at once */
        gnutls_alert_send_appropriate(l->session, code);
        send_out(l);
        l->io.rc = RC_OK;
    }
    return failed(l, "tls handshake", code, e);
}

/* ---- under a stream ---- */

static ssize_t link_read(void *ctx, void *p, size_t n, int64_t deadline, struct err *e)
{
    struct link *l = ctx;
    ssize_t got;

    l->deadline = deadline;
    do
        got = gnutls_record_recv(l->session, p, n);
    while ((got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED) && !over(l));
    if (got >= 0)
        return got;
    if (l->eof) /* without a goodbye: both protocols have ends of their own */
        return 0;
    if (still_works(l)) { /* reading may go on, and writing: the caller's deadline is over, not the connection */
        *e = l->io;
        l->io.rc = RC_OK;
        return -1;
    }
    if (got == GNUTLS_E_REHANDSHAKE)
        gnutls_alert_send(l->session, GNUTLS_AL_FATAL, GNUTLS_A_NO_RENEGOTIATION);
    (void)failed(l, "tls read", (int)got, e);
    return -1;
}

static ssize_t link_write(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e)
{
    struct link *l = ctx;
    struct span rest = span_of(p, n);

    l->deadline = deadline;
    while (rest.n > 0) {
        ssize_t put = gnutls_record_send(l->session, rest.p, rest.n < RECORD ? rest.n : RECORD);

        if (put > 0)
            rest = span_from(rest, (size_t)put);
        else if (put != GNUTLS_E_AGAIN && put != GNUTLS_E_INTERRUPTED)
            return (void)failed(l, "tls write", (int)put, e), -1;
    }
    return link_flush(l, e) == RC_OK ? (ssize_t)n : -1;
}

static size_t link_pending(void *ctx)
{
    return gnutls_record_check_pending(((struct link *)ctx)->session);
}

static void link_waiting(void *ctx)
{
    acknowledge(ctx);
}

/* close_notify, if the socket takes it at once */
static void link_close(void *ctx)
{
    struct link *l = ctx;

    if (l->io.rc == RC_OK) {
        l->deadline = 0;
        gnutls_bye(l->session, GNUTLS_SHUT_WR);
        send_out(l);
    }
    link_free(&l);
}

void link_attach(struct link *l, struct stream *s)
{
    static const struct stream_ops ops = {link_read, link_write, link_pending, link_waiting, link_close};

    stream_set_ops(s, &ops, l);
}
