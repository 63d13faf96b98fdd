/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/enable.c - ENABLE: answers with the names that it has enabled now. It passes over names that are not known
 * or need no enabling.
 * RFC 5161 3.1. What may be enabled: imapd/extensions.c. */
#include "imapd/commands.h"
#include "imapd/extensions.h"

enum rc cmd_enable(struct imap_session *s, union imap_args *a, struct err *e)
{
    const char *name;

    (void)e;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* ENABLED");
    for (size_t i = 0; i < a->words.n; i++)
        if (extension_enable(&extensions, s, a->words.words[i], &name))
            buf_addf(&s->out, " %s", name);
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    return RC_OK;
}
