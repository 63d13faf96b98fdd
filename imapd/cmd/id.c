/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/id.c - ID. RFC 2971. The client's words are checked and forgotten. The version is told only to a client
 * that has signed in. */
#include "imapd/commands.h"

enum rc cmd_id(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    if (s->state == IS_NEW)
        reply_put(s, "* ID (\"name\" \"Pli\")");
    else
        reply_put(s, "* ID (\"name\" \"Pli\" \"version\" \"%s\")", PLI_VERSION);
    return RC_OK;
}
