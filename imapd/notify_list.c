/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/notify_list.c - the list of mailboxes that a NOTIFY watches: how it differs from what the client knows, as LIST and STATUS. See imapd/notify.h.
 * Source RFC 5465 3.1, 5.1 to 5.5, 6. */
#include "imapd/list.h"
#include "imapd/notify_int.h"
#include "imapd/view.h"
#include <stdlib.h>

void known_free(struct known *k)
{
    free(k->f);
    buf_free(&k->names);
    *k = (struct known){.names = BUF_SECRET_INIT};
}

static struct span name_of(const struct known *k, const struct known_folder *f)
{
    return span_of(k->names.p + f->name_at, f->name_n);
}

static int by_id(const void *x, const void *y)
{
    const struct known_folder *a = x, *b = y;

    return (a->id > b->id) - (a->id < b->id);
}

static const struct known_folder *find(const struct known *k, uint32_t id)
{
    struct known_folder wanted = {.id = id};

    return k->n > 0 ? bsearch(&wanted, k->f, k->n, sizeof *k->f, by_id) : NULL;
}

unsigned known_events(const struct known *k, uint32_t folder)
{
    const struct known_folder *f = find(k, folder);

    return f ? f->events : 0;
}

/* ---- what is wanted of a mailbox ---- */
/* All groups that name it count, up to one that says NONE. */
static unsigned events_of(const struct notify *n, uint32_t id, uint16_t flags, struct span name)
{
    unsigned events = 0;

    for (size_t i = 0; i < n->what.n; i++) {
        const struct imap_event_group *g = &n->what.group[i];

        if (!imap_filter_has(&g->where, name, flags & FF_SUBSCRIBED, id == STORE_INBOX))
            continue;
        if (g->events == 0)
            break;
        events |= g->events;
    }
    return events;
}

static bool is_there(const struct known_folder *f)
{
    return f && (f->flags & FF_GONE) == 0;
}

static bool has_messages(const struct known_folder *f)
{
    return (f->flags & (FF_GONE | FF_NOSELECT)) == 0;
}

/* ---- the list as it is ---- */
static enum rc known_of(struct imap_session *s, const struct folders *all, struct known *out, struct err *e)
{
    size_t watched = 0;

    *out = (struct known){.f = calloc(all->n + 1, sizeof *out->f), .names = BUF_SECRET_INIT};
    if (out->f == NULL)
        return err_set(e, RC_TEMP, "out of memory for %zu folders", all->n);
    for (size_t i = 0; i < all->n; i++) {
        const struct folder *f = &all->f[i];
        struct known_folder *k = &out->f[out->n++];

        *k = (struct known_folder){.id = f->id,
                                   .flags = f->flags,
                                   .events = events_of(s->notify, f->id, f->flags, f->name),
                                   .name_at = out->names.n,
                                   .name_n = f->name.n};
        memcpy(k->tag, f->tag, sizeof k->tag);
        buf_addspan(&out->names, f->name);
        watched += k->events != 0;
    }
    qsort(out->f, out->n, sizeof *out->f, by_id);
    if (watched <= NOTIFY_FOLDERS)
        return RC_OK;
    known_free(out);
    return reply_no(e, CAUSE_NOTIFY_OVERFLOW);
}

static void count_in(struct known *k, const struct folder *f)
{
    struct known_folder wanted = {.id = f->id}, *to = bsearch(&wanted, k->f, k->n, sizeof *k->f, by_id);

    if (to == NULL)
        return;
    to->uidvalidity = f->uidvalidity;
    to->uidnext = f->uidnext;
    to->exists = f->exists;
    to->unseen = f->unseen;
    to->modseq = f->modseq;
}

/* ---- what is told ---- */
static unsigned items_of(const struct imap_session *s, unsigned events)
{
    unsigned items = ST_MESSAGES | ST_UIDNEXT | ST_UIDVALIDITY;

    if (events & EV_FLAG)
        items |= ST_UNSEEN | ST_HIGHESTMODSEQ;
    return s->opened.responses & RESP_MODSEQ ? items | ST_HIGHESTMODSEQ : items;
}

static enum rc tell_status(struct imap_session *s, const struct folder *f, unsigned events, struct err *e)
{
    if ((events & EV_MESSAGES) == 0 || (f->flags & (FF_GONE | FF_NOSELECT)) ||
        (s->view && !s->view_home &&
         f->id == s->view->folder)) /* RFC 5465 6.1: of the selected one the other groups tell nothing */
        return RC_OK;
    return status_told(s, f, items_of(s, events), e);
}

/* A name that no mailbox has any more. */
static void tell_gone(struct imap_session *s, const struct folders *all, struct span name, bool subscribed)
{
    struct folder gone = {.flags = FF_GONE, .name = name};

    if (subscribed)
        gone.flags |= FF_SUBSCRIBED;
    list_told(s, all, &gone, SPAN_NULL);
}

static const struct folder *named(const struct folders *all, struct span name)
{
    for (size_t i = 0; i < all->n; i++)
        if ((all->f[i].flags & FF_GONE) == 0 && span_eq(all->f[i].name, name))
            return &all->f[i];
    return NULL;
}

