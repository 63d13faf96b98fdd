/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/sasl/base64.c - see proto/sasl/base64.h. The value of a letter is computed, not looked up, so that timing tells nothing of a password. */
#include "proto/sasl/base64.h"

/* 0..63, or -1; without a branch or a table index that depends on c. */
static int value(int c)
{
    int v = -1;

    v += ((('A' - 1 - c) & (c - ('Z' + 1))) >> 8) & (c - 'A' + 1);
    v += ((('a' - 1 - c) & (c - ('z' + 1))) >> 8) & (c - 'a' + 27);
    v += ((('0' - 1 - c) & (c - ('9' + 1))) >> 8) & (c - '0' + 53);
    v += ((('+' - 1 - c) & (c - ('+' + 1))) >> 8) & 63;
    v += ((('/' - 1 - c) & (c - ('/' + 1))) >> 8) & 64;
    return v;
}

enum rc b64_decode(struct span in, struct buf *out, struct err *e)
{
    size_t start = out->n, pad = 0;
    unsigned bits = 0, bad = 0;

    while (pad < 2 && pad < in.n && in.p[in.n - 1 - pad] == '=')
        pad++;
    if (in.n % 4 != 0)
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "base64 of %zu characters", in.n);
    if (buf_reserve(out, in.n / 4 * 3, e) != RC_OK)
        return e->rc;
    for (size_t i = 0; i < in.n - pad; i++) {
        int v = value(in.p[i]);

        bad |= (unsigned)(v < 0);
        bits = (bits << 6 | ((unsigned)v & 63)) & 0xFFFFFF;
        if (i % 4 > 0)
            buf_addc(out, (unsigned char)(bits >> (6 - i % 4 * 2)));
    }
    if (pad > 0 && (bits & (pad == 1 ? 3 : 15)) != 0)
        bad = 1; /* pad bits that are not zero: two spellings of one secret */
    if (bad) {
        buf_cut(out, start);
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_RESPONSE, "malformed base64");
    }
    return RC_OK;
}

void b64_encode(struct span in, struct buf *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < in.n; i += 3) {
        size_t n = in.n - i < 3 ? in.n - i : 3;
        unsigned v = (unsigned)in.p[i] << 16 | (n > 1 ? (unsigned)in.p[i + 1] << 8 : 0) | (n > 2 ? in.p[i + 2] : 0u);

        buf_addc(out, (unsigned char)letters[v >> 18]);
        buf_addc(out, (unsigned char)letters[v >> 12 & 63]);
        buf_addc(out, n > 1 ? (unsigned char)letters[v >> 6 & 63] : '=');
        buf_addc(out, n > 2 ? (unsigned char)letters[v & 63] : '=');
    }
}
