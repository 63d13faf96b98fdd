/* SPDX-License-Identifier: EUPL-1.2 */
/* base/base64.h - base 64: the one place that knows its alphabet. Whole texts are coded strictly, both ways. Digit and quantum are for code
 * that streams (mime/codec.c) or whose alphabet differs in a letter (modified UTF-7: proto/imap/name.c).
 *
 * Strict   no white space; padded to a multiple of 4; pad bits are zero. So an octet string has exactly one spelling.
 * Timing   A digit's value is computed and not looked up, and no branch depends on it, because texts may be passwords and keys.
 * Process  all.   Source RFC 4648 section 4 and 3.5.
 */
#pragma once
#include "base/buf.h"

void base64_encode(struct span in, struct buf *out); /* appended; padded, no line breaks */
/* Appends. RC_SYNTAX: in is malformed, and out is unchanged. RC_TEMP: out's bound is reached; this is checked first. */
enum rc base64_decode(struct span in, struct buf *out, struct err *e);
/* Writes n octets (1 to 3) as four characters, with "=" for each missing one. in[n..2] are not read. */
void base64_quantum(const unsigned char *in, size_t n, unsigned char out[4]);
unsigned char base64_digit(unsigned v); /* v: 0 to 63 */

/* The value of a digit, 0 to 63; -1: c is no digit. */
static inline int base64_value(int c)
{
    int v = -1;

    v += ((('A' - 1 - c) & (c - ('Z' + 1))) >> 8) & (c - 'A' + 1);
    v += ((('a' - 1 - c) & (c - ('z' + 1))) >> 8) & (c - 'a' + 27);
    v += ((('0' - 1 - c) & (c - ('9' + 1))) >> 8) & (c - '0' + 53);
    v += ((('+' - 1 - c) & (c - ('+' + 1))) >> 8) & 63;
    v += ((('/' - 1 - c) & (c - ('/' + 1))) >> 8) & 64;
    return v;
}
