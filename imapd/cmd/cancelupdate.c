/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/cancelupdate.c - CANCELUPDATE: searches that are no longer kept up to date. RFC 5267 4.3.5. */
#include "imapd/commands.h"
#include "imapd/contexts.h"

/* A tag that no search has is the client's mistake; those before it are ended. */
enum rc cmd_cancelupdate(struct imap_session *s, union imap_args *a, struct err *e)
{
    for (size_t i = 0; i < a->words.n; i++)
        if (!context_cancel(s, a->words.words[i]))
            return reply_bad(s, e, CAUSE_NO_CONTEXT);
    return RC_OK;
}
