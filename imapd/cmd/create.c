/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/create.c - CREATE, which also makes the levels above. CREATE of a \Noselect level makes it a mailbox again.
 * RFC 3501 6.3.3. */
#include "imapd/commands.h"
#include "imapd/folders.h"

static enum rc revive(struct imap_session *s, const struct folder *f, struct span name, struct err *e)
{
    struct store_folder_msg rq = {f->id};
    enum rc rc = store_call(s->store, STORE_FOLDER_DELETE, &rq, -1, NULL, e);

    return rc == RC_OK ? folder_create(s, name, SU_NONE, f->flags & FF_SUBSCRIBED, NULL, e) : rc;
}

enum rc cmd_create(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folders l;
    struct folder *f;
    enum rc rc = folders_load(s, false, &l, e);

    if (rc != RC_OK)
        return rc;
    f = folders_by_name(s, &l, a->mailbox.name, e);
    if (!f && e->rc != RC_NOTFOUND) /* nobody can tell: that is not "not there" */
        return e->rc;
    if (f && (f->flags & FF_NOSELECT))
        return revive(s, f, a->mailbox.name, e);
    if (f && (f->flags & FF_GONE) == 0)
        return reply_no(e, CAUSE_MAILBOX_EXISTS);
    if (l.n >= FOLDERS_MAX)
        return reply_no(e, CAUSE_TOO_MANY_FOLDERS);
    if ((rc = folders_make_parents(s, a->mailbox.name, e)) != RC_OK)
        return rc;
    return folder_create(s, a->mailbox.name, SU_NONE, 0, NULL, e);
}
