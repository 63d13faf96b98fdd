/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/unselect.c - UNSELECT: leaves the selected mailbox and expunges nothing. RFC 3691 */
#include "imapd/commands.h"
#include "imapd/view.h"

enum rc cmd_unselect(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    view_leave(s);
    return RC_OK;
}
