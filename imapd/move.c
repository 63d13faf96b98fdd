/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/move.c - see imapd/move.h. */
#include "imapd/move.h"
#include "base/log.h"
#include "imapd/rows.h"

/* The UIDs of copies are given in order, so a few ranges hold them all. */
static void made(struct copying *c, uint32_t uid)
{
    if (c->made.n >= 8 && uid == c->last_made + 1) {
        buf_cut(&c->made, c->made.n - 4);
    } else {
        buf_u32(&c->made, uid);
    }
    buf_u32(&c->made, uid);
    c->last_made = uid;
}

static void pairs_in(struct imap_session *s, struct span pairs, struct copying *c)
{
    struct rd r = rd_of(pairs);

    while (r.s.n >= 8) {
        uint32_t from = rd_u32(&r), to = rd_u32(&r), row = c->move ? view_find(s->view, from) : s->view->n;

        imap_set_put(&c->wf, from);
        imap_set_put(&c->wt, to);
        c->done++;
        made(c, to);
        if (row < s->view->n) {
            s->view->flags[row] |= VF_GONE;
            s->view->dirty = s->view->any_gone = true;
        }
    }
}

static enum rc part(struct imap_session *s, struct span uids, struct copying *c, struct err *e)
{
    struct store_copy_req rq = {
        .folder = s->view->folder, .dest = c->dest, .uids = uids, .move = c->move, .removed = s->view->removed};
    struct store_copy_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs */
    enum rc rc;

    do { /* a move on a full disk goes in small steps */
        rc = store_call_in(s->store, STORE_COPY, &rq, -1, &rep, &mem, e);
        if (rc != RC_OK)
            break;
        c->uidvalidity = rep.uidvalidity;
        pairs_in(s, rep.pairs, c);
        rq.from = rep.next;
    } while (rq.from != 0);
    buf_free(&mem);
    return rc;
}

/* Writes the UIDs of rows into uids, as many as one transaction takes. *at says at which range, and how much of it is
 * done. */
static void take_part(const struct view *v, const struct imap_set *rows, size_t *range, uint32_t *skip,
                      struct buf *uids)
{
    uint32_t left = STORE_COPY_MAX;

    for (size_t n = 0; n < STORE_RANGES_MAX && left > 0 && *range < rows->n; n++) {
        uint32_t lo = rows->r[*range].lo + *skip, hi = rows->r[*range].hi;

        if (hi - lo >= left)
            hi = lo + left - 1;
        buf_u32(uids, v->uid[lo]);
        buf_u32(uids, v->uid[hi]);
        left -= hi - lo + 1;
        *skip = hi == rows->r[*range].hi ? 0 : hi + 1 - rows->r[*range].lo;
        *range += *skip == 0;
    }
}

/* Expunges the copies that earlier parts made. A store that is away keeps them. Then the client sees them and is told
 * of no copy. */
static void undo(struct imap_session *s, const struct copying *c)
{
    struct store_expunge_req rq = {.folder = c->dest};
    struct store_expunge_rep rep;
    struct span rest = buf_span(&c->made);
    struct buf mem = BUF_INIT; /* open: UIDs */
    enum rc rc = RC_OK;
    struct err e;

    while (rc == RC_OK && rest.n > 0) {
        rq.uids = span_head(rest, rest.n < 8 * STORE_RANGES_MAX ? rest.n : 8 * STORE_RANGES_MAX);
        rest = span_from(rest, rq.uids.n);
        rq.from = 0;
        do {
            rep = (struct store_expunge_rep){0}; /* untouched by a call that fails */
            rc = store_call_in(s->store, STORE_EXPUNGE, &rq, -1, &rep, &mem, &e);
            rq.from = rep.next;
        } while (rq.from != 0);
    }
    if (rc != RC_OK)
        log_err(LOG_WARN_, "copy-not-undone", &e);
    buf_free(&mem);
}

enum rc copying_run(struct imap_session *s, const struct imap_set *rows, struct copying *c, struct err *e)
{
    struct buf uids = BUF_INIT; /* open: UIDs */
    size_t range = 0;
    uint32_t skip = 0;
    enum rc rc = RC_OK;

    c->wf.out = &c->from;
    c->wt.out = &c->to;
    while (rc == RC_OK && range < rows->n) {
        buf_clear(&uids);
        take_part(s->view, rows, &range, &skip, &uids);
        rc = part(s, buf_span(&uids), c, e);
        reply_progress(s, c->done, rows_count(rows));
    }
    imap_set_flush(&c->wf);
    imap_set_flush(&c->wt);
    buf_free(&uids);
    if (rc != RC_OK && !c->move)
        undo(s, c);
    return rc;
}

void copying_free(struct copying *c)
{
    buf_free(&c->from);
    buf_free(&c->to);
    buf_free(&c->made);
}

/* All of one page of STORE_LIST. */
static enum rc move_page(struct imap_session *s, uint32_t folder, uint32_t dest, struct span brief, struct err *e)
{
    struct store_copy_rep rep;
    struct buf uids = BUF_INIT, mem = BUF_INIT; /* open: UIDs */
    struct rd r = rd_of(brief), last = rd_of(span_from(brief, brief.n - STORE_BRIEF));
    struct store_copy_req rq = {.folder = folder, .dest = dest, .move = 1};
    enum rc rc;

    buf_u32(&uids, rd_u32(&r));
    buf_u32(&uids, rd_u32(&last));
    rq.uids = buf_span(&uids);
    rc = store_call_in(s->store, STORE_COPY, &rq, -1, &rep, &mem, e);
    buf_free(&mem);
    buf_free(&uids);
    return rc;
}

enum rc move_everything(struct imap_session *s, uint32_t folder, uint32_t dest, struct err *e)
{
    struct store_list_req rq = {folder, 1, STORE_UID_MAX};
    struct store_brief_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs */
    enum rc rc;

    do { /* what was moved is gone from the list: it is asked for from its beginning until it is empty */
        rc = store_call_in(s->store, STORE_LIST, &rq, -1, &rep, &mem, e);
        if (rc != RC_OK || rep.brief.n < STORE_BRIEF)
            break;
        rc = move_page(s, folder, dest, rep.brief, e);
    } while (rc == RC_OK);
    buf_free(&mem);
    return rc;
}
