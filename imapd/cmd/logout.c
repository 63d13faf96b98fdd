/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/logout.c - LOGOUT. RFC 3501 6.1.3 */
#include "imapd/commands.h"

enum rc cmd_logout(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    reply_put(s, "* BYE Au revoir / Goodbye");
    s->bye = true;
    return RC_OK;
}
