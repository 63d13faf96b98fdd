/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/flagging.c - see imapd/flagging.h. */
#include "imapd/flagging.h"

/* With .SILENT and CONDSTORE the flags are left out. */
static void tell(struct imap_session *s, struct span brief, bool flags)
{
    struct rd r = rd_of(brief);

    while (r.s.n >= STORE_BRIEF) {
        uint32_t uid = rd_u32(&r), row = view_find(s->view, uid);

        (void)rd_take(&r, STORE_BRIEF - 4);
        if (row == s->view->n)
            continue;
        if (flags)
            s->view->flags[row] &= ~(uint64_t)VF_NEWS;
        view_put_changed(s, row, flags);
    }
    reply_alive(s);
    reply_out(s);
}

static uint64_t apply(uint64_t have, const struct flagging *g)
{
    return g->how == FLAGS_SET ? g->flags : g->how == FLAGS_ADD ? have | g->flags : have & ~g->flags;
}

/* What a silent change did not do itself, another session did: that is told, .SILENT or not. */
static void mark_others(struct imap_session *s, struct span brief, const struct flagging *g)
{
    struct rd r = rd_of(brief);

    while (r.s.n >= STORE_BRIEF) {
        uint32_t row = view_find(s->view, rd_u32(&r));
        uint64_t flags = rd_u64(&r) & ~VF_OURS;

        (void)rd_u64(&r);
        if (row == s->view->n || apply(s->view->flags[row] & ~VF_OURS, g) == flags)
            continue;
        s->view->flags[row] |= VF_NEWS;
        s->view->dirty = true;
    }
}

/* Takes one page of changed messages into the view and tells the client. The page is copied first, because learning a
 * keyword's name asks stored. */
static void take_page(struct imap_session *s, struct span brief, struct flagging *g)
{
    if (!g->tell)
        mark_others(s, brief, g);
    view_flags_in(s->view, brief);
    g->done += (uint32_t)(brief.n / STORE_BRIEF);
    if (g->tell && view_must_learn(s))
        view_learn(s);
    if (g->tell || (!g->quiet && (s->opened.responses & RESP_MODSEQ)))
        tell(s, brief, g->tell);
}

static enum rc batch(struct imap_session *s, struct span uids, struct flagging *g, struct err *e)
{
    struct store_flags_req rq = {
        .folder = s->view->folder, .uids = uids, .how = g->how, .flags = g->flags, .unchanged_since = g->since};
    struct store_flags_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_FLAGS, &rq, -1, &rep, &mem, e)) != RC_OK)
            break;
        rq.from = rep.next;
        take_page(s, rep.brief, g);
        g->done += (uint32_t)(rep.modified.n / 4);
        buf_addspan(&g->modified, rep.modified);
    } while (rq.from != 0);
    buf_free(&mem);
    return rc;
}

/* UNCHANGEDSINCE 0: no message is as old as that, so none is changed. For the store 0 means no condition. */
static enum rc none_changes(struct imap_session *s, const struct imap_set *rows, struct flagging *g)
{
    const struct view *v = s->view;

    for (size_t i = 0; i < rows->n; i++)
        for (uint32_t row = rows->r[i].lo; row <= rows->r[i].hi; row++)
            if ((v->flags[row] & VF_GONE) == 0) {
                buf_u32(&g->modified, v->uid[row]);
                g->done++;
            }
    return RC_OK;
}

enum rc flagging_run(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e)
{
    struct buf uids = BUF_INIT; /* open: UIDs */
    enum rc rc = RC_OK;
    size_t at = 0;

    if (g->conditional && g->since == 0)
        return none_changes(s, rows, g);
    buf_clear(&s->out);
    while (rc == RC_OK && at < rows->n) {
        buf_clear(&uids);
        view_uids(s->view, rows, &at, &uids);
        rc = batch(s, buf_span(&uids), g, e);
    }
    buf_free(&uids);
    return rc;
}

enum rc flagging_gone(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e)
{
    struct view *v = s->view;
    enum rc rc = view_sync(s, e); /* which they are */

    buf_clear(&s->out);
    for (size_t i = 0; rc == RC_OK && i < rows->n; i++)
        for (uint32_t row = rows->r[i].lo; row <= rows->r[i].hi; row++) {
            if ((v->flags[row] & VF_GONE) == 0)
                continue;
            v->flags[row] = apply(v->flags[row] & ~VF_OURS, g) | (v->flags[row] & VF_OURS);
            g->done++;
            if (g->tell)
                view_put_changed(s, row, true);
        }
    reply_out(s);
    return rc;
}
