/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/fetch.c - FETCH and UID FETCH. RFC 3501 6.4.5, 6.4.8. \Seen is set first, for all messages, in as few calls
 * as their ranges permit. Then the answer for each message carries its new flags. */
#include "imapd/fetch.h"
#include "imapd/commands.h"
#include "imapd/flagging.h"

static bool sets_seen(const struct imap_session *s, const struct imap_fetch *w)
{
    for (size_t i = 0; i < w->n_sections; i++)
        if (!w->sections[i].peek)
            return !s->view->read_only;
    return false;
}

/* The rows that lack \Seen, as ranges. */
static enum rc unseen_rows(struct imap_session *s, const struct imap_set *rows, struct imap_set *out, struct err *e)
{
    const uint64_t *flags = s->view->flags;

    *out = (struct imap_set){NULL, 0};
    for (size_t i = 0; i < rows->n; i++)
        for (uint32_t row = rows->r[i].lo; row <= rows->r[i].hi; row++) {
            if (flags[row] & MF_SEEN)
                continue;
            if (out->n > 0 && out->r[out->n - 1].hi + 1 == row) {
                out->r[out->n - 1].hi = row;
                continue;
            }
            if ((out->r = imap_arena_grow(&s->mem, out->r, out->n, sizeof *out->r)) == NULL)
                return reply_bad(s, e, CAUSE_TOO_COMPLEX);
            out->r[out->n++] = (struct imap_range){row, row};
        }
    return RC_OK;
}

static enum rc set_seen(struct imap_session *s, const struct imap_set *rows, struct err *e)
{
    struct flagging g = {.how = FLAGS_ADD, .flags = MF_SEEN};
    struct imap_set unseen;
    enum rc rc = unseen_rows(s, rows, &unseen, e);

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
    enum rc rc = view_rows(s, &a->fetch.set, e);

    if (rc == RC_OK && sets_seen(s, f.what))
        rc = set_seen(s, f.rows, e);
    if (rc == RC_OK && f.rows->n > 0)
        rc = fetch_run(&f, e);
    if (rc == RC_OK && f.missing > 0 && !s->uid)
        rc = reply_no(e, CAUSE_EXPUNGED);
    return rc;
}
