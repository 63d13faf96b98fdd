/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/fetch.c - see imapd/fetch.h: the plan, and the walk over the rows. */
#include "imapd/fetch.h"
#include "base/log.h"
#include "imapd/rows.h"
#include "proto/imap/write.h"

enum { OUT_HIGH = 16 * 1024 };

/* ---- the plan ---- */
static bool part_of_message(const struct imap_fetch *w)
{
    for (size_t i = 0; i < w->n_sections; i++)
        if (w->sections[i].part.n > 0 || w->sections[i].kind != SEC_ALL)
            return true;
    return false;
}

static bool needs_whole(const struct imap_fetch *w)
{
    for (size_t i = 0; i < w->n_sections; i++)
        if (!w->sections[i].partial)
            return true;
    return false;
}

/* Does a section need octets that a summary does not hold? */
static bool needs_octets(const struct imap_fetch *w)
{
    for (size_t i = 0; i < w->n_sections; i++)
        if (w->sections[i].part.n > 0 || w->sections[i].kind == SEC_ALL || w->sections[i].kind == SEC_TEXT)
            return true;
    return false;
}

static enum store_op plan(const struct imap_fetch *w)
{
    enum store_op items = fetch_items_source(w);

    if (items == STORE_SUMMARIES || part_of_message(w))
        return STORE_SUMMARIES;
    if (w->n_sections > 0)
        return needs_whole(w) ? STORE_READ_MANY : STORE_ENTRIES;
    return items;
}

static void write_names(struct fetch *f)
{
    for (size_t i = 0; i < f->what->n_sections; i++) {
        imap_section_name(&f->what->sections[i], &f->names);
        f->name_end[i] = f->names.n;
    }
}

/* ---- messages ---- */
static void end_message(struct fetch *f)
{
    buf_add(&f->s->out, ")\r\n", 3);
    if (f->s->out.n > OUT_HIGH) {
        reply_alive(f->s);
        reply_out(f->s);
    }
}

/* ---- octets that come along ---- */
enum rc fetch_whole(struct fetch *f, const struct store_entry *en, struct span *out, struct err *e)
{
    enum rc rc = RC_OK;

    *out = SPAN_NULL;
    while (f->beside && f->small.uid < en->uid && rc == RC_OK) {
        buf_clear(&f->body);
        rc = pages_next(&f->octets, &f->small, e);
        if (rc == RC_NOTFOUND) {
            f->small.uid = UINT32_MAX;
            rc = RC_OK;
        }
    }
    if (rc != RC_OK || !f->beside || f->small.uid != en->uid || f->small.object.n == 0)
        return rc;
    if (f->body.n == 0)
        rc = mailbox_open_object(f->s->box, &f->small, SEAL_MESSAGE, &f->body, e);
    if (rc == RC_OK && f->body.n != en->size)
        rc = err_set(e, RC_CORRUPT, "message has %zu octets, its entry says %llu", f->body.n,
                     (unsigned long long)en->size);
    if (rc == RC_OK)
        *out = buf_span(&f->body);
    return rc;
}

static void begin_pages(struct fetch *f, uint32_t rows)
{
    f->beside = f->op == STORE_SUMMARIES && rows > 1 && needs_octets(f->what);
    pages_begin(&f->pages, f->s, f->op, f->rows);
    f->pages.side_by_side = f->beside;
    if (!f->beside)
        return;
    pages_begin(&f->octets, f->s, STORE_READ_MANY, f->rows);
    f->octets.side_by_side = true;
}

static void end_pages(struct fetch *f)
{
    pages_end(&f->pages);
    if (f->beside)
        pages_end(&f->octets);
    buf_free(&f->body);
}

/* ---- one message with an entry ---- */
static enum rc open_entry(struct fetch *f, const struct store_entry *en, struct err *e)
{
    enum rc rc = RC_OK;
    bool anew;

