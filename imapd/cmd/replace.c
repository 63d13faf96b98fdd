/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/replace.c - REPLACE and UID REPLACE: a new message comes, and the one that it replaces leaves, in one transaction of
 * stored. So a draft that is saved is never there twice, and never lost. RFC 8508. The loop tells EXISTS and EXPUNGE. */
#include "imapd/append.h"
#include "imapd/commands.h"
#include "imapd/homes.h"
#include "imapd/view.h"

/* The row of the one message. A UID that is not there is refused, because then there is nothing to replace. */
static enum rc find(struct imap_session *s, struct imap_set *set, uint32_t *uid_out, struct err *e)
{
    enum rc rc = view_rows(s, set, e);

    if (rc == RC_OK && set->n == 0)
        rc = reply_no(e, CAUSE_EXPUNGED);
    if (rc == RC_OK)
        *uid_out = s->view->uid[set->r[0].lo];
    return rc;
}

enum rc cmd_replace(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    uint32_t uid;
    enum rc rc = find(s, &a->append.set, &uid, e);

    if (rc == RC_OK)
        rc = homes_named(s, &a->append.name, e);
    if (rc == RC_OK && s->at != s->view_home)
        rc = reply_no(e, CAUSE_OTHER_MAILBOX);
    if (rc == RC_OK)
        rc = folder_get(s, a->append.name, true, &f, e);
    if (rc != RC_OK)
        return append_refuse(s, rc, e);
    return append_run(s, &f, a->append.rest, s->view->folder, uid, e);
}
