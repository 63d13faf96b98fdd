/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/smtp/reply.c - see proto/smtp/reply.h. RFC 5321 4.2. */
#include "proto/smtp/reply.h"

enum { REPLY_LINE = 510 };

static void put_text(struct buf *out, struct span text, bool utf8)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];

        buf_addc(out, c < 0x20 || c == 0x7F || (c > 0x7F && !utf8) ? '?' : c);
    }
}

void smtp_reply(struct buf *out, int code, const char *esc, struct span text, bool utf8)
{
    for (;;) {
        ptrdiff_t lf = span_chr(text, '\n');
        struct span line = lf < 0 ? text : span_head(text, (size_t)lf);
        size_t start = out->n;

        buf_addf(out, "%03d%c", code, lf < 0 ? ' ' : '-');
        if (esc)
            buf_addf(out, "%s ", esc);
        put_text(out, span_head(line, REPLY_LINE - (out->n - start)), utf8);
        buf_addstr(out, "\r\n");
        if (lf < 0)
            return;
        text = span_from(text, (size_t)lf + 1);
    }
}
