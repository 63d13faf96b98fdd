/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/codec.h - base64 and quoted-printable, both ways, streaming.
 *
 * Decoding is lenient (RFC 2045 6.7, 6.8): what is no base64 digit is stepped over, a wrong "=XX" stays as it stands.
 * Decoded output is never longer than the input. Encoding is exact: lines of at most 76 characters, ended by CRLF.
 * Owns     A decoder and an encoder own no memory. Output is appended to out, which is the caller's. Set .kind, all else zero, to begin.
 * Process  smtpd, imapd and relayd sessions (imapd: BINARY).   Source RFC 2045 6.7, 6.8; RFC 2047.
 */
#pragma once
#include "base/buf.h"
enum codec_kind { CODEC_IDENTITY, CODEC_BASE64, CODEC_QP };
/* The kind that the body of a Content-Transfer-Encoding field names. An empty body or an unknown name is identity. known_out may be NULL. */
enum codec_kind codec_of(struct span encoding_body, bool *known_out);

struct decoder {
    enum codec_kind kind;
    uint32_t bits;           /* base64: gathered bits */
    unsigned nbits;
    bool ended;              /* base64: padding was seen */
    unsigned char held[128]; /* quoted-printable: an escape that has begun, or blanks that may end the line */
    size_t n_held;
};
void decoder_feed(struct decoder *d, struct span in, struct buf *out);
void decoder_end(struct decoder *d, struct buf *out);

struct encoder {
    enum codec_kind kind; /* base64 or quoted-printable */
    unsigned char tail[3];
    size_t n_tail, column;
    bool was_cr;          /* quoted-printable: a CR waits for its LF */
    int blank;            /* quoted-printable: a blank that waits for what follows; 0: none */
};
void encoder_feed(struct encoder *n, struct span in, struct buf *out);
void encoder_end(struct encoder *n, struct buf *out);

void codec_qp_word(struct span in, struct buf *out);        /* undoes "=XX" and nothing else: the "Q" words of RFC 2047 */
void mime_decode_base64(struct span in, struct buf *out);   /* a whole text in one call */
