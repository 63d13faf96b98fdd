/* SPDX-License-Identifier: EUPL-1.2 */
/* base/stream.h - a buffered, blocking byte stream over a socket. Every read and write obeys one absolute deadline. Through its hooks
 * crypto/tls puts TLS under the stream, and the reader does not notice.
 *
 * Owns     its two buffers and, after stream_open(), the fd. stream_close() flushes nothing.
 * Ending   A socket that is closed with unread input is reset, and the reset destroys what the peer has not read yet: the last reply. So
 *          stream_finish() sends what is gathered, says goodbye and closes its own half. Then it takes in what the peer still sends, until
 *          the peer closes too: for at most two seconds and 16 MB. A reply can be sent after any read error but a broken connection: after
 *          RC_TIMEOUT, after RC_SYNTAX, and after RC_CLOSED when the peer has closed its half alone.
 * Reading  by block, never a byte at a time. stream_line() gives a line that ends in CRLF exactly. A bare CR, a bare LF and a line longer
 *          than max are RC_SYNTAX (RFC 5321 2.3.8).
 * Watched  A read that waits watches one more descriptor (stream_watch()). What the watch says ends the read. A reply can be sent after it.
 * Writing  Output is gathered until stream_flush(). A flush is one send (TLS: one cork/uncork). TCP_NODELAY is set.
 * Errors   RC_TIMEOUT at the deadline, RC_CLOSED at the end of the input, RC_SYNTAX as above.
 * Process  smtpd, imapd, relayd, tests.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include <sys/types.h>

struct stream;
/* The layer below. read and write block up to the deadline. They return a number of bytes, 0 at the end of the input (read), or -1 with *e set. */
struct stream_ops {
    ssize_t (*read)(void *ctx, void *p, size_t n, int64_t deadline, struct err *e);
    ssize_t (*write)(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e);
    size_t (*pending)(void *ctx); /* bytes already decrypted and not yet read */
    void (*waiting)(void *ctx);   /* nothing is at hand, and the caller waits for the peer; may be NULL */
    void (*close)(void *ctx);     /* says goodbye (close_notify), frees ctx */
};
/* A second source that must be heard while a read waits for the peer, even when a part of a line or a message has come. */
struct stream_watch {
    int (*fd)(const void *ctx);                /* -1: none */
    int64_t (*due)(const void *ctx);           /* a deadline; DEADLINE_NEVER: none */
    /* Called when fd is readable or the deadline of due has passed. RC_OK: the read goes on waiting. RC_DENIED ends the read. It must not
     * read from or write to the stream. */
    enum rc (*look)(void *ctx, struct err *e);
};
struct stream *stream_open(int fd);                   /* takes fd */
int stream_fd(const struct stream *s);
void stream_close(struct stream **s);
void stream_finish(struct stream **s);                /* flushes within the deadline, lingers as above, closes */
void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *ctx); /* TLS begins; buffers must be empty */
/* A further layer on top of the one in use, which it calls for its own octets. *below_out is valid as long as the stream; .close of the new layer closes it. The
 * buffers must be empty. */
void stream_push_ops(struct stream *s, const struct stream_ops *ops, void *ctx, const struct stream_ops **below_out, void **below_ctx_out);
void stream_deadline(struct stream *s, int64_t deadline);
int64_t stream_deadline_of(const struct stream *s);   /* for a layer that does its own I/O: the TLS handshake */
void stream_rest(struct stream *s);                   /* before a long wait: frees the memory that the buffers do not need now */
size_t stream_buffered(const struct stream *s);       /* input bytes at hand, in the buffer or decrypted below */
/* Gives the input that is at hand, and waits for at least 1 byte. Borrowed until the next read. stream_consume() says how many were used. */
enum rc stream_peek(struct stream *s, struct span *out, struct err *e);
void stream_consume(struct stream *s, size_t n);
enum rc stream_line(struct stream *s, size_t max, struct span *line_out, struct err *e); /* without CRLF; borrowed until next read */
void stream_put(struct stream *s, struct span d);     /* gathered; an error shows at the next flush */
enum rc stream_flush(struct stream *s, struct err *e);
void stream_watch(struct stream *s, const struct stream_watch *w, void *ctx); /* w and ctx must outlive the stream; w NULL: no watch */
/* For a layer below, which does its own I/O: waits until the socket is readable, the deadline has passed, or the watch ends the wait. */
enum rc stream_await(struct stream *s, int64_t deadline, struct err *e);
enum { STREAM_INPUT = 1, STREAM_OTHER = 2, STREAM_THIRD = 4 };
/* Waits until input is at hand or one of two other descriptors is readable (-1: there is none). *which_out: STREAM_ bits. RC_TIMEOUT: the
 * deadline came first. */
enum rc stream_wait(struct stream *s, int other_fd, int third_fd, int64_t deadline, int *which_out, struct err *e);
