/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/reply.c - what the session says. Replies are gathered in the stream and leave together when the client waits. */
#include "base/log.h"
#include "proto/smtp_reply.h"
#include "smtpd/session.h"
#include <stdarg.h>
#include <stdio.h>

void smtp_say(struct smtp_session *s, int code, const char *esc, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_clear(&s->reply);
    smtp_reply(&s->reply, code, esc, span_str(text), s->env.params.smtputf8);
    stream_put(s->st, buf_span(&s->reply));
}

void smtp_end(struct smtp_session *s, const char *why)
{
    s->over = true;
    if (!s->end)
        s->end = why;
}

/* Temporary troubles are ours, not the peer's errors: they do not bring a session nearer to its end. */
void smtp_refuse(struct smtp_session *s, enum refusal r, const struct err *cause)
{
    const struct refusal_text *t = refusal_get(r);

    smtp_say(s, t->code, t->esc, "%s / %s", t->fr, t->en);
    log_ev(LOG_INFO_, "refused", "verb=%s code=%d why=%s cause=%s", s->verb ? s->verb : "-", t->code, t->name,
           log_esc(span_str(cause ? cause->log : "")));
    if (t->code == 421)
        smtp_end(s, t->name);
    if (t->code < 500 || ++s->errors < s->conf->max_errors || s->over)
        return;
    smtp_refuse(s, REFUSE_TOO_MANY_ERRORS, NULL);
}

enum refusal smtp_parse_refusal(enum rc rc, const struct err *e)
{
    if (rc == RC_PERM)
        return REFUSE_BAD_PARAM;
    if (strncmp(e->esc, "5.1.", 4) == 0)
        return REFUSE_BAD_ADDRESS;
    return strcmp(e->esc, "5.6.7") == 0 ? REFUSE_NEED_UTF8 : REFUSE_SYNTAX;
}
