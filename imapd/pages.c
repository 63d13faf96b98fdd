/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/pages.c - see imapd/pages.h. */
#include "imapd/pages.h"

void pages_begin(struct pages *p, struct imap_session *s, enum store_op op, const struct imap_set *rows)
{
    *p = (struct pages){.s = s,
                        .op = op,
                        .rows = rows,
                        .rq.folder = s->view->folder,
                        .rq.removed = s->view->removed,
                        .opened = BUF_SECRET_INIT};
    view_uids(s->view, rows, &p->at, &p->uids);
    p->rq.uids = buf_span(&p->uids);
    p->more = p->uids.n > 0;
}

static enum rc ask(struct pages *p, struct err *e)
{
    enum rc rc = store_ask(p->s->store, p->op, &p->rq, e);

    p->ahead = rc == RC_OK;
    return rc;
}

/* next: the cursor of the reply. After the last page of a batch of ranges the next batch begins. */
static void move_on(struct pages *p, uint32_t next)
{
    p->rq.from = next;
    if (next != 0)
        return;
    buf_clear(&p->uids);
    view_uids(p->s->view, p->rows, &p->at, &p->uids);
    p->rq.uids = buf_span(&p->uids);
    p->more = p->uids.n > 0;
}

/* One page into mem, and *list_out in it. */
static enum rc answer(struct pages *p, struct buf *mem, struct span *list_out, struct err *e)
{
    struct store_list_rep rep;
    enum rc rc = p->ahead ? RC_OK : ask(p, e);

    if (rc == RC_OK)
        rc = store_answer(p->s->store, p->op, &rep, mem, e);
    if (rc == RC_TEMP && (rc = ask(p, e)) == RC_OK) /* stored restarted, say: the same page once more */
        rc = store_answer(p->s->store, p->op, &rep, mem, e);
    p->ahead = false;
    if (rc != RC_OK)
        return rc;
    *list_out = rep.list;
    move_on(p, rep.next);
    return RC_OK;
}

static void take_held(struct pages *p, struct span *list_out)
{
    struct buf b = p->page; /* open: sealed */

    p->page = p->held;
    p->held = b;
    p->is_held = false;
    *list_out = p->held_list;
}

static enum rc next_page(struct pages *p, struct err *e)
{
    struct span list;
    bool missing;
    enum rc rc = RC_OK;

    if (p->is_held)
        take_held(p, &list);
    else if ((rc = answer(p, &p->page, &list, e)) != RC_OK)
        return rc;
    if (mailbox_missing(p->s->box, list) && (rc = mailbox_fetch_epochs(p->s->box, list, e)) != RC_OK)
        return rc;
    p->rest = list;
    missing = mailbox_missing(p->s->box, list); /* an epoch nobody has: opening will ask once more, alone */
    return p->more && !p->side_by_side && !missing ? ask(p, e) : RC_OK;
}

enum rc pages_next(struct pages *p, struct store_entry *en_out, struct err *e)
{
    enum rc rc;

    while ((rc = ipc_list_next(&p->rest, store_entry_f, en_out, e)) == RC_NOTFOUND) {
        if (!p->more && !p->ahead && !p->is_held)
            return RC_NOTFOUND;
        if ((rc = next_page(p, e)) != RC_OK)
            return rc == RC_NOTFOUND ? err_set(e, RC_TEMP, "folder is gone") : rc;
    }
    return rc;
}

enum rc pages_quiet(struct pages *p, struct err *e)
{
    enum rc rc;

    if (!p->ahead)
        return RC_OK;
    if ((rc = answer(p, &p->held, &p->held_list, e)) != RC_OK)
        return rc;
    p->is_held = true;
    return RC_OK;
}

struct gather {
    struct buf *out;
    size_t left;
};

static enum rc gather(void *ctx, struct span piece, struct err *e)
{
    struct gather *g = ctx;

    (void)e;
    piece = span_head(piece, g->left);
    buf_addspan(g->out, piece);
    g->left -= piece.n;
    return RC_OK;
}

enum rc pages_object(struct pages *p, const struct store_entry *en, enum seal_kind kind, size_t max, struct buf *out,
                     struct err *e)
{
    struct gather g = {out, max};
    enum rc rc;

    if (en->object.n > 0)
        return mailbox_open_object(p->s->box, en, kind, out, e);
    if (en->len_object == 0 && kind == SEAL_SUMMARY)
        return summary_again(p, en, out, e);
    if ((rc = pages_quiet(p, e)) != RC_OK)
        return rc;
    return mailbox_read(p->s->box, p->s->view->folder, en, kind, 0, max, gather, &g, e);
}

void pages_end(struct pages *p)
{
    struct err gone;

    if (p->ahead)
        (void)pages_quiet(p, &gone); /* the connection is left without a question open */
    buf_free(&p->uids);
    buf_free(&p->page);
    buf_free(&p->held);
    buf_free(&p->opened);
}
