/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/input.c - reads commands off the stream: it feeds frames by block, sends "+" for literals that are wanted, and
 * refuses other literals.
 * See imapd/session.h. Source RFC 3501 4.3, 7.5, RFC 7888. */
#include "imapd/commands.h"
#include "imapd/notify.h"
#include "imapd/view.h"
#include "imapd/watch.h"
#include <errno.h>
#include <poll.h>

enum {
    DRAIN_MOST =
        1024 * 1024, /* a non-synchronising literal that is refused is read away up to here; beyond, the session ends */
    SMALL_MS = 30 * 1000,
    AGAIN_MS = 2000 /* stored is away: try to watch again then */
};

/* ---- waiting ---- */
enum rc input_wait(struct imap_session *s, int event_fd, int64_t deadline, unsigned *what_out, struct err *e)
{
    struct pollfd p[4] = {{stream_fd(s->io), POLLIN, 0},
                          {event_fd, POLLIN, 0},
                          {s->stopping ? -1 : s->peer->stop_fd, POLLIN, 0},
                          {stay_fd(&s->stay), POLLIN, 0}};
    int64_t due = session_due(s);
    bool ready = stream_buffered(s->io) > 0, stay_first = due < deadline;
    int n;

    do
        n = poll(p, 4, ready ? 0 : deadline_left_ms(stay_first ? due : deadline)); /* a negative fd is passed over */
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(e, RC_TEMP, "poll");
    if (n == 0 && !ready && !stay_first)
        return err_set(e, RC_TIMEOUT, "nothing came until the deadline");
    *what_out = (ready || p[0].revents ? WAIT_INPUT : 0u) | (p[1].revents ? WAIT_EVENT : 0u) |
                (p[2].revents ? WAIT_STOP : 0u) | (p[3].revents || (n == 0 && stay_first) ? WAIT_STAY : 0u);
    return RC_OK;
}

/* Does the session tell news while no command is at work? */
static bool pushes(const struct imap_session *s)
{
    return s->notify || s->contexts;
}

enum rc input_look(struct imap_session *s, int64_t until, unsigned *what_out, struct err *e)
{
    enum rc rc = input_wait(s, -1, clock_mono(), what_out, e);

    if (rc == RC_TIMEOUT && deadline_left_ms(until) != 0) {
        *what_out = 0;
        rc = RC_OK;
    }
    *what_out |= WAIT_EVENT;
    return rc;
}

/* One wait. With NOTIFY it may last for hours, so after a while the session makes itself small. */
static enum rc wait_small(struct imap_session *s, bool watching, int64_t until, unsigned *what, struct err *e)
{
    int fd = watching ? store_event_fd(s->store) : -1;
    bool again = watch_wanted(s) && !watching;
    int64_t soon = deadline_in(again ? AGAIN_MS : SMALL_MS);
    enum rc rc;

    if (!pushes(s) || soon >= until)
        return input_wait(s, fd, until, what, e);
    if ((rc = input_wait(s, fd, soon, what, e)) != RC_TIMEOUT)
        return rc;
    *what = again ? WAIT_EVENT : 0;
    session_small(s);
    return again ? RC_OK : input_wait(s, fd, until, what, e);
}

/* Before each command the answers go out, unless more commands are at hand already. After NOTIFY, news go out while the client says nothing. */
static enum rc rest(struct imap_session *s, struct err *e)
{
    int64_t until = stream_deadline_of(s->io);
    unsigned what = pushes(s) ? WAIT_EVENT : 0;
    struct pushed push = {.idle = false};
    enum rc rc;

    if (stream_buffered(s->io) > 0)
        return RC_OK;
    if ((rc = stream_flush(s->io, e)) != RC_OK)
        return rc;
    do {
        if (what & WAIT_EVENT)
            rc = notify_push(s, &push, e);
        stream_deadline(s->io, until);
        if (rc != RC_OK || s->bye)
            return rc;
        rc = push.more ? input_look(s, until, &what, e) : wait_small(s, push.watching, until, &what, e);
        if (rc == RC_OK && (what & WAIT_STAY))
            rc = session_stays(s, e);
    } while (rc == RC_OK && (what & (WAIT_INPUT | WAIT_STOP)) == 0);
    if (rc == RC_OK && (what & WAIT_STOP)) {
        s->stopping = true;
        if ((what & WAIT_INPUT) == 0)
            rc = err_cause(e, RC_CLOSED, CAUSE_SHUTDOWN, "told to stop");
    }
    return rc;
}

/* No answer is held back while the client must be waited for: it may wait for that answer before it sends the rest of its next command. */
enum rc input_peek(struct imap_session *s, struct span *at_hand_out, struct err *e)
{
    enum rc rc = stream_buffered(s->io) > 0 ? RC_OK : stream_flush(s->io, e);

    return rc == RC_OK ? stream_peek(s->io, at_hand_out, e) : rc;
}

/* ---- literals ---- */
static enum rc nowhere(void *ctx, struct span piece, struct err *e)
{
    (void)ctx, (void)piece, (void)e;
    return RC_OK;
}

