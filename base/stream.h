/* SPDX-License-Identifier: EUPL-1.2 */
/* base/stream.h - a buffered, blocking byte stream over a socket, with one absolute deadline that every read and
 * write honours, and hooks so that crypto/tls can put TLS under it without the reader noticing.
 *
 * Owns     its two buffers and, after stream_open(), the fd. stream_close() flushes nothing.
 * Ending   a socket that is closed with input unread is reset, and the reset destroys what the peer has not read yet: the last reply.
 *          stream_finish() sends what is gathered, says goodbye, closes its own half, and takes in what the peer still sends until that
 *          closes too: for two seconds and 16 MB at most. A reply can be sent after any read error but a broken connection: after
 *          RC_TIMEOUT, RC_SYNTAX, and RC_CLOSED when the peer has closed its half alone.
 * Reading  by block, never a byte at a time. stream_line() gives a line that ends in CRLF exactly; a bare CR or a bare
 *          LF is RC_SYNTAX (RFC 5321 2.3.8), as is a line longer than max.
 * Watched  a read that waits hears one more descriptor (stream_watch()): what it says ends the read, and a reply can be sent after it.
 * Writing  gathered until stream_flush(); a flush is one send (TLS: one cork/uncork). TCP_NODELAY is set.
 * Fails    RC_TIMEOUT at the deadline, RC_CLOSED at end of input, RC_SYNTAX as above.
 * Process  smtpd, imapd, relayd, tests.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include <sys/types.h>

struct stream;
/* The layer below. read/write block up to the deadline; return bytes, 0 at end of input (read), -1 with *e set. */
struct stream_ops {
    ssize_t (*read)(void *ctx, void *p, size_t n, int64_t deadline, struct err *e);
    ssize_t (*write)(void *ctx, const void *p, size_t n, int64_t deadline, struct err *e);
    size_t (*pending)(void *ctx); /* bytes already decrypted and not yet read */
    void (*waiting)(void *ctx);   /* nothing is at hand, and the caller waits for the peer; may be NULL */
    void (*close)(void *ctx);     /* says goodbye (close_notify), frees ctx */
};
/* Somebody else who must be heard while a read waits for the peer, however much of a line or a message has come. */
struct stream_watch {
    int (*fd)(const void *ctx);                /* -1: none */
    int64_t (*due)(const void *ctx);           /* a deadline; DEADLINE_NEVER: none */
    enum rc (*look)(void *ctx, struct err *e); /* fd is readable, or it is due. RC_OK: wait on; RC_DENIED ends the read. Does no I/O on the stream */
};
struct stream *stream_open(int fd);                   /* takes fd */
int stream_fd(const struct stream *s);
void stream_close(struct stream **s);
void stream_finish(struct stream **s);                /* flushes within the deadline, lingers as above, closes */
void stream_set_ops(struct stream *s, const struct stream_ops *ops, void *ctx); /* TLS begins; buffers must be empty */
void stream_deadline(struct stream *s, int64_t deadline);
int64_t stream_deadline_of(const struct stream *s);   /* for a layer that does its own I/O: the TLS handshake */
void stream_rest(struct stream *s);                   /* before a long wait: gives back what its buffers do not need now */
size_t stream_buffered(const struct stream *s);       /* input bytes at hand, in the buffer or decrypted below */
/* Up to max bytes as they come (at least 1), borrowed until the next read. consume says how many were used. */
enum rc stream_peek(struct stream *s, struct span *out, struct err *e);
void stream_consume(struct stream *s, size_t n);
enum rc stream_line(struct stream *s, size_t max, struct span *line_out, struct err *e); /* without CRLF; borrowed until next read */
void stream_put(struct stream *s, struct span d);     /* gathered; an error shows at the next flush */
enum rc stream_flush(struct stream *s, struct err *e);
void stream_watch(struct stream *s, const struct stream_watch *w, void *ctx); /* both outlive the stream; NULL: nobody */
/* For a layer below, which does its own I/O: until the socket is readable, the deadline, or the watch ends it. */
enum rc stream_await(struct stream *s, int64_t deadline, struct err *e);
enum { STREAM_INPUT = 1, STREAM_OTHER = 2, STREAM_THIRD = 4 };
/* Waits until input is at hand, one of two other descriptors is readable (-1: none), or the deadline: RC_TIMEOUT. *which_out: STREAM_ bits. */
enum rc stream_wait(struct stream *s, int other_fd, int third_fd, int64_t deadline, int *which_out, struct err *e);
