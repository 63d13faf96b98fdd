/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/delete.c - DELETE. RFC 3501 6.3.4. A folder with others below loses its messages and stays as \Noselect. A
 * subscription stays in any case, because the store keeps the name of a folder that is gone but subscribed. */
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/view.h"

static enum rc remove_folder(struct imap_session *s, uint32_t id, struct err *e)
{
    struct store_folder_msg rq = {id};

    return store_call(s->store, STORE_FOLDER_DELETE, &rq, -1, NULL, e);
}

/* A level without messages takes the folder's place, and has its rights and subscriptions. */
static enum rc leave_level(struct imap_session *s, const struct folder *f, struct err *e)
{
    struct store_folder_msg rq = {f->id};

    if (f->flags & FF_NOSELECT)
        return reply_no(e, CAUSE_HAS_CHILDREN);
    return store_call(s->store, STORE_FOLDER_LEVEL, &rq, -1, NULL, e);
}

enum rc cmd_delete(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folders l;
    struct folder *f;
    enum rc rc = folders_load(s, true, &l, e);

    if (rc != RC_OK)
        return rc;
    f = folders_by_name(s, &l, a->mailbox.name, e);
    if (f == NULL || (f->flags & FF_GONE))
        return reply_no(e, CAUSE_NO_SUCH_MAILBOX);
    if (f->id == STORE_INBOX)
        return reply_no(e, CAUSE_INBOX_STAYS);
    if (s->view && s->view_home == s->at &&
        s->view->folder == f->id) { /* its own client deletes what it has open: allowed, and then it is closed */
        view_leave(s);
    }
    if (folders_has_below(&l, f->name))
        return leave_level(s, f, e);
    return remove_folder(s, f->id, e);
}
