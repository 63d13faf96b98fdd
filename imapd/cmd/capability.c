/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/capability.c - CAPABILITY. RFC 3501 6.1.1. What is told: imapd/extensions.c. */
#include "imapd/commands.h"
#include "imapd/extensions.h"

enum rc cmd_capability(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* CAPABILITY ");
    extensions_tell(&extensions, s, &s->out);
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    return RC_OK;
}
