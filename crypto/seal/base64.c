/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/seal/base64.c - base 64, strict both ways. RFC 4648 section 4, and 3.5 (pad bits must be zero). */
#include "crypto/seal/digest.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t v =
            (uint32_t)in.p[i] << 16 | (left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0) | (left > 2 ? in.p[i + 2] : 0);
        char q[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63], alphabet[v & 63]};

        if (left < 3)
            q[3] = '=';
        if (left < 2)
            q[2] = '=';
        buf_add(out, q, 4);
    }
}

/* 0..63, or 64 for what is not in the alphabet */
static uint32_t value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* one group of 4: how many bytes it gives (1 to 3), 0 when it is malformed */
static size_t group(const unsigned char q[4], bool last, unsigned char out[3])
{
    size_t pad = last ? (size_t)(q[3] == '=') + (q[3] == '=' && q[2] == '=') : 0;
    uint32_t v = 0;

    for (size_t i = 0; i < 4; i++) {
        uint32_t d = i >= 4 - pad ? 0 : value_of(q[i]);

        if (d > 63)
            return 0;
        v = v << 6 | d;
    }
    if ((v & (pad == 2 ? 0xffffu : pad == 1 ? 0xffu : 0u)) != 0)
        return 0;
    out[0] = (unsigned char)(v >> 16);
    out[1] = (unsigned char)(v >> 8);
    out[2] = (unsigned char)v;
    return 3 - pad;
}

enum rc base64_decode(struct span in, struct buf *out, struct err *e)
{
    size_t before = out->n;
    unsigned char b[3];
    enum rc rc;

    if (in.n % 4 != 0)
        return err_set(e, RC_SYNTAX, "base64: length %zu is not a multiple of 4", in.n);
    rc = buf_reserve(out, in.n / 4 * 3, e);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < in.n; i += 4) {
        size_t n = group(in.p + i, i + 4 == in.n, b);

        if (n == 0) {
            buf_cut(out, before);
            return err_set(e, RC_SYNTAX, "base64: malformed at byte %zu", i);
        }
        buf_add(out, b, n);
    }
    return RC_OK;
}
