/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/esearch.c - ESEARCH: a search of several mailboxes. RFC 7377 2.
 *
 * Each mailbox once, in the order of LIST, whatever sources name it. The program is parsed and prepared anew for each, because what "*" and an age
 * mean is another thing in each. Of a mailbox that is not selected a view is loaded, searched and dropped, one at a time.
 * A mailbox in which nothing is found is not told of, and one that cannot be selected, or is gone meanwhile, is passed over. One that cannot be read makes the answer NO, after the others have been told of. */
#include "base/log.h"
#include "imapd/commands.h"
#include "imapd/contexts.h"
#include "imapd/folders.h"

static bool only_selected(const struct imap_esearch_args *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->in[i].kind != FILTER_SELECTED)
            return false;
    return true;
}

static bool is_source(const struct imap_session *s, const struct imap_esearch_args *a, const struct folder *f)
{
    for (size_t i = 0; i < a->n; i++)
        if ((a->in[i].kind == FILTER_SELECTED && s->view && s->view->folder == f->id) ||
            imap_filter_has(&a->in[i], f->name, f->flags & FF_SUBSCRIBED, f->id == STORE_INBOX))
            return true;
    return a->n == 0 && s->view && s->view->folder == f->id;
}

static bool uses_saved(const struct imap_key *k)
{
    if (k->set.saved)
        return true;
    for (const struct imap_key *c = k->child; c; c = c->next)
        if (uses_saved(c))
            return true;
    return false;
}

/* "$", SAVE and message numbers are about the selected mailbox, so they stand only where no other one is searched. */
static enum rc may_search(struct imap_session *s, const struct imap_esearch_args *a, struct err *e)
{
    bool selected = a->n == 0, numbers = imap_search_has(a->what.top, IMAP_KEY(SK_SEQ));

    for (size_t i = 0; i < a->n; i++)
        selected |= a->in[i].kind == FILTER_SELECTED;
    if (selected && s->view == NULL)
        return reply_bad(s, e, CAUSE_BAD_SEQUENCE);
    if (!only_selected(a) && ((a->what.ret & SR_SAVE) || numbers || uses_saved(a->what.top)))
        return reply_bad(s, e, CAUSE_BAD_ARGUMENTS);
    return a->too_many ? reply_bad(s, e, CAUSE_TOO_COMPLEX) : RC_OK;
}

static enum rc search_here(struct imap_session *s, const struct imap_search *as_sent, struct span name, struct err *e)
{
    struct results found = {.n = 0};
    struct imap_in in = imap_in_of(as_sent->text, &s->mem, &s->opened);
    struct imap_search what;
    enum rc rc;

    if (!imap_take_search(&in, &what))
        bug("ESEARCH parsed once and not twice");
    what.ret = as_sent->ret;
    what.extended = true;
    rc = results_find(s, &what, &found, e);
    if (rc == RC_OK && found.n > 0)
        results_put_of(s, &what, name, &found);
    if (rc != RC_SYNTAX)
        results_save(s, &what, rc == RC_OK ? &found : NULL);
    results_free(&found);
    return rc;
}

static enum rc search_one(struct imap_session *s, const struct imap_search *what, const struct folder *f, struct err *e)
{
    struct imap_arena held = s->mem;
    struct view *selected = s->view, *other = NULL;
    bool here = selected && selected->folder == f->id;
    enum rc rc = here ? RC_OK : view_open(s, f->id, true, &other, e);

    if (rc != RC_OK) {
        view_set(s, selected);
        return rc;
    }
    if (!here) {
        other->told = other->n;
        view_set(s, other);
    }
    s->mem = (struct imap_arena){0};
    rc = search_here(s, what, f->name, e);
    imap_arena_free(&s->mem);
    s->mem = held;
    view_set(s, selected);
    view_free(&other);
    reply_alive(s);
    return rc;
}

enum rc cmd_esearch(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct imap_esearch_args *q = &a->esearch;
    struct err first = {0};
    struct folders all;
    enum rc rc = may_search(s, q, e);

    if (rc == RC_OK && s->at && !only_selected(q)) /* names, and "personal", mean her own folders */
        rc = reply_no(e, CAUSE_REFUSED);
    if (rc == RC_OK)
        rc = folders_load(s, true, &all, e);
    if (rc == RC_OK)
        rc = keywords_load(s, e);
    if (rc != RC_OK)
        return rc;
    s->uid = true; /* numbers mean nothing in other mailboxes (RFC 7377 2.1) */
    q->what.extended = true;
    q->what.ret |= q->what.ret & SR_RESULTS ? 0 : SR_ALL;
    for (size_t i = 0; i < all.n && rc == RC_OK && !s->lost; i++) {
        if ((all.f[i].flags & (FF_GONE | FF_NOSELECT)) || !is_source(s, q, &all.f[i]))
            continue;
        rc = search_one(s, &q->what, &all.f[i], e);
        if (rc == RC_NOTFOUND)
            rc = RC_OK;
        if (rc == RC_CORRUPT) {
            if (first.rc == RC_OK)
                first = *e;
            rc = RC_OK;
        }
    }
    if (rc == RC_OK) /* it is answered, and not kept: contexts are of the selected mailbox alone */
        context_refuse(s, &q->what);
    if (rc == RC_OK && first.rc != RC_OK) {
        *e = first;
        rc = e->rc;
    }
    return rc;
}
