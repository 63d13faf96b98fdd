/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/urlfetch.c - URLFETCH: the octets of URLs that bear an authorization, in constant memory. NIL for one that leads nowhere, has expired or is
 * for somebody else; which of these is not told.
 *
 * Items    "(url BODYPARTSTRUCTURE BINARY)" asks for the structure, and for the octets with their transfer encoding undone: as FETCH of that section gives them.
 * Broken   what has left cannot be taken back: the session ends then.
 * Source RFC 4467 7, RFC 5524 3. */
#include "extract/structure.h"
#include "imapd/commands.h"
#include "imapd/url_octets.h"
#include "proto/imap/write.h"

struct answering {
    struct imap_session *s;
    struct span url;
    unsigned items; /* URL_ bits */
    bool begun;     /* some of it may have left */
    uint64_t left;
};

static void put_url(const struct answering *a)
{
    buf_clear(&a->s->out);
    buf_addstr(&a->s->out, "* URLFETCH ");
    imap_put_string(&a->s->out, a->url);
}

/* ---- RFC 4467: the octets ---- */
static enum rc begin(void *ctx, uint64_t n, struct err *e)
{
    struct answering *a = ctx;

    (void)e;
    a->begun = true;
    a->left = n;
    put_url(a);
    imap_announce(&a->s->out, n);
    reply_out(a->s);
    return RC_OK;
}

static enum rc piece(void *ctx, struct span p, struct err *e)
{
    struct answering *a = ctx;

    reply_alive(a->s);
    stream_put(a->s->io, p);
    a->left -= p.n;
    return stream_flush(a->s->io, e);
}

static enum rc octets(struct answering *a, struct err *e)
{
    struct url_want want = {.by = URL_BY_SESSION, .authorized = true, .begin = begin, .sink = piece, .ctx = a};
    enum rc rc = url_octets(a->s, a->url, &want, e);

    return rc == RC_OK && a->left > 0 ? err_set(e, RC_CORRUPT, "message is shorter than its entry says") : rc;
}

/* ---- RFC 5524: items ---- */
static void put_structure(struct fetch *f, const struct imap_section *sec)
{
    struct span part;

    buf_addstr(&f->s->out, " (BODYPARTSTRUCTURE ");
    if (sec->kind == SEC_ALL && structure_part(f->sum.bodystructure, sec->part, &part))
        buf_addspan(&f->s->out, part);
    else
        buf_addstr(&f->s->out, "NIL");
    buf_addc(&f->s->out, ')');
}

/* FETCH writes the item under the name that an answer to URLFETCH has for it. */
static enum rc put_section(struct fetch *f, const struct store_entry *en, const struct imap_section *sec,
                           enum imap_section_form form, const char *name, struct err *e)
{
    struct imap_section one = *sec;
    const struct imap_fetch what = {.sections = &one, .n_sections = 1}, *whole = f->what;
    enum rc rc;

    one.form = form;
    f->what = &what;
    buf_addstr(&f->names, name);
    f->name_end[0] = f->names.n;
    buf_addstr(&f->s->out, " (");
    rc = fetch_put_section(f, en, 0, e);
    if (rc != RC_OK && e->cause == CAUSE_UNKNOWN_CTE) {
        buf_addstr(&f->s->out, name);
        buf_addstr(&f->s->out, " NIL");
        rc = RC_OK;
    }
    buf_addc(&f->s->out, ')');
    buf_free(&f->names);
    f->what = whole;
    return rc;
}

static enum rc put_items(void *ctx, struct fetch *f, const struct store_entry *en, const struct imap_section *sec,
                         struct err *e)
{
    struct answering *a = ctx;
    struct buf mem = BUF_SECRET_INIT;
    struct fetch_where w;
    enum rc rc = fetch_find(f, en, sec, &w, &mem, e);

    buf_free(&mem);
    if (rc == RC_OK && w.none)
        rc = reply_no(e, CAUSE_BAD_URL);
    if (rc != RC_OK)
        return rc;
    put_url(a);
    if (a->items & URL_STRUCTURE)
        put_structure(f, sec);
    if (a->items & URL_BINARY)
        rc = put_section(f, en, sec, FORM_BINARY, "BINARY", e);
    if (rc == RC_OK && a->items & URL_BODY)
        rc = put_section(f, en, sec, FORM_BODY, "BODY", e);
    a->begun = f->sent;
    return rc;
}

static enum rc items(struct answering *a, struct err *e)
{
    struct url_visit v = {.by = URL_BY_SESSION,
                          .authorized = true,
                          .texts = a->items & URL_STRUCTURE ? SUMMARY_BODYSTRUCTURE : 0,
                          .each = put_items,
                          .ctx = a};

    return url_visit(a->s, a->url, &v, e);
}

static enum rc fetch_one(struct imap_session *s, struct span url, unsigned wanted, struct err *e)
{
    struct answering a = {.s = s, .url = url, .items = wanted};
    enum rc rc = wanted ? items(&a, e) : octets(&a, e);

    if (a.begun && rc != RC_OK)
        return session_lost(s, e, "a literal could not be completed");
    buf_clear(&s->code); /* BADURL is not for URLFETCH */
    if (rc != RC_OK && e->cause != CAUSE_BAD_URL)
        return rc;
    if (rc != RC_OK) {
        put_url(&a);
        buf_addstr(&s->out, " NIL");
    } else if (!wanted) {
        buf_clear(&s->out);
    }
    buf_addstr(&s->out, "\r\n");
    reply_out(s);
    return RC_OK;
}

enum rc cmd_urlfetch(struct imap_session *s, union imap_args *a, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < a->urls.n; i++)
        rc = fetch_one(s, a->urls.url[i], a->urls.items[i], e);
    return rc;
}
