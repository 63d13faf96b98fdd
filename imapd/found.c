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

/* The rows that must be asked for: what is kept of a message tells all that SORT and THREAD look at. */
static enum rc rows_of(struct imap_session *s, const struct results *r, struct imap_set *out, struct err *e)
{
    *out = (struct imap_set){0};
    for (uint32_t i = 0; i < r->n; i++)
        if (!kept_has(&s->view->kept, s->view->uid[r->row[i]]) && !rows_add(s, out, r->row[i]))
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
        if (rc == RC_OK)
            kept_add(&p->s->view->kept, en, &sum);
    }
    return fn(ctx, &f, e);
}

struct walk {
    struct pages pages; /* of the rows that are not kept */
    bool summaries;
    struct buf plain;
    struct store_entry next; /* of the pages; uid 0: none read yet */
    found_fn *fn;
    void *ctx;
};

static enum rc one_kept(struct walk *w, uint32_t row, struct err *e)
{
    const struct view *v = w->pages.s->view;
    struct store_entry en;
    struct summary sum;
    struct found_one f = {.row = row, .entry = &en, .summary = &sum};

    return kept_get(&v->kept, v->uid[row], &en, &sum) ? w->fn(w->ctx, &f, e) : RC_OK;
}

/* Gives the message if it is still there: the pages go on to it, and no further. */
static enum rc one_asked(struct walk *w, uint32_t uid, struct err *e)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && w->next.uid < uid)
        rc = pages_next(&w->pages, &w->next, e);
    if (rc == RC_NOTFOUND) {
        w->next.uid = UINT32_MAX;
        return RC_OK;
    }
    return rc == RC_OK && w->next.uid == uid ? one(&w->pages, &w->next, w->summaries, &w->plain, w->fn, w->ctx, e) : rc;
}

enum rc found_each(struct imap_session *s, const struct results *r, bool summaries, found_fn *fn, void *ctx,
                   struct err *e)
{
    struct walk w = {.summaries = summaries, .plain = BUF_SECRET_INIT, .fn = fn, .ctx = ctx};
    struct imap_set rows;
    enum rc rc = rows_of(s, r, &rows, e);

    if (rc != RC_OK)
        return rc;
    pages_begin(&w.pages, s, summaries ? STORE_SUMMARIES : STORE_ENTRIES, &rows);
    for (uint32_t i = 0; rc == RC_OK && i < r->n; i++) {
        uint32_t uid = s->view->uid[r->row[i]];

        rc = kept_has(&s->view->kept, uid) ? one_kept(&w, r->row[i], e) : one_asked(&w, uid, e);
    }
    pages_end(&w.pages);
    buf_free(&w.plain);
    return rc;
}
