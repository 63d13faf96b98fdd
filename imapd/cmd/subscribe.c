/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/subscribe.c - SUBSCRIBE and UNSUBSCRIBE. RFC 3501 6.3.6, 6.3.7. Only a folder that exists can be subscribed
 * to. UNSUBSCRIBE of a name that is not subscribed is answered OK, because a client that renames a folder unsubscribes
 * from the old name afterwards. The folder of removed messages is there as long as it is subscribed (imapd/folders.h). */
#include "imapd/commands.h"
#include "imapd/folders.h"

static enum rc show_removed(struct imap_session *s, bool on, struct err *e)
{
    struct store_show_removed_req rq = {on};

    return store_call(s->store, STORE_SHOW_REMOVED, &rq, -1, NULL, e);
}

static enum rc mark(struct imap_session *s, struct span name, bool on, struct err *e)
{
    struct store_folder_flags_req rq = {0};
    struct folders l;
    struct folder *f;
    enum rc rc = folders_load(s, false, &l, e);

    if (rc != RC_OK)
        return rc;
    f = folders_by_name(s, &l, name, e);
    if (f == NULL && !on && e->rc == RC_NOTFOUND)
        return RC_OK;
    if ((f == NULL && span_eq(name, folder_removed_name(s))) || (f != NULL && f->id == STORE_REMOVED))
        return show_removed(s, on, e);
    if (f == NULL || (on && (f->flags & FF_GONE)))
        return reply_no(e, CAUSE_NO_SUCH_MAILBOX);
    if (on == ((f->flags & FF_SUBSCRIBED) != 0))
        return RC_OK;
    rq.folder = f->id;
    rq.set = on ? FF_SUBSCRIBED : 0;
    rq.clear = on ? 0 : FF_SUBSCRIBED;
    return store_call(s->store, STORE_FOLDER_FLAGS, &rq, -1, NULL, e);
}

enum rc cmd_subscribe(struct imap_session *s, union imap_args *a, struct err *e)
{
    return mark(s, a->mailbox.name, true, e);
}

enum rc cmd_unsubscribe(struct imap_session *s, union imap_args *a, struct err *e)
{
    return mark(s, a->mailbox.name, false, e);
}
