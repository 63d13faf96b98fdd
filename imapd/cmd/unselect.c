/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/unselect.c - UNSELECT: leave the mailbox, expunge nothing. RFC 3691 */
#include "imapd/commands.h"
#include "imapd/view.h"

enum rc cmd_unselect(struct imap_session *s, union imap_args *a, struct err *e)
{
    (void)a, (void)e;
    view_free(&s->view);
    s->state = IS_AUTH;
    return RC_OK;
}
