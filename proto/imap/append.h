/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/append.h - what follows the mailbox in APPEND and REPLACE: messages with flags and date, each a literal or a list of URLs and texts, read
 * piece by piece as the line comes.
 *
 * Why      the literals of messages are taken off the stream by their command and never stand in the command's text. So the text comes in stretches,
 *          each of which ends where such a literal begins, or with the command.
 * Use      imap_append_step(), again and again:
 *            APPEND_LITERAL   a literal follows at once, and the stretch is used up. The owner takes its octets, and goes on with the next stretch, which
 *                             begins behind them
 *            APPEND_URL       .url is a part of the message
 *            APPEND_CLOSE     the list of parts ends, and with it the message. (A message that is one literal ends with it, and has no such step.)
 *            APPEND_END       the command ends here
 *          .messages grows with each message that begins, in the step that gives its first part.
 * Form     .flags, .has_date and .date are those of the message at hand; .catenate: it is a list; .literal8: the literal may hold NUL.
 * Bounds   one message, unless ARG_MULTIAPPEND is open and .single is not set (REPLACE).
 * Owns     nothing. Flags and URLs point into the stretch or into the arena: they must be used before the next stretch is read.
 * Process  imapd sessions.   Source RFC 3501 6.3.11, RFC 3502 6, RFC 3516 7, RFC 4469 5, RFC 6855 4, RFC 8508 4.
 */
#pragma once
#include "proto/imap/flags.h"

enum imap_append_step { APPEND_BAD, APPEND_LITERAL, APPEND_URL, APPEND_CLOSE, APPEND_END };
struct imap_append { /* all zero to begin, but for .single */
    bool single;
    unsigned messages; /* begun so far */
    struct imap_flags flags;
    bool has_date, literal8; /* literal8: the octets may hold NUL */
    bool utf8;               /* it came as "UTF8 (~{n}", and ")" is to follow its octets */
    bool catenate, part;     /* inside "CATENATE (...)"; part: one of its parts was given */
    int64_t date;
    struct span url;
};
enum imap_append_step imap_append_step(struct imap_in *in, struct imap_append *a);
/* Is the stretch well formed, up to a literal that is its command's to take (APPEND_LITERAL), or to the end of the command (APPEND_END)? The state is
 * not changed. */
enum imap_append_step imap_append_check(struct imap_in in, struct imap_append a);
