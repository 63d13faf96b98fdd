/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/expunge.c - EXPUNGE, UID EXPUNGE and CLOSE, which delete the messages marked \Deleted. RFC 3501 6.4.2,
 * 6.4.3, RFC 4315, RFC 7162 3.2.6 to 3.2.8. The loop tells the client of the EXPUNGEs, because these commands have no C_SEQ. CLOSE tells
 * nothing. */
#include "imapd/commands.h"
#include "imapd/view.h"

struct expunging {
    bool any;
    bool alone; /* the client was told of all that any other session changed in the folder */
    uint64_t modseq;
};

static void taken(struct imap_session *s, const struct store_expunge_rep *rep, struct expunging *x)
{
    view_gone_in(s->view, rep->expunged);
    if (rep->expunged.n == 0)
        return;
    x->any = true;
    x->alone = x->alone && rep->modseq == x->modseq + 1;
    x->modseq = rep->modseq;
}

static enum rc batch(struct imap_session *s, struct span uids, struct expunging *x, struct err *e)
{
    struct store_expunge_req rq = {.folder = s->view->folder, .uids = uids, .deleted_only = 1};
    struct store_expunge_rep rep;
    struct buf mem = BUF_INIT; /* open: UIDs */
    enum rc rc;

    do {
        if ((rc = store_call_in(s->store, STORE_EXPUNGE, &rq, -1, &rep, &mem, e)) == RC_OK)
            taken(s, &rep, x);
        rq.from = rep.next;
    } while (rc == RC_OK && rq.from != 0);
    buf_free(&mem);
    return rc;
}

static enum rc expunge(struct imap_session *s, const struct imap_set *rows, struct expunging *x, struct err *e)
{
    struct buf uids = BUF_INIT; /* open: UIDs */
    enum rc rc = RC_OK;
    size_t at = 0;

    while (rc == RC_OK && at < rows->n) {
        buf_clear(&uids);
        view_uids(s->view, rows, &at, &uids);
        rc = batch(s, buf_span(&uids), x, e);
    }
    buf_free(&uids);
    return rc;
}

static enum rc expunge_all(struct imap_session *s, struct expunging *x, struct err *e)
{
    struct imap_range all = {0, s->view->told - 1};
    struct imap_set rows = {.r = &all, .n = 1};

    return s->view->told == 0 ? RC_OK : expunge(s, &rows, x, e);
}

static struct expunging begin(const struct imap_session *s)
{
    return (struct expunging){.alone = s->view->modseq_told == s->view->modseq, .modseq = s->view->modseq};
}

enum rc cmd_expunge(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct expunging x = begin(s);
    enum rc rc = expunge_all(s, &x, e);

    (void)a;
    if (rc == RC_OK && x.any)
        view_reply_modseq(s);
    return rc;
}

enum rc cmd_uid_expunge(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct expunging x = begin(s);
    enum rc rc = view_rows(s, &a->uids.set, e);

    if (rc == RC_OK)
        rc = expunge(s, &a->uids.set, &x, e);
    if (rc == RC_OK && x.any)
        view_reply_modseq(s);
    return rc;
}

enum rc cmd_close(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct expunging x = begin(s);
    bool may = !s->view->read_only &&
               (s->view->rights & ACL_E); /* else nothing is expunged, and it is no failure (RFC 4314 4) */
    enum rc rc = may ? expunge_all(s, &x, e) : RC_OK;

    (void)a;
    if (rc != RC_OK)
        return rc;
    if (x.any) /* nothing is told here: when there was more, it is asked for again */
        view_put_highest(s, x.alone && view_tells_all(s) ? x.modseq : s->view->modseq_told);
    view_leave(s);
    return RC_OK;
}