/* o: as the client knows it, NULL: not at all. f: as it is, with its events. */
static enum rc tell_is(struct imap_session *s, const struct folders *all, const struct folder *f, unsigned events,
                       const struct known_folder *o, struct err *e)
{
    struct span old = o ? name_of(&s->notify->known, o) : SPAN_NULL;
    bool appeared = !is_there(o), renamed = !appeared && !span_eq(old, f->name);
    bool subscription = o && ((o->flags ^ f->flags) & FF_SUBSCRIBED);
    unsigned before = o ? o->events : 0;

    if (renamed && (before & EV_NAME) && (events & EV_NAME) == 0) /* it went to where nothing is watched */
        tell_gone(s, all, old, false);
    else if (((appeared || renamed) && (events & EV_NAME)) || (subscription && ((before | events) & EV_SUBSCRIPTION)))
        list_told(s, all, f, renamed ? old : SPAN_NULL);
    return appeared ? tell_status(s, f, events, e) : RC_OK;
}

/* f: what is left of it, NULL: nothing. */
static void tell_was(struct imap_session *s, const struct folders *all, const struct folder *f,
                     const struct known_folder *o)
{
    bool subscribed = f && (f->flags & FF_SUBSCRIBED), subscription = subscribed != ((o->flags & FF_SUBSCRIBED) != 0);
    struct span name = name_of(&s->notify->known, o);

    if (named(all, name)) /* another one has the name now, and is told of */
        return;
    if ((is_there(o) && (o->events & EV_NAME)) || (subscription && (o->events & EV_SUBSCRIPTION)))
        tell_gone(s, all, name, subscribed);
}

/* How the folders differ; all has names. Afterwards the client knows this list. */
static enum rc tell_names(struct imap_session *s, const struct folders *all, struct err *e)
{
    struct known now, *known = &s->notify->known;
    enum rc rc = known_of(s, all, &now, e);

    for (size_t i = 0; rc == RC_OK && i < known->n; i++) { /* what went, first */
        const struct known_folder *is = find(&now, known->f[i].id);
        struct folder f = {.flags = is ? is->flags : 0};

        if (!is_there(is))
            tell_was(s, all, is ? &f : NULL, &known->f[i]);
    }
    for (size_t i = 0; rc == RC_OK && i < all->n; i++) {
        const struct known_folder *o = find(known, all->f[i].id), *is = find(&now, all->f[i].id);

        if (is_there(is))
            rc = tell_is(s, all, &all->f[i], is->events, o, e);
        if (o && is_there(is) && is_there(o)) { /* its counters are compared below */
            struct folder f = {.id = o->id,
                               .uidvalidity = o->uidvalidity,
                               .uidnext = o->uidnext,
                               .exists = o->exists,
                               .unseen = o->unseen,
                               .modseq = o->modseq};

            count_in(&now, &f);
        } else {
            count_in(&now, &all->f[i]);
        }
    }
    if (rc != RC_OK) {
        known_free(&now);
        return rc;
    }
    known_free(known);
    *known = now;
    return RC_OK;
}

static bool names_differ(const struct known *k, const struct folders *all)
{
    if (k->n != all->n)
        return true;
    for (size_t i = 0; i < all->n; i++) {
        const struct known_folder *o = find(k, all->f[i].id);

        if (o == NULL || o->flags != all->f[i].flags || memcmp(o->tag, all->f[i].tag, sizeof o->tag) != 0)
            return true;
    }
    return false;
}

static bool counts_differ(const struct known_folder *o, const struct folder *f)
{
    bool messages = o->uidvalidity != f->uidvalidity || o->uidnext != f->uidnext || o->exists != f->exists;

    return ((o->events & EV_NEW) && messages) || ((o->events & EV_FLAG) && o->modseq != f->modseq);
}

static enum rc tell_counts(struct imap_session *s, const struct folders *all, struct err *e)
{
    struct known *known = &s->notify->known;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < all->n; i++) {
        const struct known_folder *o = find(known, all->f[i].id);
        struct folder f = all->f[i];

        if (o == NULL || !has_messages(o))
            continue;
        f.name = name_of(known, o);
        if (counts_differ(o, &f))
            rc = tell_status(s, &f, o->events, e);
        if (rc == RC_OK)
            count_in(known, &f);
    }
    return rc;
}

enum rc known_look(struct imap_session *s, struct err *e)
{
    struct folders all;
    enum rc rc = folders_load(s, false, &all, e);

    if (rc == RC_OK && names_differ(&s->notify->known, &all) && (rc = folders_load(s, true, &all, e)) == RC_OK)
        rc = tell_names(s, &all, e);
    return rc == RC_OK ? tell_counts(s, &all, e) : rc;
}

enum rc known_begin(struct imap_session *s, struct err *e)
{
    struct notify *n = s->notify;
    struct folders all;
    enum rc rc = folders_load(s, true, &all, e);

    if (rc == RC_OK)
        rc = known_of(s, &all, &n->known, e);
    buf_clear(&s->out);
    for (size_t i = 0; rc == RC_OK && i < all.n; i++) {
        count_in(&n->known, &all.f[i]);
        if (n->what.status)
            rc = tell_status(s, &all.f[i], find(&n->known, all.f[i].id)->events, e);
    }
    if (rc == RC_OK)
        reply_out(s);
    return rc;
}
