/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/reply.c - writes untagged lines, and is the only file that writes a tagged line. See imapd/session.h.
 *
 * By the table below a failure becomes NO or BAD with a response code, unless the command named a code. The text is
 * err.say, which is made for the client. Source RFC 3501 7.1, RFC 5530. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/session.h"
#include "proto/imap/write.h"
#include <stdio.h>
#include <stdlib.h>

enum { WRITE_MS = 5 * 60 * 1000 }; /* a client that takes nothing for so long is gone */
static const struct {
    enum rc rc;
    const char *status, *code;
} endings[] = {
    {RC_TEMP, "NO", "UNAVAILABLE"},    {RC_PERM, "NO", "CANNOT"},          {RC_SYNTAX, "BAD", NULL},
    {RC_DENIED, "NO", "NOPERM"},       {RC_NOTFOUND, "NO", "NONEXISTENT"}, {RC_EXISTS, "NO", "ALREADYEXISTS"},
    {RC_QUOTA, "NO", "OVERQUOTA"},     {RC_CORRUPT, "NO", "CORRUPTION"},   {RC_CLOSED, "NO", "UNAVAILABLE"},
    {RC_TIMEOUT, "NO", "UNAVAILABLE"},
};

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

void put_u64(struct buf *out, uint64_t v)
{
    unsigned char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (unsigned char)('0' + v % 10);
    while ((v /= 10) != 0);
    buf_add(out, digits + at, sizeof digits - at);
}

enum rc reply_no(struct imap_session *s, struct err *e, const char *code, const char *text)
{
    reply_code(s, "%s", code);
    return err_set(e, RC_PERM, NULL, text, "refused: [%s]", code);
}

enum rc reply_bad(struct imap_session *s, struct err *e, const char *text)
{
    s->blamed = true;
    return err_set(e, RC_SYNTAX, NULL, text, "refused: %s", text);
}

static void put_failure(struct imap_session *s, enum rc rc, const struct err *e)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const char *code = s->code.n ? buf_cstr(&s->code) : endings[i].code;

        if (endings[i].rc != rc)
            continue;
        buf_addf(&s->out, "%s ", endings[i].status);
        if (code)
            buf_addf(&s->out, "[%s] ", code);
        imap_put_text(&s->out, span_str(e->say[0] ? e->say : "Failed"));
        return;
    }
    bug("no answer for rc %d", (int)rc);
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
        put_failure(s, rc, e);
        log_err(rc == RC_TEMP || rc == RC_CORRUPT ? LOG_WARN_ : LOG_DEBUG_, "command-failed", e);
    }
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    buf_clear(&s->code);
}