    buf_clear(&f->plain);
    if (f->op == STORE_SUMMARIES) {
        rc = summary_of(&f->pages, en, fetch_items_texts(f->what), &f->plain, &f->sum, &anew, e);
        f->anew += anew;
        return rc;
    }
    if (f->op == STORE_READ_MANY && en->object.n > 0)
        rc = mailbox_open_object(f->s->box, en, SEAL_MESSAGE, &f->plain, e);
    if (rc == RC_OK && f->op == STORE_READ_MANY && en->object.n > 0 && f->plain.n != en->size)
        rc = err_set(e, RC_CORRUPT, "message has %zu octets, its entry says %llu", f->plain.n,
                     (unsigned long long)en->size);
    return rc;
}

/* A message that cannot be opened or decoded is left out; the others are served, and the tagged answer is NO. When a message
 * breaks after its first octets have left, the session ends, because the line cannot be taken back. */
static enum rc spoilt(struct fetch *f, size_t start, enum rc rc, struct err *e)
{
    if (f->s->lost)
        return rc;
    if (f->sent) {
        log_err(LOG_ERROR_, "fetch-broken", e);
        return session_lost(f->s, e, "a literal could not be completed");
    }
    buf_cut(&f->s->out, start);
    if (rc == RC_NOTFOUND) { /* another session has just expunged it */
        f->vanished++;
        return RC_OK;
    }
    if (rc != RC_CORRUPT && !(rc == RC_PERM && e->cause == CAUSE_UNKNOWN_CTE))
        return rc;
    if (rc == RC_CORRUPT)
        log_err(LOG_ERROR_, "message-broken", e);
    if (f->first.rc == RC_OK)
        f->first = *e;
    return RC_OK;
}

static enum rc put_message(struct fetch *f, uint32_t row, const struct store_entry *en, struct err *e)
{
    size_t start = f->s->out.n;
    enum rc rc;

    f->sent = false;
    if ((rc = open_entry(f, en, e)) == RC_OK) {
        fetch_begin_message(f, row);
        fetch_put_items(f, en);
    }
    for (size_t i = 0; rc == RC_OK && i < f->what->n_sections; i++)
        rc = fetch_put_section(f, en, i, e);
    if (rc != RC_OK)
        return spoilt(f, start, rc, e);
    end_message(f);
    return RC_OK;
}

/* ---- the walk ---- */
static enum rc from_view(struct fetch *f)
{
    for (size_t i = 0; i < f->rows->n; i++)
        for (uint32_t row = f->rows->r[i].lo; row <= f->rows->r[i].hi; row++) {
            fetch_begin_message(f, row);
            end_message(f);
        }
    return RC_OK;
}

/* Entries come in the order of the rows. Whether the client's connection is broken is looked at after the answers of
 * each page. */
static enum rc from_store(struct fetch *f, struct err *e)
{
    uint32_t row = 0, n = 0;
    struct store_entry en;
    enum rc rc;

    begin_pages(f, rows_count(f->rows));
    while ((rc = pages_next(&f->pages, &en, e)) == RC_OK) {
        if (row >= f->s->view->n || f->s->view->uid[row] != en.uid)
            row = view_find(f->s->view, en.uid);
        if (row >= f->s->view->n)
            continue;
        if ((rc = put_message(f, row, &en, e)) != RC_OK)
            break;
        row++;
        if (++n % 256 == 0 && stream_flush(f->s->io, e) != RC_OK) {
            rc = session_lost(f->s, e, "gone in FETCH");
            break;
        }
    }
    end_pages(f);
    if (rc != RC_NOTFOUND)
        return rc;
    f->missing = rows_count(f->rows) - n + f->vanished;
    return RC_OK;
}

enum rc fetch_run(struct fetch *f, struct err *e)
{
    enum rc rc;

    f->op = plan(f->what);
    write_names(f);
    view_learn(f->s);
    buf_clear(&f->s->out);
    rc = f->op ? from_store(f, e) : from_view(f);
    if (f->anew > 0)
        log_ev(LOG_WARN_, "summaries-made-anew", "account=%s folder=%u n=%u", f->s->address, f->s->view->folder,
               f->anew);
    if (rc == RC_OK && f->first.rc != RC_OK) {
        *e = f->first;
        rc = e->rc;
    }
    if (!f->s->lost)
        reply_out(f->s);
    buf_free(&f->names);
    buf_free(&f->plain);
    return rc;
}
