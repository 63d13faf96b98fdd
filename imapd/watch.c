/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/watch.c - see imapd/watch.h. */
#include "imapd/watch.h"
#include "base/log.h"
#include "imapd/notify.h"
#include "imapd/view.h"

enum {
    NO_FOLDER = INT32_MAX
}; /* none has that number: news of the mailbox as a whole, as of annotations, still comes */

bool watch_wanted(const struct imap_session *s)
{
    return notify_others(s) || notify_any_annotations(s) || (s->view && (notify_selected(s) || s->contexts));
}

bool watch_stands(const struct imap_session *s)
{
    return s->watching && s->watched_on == store_dials(s->store);
}

bool watch_on(struct imap_session *s)
{
    bool all = notify_others(s) && !s->at; /* in another's mailbox only the selected folder is watched */
    struct store_watch_req rq = {all ? 0 : s->view ? s->view->folder : NO_FOLDER};
    struct err e;

    if (!watch_wanted(s))
        return false;
    if (watch_stands(s) && s->watched == rq.folder)
        return true;
    s->watching = store_call(s->store, STORE_WATCH, &rq, -1, NULL, &e) == RC_OK;
    if (!s->watching)
        log_err(LOG_WARN_, "watch-failed", &e);
    s->watched = rq.folder;
    s->watched_on = store_dials(s->store);
    if (s->view)
        s->view->asked = 0;
    notify_look(s);
    return s->watching;
}

/* An event that came while a reply was awaited is kept in memory, so looking at the socket alone does not find it. */
bool view_events(struct imap_session *s)
{
    struct store_ev_changed ev;
    bool any = false, again = false,
         selected = s->view && s->view_home == s->at; /* folders of two mailboxes have the same numbers */
    struct err e;
    enum rc rc;

    if (!s->watching)
        return false;
    while ((rc = store_event(s->store, &ev, &e)) == RC_OK) {
        bool here = selected && ev.folder == s->view->folder;

        any |= here || ev.folder == 0;
        again |= s->at && ev.folder == 0; /* stored has dropped a delegate's watch */
        if (!here)
            notify_look(s);
    }
    if (rc != RC_MORE)
        notify_look(s);
    s->watching = rc == RC_MORE && !again;
    if (selected && (any || rc != RC_MORE)) /* it is not forgotten when the caller has no use for it now */
        s->view->asked = 0;
    return any || (selected && rc != RC_MORE);
}
