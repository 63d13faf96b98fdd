/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/found.c - see imapd/found.h. */
#include "imapd/found.h"
#include "base/log.h"
#include "imapd/rows.h"

enum rc found_fits(size_t octets, struct err *e)
{
    if (octets <= FOUND_MOST)
        return RC_OK;
    return err_cause(e, RC_TEMP, CAUSE_SEARCH_TOO_COMPLEX, "%zu octets of keys are too many", octets);
}

static enum rc rows_of(struct imap_session *s, const struct results *r, struct imap_set *out, struct err *e)
{
    *out = (struct imap_set){0};
    for (uint32_t i = 0; i < r->n; i++)
        if (!rows_add(s, out, r->row[i]))
            return err_cause(e, RC_TEMP, CAUSE_SEARCH_TOO_COMPLEX, "found messages do not fit the command's memory");
    return RC_OK;
}

static enum rc one(struct pages *p, const struct store_entry *en, bool summaries, struct buf *plain, found_fn *fn,
                   void *ctx, struct err *e)
{
    struct found_one f = {.row = view_find(p->s->view, en->uid), .entry = en};
    struct summary sum;
    bool anew;
    enum rc rc;

    if (f.row >= p->s->view->told)
        return RC_OK;
    if (summaries) {
        rc = summary_of(p, en, 0, plain, &sum, &anew, e);
        if (rc == RC_NOTFOUND)
            return RC_OK;
        if (rc == RC_CORRUPT)
            log_err(LOG_ERROR_, "message-broken", e);
        else if (rc != RC_OK)
            return rc;
        f.summary = rc == RC_OK ? &sum : NULL;
    }
    return fn(ctx, &f, e);
}

enum rc found_each(struct imap_session *s, const struct results *r, bool summaries, found_fn *fn, void *ctx,
                   struct err *e)
{
    struct buf plain = BUF_SECRET_INIT;
    struct imap_set rows;
    struct store_entry en;
    struct pages p;
    enum rc rc = rows_of(s, r, &rows, e);

    if (rc != RC_OK || rows.n == 0)
        return rc;
    pages_begin(&p, s, summaries ? STORE_SUMMARIES : STORE_ENTRIES, &rows);
    while (rc == RC_OK && (rc = pages_next(&p, &en, e)) == RC_OK)
        rc = one(&p, &en, summaries, &plain, fn, ctx, e);
    pages_end(&p);
    buf_free(&plain);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
