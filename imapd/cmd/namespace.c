/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/namespace.c - NAMESPACE: her own folders, and the mailboxes of those whose delegate she is or may become, with "/" between levels. RFC 2342 */
#include "imapd/commands.h"
#include "imapd/homes.h"

enum rc cmd_namespace(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    reply_put(s, "* NAMESPACE ((\"\" \"/\")) ((\"%.*s/\" \"/\")) NIL", SPAN_ARG(homes_prefix(s)));
    return RC_OK;
}
