/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/notify.c - see imapd/notify.h. What is told of mailboxes that are not selected is found in imapd/notify_list.c. */
#include "base/log.h"
#include "imapd/metadata.h"
#include "imapd/notify_int.h"
#include "imapd/view.h"
#include "imapd/watch.h"
#include <stdlib.h>

/* ---- what was asked for ---- */
unsigned notify_selected(const struct imap_session *s)
{
    return s->notify == NULL ? EV_MESSAGES : s->notify->selected ? s->notify->selected->events : 0;
}

bool notify_any_time(const struct imap_session *s)
{
    return s->notify && s->notify->selected && s->notify->selected->where.kind == FILTER_SELECTED;
}

const struct imap_fetch *notify_fetch(const struct imap_session *s)
{
    const struct imap_event_group *g = s->notify ? s->notify->selected : NULL;

    return g && g->has_fetch ? &g->fetch : NULL;
}

static bool any_group(const struct imap_session *s, unsigned events)
{
    for (size_t i = 0; i < s->notify->what.n; i++)
        if (s->notify->what.group[i].events & events)
            return true;
    return false;
}

bool notify_annotations(const struct imap_session *s, uint32_t folder)
{
    if (s->notify)
        return folder == 0 ? any_group(s, EV_SERVER_METADATA) : (known_events(&s->notify->known, folder) & EV_METADATA);
    return s->opened.responses & (folder == 0 ? RESP_METADATA | RESP_METADATA_SERVER : RESP_METADATA);
}

bool notify_any_annotations(const struct imap_session *s)
{
    if (s->notify)
        return any_group(s, EV_METADATA | EV_SERVER_METADATA);
    return s->opened.responses & (RESP_METADATA | RESP_METADATA_SERVER);
}

bool notify_others(const struct imap_session *s)
{
    return s->notify && s->notify->others;
}

void notify_look(struct imap_session *s)
{
    if (notify_others(s))
        s->notify->look = true;
}

bool notify_due(const struct imap_session *s)
{
    return notify_others(s) && s->notify->look;
}

/* ---- NOTIFY ---- */
static void state_free(struct notify **np)
{
    struct notify *n = *np;

    if (n == NULL)
        return;
    *np = NULL;
    imap_arena_free(&n->mem);
    buf_free(&n->text);
    known_free(&n->known);
    free(n);
}

void notify_end(struct imap_session *s)
{
    state_free(&s->notify);
}

static void sort_out(struct notify *n)
{
    for (size_t i = 0; i < n->what.n; i++) {
        struct imap_event_group *g = &n->what.group[i];

        if (g->where.kind == FILTER_SELECTED || g->where.kind == FILTER_DELAYED)
            n->selected = g;
        else
            n->others |= g->events != 0;
    }
}

/* The command's memory ends with it. So its text is copied and parsed once more, with the same words open. */
static struct notify *state_of(struct imap_session *s, const struct imap_notify *what)
{
    struct notify *n = calloc(1, sizeof *n);
    struct imap_in in;
    struct err e;

    if (n == NULL)
        die("out of memory");
    n->text = (struct buf)BUF_SECRET_INIT;
    buf_addspan(&n->text, what->text);
    in = imap_in_of(buf_span(&n->text), &n->mem, &s->opened);
    if (imap_take_notify(&in, &n->what, &e) != RC_OK)
        bug("NOTIFY parsed once and not twice: %s", e.log);
    sort_out(n);
    return n;
}

/* The watch is set before the list is read, so what happens in between comes as an event. */
enum rc notify_set(struct imap_session *s, const struct imap_notify *what, struct err *e)
{
    struct notify *before = s->notify;
    enum rc rc = RC_OK;

    s->notify = state_of(s, what);
    if (s->notify->others) {
        (void)watch_on(s);
        rc = known_begin(s, e);
        s->notify->look = !s->watching;
    }
    if (rc != RC_OK) {
        state_free(&s->notify);
        s->notify = before;
        notify_look(s);
        return rc;
    }
    state_free(&before);
    metadata_announce(s, true); /* the first look learns where they stand */
    return RC_OK;
}

/* From now on it is as if NOTIFY NONE had been given. */
static void overflow(struct imap_session *s)
{
    static const struct imap_notify none = {.text = {(const unsigned char *)" NONE", 5}, .none = true};
    char text[CAUSE_TEXT];

    reply_put(s, "* OK [NOTIFICATIONOVERFLOW] %s", cause_text(CAUSE_NOTIFY_OVERFLOW, text));
    notify_end(s);
    s->notify = state_of(s, &none);
}

/* The arena may hold the arguments of the command at hand, so what the list takes comes of another one. */
void notify_tell(struct imap_session *s)
{
    struct imap_arena held = s->mem;
    struct err e;
    enum rc rc;

    if (s->bye || !notify_due(s))
        return;
    s->mem = (struct imap_arena){0};
    buf_clear(&s->out);
    s->notify->look = false;
    rc = known_look(s, &e);
    reply_out(s);
    imap_arena_free(&s->mem);
    s->mem = held;
    if (rc == RC_OK)
        return;
    log_err(LOG_WARN_, "notify-failed", &e);
    if (rc == RC_TEMP) /* stored is away: asked again with the next watch, or the next command */
        s->watching = false;
    else
        overflow(s);
}

/* A wait has many rounds and no command ends between them, so each round gives back what its looks took. */
static void tell_all(struct imap_session *s, const struct pushed *p)
{
    struct imap_arena held = s->mem;

    s->mem = (struct imap_arena){0};
    if (s->view && (p->idle || notify_selected(s) || s->contexts))
        view_announce(s, p->idle || p->more, p->idle || notify_any_time(s));
    if (!s->at) { /* both tell of her own mailbox */
        notify_tell(s);
        metadata_announce(s, true);
    }
    imap_arena_free(&s->mem);
    s->mem = held;
}

enum rc notify_push(struct imap_session *s, struct pushed *p, struct err *e)
{
    enum rc rc;

    if (!p->idle) { /* no command is at work */
        s->cmd = NULL;
        s->uid = false;
    }
    p->watching = watch_on(s);
    reply_alive(s);
    tell_all(s, p);
    if ((rc = stream_flush(s->io, e)) != RC_OK)
        return rc;
    p->more = view_events(s);
    p->more = p->watching && !s->bye && (p->more || (notify_due(s) && !s->at) || !watch_stands(s));
    return RC_OK;
}
