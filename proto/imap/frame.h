/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/frame.h - where an IMAP command begins and ends: lines and literals gathered into one run of bytes. No I/O.
 *
 * Fed      input in pieces of any size. FRAME_DONE: .text is a whole command, without its last CRLF, its literals inline as
 *          they came ("{5}" CRLF and five octets). FRAME_LITERAL: the line so far ends by announcing .literal octets; the owner
 *          answers "+" when .sync, then either imap_frame_accept()s them into the text or takes them off the stream
 *          itself (APPEND) and goes on feeding what follows: the rest of the line.
 * Bounds   .text never exceeds max; FRAME_LONG says that it would, after which the connection is not to be read further.
 *          A literal is not accepted when it does not fit: imap_frame_fits() tells.
 * Strict   only CRLF ends a line. A bare LF gives FRAME_BAD, and that line is dropped up to the LF.
 * Process  imapd sessions.   Source RFC 3501 2.2, 7.5; RFC 7888.
 */
#pragma once
#include "base/buf.h"

enum frame_event { FRAME_MORE, FRAME_LITERAL, FRAME_DONE, FRAME_BAD, FRAME_LONG };
struct imap_frame {
    struct buf text;
    size_t max;
    size_t line;      /* where the line at hand begins in text */
    uint64_t literal; /* octets announced; UINT64_MAX: a number beyond that */
    bool sync;        /* the client waits for "+" */
    uint64_t left;    /* accepted octets still to come */
};
void imap_frame_init(struct imap_frame *f, size_t max);
void imap_frame_free(struct imap_frame *f);
void imap_frame_reset(struct imap_frame *f); /* for the next command; big memory is given back */
/* *used_out: bytes of in that were taken; call again with the rest. */
enum frame_event imap_frame_feed(struct imap_frame *f, struct span in, size_t *used_out);
bool imap_frame_fits(const struct imap_frame *f);
void imap_frame_accept(struct imap_frame *f);
/* The octets of a literal were taken by someone else: the line goes on behind them. */
void imap_frame_skip(struct imap_frame *f);
