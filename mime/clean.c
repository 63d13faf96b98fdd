/* SPDX-License-Identifier: EUPL-1.2 */
/* mime/clean.c - see mime/canon_int.h. Cleans header fields and the text between parts. RFC 5322 2.1.1, 2.2.3. */
#include "mime/canon_int.h"
#include "mime/lex.h"

enum { NEUTRAL_HEADER = 127, NEUTRAL_TEXT = '\t' };

static bool blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* Where a long line is best cut: at the last blank before the limit, else at the first blank behind it; 0: nowhere. A
 * visible character must stand before the cut, because for some readers a line of blanks alone ends the header. */
static size_t fold_at(struct span line)
{
    size_t mark = 0;

    while (mark < line.n && blank(line.p[mark]))
        mark++;
    for (size_t i = line.n < CANON_LINE ? line.n : CANON_LINE; i-- > mark + 1;)
        if (blank(line.p[i]))
            return i;
    for (size_t i = CANON_LINE > mark ? CANON_LINE : mark; i < line.n; i++)
        if (blank(line.p[i]))
            return i;
    return 0;
}

static void fold(struct span line, struct buf *out)
{
    while (line.n > CANON_LINE) {
        size_t at = fold_at(line);

        if (at == 0 || span_trim(span_from(line, at)).n == 0)
            break;
        buf_add(out, line.p, at);
        buf_addstr(out, "\r\n");
        line = span_from(line, at);
    }
    buf_addspan(out, line);
}

/* A forbidden byte becomes DEL. DEL is in no token, no boundary and no blank, so the field parses neither better nor
 * worse. */
static unsigned char header_byte(unsigned char c)
{
    return c == 0 || c == '\r' || c == '\n' ? NEUTRAL_HEADER : c;
}

void canon_field(struct span raw, struct buf *out)
{
    struct buf line = BUF_SECRET_INIT;

    for (size_t i = 0; i < raw.n; i++) {
        bool crlf = raw.p[i] == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n';

        if (crlf) {
            fold(buf_span(&line), out);
            buf_addstr(out, "\r\n");
            buf_clear(&line);
            i++;
        } else {
            buf_addc(&line, header_byte(raw.p[i]));
        }
    }
    fold(buf_span(&line), out);
    buf_free(&line);
}

static void put(struct cleaner *c, unsigned char b, struct buf *out)
{
    if (c->column >= CANON_LINE) {
        buf_addstr(out, "\r\n ");
        c->column = 1;
    }
    buf_addc(out, b);
    c->column++;
}

void cleaner_feed(struct cleaner *c, struct span in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        unsigned char b = in.p[i];

        if (c->cr && b == '\n') {
            buf_addstr(out, "\r\n");
            c->column = 0;
            c->cr = false;
            continue;
        }
        if (c->cr)
            put(c, NEUTRAL_TEXT, out);
        c->cr = b == '\r';
        if (b == '\n')
            put(c, NEUTRAL_TEXT, out);
        else if (b != '\r')
            put(c, b == 0 || b > 127 ? NEUTRAL_TEXT : b, out);
    }
}

void cleaner_end(struct cleaner *c, struct buf *out)
{
    if (c->cr)
        put(c, NEUTRAL_TEXT, out);
    *c = (struct cleaner){.cr = false};
}
