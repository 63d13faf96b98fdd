/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/codec.h - base64 and quoted-printable, both ways, streaming; inside mime/ only.
 *
 * Decoding is lenient (RFC 2045 6.7, 6.8): what is no base64 digit is stepped over, a wrong "=XX" stays as it stands.
 * Output is never longer than the input. Encoding is exact: lines of at most 76 characters, CRLF.
 * Process  smtpd, imapd.
 */
#pragma once
#include "base/buf.h"
enum codec_kind { CODEC_IDENTITY, CODEC_BASE64, CODEC_QP };
/* From the body of a Content-Transfer-Encoding field; empty or not known: identity. known_out may be NULL. */
enum codec_kind codec_of(struct span encoding_body, bool *known_out);

struct decoder {
    enum codec_kind kind;
    uint32_t bits;           /* base64: gathered bits */
    unsigned nbits;
    bool ended;              /* base64: padding seen */
    unsigned char held[128]; /* quoted-printable: a started escape, or blanks that may stand at a line's end */
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

void codec_qp_word(struct span in, struct buf *out);        /* "=XX" alone, for RFC 2047 */
void mime_decode_base64(struct span in, struct buf *out);   /* all at once */
