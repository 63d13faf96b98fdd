/* SPDX-License-Identifier: EUPL-1.2 */
/* base/base64.h - base 64: the one home of its alphabet. Strict both ways for whole texts; digit and quantum for whoever streams (mime/codec.c)
 * or has an alphabet that differs in a letter (modified UTF-7: proto/imap/name.c).
 *
 * Strict   no white space, padded to a multiple of 4, pad bits are zero: an octet string has one spelling.
 * Timing   a digit's value is computed, not looked up, and no branch depends on it: texts may be passwords and keys.
 * Process  all.   Source RFC 4648 section 4 and 3.5.
 */
#pragma once
#include "base/buf.h"

void base64_encode(struct span in, struct buf *out); /* appended; padded, no line breaks */
/* Appended. RC_SYNTAX: malformed, and out is as it was. out's bound (RC_TEMP) is checked first. */
enum rc base64_decode(struct span in, struct buf *out, struct err *e);
/* n octets (1 to 3) as four characters, "=" for what is missing; in[n..2] are not read. */
void base64_quantum(const unsigned char *in, size_t n, unsigned char out[4]);
unsigned char base64_digit(unsigned v); /* v: 0 to 63 */

/* 0 to 63, or -1 for what is no digit. */
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
