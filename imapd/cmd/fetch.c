/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/fetch.c - FETCH and UID FETCH. RFC 3501 6.4.5, 6.4.8, RFC 7162 3.1.4, 3.2.6. \Seen is set first, for all messages, in as few calls
 * as their ranges permit. Then the answer for each message carries its new flags. */
#include "imapd/fetch.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/flagging.h"
#include "imapd/results.h"
#include "imapd/rows.h"
#include "imapd/vanished.h"

static bool sets_seen(const struct imap_session *s, const struct imap_fetch *w)
{
    for (size_t i = 0; i < w->n_sections; i++)
        if (!w->sections[i].peek)
            return !s->view->read_only && (s->view->rights & ACL_S);
    return false;
}

static bool is_unseen(const struct view *v, uint32_t row, const void *arg)
{
    (void)arg;
    return (v->flags[row] & MF_SEEN) == 0;
}

static bool is_changed(const struct view *v, uint32_t row, const void *since)
{
    return v->modseq_of[row] > *(const uint64_t *)since;
}

/* UIDs of the set that left since then. "*" is the last UID that the folder gave, present or not. RFC 7162 3.2.6 */
static enum rc put_vanished(struct imap_session *s, const union imap_args *a, struct imap_set *uids, struct err *e)
{
    struct vanished_of of = {uids, 0};

    imap_set_settle(uids, s->view->uidnext - 1);
    buf_clear(&s->out);
    return vanished_since(s, a->fetch.changed_since, &of, e);
}

/* FETCH that names MODSEQ, or CHANGEDSINCE: from now on flags come with their mod-sequence. What has changed is asked of the
 * store, so that the answer holds for this moment. */
static enum rc only_changed(struct imap_session *s, union imap_args *a, struct imap_set *uids, struct err *e)
{
    enum rc rc = RC_OK;

    if (!a->fetch.changed && (a->fetch.what.items & FI_MODSEQ) == 0)
        return RC_OK;
    extension_use(s, "CONDSTORE");
    if (!a->fetch.changed)
        return RC_OK;
    if ((rc = view_sync(s, e)) != RC_OK)
        return rc;
    if (a->fetch.vanished)
        rc = put_vanished(s, a, uids, e);
    return rc == RC_OK ? rows_where(s, &a->fetch.set, is_changed, &a->fetch.changed_since, &a->fetch.set, e) : rc;
}

static bool is_there(const struct view *v, uint32_t row, const void *arg)
{
    (void)arg;
    return (v->flags[row] & VF_GONE) == 0;
}

/* A page of the messages that are asked for (RFC 9394 3.2). */
static enum rc only_page(struct imap_session *s, union imap_args *a, struct err *e)
{
    uint32_t from, to;
    enum rc rc = rows_where(s, &a->fetch.set, is_there, NULL, &a->fetch.set, e);

    if (rc != RC_OK)
        return rc;
    partial_of(&a->fetch.partial, rows_count(&a->fetch.set), &from, &to);
    rows_slice(&a->fetch.set, from, to);
    return RC_OK;
}

static enum rc set_seen(struct imap_session *s, const struct imap_set *rows, struct err *e)
{
    struct flagging g = {.how = FLAGS_ADD, .flags = MF_SEEN, .quiet = true};
    struct imap_set unseen;
    enum rc rc = rows_where(s, rows, is_unseen, NULL, &unseen, e);

    if (rc != RC_OK || unseen.n == 0)
        return rc;
    if ((rc = flagging_run(s, &unseen, &g, e)) != RC_OK)
        return rc;
    for (size_t i = 0; i < unseen.n; i++) /* their answers are to carry FLAGS */
        for (uint32_t row = unseen.r[i].lo; row <= unseen.r[i].hi; row++)
            s->view->flags[row] |= VF_NEWS;
    s->view->dirty = true;
    return RC_OK;
}

enum rc cmd_fetch(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct fetch f = {
        .s = s, .what = &a->fetch.what, .rows = &a->fetch.set, .plain = BUF_SECRET_INIT, .body = BUF_SECRET_INIT};
    struct imap_set uids = {0};
    enum rc rc;

    if ((a->fetch.vanished || a->fetch.has_partial) && !s->uid) /* RFC 7162 3.2.6, RFC 9394 3.2: of UID FETCH alone */
        return reply_bad(s, e, CAUSE_BAD_ARGUMENTS);
    if (a->fetch.vanished && /* the set as it was asked for, before it becomes rows */
        !imap_set_copy(&s->mem, a->fetch.set.saved ? &s->saved : &a->fetch.set, &uids))
        return reply_bad(s, e, CAUSE_TOO_COMPLEX);
    rc = view_rows(s, &a->fetch.set, e);
    f.modseq = a->fetch.changed || (a->fetch.what.items & FI_MODSEQ);
    if (rc == RC_OK)
        rc = only_changed(s, a, &uids, e);
    if (rc == RC_OK && a->fetch.has_partial)
        rc = only_page(s, a, e);
    if (rc == RC_OK && sets_seen(s, f.what))
        rc = set_seen(s, f.rows, e);
    if (rc == RC_OK && f.rows->n > 0)
        rc = fetch_run(&f, e);
    if (rc == RC_OK && f.missing > 0 && !s->uid)
        rc = reply_no(e, CAUSE_EXPUNGED);
    return rc;
}
