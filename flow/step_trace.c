/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/step_trace.c - puts fields on top of the message: Return-Path, Authentication-Results, Received. One message is
 * kept for all recipients, so the relay must take Return-Path off again. A submission that is not signed here and has
 * no Date or no Message-ID gets one (RFC 6409 8.2, 8.3).
 * Source   RFC 5321 4.4, RFC 6531 4.3 (UTF8SMTP), RFC 3848 (ESMTPSA), RFC 8314 4.3 (tls clause), RFC 8601 7.
 */
#include "base/clock.h"
#include "flow/letter_int.h"
#include <stdio.h>

static bool has_8bit(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return true;
    return false;
}

static void protocol(const struct letter *l, char out[24])
{
    snprintf(out, 24, "%s%s%s",
             l->env->smtputf8 ? "UTF8SMTP"
             : l->peer->esmtp ? "ESMTP"
                              : "SMTP",
             l->peer->tls_version ? "S" : "", l->account->address.n > 0 ? "A" : "");
}

static void received(struct letter *l)
{
    const struct letter_peer *p = l->peer;
    const struct letter_envelope *v = l->env;
    const char *v6 = strchr(p->ip, ':') ? "IPv6:" : "";
    char with[24], date[40];
    struct buf *b = &l->trace;

    protocol(l, with);
    clock_rfc5322(clock_utc(), date);
    if (p->helo.n > 0 && (v->smtputf8 || !has_8bit(p->helo)))
        buf_addf(b, "Received: from %.*s ([%s%s])\r\n", SPAN_ARG(p->helo), v6, p->ip);
    else
        buf_addf(b, "Received: from [%s%s]\r\n", v6, p->ip);
    buf_addf(b, "\tby %s (Pli) with %s id %s", l->conf->host, with, l->mid);
    if (v->to.n == 1) /* with more, each would learn of the others */
        buf_addf(b, "\r\n\tfor <%s>", v->to.a[0].via ? v->to.a[0].via : v->to.a[0].address);
    if (p->tls_version)
        buf_addf(b, "\r\n\ttls %s (%s)", p->tls_cipher, p->tls_version);
    buf_addf(b, ";\r\n\t%s\r\n", date);
}

enum cause step_trace(struct letter *l, struct err *e)
{
    (void)e;
    buf_addf(&l->trace, "Return-Path: <%.*s>\r\n", SPAN_ARG(l->env->sender));
    buf_addf(&l->trace, "Authentication-Results: %s", l->conf->host);
    buf_addspan(&l->trace, buf_span(&l->results));
    buf_addstr(&l->trace, "\r\n");
    received(l);
    lists_passed(l);
    if (l->door == DOOR_SUBMISSION && l->scan) /* signed here: the canonical form has them */
        canon_missing(letter_header(l), &(struct canon_spec){l->conf->host, clock_utc()}, &l->trace);
    return CAUSE_NONE;
}
