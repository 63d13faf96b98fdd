/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_line.c - commands to the peer, replies from it, and how a connection ends. See relayd/session.h. */
#include "base/log.h"
#include "relayd/session.h"
#include <stdio.h>

static void keep_end(struct session *n, enum cause cause, uint16_t code, const char *esc, const char *text)
{
    if (n->end.set) /* the first failure is the cause of the others */
        return;
    n->end = (struct session_end){.set = true, .stage = n->stage, .cause = cause, .code = code};
    snprintf(n->end.esc, sizeof n->end.esc, "%s", esc);
    snprintf(n->end.text, sizeof n->end.text, "%s", text);
}

bool session_failed(struct session *n, enum cause cause, const char *text)
{
    keep_end(n, cause, 0, "", text);
    return false;
}

bool session_answered(struct session *n, enum cause cause)
{
    keep_end(n, cause, n->answer.code, n->answer.esc, n->answer.text);
    return false;
}

bool session_io(struct session *n, const struct err *e)
{
    static const struct {
        enum rc rc;
        enum cause cause;
    } rows[] = {{RC_TIMEOUT, CAUSE_PEER_TIMEOUT}, {RC_SYNTAX, CAUSE_PEER_PROTOCOL}};
    enum cause c = CAUSE_PEER_LOST;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].rc == e->rc)
            c = rows[i].cause;
    /* A server that does not like our certificate says so at once in TLS 1.3: behind the handshake, as an alert or by closing. */
    if (n->stage == CS_EHLO_TLS && e->rc == RC_CLOSED)
        c = CAUSE_PEER_TLS;
    return session_failed(n, c, e->log);
}

bool session_silent(struct session *n)
{
    if (stream_buffered(n->s) == 0)
        return true;
    return n->secret ? session_failed(n, CAUSE_PEER_PROTOCOL, "a reply that nobody asked for")
                     : session_failed(n, CAUSE_PEER_INJECTED, "octets in clear that nobody asked for");
}

bool session_flush(struct session *n, int64_t deadline)
{
    struct err e;

    stream_deadline(n->s, deadline);
    return stream_flush(n->s, &e) == RC_OK || session_io(n, &e);
}

bool session_send(struct session *n, struct span d)
{
    stream_put(n->s, d);
    return session_flush(n, deadline_in(n->conf->command_ms));
}

/* The deadline is one for the whole reply, so that a peer that writes an octet or a line now and then gains nothing. */
bool session_reply_until(struct session *n, enum channel_stage stage, int64_t deadline)
{
    enum rc rc = RC_MORE;
    struct span line;
    struct err e;

    n->stage = stage;
    n->answer = (struct smtp_answer){0};
    stream_deadline(n->s, deadline);
    while (rc == RC_MORE) {
        rc = stream_line(n->s, SMTP_ANSWER_LINE, &line, &e);
        if (rc == RC_OK)
            rc = smtp_answer_line(&n->answer, line, &e);
        if ((stage == CS_EHLO || stage == CS_EHLO_TLS) && (rc == RC_OK || rc == RC_MORE) && n->answer.lines > 1)
            smtp_offer(&n->offers, smtp_answer_rest(line));
    }
    return rc == RC_OK || session_io(n, &e);
}

bool session_reply(struct session *n, enum channel_stage stage, int64_t ms)
{
    return session_reply_until(n, stage, deadline_in(ms));
}

bool session_command(struct session *n, enum channel_stage stage, const char *command)
{
    n->stage = stage;
    return session_silent(n) && session_send(n, span_str(command)) && session_reply(n, stage, n->conf->command_ms);
}
