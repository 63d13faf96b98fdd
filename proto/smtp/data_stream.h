/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/data_stream.h - the octets of a message out of DATA (dots undone, end found) or BDAT (as they are), checked on the way.
 *
 * Feed     data_next(d, &in, &piece) takes octets off the front of in and gives runs of message octets, which borrow from in. A run is as
 *          long as the input allows. The message and the verdict do not depend on how the input is cut into pieces.
 * End      Only CRLF "." CRLF ends DATA, because any other end that is taken is a way to smuggle a second message (RFC 5321 4.1.1.4).
 * Strict   .fault names the first fault: a bare CR, a bare LF, or a line beyond DATA_LINE_MAX. From then on the octets are consumed up to the
 *          true end and no more are given out, so that the reply comes where the client waits for it.
 * Bounds   Lines up to 1000 octets are lawful (RFC 5321 4.5.3.1.6). Lines up to DATA_LINE_MAX are taken and served byte for byte, because
 *          many senders write them. No real mail client sends a longer line.
 * Process  smtpd.   Source RFC 5321 4.1.1.4, 4.5.2; RFC 3030.
 */
#pragma once
#include "base/span.h"

enum { DATA_LINE_MAX = 64 * 1024 };
enum data_event {
    DATA_PIECE, /* *piece_out holds message octets */
    DATA_MORE,  /* all of the input is used */
    DATA_END    /* DATA: the end was found; the rest of the input is commands */
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
/* BDAT LAST: no more octets come. A last CR without its LF becomes a fault. */
void data_finish(struct data_stream *d);