enum rc input_octets(struct imap_session *s, uint64_t n, enum rc (*sink)(void *ctx, struct span piece, struct err *e),
                     void *ctx, struct err *e)
{
    enum rc rc = RC_OK, kept = RC_OK;
    struct span at_hand;
    struct err first;

    while (n > 0 && rc == RC_OK) {
        if ((rc = input_peek(s, &at_hand, e)) != RC_OK)
            return rc;
        at_hand = span_head(at_hand, n < at_hand.n ? (size_t)n : at_hand.n);
        if (kept == RC_OK && (kept = sink(ctx, at_hand, e)) != RC_OK)
            first = *e; /* the rest is still taken off, so that the next command begins where it does */
        if (s->bye)
            break;
        stream_consume(s->io, at_hand.n);
        n -= at_hand.n;
    }
    if (kept != RC_OK)
        *e = first;
    return kept;
}

static struct span tag_of(const struct imap_session *s)
{
    struct imap_arena none = {0};
    struct imap_in in = imap_in_of(buf_span(&s->frame.text), &none, &s->opened);
    struct span tag;

    return imap_take_tag(&in, &tag) ? tag : SPAN_NULL;
}

/* For a literal that does not fit. A client that waits for "+" is told so. From a client that does not wait the octets
 * are taken off, within bounds. */
static enum rc refuse_literal(struct imap_session *s, struct err *e)
{
    enum rc rc;

    s->tag = tag_of(s);
    if (s->tag.n == 0)
        s->tag = SPAN_LIT("*");
    s->errors++;
    reply_refused(s, CAUSE_LITERAL_TOO_LONG);
    if (!s->frame.sync && s->frame.literal > DRAIN_MOST) {
        s->bye = true;
        return err_cause(e, RC_CLOSED, CAUSE_LITERAL_TOO_LONG, "literal of %llu octets refused",
                         (unsigned long long)s->frame.literal);
    }
    if (!s->frame.sync) { /* the octets, and then the rest of the line, are left out */
        if ((rc = input_octets(s, s->frame.literal, nowhere, NULL, e)) != RC_OK)
            return rc;
        imap_frame_skip(&s->frame);
    }
    return err_cause(e, RC_SYNTAX, CAUSE_LITERAL_TOO_LONG, "literal refused");
}

static enum rc on_literal(struct imap_session *s, bool *done, struct err *e)
{
    if (command_streams(s, buf_span(&s->frame.text))) { /* APPEND's message: its command takes it from here */
        *done = s->streaming = true;
        return RC_OK;
    }
    if (!imap_frame_fits(&s->frame))
        return refuse_literal(s, e);
    if (s->frame.sync) {
        reply_put(s, "+ OK");
        if (stream_flush(s->io, e) != RC_OK)
            return e->rc;
    }
    imap_frame_accept(&s->frame);
    return RC_OK;
}

/* ---- commands ---- */
static enum rc on_event(struct imap_session *s, enum frame_event ev, bool *done, struct err *e)
{
    char text[CAUSE_TEXT];

    switch (ev) {
    case FRAME_MORE:
        return RC_OK;
    case FRAME_DONE:
        *done = true;
        return RC_OK;
    case FRAME_LITERAL:
        return on_literal(s, done, e);
    case FRAME_BAD:
        reply_put(s, "* BAD %s", cause_text(CAUSE_BARE_LINE, text));
        s->errors++;
        return err_cause(e, RC_SYNTAX, CAUSE_BARE_LINE, "bare LF");
    case FRAME_LONG:
        break;
    }
    s->bye = true;
    return err_cause(e, RC_CLOSED, CAUSE_LINE_TOO_LONG, "command beyond its bound");
}

/* After a refused literal that the client did not wait for, the rest of its line is still to come. */
static enum rc drop_rest_of_line(struct imap_session *s, struct err *e)
{
    enum frame_event ev = FRAME_MORE;
    struct span at_hand;
    size_t used;
    enum rc rc;

    while (ev == FRAME_MORE) {
        if ((rc = input_peek(s, &at_hand, e)) != RC_OK)
            return rc;
        ev = imap_frame_feed(&s->frame, at_hand, &used);
        stream_consume(s->io, used);
    }
    if (ev == FRAME_LITERAL && !s->frame.sync) /* another one: too much is too much */
        s->bye = true;
    return err_cause(e, s->bye || ev == FRAME_LONG ? RC_CLOSED : RC_SYNTAX, CAUSE_LINE_TOO_LONG, "literal refused");
}

enum rc input_command(struct imap_session *s, struct err *e)
{
    bool done = false, refused_async;
    struct span at_hand;
    size_t used;
    enum rc rc = rest(s, e);

    if (rc == RC_OK && s->bye) { /* the selected folder is gone, and that has been said */
        *e = (struct err){0};
        return RC_SYNTAX;
    }
    while (rc == RC_OK && !done) {
        if ((rc = input_peek(s, &at_hand, e)) != RC_OK)
            break;
        enum frame_event ev = imap_frame_feed(&s->frame, at_hand, &used);
        stream_consume(s->io, used);
        refused_async = ev == FRAME_LITERAL && !s->frame.sync;
        rc = on_event(s, ev, &done, e);
        if (rc == RC_SYNTAX && refused_async)
            rc = drop_rest_of_line(s, e);
    }
    return rc;
}

enum rc input_line(struct imap_session *s, struct span *line_out, struct err *e)
{
    enum { LINE = 12 * 1024 };
    enum rc rc = stream_flush(s->io, e);

    return rc == RC_OK ? stream_line(s->io, LINE, line_out, e) : rc;
}
