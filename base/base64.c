/* SPDX-License-Identifier: EUPL-1.2 */
/* base/base64.c - see base/base64.h. */
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

unsigned char base64_digit(unsigned v)
{
    return (unsigned char)letters[v & 63];
}

void base64_quantum(const unsigned char *in, size_t n, unsigned char out[4])
{
    uint32_t v = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0) | (n > 2 ? in[2] : 0u);

    out[0] = base64_digit(v >> 18);
    out[1] = base64_digit(v >> 12);
    out[2] = n > 1 ? base64_digit(v >> 6) : '=';
    out[3] = n > 2 ? base64_digit(v) : '=';
}

void base64_encode(struct span in, struct buf *out)
{
    unsigned char q[4];

    for (; in.n > 0; in = span_from(in, in.n < 3 ? in.n : 3)) {
        base64_quantum(in.p, in.n < 3 ? in.n : 3, q);
        buf_add(out, q, sizeof q);
    }
}

static size_t padding(struct span in)
{
    size_t pad = 0;

    while (pad < 2 && pad < in.n && in.p[in.n - 1 - pad] == '=')
        pad++;
    return pad;
}

/* Looks at every digit, even when one before was wrong. So the time that it takes says nothing about a secret. */
static bool decode(struct span digits, size_t pad, struct buf *out)
{
    uint32_t bits = 0;
    unsigned bad = 0;

    for (size_t i = 0; i < digits.n; i++) {
        int v = base64_value(digits.p[i]);

        bad |= (unsigned)(v < 0);
        bits = (bits << 6 | ((unsigned)v & 63)) & 0xFFFFFF;
        if (i % 4 > 0)
            buf_addc(out, (unsigned char)(bits >> (6 - i % 4 * 2)));
    }
    return !bad && (pad == 0 || (bits & (pad == 1 ? 3 : 15)) == 0);
}

enum rc base64_decode(struct span in, struct buf *out, struct err *e)
{
    size_t start = out->n, pad = padding(in);

    if (in.n % 4 != 0)
        return err_set(e, RC_SYNTAX, "base64 of %zu characters", in.n);
    if (buf_reserve(out, in.n / 4 * 3, e) != RC_OK)
        return e->rc;
    if (decode(span_head(in, in.n - pad), pad, out))
        return RC_OK;
    buf_cut(out, start);
    return err_set(e, RC_SYNTAX, "malformed base64");
}
