/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/charset_utf.c - the forms of Unicode: UTF-8 written, UTF-16 and UTF-7 read by their grammar
 * (mime/charset_int.h). RFC 3629, 2781, 2152.
 */
#include "base/base64.h"
#include "mime/charset_int.h"
#include "mime/codec.h"

void charset_add(struct buf *out, unsigned cp)
{
    if (cp < 0x80) {
        buf_addc(out, (unsigned char)cp);
        return;
    }
    if (cp < 0x800) {
        buf_addc(out, (unsigned char)(0xc0 | cp >> 6));
    } else if (cp < 0x10000) {
        buf_addc(out, (unsigned char)(0xe0 | cp >> 12));
        buf_addc(out, (unsigned char)(0x80 | (cp >> 6 & 0x3f)));
    } else {
        buf_addc(out, (unsigned char)(0xf0 | cp >> 18));
        buf_addc(out, (unsigned char)(0x80 | (cp >> 12 & 0x3f)));
        buf_addc(out, (unsigned char)(0x80 | (cp >> 6 & 0x3f)));
    }
    buf_addc(out, (unsigned char)(0x80 | (cp & 0x3f)));
}

/* ---- UTF-16 ---- */

static unsigned unit_at(struct span in, size_t at, bool big) /* 0 behind the end */
{
    if (at + 2 > in.n)
        return 0;
    return big ? (unsigned)in.p[at] << 8 | in.p[at + 1] : (unsigned)in.p[at + 1] << 8 | in.p[at];
}

static bool is_half(unsigned unit, unsigned which) /* 0xd800: a high surrogate; 0xdc00: a low one */
{
    return (unit & 0xfc00) == which;
}

static void units(struct span in, bool big, struct buf *out)
{
    size_t i = 0;

    while (i + 2 <= in.n) {
        unsigned u = unit_at(in, i, big), next = unit_at(in, i + 2, big);

        i += 2;
        if (is_half(u, 0xd800) && is_half(next, 0xdc00)) {
            u = 0x10000 + ((u & 0x3ff) << 10 | (next & 0x3ff));
            i += 2;
        } else if (is_half(u, 0xd800) || is_half(u, 0xdc00)) {
            u = CHARSET_UNKNOWN;
        }
        charset_add(out, u);
    }
    if (i < in.n)
        charset_add(out, CHARSET_UNKNOWN);
}

void charset_utf16le(struct span in, struct buf *out)
{
    units(in, false, out);
}

void charset_utf16be(struct span in, struct buf *out)
{
    units(in, true, out);
}

void charset_utf16(struct span in, struct buf *out)
{
    unsigned mark = unit_at(in, 0, true);
    bool marked = mark == 0xfeff || mark == 0xfffe;

    units(span_from(in, marked ? 2 : 0), mark != 0xfffe, out);
}

/* ---- UTF-7 ---- */

/* Does the octet stand for itself? RFC 2152's sets D and O, blanks and line ends do. */
static bool is_direct(unsigned char c)
{
    return c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c <= '}' && c != '+' && c != '\\');
}

static size_t digits(struct span in)
{
    size_t i = 0;

    while (i < in.n && base64_value(in.p[i]) >= 0)
        i++;
    return i;
}

/* Reads what follows a "+": base64 of UTF-16, up to the first octet that is no digit. A "-" there belongs to the run.
 * An incomplete unit becomes U+FFFD. The run shows it by an odd octet at its end, or by a lone digit, which gives no
 * octet. */
static struct span shifted(struct span in, struct buf *out)
{
    size_t n = digits(in);
    bool dash = n < in.n && in.p[n] == '-';
    struct buf octets = BUF_SECRET_INIT;

    mime_decode_base64(span_head(in, n), &octets);
    units(buf_span(&octets), true, out);
    if (n == 0)
        charset_add(out, dash ? '+' : CHARSET_UNKNOWN);
    else if (n % 8 == 1)
        charset_add(out, CHARSET_UNKNOWN);
    buf_free(&octets);
    return span_from(in, n + dash);
}

void charset_utf7(struct span in, struct buf *out)
{
    while (in.n > 0) {
        unsigned char c = in.p[0];

        in = span_from(in, 1);
        if (c == '+')
            in = shifted(in, out);
        else
            charset_add(out, is_direct(c) ? c : CHARSET_UNKNOWN);
    }
}
