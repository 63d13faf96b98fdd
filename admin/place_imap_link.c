/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/place_imap_link.c - a connection to an IMAP server: TCP, TLS by crypto/tls, and libetpan's stream on top, which reads and writes through ours.
 *
 * Whom     Certificates are judged by crypto/tls, not by libetpan, which judges none: chain and name, or the very certificate (pins). Nothing is said
 *          before that, no password above all.
 */
#include "admin/place_imap_int.h"
#include "crypto/pki/pki.h"
#include "proto/proxy/proxy.h"
#include "trust/wire/wire.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- libetpan's lower end ---- */
static ssize_t low_read(mailstream_low *low, void *to, size_t n)
{
    struct imap_place *p = low->data;
    struct stream *s = p->stream;
    struct span at;
    struct err e;

    if (p->came > p->room)
        return -1;
    stream_deadline(s, deadline_in(IMAP_WAIT_MS));
    if (stream_peek(s, &at, &e) != RC_OK)
        return -1; /* at the end too: 0 in the middle of a literal has libetpan ask again without end */
    at = span_head(at, n);
    memcpy(to, at.p, at.n);
    stream_consume(s, at.n);
    p->came += at.n;
    return (ssize_t)at.n;
}

static ssize_t low_write(mailstream_low *low, const void *octets, size_t n)
{
    struct imap_place *p = low->data;
    struct stream *s = p->stream;
    struct err e;

    if (p->came <= p->room) /* else no word of ours is followed by a look at the answer */
        p->came = 0;
    stream_deadline(s, deadline_in(IMAP_WAIT_MS));
    stream_put(s, span_of(octets, n));
    return stream_flush(s, &e) == RC_OK ? (ssize_t)n : -1;
}

static int low_close(mailstream_low *low)
{
    (void)low; /* imap_unlink() closes the stream */
    return 0;
}

static int low_fd(mailstream_low *low)
{
    const struct imap_place *p = low->data;

    return stream_fd(p->stream);
}

static void low_free(mailstream_low *low)
{
    free(low);
}

static mailstream_low_driver driver = {.mailstream_read = low_read,
                                       .mailstream_write = low_write,
                                       .mailstream_close = low_close,
                                       .mailstream_get_fd = low_fd,
                                       .mailstream_free = low_free};

/* ---- TCP ---- */
static enum rc dial(const struct imap_at *at, int *fd_out, struct err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int fd = -1, got = getaddrinfo(at->host, at->port, &hints, &found);

    if (got != 0)
        return err_set(e, RC_TEMP, "%.200s: %s", at->host, gai_strerror(got));
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    if (fd < 0)
        return err_sys(e, RC_TEMP, "%.200s port %s cannot be reached", at->host, at->port);
    *fd_out = fd;
    return RC_OK;
}

/* ---- whose certificate it is ---- */
static bool pinned(const char *file, struct span leaf)
{
    struct buf pem = BUF_INIT, der = BUF_INIT;
    int fd = file != NULL ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    char piece[4096];
    struct err e;
    ssize_t n;
    bool same;

    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0)
        buf_add(&pem, piece, (size_t)n);
    if (fd >= 0)
        close(fd);
    same = pki_unpem("CERTIFICATE", buf_span(&pem), &der, &e) == RC_OK && span_eq(buf_span(&der), leaf);
    buf_free(&pem);
    buf_free(&der);
    return same;
}

static enum rc judge(const struct imap_place *p, const struct imap_at *at, struct err *e)
{
    struct span rest = span_of(p->peer.chain, p->peer.n_chain), leaf = SPAN_NULL;
    struct trustd_cert first;

    if (ipc_list_next(&rest, trustd_cert_f, &first, e) == RC_OK)
        leaf = first.der;

    if (at->anchors_pem != NULL && p->peer.verified)
        return RC_OK;
    if (leaf.n > 0 && (pinned(at->pins[0], leaf) || pinned(at->pins[1], leaf)))
        return RC_OK;
    if (at->anchors_pem == NULL)
        return err_set(e, RC_DENIED, "%.100s port %s shows another certificate than this instance's", at->host,
                       at->port);
    return err_set(e, RC_DENIED, "%.100s: its certificate is not good: %.150s", at->host,
                   p->peer.why[0] != '\0' ? p->peer.why : "none was shown");
}

static enum rc secure(struct imap_place *p, const struct imap_at *at, struct err *e)
{
    const char *anchors = at->anchors_pem != NULL ? at->anchors_pem : at->pins[0] != NULL ? at->pins[0] : at->pins[1];
    struct tls_client_spec spec = {.anchors_pem = anchors, .any_name = at->anchors_pem == NULL};
    enum rc rc = tls_client_new(&spec, &p->tls, e);

    stream_deadline(p->stream, deadline_in(IMAP_WAIT_MS));
    if (rc == RC_OK)
        rc = tls_connect(p->tls, at->host, NULL, p->stream, &p->peer, e);
    return rc == RC_OK ? judge(p, at, e) : rc;
}

enum rc imap_link(struct imap_place *p, const struct imap_at *at, struct err *e)
{
    mailstream_low *low;
    mailstream *s;
    enum rc rc;
    int fd = -1;

    if ((rc = dial(at, &fd, e)) != RC_OK)
        return rc;
    p->stream = stream_open(fd);
    if (at->proxied)
        stream_put(p->stream, span_of(proxy_local, sizeof proxy_local));
    if (at->tls_first && (rc = secure(p, at, e)) != RC_OK)
        return rc;
    p->room = IMAP_ROOM;
    low = mailstream_low_new(p, &driver);
    s = low != NULL ? mailstream_new(low, 65536) : NULL;
    p->imap = mailimap_new(0, NULL);
    if (s == NULL || p->imap == NULL)
        die("out of memory");
    rc = imap_result(p, mailimap_connect(p->imap, s), "greeting", e);
    if (rc == RC_OK && !at->tls_first && (rc = imap_result(p, mailimap_starttls(p->imap), "STARTTLS", e)) == RC_OK)
        rc = stream_buffered(p->stream) == 0 && s->read_buffer_len == 0
                 ? secure(p, at, e)
                 : err_set(e, RC_DENIED, "%.100s: bytes in clear behind STARTTLS", at->host);
    return rc;
}

void imap_unlink(struct imap_place *p)
{
    if (p->imap != NULL)
        mailimap_free(p->imap); /* and its stream, and low_free() */
    if (p->stream != NULL)
        stream_close(&p->stream);
    tls_client_free(&p->tls);
}
