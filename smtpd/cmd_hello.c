/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_hello.c - EHLO and HELO: the two sides' names, and the extensions that are offered in this state.
 * RFC 5321 4.1.1.1, RFC 9422 (LIMITS) */
#include "proto/sasl/sasl.h"
#include "smtpd/verbs.h"
#include <stdio.h>

static void greet(struct smtp_session *s, struct span name, bool esmtp)
{
    snprintf(s->helo, sizeof s->helo, "%.*s", SPAN_ARG(name));
    s->from.helo = span_str(s->helo);
    s->from.esmtp = esmtp;
    s->phase = PH_READY;
    envelope_reset(s);
}

void cmd_helo(struct smtp_session *s, const union smtp_args *a)
{
    greet(s, a->text, false);
    smtp_say(s, 250, NULL, "%s", s->conf->host);
}

/* REQUIRETLS is offered over TLS only (RFC 8689 4). In clear nothing but STARTTLS is of use, so nothing that would tempt a client to go on is offered: no AUTH. */
void cmd_ehlo(struct smtp_session *s, const union smtp_args *a)
{
    char tail[128] = "";

    greet(s, a->text, true);
    if (!s->tls)
        snprintf(tail, sizeof tail, "\nSTARTTLS");
    else if (smtp_is_submission(s))
        snprintf(tail, sizeof tail, "\nBURL%s\nREQUIRETLS\nAUTH %s", s->account[0] ? " imap" : "", sasl_mechanisms);
    else
        snprintf(tail, sizeof tail, "\nREQUIRETLS");
    smtp_say(s, 250, NULL,
             "%s\nPIPELINING\nSIZE %llu\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nDSN\nSMTPUTF8\nLIMITS RCPTMAX=%u%s",
             s->conf->host, (unsigned long long)s->conf->letter.max_message, s->conf->max_recipients, tail);
}
