/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/reply.c - what the session says. Replies are gathered in the stream and leave together when the client waits. */
#include "proto/smtp/reply.h"
#include "base/log.h"
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
static bool about_recipient(const struct smtp_session *s, enum cause c)
{
    return s->verb && strcmp(s->verb, "RCPT") == 0 &&
           (c == CAUSE_UNKNOWN_RCPT || c == CAUSE_DISABLED_RCPT || c == CAUSE_NOT_LOCAL || c == CAUSE_UNKNOWN_DOMAIN);
}

/* Has the peer had its share of refusals? Temporary troubles are ours and do not count. Refusals about recipients are
 * counted apart and for another operator only, because one that asks for ever more unknown addresses gathers
 * addresses. */
static bool enough(struct smtp_session *s, enum cause c, int code)
{
    if (about_recipient(s, c))
        return !smtp_is_submission(s) && ++s->unknown >= s->conf->max_unknown;
    return code >= 500 && ++s->errors >= s->conf->max_errors;
}

void smtp_refuse(struct smtp_session *s, enum cause c, const struct err *why)
{
    const struct cause_row *t = cause_row(c);
    char text[CAUSE_TEXT];
    const char *mid = s->letter.mid;

    if (t->code == 0)
        bug("%s is no refusal of SMTP", cause_name(c));
    smtp_say(s, t->code, t->esc, mid[0] ? "%s, id=%s" : "%s", cause_text(c, text), mid);
    log_ev(LOG_INFO_, "refused", "verb=%s code=%d why=%s peer=%s%s%s%s%s cause=%s", s->verb ? s->verb : "-", t->code,
           cause_name(c), s->peer->ip, s->tls_peer.has_cert ? " dn=" : "",
           s->tls_peer.has_cert ? log_esc(span_str(s->tls_peer.dn)) : "", s->about[0] ? " address=" : "", s->about,
           log_esc(span_str(why ? why->log : "")));
    if (t->code == 421)
        smtp_end(s, cause_name(c));
    if (!s->over && enough(s, c, t->code))
        smtp_refuse(s, CAUSE_TOO_MANY_ERRORS, NULL);
}
