/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/line_ends.h - the line ends of a message that comes by APPEND. Pure functions, fed in pieces of any size.
 *
 * Rule     a message's lines end with CRLF (RFC 5322 2.1). Without CRLF neither SEARCH nor ENVELOPE finds a field in its header.
 *            first line ends with CRLF    the octets are kept exactly. A lone CR or LF is refused in the header; in the body it is content
 *            first line ends with LF      the message is the text of a Unix file, so each lone LF becomes CRLF
 *          A lone CR before the body is always refused. docs/decisions/0013.
 * Errors   RC_PERM: the message is refused, and the cause says why.

 * Process  pli-imapd session.   Source RFC 3501 6.3.11, RFC 5322 2.1, 2.3.
 */
#pragma once
#include "base/buf.h"
struct line_ends {
    enum { ENDS_UNKNOWN, ENDS_CRLF, ENDS_LF } kind; /* of the first line */
    bool in_body, after_cr;
    bool in_line; /* the line at hand has an octet */
};
#define LINE_ENDS_INIT {ENDS_UNKNOWN, false, false, false}
/* *out: the octets that are to be kept of piece. They are borrowed from piece, or from mem. */
enum rc line_ends_feed(struct line_ends *l, struct span piece, struct buf *mem, struct span *out, struct err *e);
enum rc line_ends_finish(const struct line_ends *l, struct err *e);
