/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/line_ends.c - see imapd/line_ends.h. */
#include "imapd/line_ends.h"

static enum rc refused(struct err *e)
{
    return err_cause(e, RC_PERM, CAUSE_HEADER_LINE_END, "append: bare CR or LF in a header");
}

/* One octet. False: refused. *add_cr: a CR belongs before it. */
static bool step(struct line_ends *l, unsigned char c, bool *add_cr)
{
    bool lone_lf = c == '\n' && !l->after_cr, lone_cr = l->after_cr && c != '\n';

    *add_cr = false;
    if (lone_cr && !l->in_body)
        return false;
    if (c == '\n' && l->kind == ENDS_UNKNOWN)
        l->kind = lone_lf ? ENDS_LF : ENDS_CRLF;
    if (lone_lf && l->kind == ENDS_CRLF && !l->in_body)
        return false;
    *add_cr = lone_lf && l->kind == ENDS_LF;
    if (c == '\n' && !l->in_line) /* the empty line */
        l->in_body = true;
    l->in_line = c == '\n' ? false : l->in_line || c != '\r';
    l->after_cr = c == '\r';
    return true;
}

enum rc line_ends_feed(struct line_ends *l, struct span piece, struct buf *mem, struct span *out, struct err *e)
{
    size_t kept = 0;

    buf_clear(mem);
    for (size_t i = 0; i < piece.n; i++) {
        bool add_cr;

        if (l->kind == ENDS_CRLF && l->in_body)
            break; /* all that follows is content */
        if (!step(l, piece.p[i], &add_cr))
            return refused(e);
        if (!add_cr)
            continue;
        buf_add(mem, piece.p + kept, i - kept);
        buf_addc(mem, '\r');
        kept = i;
    }
    if (mem->n > 0)
        buf_addspan(mem, span_from(piece, kept));
    *out = mem->n > 0 ? buf_span(mem) : piece;
    return RC_OK;
}

enum rc line_ends_finish(const struct line_ends *l, struct err *e)
{
    return l->after_cr && !l->in_body ? refused(e) : RC_OK;
}
