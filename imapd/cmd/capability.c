/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/capability.c - CAPABILITY. RFC 3501 6.1.1. What is written here is what works; nothing else is. */
#include "imapd/commands.h"

static const char always[] = "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE";
static const char signed_in[] = " UIDPLUS IDLE NAMESPACE UNSELECT MOVE SPECIAL-USE CHILDREN LIST-EXTENDED LIST-STATUS";

void capability_put(const struct imap_session *s, struct buf *out)
{
    buf_addstr(out, always);
    if (s->state != IS_NEW)
        buf_addstr(out, signed_in);
    else
        buf_addstr(out, s->has_tls ? " AUTH=PLAIN AUTH=LOGIN" : " STARTTLS LOGINDISABLED");
}

enum rc cmd_capability(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* CAPABILITY ");
    capability_put(s, &s->out);
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    return RC_OK;
}
