/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/flagging.c - see imapd/flagging.h. */
#include "imapd/flagging.h"

static void tell(struct imap_session *s, struct span brief)
{
    struct rd r = rd_of(brief);

    while (r.s.n >= STORE_BRIEF) {
        uint32_t uid = rd_u32(&r), row = view_find(s->view, uid);

        (void)rd_take(&r, STORE_BRIEF - 4);
        if (row == s->view->n)
            continue;
        s->view->flags[row] &= ~(uint64_t)VF_NEWS;
        buf_add(&s->out, "* ", 2);
        put_u64(&s->out, row + 1);
        buf_addstr(&s->out, " FETCH (");
        if (s->uid)
            buf_addf(&s->out, "UID %u ", uid);
        view_put_flags(s, row, &s->out);
        buf_addstr(&s->out, ")\r\n");
    }
    reply_alive(s);
    reply_out(s);
}

/* Takes one page of changed messages into the view and tells the client. The page is copied first, because learning a
 * keyword's name asks stored. */
static void take_page(struct imap_session *s, struct span brief, struct flagging *g)
{
    view_flags_in(s->view, brief);
    g->done += (uint32_t)(brief.n / STORE_BRIEF);
    if (g->tell && view_must_learn(s))
        view_learn(s);
    if (g->tell)
        tell(s, brief);
}

static enum rc batch(struct imap_session *s, struct span uids, struct flagging *g, struct err *e)
{
    struct store_flags_req rq = {.folder = s->view->folder, .uids = uids, .how = g->how, .flags = g->flags};
    struct store_flags_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs and flags */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_FLAGS, &rq, -1, &rep, &mem, e)) != RC_OK)
            break;
        rq.from = rep.next;
        take_page(s, rep.brief, g);
    } while (rq.from != 0);
    buf_free(&mem);
    return rc;
}

enum rc flagging_run(struct imap_session *s, const struct imap_set *rows, struct flagging *g, struct err *e)
{
    struct buf uids = BUF_INIT; /* open: UIDs */
    enum rc rc = RC_OK;
    size_t at = 0;

    buf_clear(&s->out);
    while (rc == RC_OK && at < rows->n) {
        buf_clear(&uids);
        view_uids(s->view, rows, &at, &uids);
        rc = batch(s, buf_span(&uids), g, e);
    }
    buf_free(&uids);
    return rc;
}
