/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd_idle.c - IDLE: waits on the client and on the store's events; no polling. RFC 2177.
 *
 * Watch    a second connection to stored, kept from the first IDLE on. It is told which folder is selected; then the view is brought up to
 *          date: what changes after that comes as an event. When stored restarts, both are done again.
 * Memory   a session may be here for hours: scratch is given back before it waits. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/view.h"
#include <malloc.h>

enum { AGAIN_MS = 2000 }; /* stored is away: try to watch again then */

static enum rc watch(struct imap_session *s, struct err *e)
{
    struct store_watch_req rq = {s->view->folder};
    struct store_box_rep box;
    enum rc rc = RC_OK;

    if (s->watch == NULL) {
        s->watch = store_new(ROLE_IMAPD);
        rc = store_bind(s->watch, mailbox_ticket(s->box), &box, e);
    }
    if (rc == RC_OK)
        rc = store_call(s->watch, STORE_WATCH, &rq, -1, NULL, e);
    if (rc != RC_OK) {
        log_err(LOG_WARN_, "watch-failed", e);
        store_free(&s->watch);
    }
    return rc;
}

/* Events say "look again" and no more. False: the connection has gone. */
static bool take_events(struct imap_session *s)
{
    struct store_ev_changed ev;
    struct err e;
    enum rc rc;

    while ((rc = store_event(s->watch, &ev, &e)) == RC_OK)
        ;
    return rc == RC_MORE;
}

static enum rc end_of_idle(struct imap_session *s, struct err *e)
{
    struct span line;
    enum rc rc = input_line(s, &line, e);

    if (rc == RC_SYNTAX || (rc == RC_OK && !span_ieq_str(line, "DONE")))
        return imap_bad(e, "IDLE ends with DONE");
    return rc == RC_OK ? rc : session_lost(s, e, "gone in IDLE");
}

static void be_small(struct imap_session *s)
{
    buf_free(&s->out);
    s->out.secret = true;
    malloc_trim(0);
}

static enum rc wait_here(struct imap_session *s, int64_t until, struct err *e)
{
    bool watched = s->view && watch(s, e) == RC_OK;
    unsigned what = 0;
    enum rc rc = RC_OK;

    if (s->view)
        view_announce(s, true, true);
    be_small(s);
    while (rc == RC_OK && (what & WAIT_INPUT) == 0) {
        int64_t next = s->view && !watched ? deadline_in(AGAIN_MS) : until;

        if ((rc = stream_flush(s->io, e)) != RC_OK)
            break;
        rc = input_wait(s, watched ? store_event_fd(s->watch) : -1, next < until ? next : until, &what, e);
        if (rc == RC_TIMEOUT && next < until)
            rc = RC_OK, what = WAIT_EVENT;
        if (rc != RC_OK || (what & WAIT_STOP))
            break;
        if ((what & WAIT_EVENT) && s->view) {
            if (!watched || !take_events(s))
                watched = watch(s, e) == RC_OK;
            reply_alive(s);
            view_announce(s, true, true);
        }
    }
    if (rc == RC_OK && (what & WAIT_STOP)) {
        s->stopping = true;
        rc = err_set(e, RC_CLOSED, NULL, "Service arrete / Server is shutting down", "told to stop");
    }
    return rc;
}

enum rc cmd_idle(struct imap_session *s, union imap_args *a, struct err *e)
{
    int64_t until = deadline_in(s->conf->idle_ms);
    enum rc rc;

    (void)a;
    reply_put(s, "+ idling");
    rc = wait_here(s, until, e);
    if (rc != RC_OK) {
        s->bye = true; /* told with a BYE: a tagged answer would come in the middle of an IDLE */
        s->answered = true;
        return rc == RC_TIMEOUT || s->stopping ? rc : session_lost(s, e, "gone in IDLE");
    }
    stream_deadline(s->io, until);
    return end_of_idle(s, e);
}
