/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/reply.c - what the session says. Replies are gathered in the stream and leave together when the client waits. */
#include "base/log.h"
#include "proto/smtp/reply.h"
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

/* Refusals that answer an honest question and are not errors of the client: a list may name many people that have
 * left. */
static bool about_recipient(const struct smtp_session *s, enum refusal r)
{
    return s->verb && strcmp(s->verb, "RCPT") == 0 &&
           (r == REFUSE_UNKNOWN_RCPT || r == REFUSE_DISABLED_RCPT || r == REFUSE_NOT_LOCAL || r == REFUSE_UNKNOWN_DOMAIN);
}

/* Has the peer had its share of refusals? Temporary troubles are ours and do not count. Refusals about recipients are
 * counted apart and for another operator only, because one that asks for ever more unknown addresses gathers
 * addresses. */
static bool enough(struct smtp_session *s, enum refusal r, int code)
{
    if (about_recipient(s, r))
        return !smtp_is_submission(s) && ++s->unknown >= s->conf->max_unknown;
    return code >= 500 && ++s->errors >= s->conf->max_errors;
}

void smtp_refuse(struct smtp_session *s, enum refusal r, const struct err *cause)
{
    const struct refusal_text *t = refusal_get(r);
    const char *mid = s->letter.mid;

    smtp_say(s, t->code, t->esc, mid[0] ? "%s / %s, id=%s" : "%s / %s", t->fr, t->en, mid);
    log_ev(LOG_INFO_, "refused", "verb=%s code=%d why=%s%s%s cause=%s", s->verb ? s->verb : "-", t->code, t->name,
           s->about[0] ? " address=" : "", s->about, log_esc(span_str(cause ? cause->log : "")));
    if (t->code == 421)
        smtp_end(s, t->name);
    if (!s->over && enough(s, r, t->code))
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
