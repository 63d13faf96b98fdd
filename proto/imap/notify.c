/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/notify.c - see proto/imap/notify.h. */
#include "proto/imap/notify.h"
#include "proto/imap/name.h"

#define N(t) (sizeof(t) / sizeof *(t))
static const struct {
    const char *word;
    enum imap_filter_kind kind;
    bool names, notify, search;
} filters[] = {
    {"SELECTED", FILTER_SELECTED, false, true, true},       {"SELECTED-DELAYED", FILTER_DELAYED, false, true, false},
    {"INBOXES", FILTER_INBOXES, false, true, true},         {"PERSONAL", FILTER_PERSONAL, false, true, true},
    {"SUBSCRIBED", FILTER_SUBSCRIBED, false, true, true},   {"SUBTREE", FILTER_SUBTREE, true, true, true},
    {"SUBTREE-ONE", FILTER_SUBTREE_ONE, true, false, true}, {"MAILBOXES", FILTER_MAILBOXES, true, true, true},
};
static const struct {
    const char *word;
    unsigned bit; /* 0: it is defined, and not there */
} events[] = {
    {"MessageNew", EV_NEW},
    {"MessageExpunge", EV_EXPUNGE},
    {"FlagChange", EV_FLAG},
    {"MailboxName", EV_NAME},
    {"SubscriptionChange", EV_SUBSCRIPTION},
    {"AnnotationChange", 0},
    {"MailboxMetadataChange", EV_METADATA},
    {"ServerMetadataChange", EV_SERVER_METADATA},
};

static enum rc malformed(struct err *e)
{
    return imap_bad(e, CAUSE_BAD_ARGUMENTS);
}

/* ---- filters ---- */
static enum rc take_mailbox(struct imap_in *in, size_t *names, bool *too_many, struct imap_filter *f, struct err *e)
{
    struct span wire, name;
    enum rc rc;

    if (!imap_take_astring(in, &wire))
        return malformed(e);
    rc = imap_name(in, wire, &name, e);
    if (rc == RC_PERM) /* no mailbox has that name */
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    if (*names == IMAP_FILTER_NAMES ||
        (f->names = imap_arena_grow(in->mem, f->names, f->n, sizeof *f->names)) == NULL) {
        *too_many = true;
        f->n = 0;
        return RC_OK;
    }
    f->names[f->n++] = name;
    (*names)++;
    return RC_OK;
}

/* one-or-more-mailbox */
static enum rc take_mailboxes(struct imap_in *in, size_t *names, bool *too_many, struct imap_filter *f, struct err *e)
{
    enum rc rc;

    if (!imap_is(in, '('))
        return take_mailbox(in, names, too_many, f, e);
    do
        rc = take_mailbox(in, names, too_many, f, e);
    while (rc == RC_OK && imap_sp(in));
    return rc == RC_OK && !imap_is(in, ')') ? malformed(e) : rc;
}

enum rc imap_take_filter(struct imap_in *in, bool search, size_t *names, bool *too_many, struct imap_filter *out,
                         struct err *e)
{
    struct span word;

    *out = (struct imap_filter){0};
    if (!imap_take_name(in, &word))
        return malformed(e);
    for (size_t i = 0; i < N(filters); i++) {
        if (!span_ieq_str(word, filters[i].word) || !(search ? filters[i].search : filters[i].notify))
            continue;
        out->kind = filters[i].kind;
        if (!filters[i].names)
            return RC_OK;
        return imap_sp(in) ? take_mailboxes(in, names, too_many, out, e) : malformed(e);
    }
    return malformed(e);
}

static bool is_below(struct span name, struct span top)
{
    return name.n > top.n && name.p[top.n] == '/' && span_eq(span_head(name, top.n), top);
}

static bool named(const struct imap_filter *f, struct span name)
{
    for (size_t i = 0; i < f->n; i++) {
        struct span top = f->names[i];

        if (span_eq(name, top))
            return true;
        if (f->kind == FILTER_MAILBOXES || !is_below(name, top))
            continue;
        if (f->kind == FILTER_SUBTREE || span_chr(span_from(name, top.n + 1), '/') < 0)
            return true;
    }
    return false;
}

