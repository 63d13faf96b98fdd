/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/codec.c - see mime/codec.h. RFC 2045 6.7, 6.8. */
#include "mime/codec.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "mime/canon.h"
#include "mime/lex.h"

static const char digits16[] = "0123456789ABCDEF";

enum codec_kind codec_of(struct span encoding_body, bool *known_out)
{
    struct lex l = lex_of(encoding_body, LEX_MIME);
    struct span s;
    struct token t;
    bool unknown = true;
    enum codec_kind k = CODEC_IDENTITY;

    s = lex_next(&l, &t) == TOK_WORD || t.kind == TOK_QUOTED ? t.text : SPAN_NULL; /* comments may stand anywhere */
    if (span_istarts(s, "base64"))
        k = CODEC_BASE64;
    else if (span_istarts(s, "quoted-printable"))
        k = CODEC_QP;
    else
        unknown = !((s.n == 0 && t.kind == TOK_END) || span_istarts(s, "7bit") || span_istarts(s, "8bit") ||
                    span_istarts(s, "binary"));
    if (known_out)
        *known_out = k != CODEC_IDENTITY || !unknown;
    return k;
}

/* ---- decoding ---- */

static void feed64(struct decoder *d, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        int v = base64_value(in.p[i]);

        if (in.p[i] == '=') { /* padding ends a quantum; several encoded runs may follow each other */
            d->nbits = 0;
            d->bits = 0;
        }
        if (v < 0)
            continue;
        d->bits = d->bits << 6 | (uint32_t)v;
        d->nbits += 6;
        if (d->nbits >= 8) {
            d->nbits -= 8;
            buf_addc(out, (unsigned char)(d->bits >> d->nbits));
        }
    }
}

static void give_held(struct decoder *d, struct buf *out)
{
    buf_add(out, d->held, d->n_held);
    d->n_held = 0;
}

/* The decoder holds "=" and what followed it so far. True while that may still become an escape or a soft line
 * break. */
static bool escape(struct decoder *d, unsigned char c, struct buf *out)
{
    int hi, lo;

    d->held[d->n_held++] = c;
    hi = ascii_hex(d->held[1]);
    if (hi < 0 && c == '\n') { /* "=" blanks CRLF: a soft line break vanishes */
        d->n_held = 0;
        return true;
    }
    if (hi < 0 && (c == '\r' || c == ' ' || c == '\t')) {
        if (d->n_held == sizeof d->held)
            give_held(d, out);
        return true;
    }
    if (d->n_held == 2 && hi >= 0)
        return true;
    lo = d->n_held == 3 && hi >= 0 ? ascii_hex(c) : -1;
    if (lo >= 0) {
        d->n_held = 0;
        buf_addc(out, (unsigned char)(hi * 16 + lo));
        return true;
    }
    d->n_held--; /* no escape: what was held stays as it stands, c is looked at anew */
    give_held(d, out);
    return false;
}

static void feed_qp(struct decoder *d, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];

        if (d->n_held > 0 && d->held[0] == '=') {
            if (escape(d, c, out))
                continue;
        }
        if (c == '=') {
            give_held(d, out);
            d->held[d->n_held++] = c;
        } else if (c == ' ' || c == '\t') { /* blanks at a line's end were put there by transport */
            if (d->n_held == sizeof d->held)
                give_held(d, out);
            d->held[d->n_held++] = c;
        } else {
            if (c == '\r' || c == '\n')
                d->n_held = 0;
            give_held(d, out);
            buf_addc(out, c);
        }
    }
}

void decoder_feed(struct decoder *d, struct span in, struct buf *out)
{
    if (d->kind == CODEC_BASE64)
        feed64(d, in, out);
    else if (d->kind == CODEC_QP)
        feed_qp(d, in, out);
    else
        buf_addspan(out, in);
}

void decoder_end(struct decoder *d, struct buf *out)
{
    if (d->n_held > 0 && d->held[0] == '=' && d->n_held > 1)
        give_held(d, out);
    d->n_held = 0;
}

