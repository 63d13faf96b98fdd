/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/data_stream.h - the octets of a message out of DATA (dots undone, end found) or BDAT (as they are), checked on the way.
 *
 * Feed     data_next(d, &in, &piece) takes octets off the front of in and gives runs of message octets, borrowed from in. Runs are as
 *          long as the input allows; any cutting of the input gives the same message and the same verdict.
 * End      only CRLF "." CRLF ends DATA: everything tolerant here is a way to smuggle a second message (RFC 5321 4.1.1.4).
 * Strict   a bare CR, a bare LF, or a line beyond DATA_LINE_MAX is said once, in .fault; octets are then still consumed up to the true
 *          end, and given out no more, so that the reply comes where the client waits for it.
 * Bounds   lines up to 1000 octets are lawful (RFC 5321 4.5.3.1.6); up to DATA_LINE_MAX they are taken and served byte-exact, since
 *          senders of long lines are many; beyond it nobody's mail client is behind it.
 * Process  smtpd.
 */
#pragma once
#include "base/span.h"

enum { DATA_LINE_MAX = 64 * 1024 };
enum data_event {
    DATA_PIECE, /* *piece_out holds message octets */
    DATA_MORE,  /* all of the input is used */
    DATA_END    /* DATA: the end was found; what is left of the input are commands */
};
enum data_fault { DATA_FINE = 0, DATA_BARE_CR, DATA_BARE_LF, DATA_LONG_LINE };
enum data_state { DS_LINE = 0 /* at the start of a line */, DS_DOT, DS_DOT_CR, DS_TEXT, DS_CR };
struct data_stream {
    bool dots; /* DATA: dots are undone and end it; BDAT: the caller counts */
    enum data_state state;
    enum data_fault fault;
    size_t line; /* octets of the line so far */
};
void data_begin(struct data_stream *d, bool dots);
enum data_event data_next(struct data_stream *d, struct span *in, struct span *piece_out);
/* BDAT LAST: no more octets. A CR without its LF is a fault now. */
void data_finish(struct data_stream *d);