bool imap_filter_has(const struct imap_filter *f, struct span name, bool subscribed, bool inbox)
{
    switch (f->kind) {
    case FILTER_SELECTED:
    case FILTER_DELAYED:
        return false;
    case FILTER_PERSONAL:
        return true;
    case FILTER_INBOXES:
        return inbox;
    case FILTER_SUBSCRIBED:
        return subscribed;
    case FILTER_SUBTREE:
    case FILTER_SUBTREE_ONE:
    case FILTER_MAILBOXES:
        break;
    }
    return named(f, name);
}

/* ---- events ---- */
static bool for_selected(const struct imap_filter *f)
{
    return f->kind == FILTER_SELECTED || f->kind == FILTER_DELAYED;
}

/* A FETCH for a message that has just come must not mark it as read, so each section is peeked at. */
static bool take_attributes(struct imap_in *in, struct imap_event_group *g)
{
    if (!for_selected(&g->where) || g->has_fetch || !imap_sp(in) || !imap_take_fetch(in, &g->fetch))
        return false;
    for (size_t i = 0; i < g->fetch.n_sections; i++)
        g->fetch.sections[i].peek = true;
    return g->has_fetch = true;
}

static bool attributes_follow(const struct imap_in *in)
{
    return in->at + 1 < in->s.n && in->s.p[in->at] == ' ' && in->s.p[in->at + 1] == '(';
}

static bool take_event(struct imap_in *in, struct imap_notify *y, struct imap_event_group *g, bool *annotations)
{
    struct span word;

    if (!imap_take_atom(in, &word))
        return false;
    for (size_t i = 0; i < N(events); i++) {
        if (!span_ieq_str(word, events[i].word))
            continue;
        g->events |= events[i].bit;
        y->unknown |= events[i].bit == 0;
        *annotations |= i == 5;
        if (for_selected(&g->where) && i > 2 && i != 5) /* RFC 5465 6.1: only events of messages */
            return false;
        return events[i].bit != EV_NEW || !attributes_follow(in) || take_attributes(in, g);
    }
    return y->unknown = true;
}

/* MessageNew and MessageExpunge come together, and the others of messages with them (RFC 5465 5). */
static bool belong_together(unsigned got, bool annotations)
{
    bool both = (got & EV_NEW) && (got & EV_EXPUNGE), one = got & (EV_NEW | EV_EXPUNGE);

    return both || (!one && (got & EV_FLAG) == 0 && !annotations);
}

static bool take_events(struct imap_in *in, struct imap_notify *y, struct imap_event_group *g)
{
    bool annotations = false;

    if (imap_word(in, "NONE"))
        return true;
    if (!imap_is(in, '('))
        return false;
    do {
        if (!take_event(in, y, g, &annotations))
            return false;
    } while (imap_sp(in));
    return imap_is(in, ')') && belong_together(g->events, annotations);
}

/* ---- groups ---- */
static enum rc take_group(struct imap_in *in, size_t *names, bool *selected, struct imap_notify *y, struct err *e)
{
    struct imap_event_group g = {.events = 0};
    enum rc rc;

    if (!imap_is(in, '('))
        return malformed(e);
    if ((rc = imap_take_filter(in, false, names, &y->too_many, &g.where, e)) != RC_OK)
        return rc;
    if (!imap_sp(in) || !take_events(in, y, &g) || !imap_is(in, ')') || (*selected && for_selected(&g.where)))
        return malformed(e);
    *selected |= for_selected(&g.where);
    if (y->n == IMAP_GROUPS || (y->group = imap_arena_grow(in->mem, y->group, y->n, sizeof *y->group)) == NULL) {
        y->too_many = true;
        y->n = 0;
        return RC_OK;
    }
    y->group[y->n++] = g;
    return RC_OK;
}

enum rc imap_take_notify(struct imap_in *in, struct imap_notify *out, struct err *e)
{
    size_t names = 0;
    bool selected = false;
    enum rc rc;

    *out = (struct imap_notify){.text = span_from(in->s, in->at)};
    if (imap_word(in, " NONE") && imap_at_end(in)) {
        out->none = true;
        return RC_OK;
    }
    if (!imap_word(in, " SET "))
        return malformed(e);
    out->status = imap_word(in, "STATUS ");
    do
        rc = take_group(in, &names, &selected, out, e);
    while (rc == RC_OK && imap_sp(in));
    return rc == RC_OK && !imap_at_end(in) ? imap_bad(e, CAUSE_EXTRA_ARGUMENTS) : rc;
}
