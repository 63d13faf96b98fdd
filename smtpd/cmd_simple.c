/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_simple.c - RSET, NOOP, VRFY, EXPN, HELP, QUIT.  RFC 5321 4.1.1.5 to 4.1.1.10 */
#include "smtpd/verbs.h"
#include <stdio.h>

void cmd_rset(struct smtp_session *s, const union smtp_args *a)
{
    (void)a;
    envelope_reset(s);
    smtp_say(s, 250, "2.0.0", "OK");
}

void cmd_noop(struct smtp_session *s, const union smtp_args *a)
{
    (void)a;
    smtp_say(s, 250, "2.0.0", "OK");
}

/* RCPT tells whether a mailbox exists, to those who may write to it. A list of all addresses is the directory's to give
 * (RFC 5321 3.5.3). */
void cmd_vrfy(struct smtp_session *s, const union smtp_args *a)
{
    (void)a;
    smtp_say(s, 252, "2.5.0", "Essayez de lui ecrire / Cannot VRFY, try RCPT");
}

void cmd_expn(struct smtp_session *s, const union smtp_args *a)
{
    (void)a;
    smtp_refuse(s, CAUSE_NOT_PROVIDED, NULL);
}

void cmd_help(struct smtp_session *s, const union smtp_args *a)
{
    struct buf text = BUF_INIT; /* open: our own words */

    (void)a;
    buf_addstr(&text, "Pli, RFC 5321:");
    for (const struct verb *v = smtp_verbs; v->name; v++)
        if (verb_cause(v, s) != CAUSE_UNKNOWN_VERB)
            buf_addf(&text, "\n%s", v->help);
    smtp_say(s, 214, "2.0.0", "%s", buf_cstr(&text));
    buf_free(&text);
}

void cmd_quit(struct smtp_session *s, const union smtp_args *a)
{
    (void)a;
    smtp_say(s, 221, "2.0.0", "Au revoir / Bye");
    smtp_end(s, "quit");
}
