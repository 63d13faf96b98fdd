/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/idle.c - IDLE: waits for the client and for the store's events, without polling. RFC 2177.
 *
 * Watch    The session tells stored to send events (imapd/watch.h), and then brings the view up to date. So every later
 *          change comes as an event. After each event the session does both again, and no change is missed. After NOTIFY
 *          the events are those that it names (RFC 5465 4).
 * Memory   A session may be here for hours. So it gives its buffers back and closes its connection to keyd before it
 *          waits.
 */
#include "imapd/commands.h"
#include "imapd/metadata.h"
#include "imapd/notify.h"
#include "imapd/view.h"
#include "imapd/watch.h"

enum { AGAIN_MS = 2000 }; /* stored is away: try to watch again then */

static enum rc end_of_idle(struct imap_session *s, struct err *e)
{
    struct span line;
    enum rc rc = input_line(s, &line, e);

    if (rc == RC_SYNTAX || (rc == RC_OK && !span_ieq_str(line, "DONE")))
        return reply_bad(s, e, CAUSE_IDLE_DONE);
    return rc == RC_OK ? rc : session_unread(s, rc, e, "gone in IDLE");
}

/* One wait: for the client, for an event, or for the end of the session. Without a watch the store is asked again after
 * AGAIN_MS. */
static enum rc wait_once(struct imap_session *s, bool watched, int64_t until, unsigned *what, struct err *e)
{
    int64_t again = watch_wanted(s) && !watched ? deadline_in(AGAIN_MS) : until;
    enum rc rc;

    session_small(s);
    rc = input_wait(s, watched ? store_event_fd(s->store) : -1, again < until ? again : until, what, e);
    if (rc != RC_TIMEOUT || again >= until)
        return rc;
    *what = WAIT_EVENT;
    return RC_OK;
}

static enum rc wait_here(struct imap_session *s, int64_t until, struct err *e)
{
    struct pushed push = {.idle = true};
    unsigned what = 0;
    enum rc rc = notify_push(s, &push, e);

    while (rc == RC_OK && !s->bye && (what & (WAIT_INPUT | WAIT_STOP)) == 0) {
        rc = push.more ? input_look(s, until, &what, e) : wait_once(s, push.watching, until, &what, e);
        if (rc == RC_OK && (what & WAIT_STAY))
            rc = session_stays(s, e);
        if (rc == RC_OK && (what & (WAIT_EVENT | WAIT_STAY)))
            rc = notify_push(s, &push, e);
    }
    if (rc == RC_OK && (what & WAIT_STOP)) {
        s->stopping = true;
        rc = err_cause(e, RC_CLOSED, CAUSE_SHUTDOWN, "told to stop");
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
        return rc == RC_TIMEOUT || rc == RC_DENIED || s->stopping ? rc : session_lost(s, e, "gone in IDLE");
    }
    if (s->bye) { /* the folder is gone, and that has been said */
        s->answered = true;
        return RC_OK;
    }
    stream_deadline(s->io, until);
    return end_of_idle(s, e);
}
