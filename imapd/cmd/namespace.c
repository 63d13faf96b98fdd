/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/namespace.c - NAMESPACE: the only namespace is the user's own folders, with "/" between levels. RFC 2342 */
#include "imapd/commands.h"

enum rc cmd_namespace(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    reply_put(s, "* NAMESPACE ((\"\" \"/\")) NIL NIL");
    return RC_OK;
}
