/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/url_octets.c - see imapd/url_octets.h. A FETCH of one section, whose octets go to a sink instead of the client. RFC 4469.
 *
 * FETCH works on the selected view. So for the time of the call the session has a view of one row, of the folder that the
 * URL names. */
#include "imapd/url_octets.h"
#include "imapd/folders.h"
#include "proto/imap/url.h"

enum { URL_TOLD = 1000 /* octets of a URL in a response code */ };

/* "BADURL /INBOX/;UID=7". What a response code cannot hold is shown as "?". */
static enum rc bad_url(struct imap_session *s, struct span url, struct err *e)
{
    buf_clear(&s->code);
    buf_addstr(&s->code, "BADURL ");
    for (size_t i = 0; i < url.n && i < URL_TOLD; i++)
        buf_addc(&s->code, url.p[i] < 32 || url.p[i] > 126 || url.p[i] == ']' ? '?' : url.p[i]);
    return reply_no(e, CAUSE_BAD_URL);
}

static bool is_own(const struct imap_session *s, const struct imap_url *u)
{
    return !u->absolute || (span_ieq_str(u->host, s->conf->hostname) && span_ieq_str(u->user, s->address));
}

static enum rc folder_of(struct imap_session *s, const struct imap_url *u, uint32_t *folder_out, struct err *e)
{
    struct folder f;
    enum rc rc;

    if (u->mailbox.n == 0) {
        if (s->view == NULL || s->view_home || (u->uidvalidity != 0 && u->uidvalidity != s->view->uidvalidity))
            return reply_no(e, CAUSE_BAD_URL);
        *folder_out = s->view->folder;
        return RC_OK;
    }
    if ((rc = folder_get(s, u->mailbox, false, &f, e)) != RC_OK)
        return rc;
    *folder_out = f.id;
    return u->uidvalidity == 0 || u->uidvalidity == f.uidvalidity ? RC_OK : reply_no(e, CAUSE_BAD_URL);
}

static enum rc give(void *ctx, struct fetch *f, const struct store_entry *en, const struct imap_section *sec,
                    struct err *e)
{
    const struct url_want *want = ctx;
    struct buf mem = BUF_SECRET_INIT;
    struct fetch_where w;
    enum rc rc = fetch_find(f, en, sec, &w, &mem, e);

    if (rc == RC_OK && w.none)
        rc = reply_no(e, CAUSE_BAD_URL);
    if (rc == RC_OK) {
        fetch_cut(sec, &w);
        if (want->begin)
            rc = want->begin(want->ctx, w.at_hand ? w.bytes.n : w.len, e);
        if (rc == RC_OK && w.at_hand)
            rc = want->sink(want->ctx, w.bytes, e);
        else if (rc == RC_OK && (rc = pages_quiet(&f->pages, e)) == RC_OK)
            rc = mailbox_read(f->s->box, f->s->view->folder, en, SEAL_MESSAGE, w.off, w.len, want->sink, want->ctx, e);
    }
    buf_free(&mem);
    return rc;
}

/* .s->view is the view of one row. */
static enum rc visit(struct fetch *f, const struct imap_section *sec, const struct url_visit *v, struct err *e)
{
    struct store_entry en;
    bool anew;
    enum rc rc;

    f->op = STORE_SUMMARIES;
    pages_begin(&f->pages, f->s, f->op, f->rows);
    if ((rc = pages_next(&f->pages, &en, e)) == RC_NOTFOUND)
        rc = reply_no(e, CAUSE_BAD_URL);
    if (rc == RC_OK && (rc = summary_of(&f->pages, &en, v->texts, &f->plain, &f->sum, &anew, e)) == RC_OK)
        rc = v->each(v->ctx, f, &en, sec, e);
    pages_end(&f->pages);
    buf_free(&f->plain);
    return rc;
}

/* Not so what befell the sink, or stored. */
static bool is_about_url(enum cause c)
{
    return c == CAUSE_BAD_URL || c == CAUSE_NO_SUCH_MAILBOX || c == CAUSE_FOLDERS_ONLY;
}

enum rc url_find(struct imap_session *s, struct span url, struct imap_url *u_out, uint32_t *folder_out, struct err *e)
{
    if (!imap_url_read(&s->mem, url, u_out) || !is_own(s, u_out))
        return reply_no(e, CAUSE_BAD_URL);
    return folder_of(s, u_out, folder_out, e);
}

static enum rc authorized(struct imap_session *s, const struct imap_url *u, uint32_t folder, const struct url_visit *v,
                          struct err *e)
{
    if (u->auth.access == URL_NO_ACCESS)
        return v->authorized ? reply_no(e, CAUSE_BAD_URL) : RC_OK;
    return urlauth_check(s, folder, u, v->by, e);
}

enum rc url_visit(struct imap_session *s, struct span url, const struct url_visit *v, struct err *e)
{
    struct imap_range row = {0, 0};
    struct imap_set rows = {.r = &row, .n = 1};
    struct view one = {.n = 1, .told = 1}, *selected = s->view;
    struct imap_fetch what = {0};
    struct fetch f = {.s = s, .what = &what, .rows = &rows, .plain = BUF_SECRET_INIT};
    struct imap_url u;
    struct home *at = s->at;
    enum rc rc;

    homes_enter(s, NULL); /* URLs are of her own mailbox, wherever the message goes */
    if ((rc = url_find(s, url, &u, &one.folder, e)) == RC_OK)
        rc = authorized(s, &u, one.folder, v, e);
    if (rc == RC_OK) {
        one.uid = &u.uid;
        s->view = &one;
        rc = visit(&f, &u.section, v, e);
        s->view = selected;
    }
    homes_enter(s, at);
    return rc != RC_OK && is_about_url(e->cause) ? bad_url(s, url, e) : rc;
}

enum rc url_octets(struct imap_session *s, struct span url, const struct url_want *want, struct err *e)
{
    struct url_want w = *want;

    return url_visit(s, url, &(struct url_visit){.by = w.by, .authorized = w.authorized, .each = give, .ctx = &w}, e);
}