void mime_decode_base64(struct span in, struct buf *out)
{
    struct decoder d = {.kind = CODEC_BASE64};

    feed64(&d, in, out);
}

void codec_qp_word(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        int hi = in.p[i] == '=' && i + 2 < in.n ? ascii_hex(in.p[i + 1]) : -1;
        int lo = hi >= 0 ? ascii_hex(in.p[i + 2]) : -1;

        buf_addc(out, lo >= 0 ? (unsigned char)(hi * 16 + lo) : in.p[i]);
        i += lo >= 0 ? 2 : 0;
    }
}

enum rc mime_decode(const char *encoding, struct span in, struct buf *out, struct err *e)
{
    struct decoder d = {.kind = codec_of(span_str(encoding), NULL)};

    if (buf_reserve(out, in.n, e) != RC_OK)
        return e->rc;
    decoder_feed(&d, in, out);
    decoder_end(&d, out);
    return RC_OK;
}

/* ---- encoding ---- */

enum { LINE = 76 };

static void quantum(struct encoder *n, struct buf *out)
{
    unsigned char d[4];

    base64_quantum(n->tail, n->n_tail, d);
    buf_add(out, d, 4);
    n->n_tail = 0;
    n->column += 4;
    if (n->column == LINE) {
        buf_addstr(out, "\r\n");
        n->column = 0;
    }
}

static void encode64(struct encoder *n, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        n->tail[n->n_tail++] = in.p[i];
        if (n->n_tail == 3)
            quantum(n, out);
    }
}

/* At the start of a line three characters are escaped: "-" could make a boundary, "." an end of data, "F" a "From ". */
static void qp_put(struct encoder *n, unsigned char c, bool escaped, struct buf *out)
{
    size_t width = escaped ? 3 : 1;

    if (n->column + width > LINE - 1) {
        buf_addstr(out, "=\r\n");
        n->column = 0;
    }
    if (n->column == 0 && (c == '-' || c == '.' || c == 'F')) {
        escaped = true;
        width = 3;
    }
    if (escaped) {
        buf_addc(out, '=');
        buf_addc(out, (unsigned char)digits16[c >> 4]);
        buf_addc(out, (unsigned char)digits16[c & 15]);
    } else {
        buf_addc(out, c);
    }
    n->column += width;
}

/* Writes a blank as it is, unless the line ends behind it. */
static void qp_blank(struct encoder *n, bool line_ends, struct buf *out)
{
    if (n->blank)
        qp_put(n, (unsigned char)n->blank, line_ends, out);
    n->blank = 0;
}

static void encode_qp(struct encoder *n, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];
        bool plain = c > ' ' && c < 127 && c != '=';

        if (n->was_cr && c == '\n') {
            qp_blank(n, true, out);
            buf_addstr(out, "\r\n");
            n->column = 0;
            n->was_cr = false;
            continue;
        }
        if (n->was_cr) {
            qp_blank(n, true, out);
            qp_put(n, '\r', true, out);
        } else if (c != '\r') {
            qp_blank(n, false, out);
        }
        n->was_cr = c == '\r';
        if (c == ' ' || c == '\t')
            n->blank = c;
        else if (c != '\r')
            qp_put(n, c, !plain, out);
    }
}

void encoder_feed(struct encoder *n, struct span in, struct buf *out)
{
    if (n->kind == CODEC_BASE64)
        encode64(n, in, out);
    else
        encode_qp(n, in, out);
}

void encoder_end(struct encoder *n, struct buf *out)
{
    if (n->kind == CODEC_BASE64) {
        if (n->n_tail > 0)
            quantum(n, out);
        if (n->column > 0)
            buf_addstr(out, "\r\n");
    } else {
        qp_blank(n, true, out);
        if (n->was_cr)
            qp_put(n, '\r', true, out);
    }
    n->column = 0;
}
