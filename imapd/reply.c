/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/reply.c - writes untagged lines, and is the only file that writes a tagged line. See imapd/session.h.
 *
 * Failures become NO, or BAD when the command is malformed, with the response code and the text of their cause (policies/causes.c).
 * Source RFC 3501 7.1, RFC 5530, RFC 9585. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/session.h"
#include <stdio.h>
#include <stdlib.h>

enum { WRITE_MS = 5 * 60 * 1000 }; /* a client that takes nothing for so long is gone */
void reply_out(struct imap_session *s)
{
    stream_put(s->io, buf_span(&s->out));
    buf_clear(&s->out);
}

void reply_put(struct imap_session *s, const char *fmt, ...)
{
    char line[512];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n < 0)
        bug("reply_put: bad format");
    if ((size_t)n >= sizeof line) { /* long lines: lists of flags, of UIDs */
        char *big = NULL;

        va_start(ap, fmt);
        if (vasprintf(&big, fmt, ap) < 0)
            die("out of memory");
        va_end(ap);
        stream_put(s->io, span_str(big));
        free(big);
    } else {
        stream_put(s->io, span_of(line, (size_t)n));
    }
    stream_put(s->io, SPAN_LIT("\r\n"));
}

void reply_code(struct imap_session *s, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_clear(&s->code);
    buf_addstr(&s->code, text);
}

void reply_later(struct imap_session *s)
{
    stream_deadline(s->io, s->state == IS_NEW ? s->login_deadline : deadline_in(WRITE_MS));
}

void reply_alive(struct imap_session *s)
{
    reply_later(s);
    session_cut_if_ended(s);
}

void reply_progress(struct imap_session *s, uint64_t done, uint64_t total)
{
    struct err e;

    if (total == 0 || deadline_left_ms(s->progress_at) > 0)
        return;
    s->progress_at = deadline_in(s->conf->progress_ms);
    reply_put(s, "* OK [INPROGRESS (\"%.*s\" %llu %llu)] Still at work", SPAN_ARG(s->tag), (unsigned long long)done,
              (unsigned long long)total);
    reply_alive(s);
    (void)stream_flush(s->io, &e); /* the next write fails too */
}

void put_u64(struct buf *out, uint64_t v)
{
    unsigned char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (unsigned char)('0' + v % 10);
    while ((v /= 10) != 0);
    buf_add(out, digits + at, sizeof digits - at);
}

enum rc reply_no(struct err *e, enum cause cause)
{
    return err_cause(e, RC_PERM, cause, "refused: %s", cause_name(cause));
}

enum rc reply_bad(struct imap_session *s, struct err *e, enum cause cause)
{
    s->blamed = true;
    return err_cause(e, RC_SYNTAX, cause, "refused: %s", cause_name(cause));
}

static void put_why(struct buf *out, enum cause cause, const char *code)
{
    char text[CAUSE_TEXT];

    if (code)
        buf_addf(out, "[%s] ", code);
    buf_addstr(out, cause_text(cause, text));
}

void reply_why(struct buf *out, enum cause cause)
{
    put_why(out, cause, cause_row(cause)->imap);
}

void reply_refused(struct imap_session *s, enum cause cause)
{
    buf_clear(&s->out);
    buf_addf(&s->out, "%.*s NO ", SPAN_ARG(s->tag));
    reply_why(&s->out, cause);
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
}

void reply_tagged(struct imap_session *s, enum rc rc, const struct err *e)
{
    buf_clear(&s->out);
    buf_addspan(&s->out, s->tag.n > 0 ? s->tag : SPAN_LIT("*"));
    buf_addc(&s->out, ' ');
    if (rc == RC_OK) {
        buf_addstr(&s->out, "OK ");
        if (s->code.n)
            buf_addf(&s->out, "[%s] ", buf_cstr(&s->code));
        buf_addf(&s->out, "%s completed", s->cmd ? s->cmd->name : "Command");
    } else {
        buf_addstr(&s->out, rc == RC_SYNTAX ? "BAD " : "NO ");
        put_why(&s->out, e->cause, s->code.n ? buf_cstr(&s->code) : cause_row(e->cause)->imap);
        log_err(rc == RC_TEMP || rc == RC_CORRUPT ? LOG_WARN_ : LOG_DEBUG_, "command-failed", e);
    }
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    buf_clear(&s->code);
}
