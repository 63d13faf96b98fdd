/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/frame.h - where an IMAP command begins and ends: lines and literals gathered into one run of bytes. No I/O.
 *
 * Fed      input in pieces of any size.
 * Events   FRAME_MORE     all input is used, and the command is not complete
 *          FRAME_DONE     .text is a whole command without its last CRLF. Its literals stand in it as they came ("{5}" CRLF and five octets).
 *          FRAME_LITERAL  The line so far ends by announcing .literal octets. The owner answers "+" when .sync is set. Then the owner either
 *                         has them put into the text with imap_frame_accept(), or takes them off the stream itself (APPEND) and calls
 *                         imap_frame_skip(). Afterwards the owner feeds what follows, which is the rest of the line.
 *          FRAME_BAD      a line ended in a bare LF. It is dropped up to that LF.
 *          FRAME_LONG     .text would exceed max. The connection must not be read further.
 * Bounds   .text never exceeds max. A literal must not be accepted when it does not fit: imap_frame_fits() tells.
 * Strict   only CRLF ends a line.
 * Owns     struct imap_frame owns .text, which is secret: imap_frame_free().
 * Process  imapd sessions.   Source RFC 3501 2.2, 7.5; RFC 7888.
 */
#pragma once
#include "base/buf.h"

enum frame_event { FRAME_MORE, FRAME_LITERAL, FRAME_DONE, FRAME_BAD, FRAME_LONG };
struct imap_frame {
    struct buf text;
    size_t max;
    size_t line;      /* where the current line begins in text */
    uint64_t literal; /* octets announced; UINT64_MAX: a number beyond that */
    bool sync;        /* the client waits for "+" */
    uint64_t left;    /* accepted octets still to come */
};
void imap_frame_init(struct imap_frame *f, size_t max);
void imap_frame_free(struct imap_frame *f);
void imap_frame_reset(struct imap_frame *f); /* for the next command; gives large memory back */
/* *used_out: how many bytes of in were taken. The caller calls again with the rest. */
enum frame_event imap_frame_feed(struct imap_frame *f, struct span in, size_t *used_out);
bool imap_frame_fits(const struct imap_frame *f);
void imap_frame_accept(struct imap_frame *f);
/* The owner took the octets of the literal off the stream itself. The line goes on behind them. */
void imap_frame_skip(struct imap_frame *f);
