/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/frame.c - see proto/imap/frame.h: lines are gathered until a line announces no literal. */
#include "proto/imap/frame.h"

enum { FRAME_KEEP = 4096 }; /* between commands a session keeps at most this many bytes */

void imap_frame_init(struct imap_frame *f, size_t max)
{
    *f = (struct imap_frame){.max = max};
    f->text.secret = true; /* passwords and search words pass through here */
}

void imap_frame_free(struct imap_frame *f)
{
    buf_free(&f->text);
}

void imap_frame_reset(struct imap_frame *f)
{
    size_t max = f->max;

    if (f->text.cap > FRAME_KEEP) {
        imap_frame_free(f);
        imap_frame_init(f, max);
        return;
    }
    buf_clear(&f->text);
    f->line = 0;
    f->literal = f->left = 0;
    f->sync = false;
}

/* A quoted string cannot cross a line end. So a line that ends inside a quoted string announces no literal. */
static bool ends_in_quote(struct span line)
{
    bool in = false;

    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '"')
            in = !in;
        else if (line.p[i] == '\\' && in)
            i++;
    }
    return in;
}

/* Does the line end in "{123}" or "{123+}"? Then .literal and .sync are set. */
static bool announces(struct imap_frame *f, struct span line)
{
    size_t open = line.n, end = line.n;

    if (line.n < 3 || line.p[line.n - 1] != '}')
        return false;
    while (open > 0 && line.p[open - 1] != '{')
        open--;
    if (open == 0 || ends_in_quote(line))
        return false;
    end--;
    f->sync = line.p[end - 1] != '+';
    if (!f->sync)
        end--;
    for (size_t i = open; i < end; i++)
        if (line.p[i] < '0' || line.p[i] > '9')
            return false;
    if (end <= open)
        return false;
    if (!span_u64(span_of(line.p + open, end - open), UINT64_MAX, &f->literal))
        f->literal = UINT64_MAX;
    return true;
}

static void drop_line(struct imap_frame *f)
{
    buf_clear(&f->text);
    f->line = 0;
}

static enum frame_event line_ended(struct imap_frame *f)
{
    struct span line = span_from(buf_span(&f->text), f->line);

    if (line.n < 2 || line.p[line.n - 2] != '\r') {
        drop_line(f);
        return FRAME_BAD;
    }
    line.n -= 2;
    if (announces(f, line)) {
        f->line = f->text.n;
        return FRAME_LITERAL;
    }
    buf_cut(&f->text, f->text.n - 2);
    return FRAME_DONE;
}

static size_t take_literal(struct imap_frame *f, struct span in)
{
    size_t n = in.n < f->left ? in.n : (size_t)f->left;

    buf_add(&f->text, in.p, n);
    f->left -= n;
    if (f->left == 0)
        f->line = f->text.n;
    return n;
}

enum frame_event imap_frame_feed(struct imap_frame *f, struct span in, size_t *used_out)
{
    size_t used = f->left > 0 ? take_literal(f, in) : 0;
    struct span rest = span_from(in, used);
    ptrdiff_t lf = f->left > 0 ? -1 : span_chr(rest, '\n');
    size_t n = f->left > 0 ? 0 : lf < 0 ? rest.n : (size_t)lf + 1;

    *used_out = used + n;
    if (n > f->max || f->text.n > f->max - n)
        return FRAME_LONG;
    buf_add(&f->text, rest.p, n);
    return lf < 0 ? FRAME_MORE : line_ended(f);
}

bool imap_frame_fits(const struct imap_frame *f)
{
    return f->literal <= f->max && f->text.n <= f->max - (size_t)f->literal;
}

void imap_frame_accept(struct imap_frame *f)
{
    f->left = f->literal;
    f->literal = 0;
    f->line = f->text.n;
}

void imap_frame_skip(struct imap_frame *f)
{
    f->literal = 0;
    f->line = f->text.n;
}
