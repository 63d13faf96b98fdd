/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/fetch_items.c - the items of FETCH that are not sections. Each has a row and a function. See imapd/fetch.h.
 * Source RFC 3501 7.4.2, RFC 7162 3.1.4.2, RFC 8474 5, RFC 8514 4.2, RFC 8970 3. */
#include "imapd/fetch.h"
#include "imapd/objectid.h"
#include "mime/charset.h"
#include "proto/imap/date.h"
#include "proto/imap/write.h"

enum { PREVIEW_CHARS = 200 }; /* RFC 8970 4.1: at most 200 */

void fetch_item(struct fetch *f, struct span name)
{
    if (f->any)
        buf_addc(&f->s->out, ' ');
    f->any = true;
    buf_addspan(&f->s->out, name);
}

/* ---- what the view has ---- */
static void put_uid(struct fetch *f, uint32_t row)
{
    fetch_item(f, SPAN_LIT("UID "));
    put_u64(&f->s->out, f->s->view->uid[row]);
}

static void put_modseq(struct fetch *f, uint32_t row)
{
    fetch_item(f, SPAN_NULL);
    view_put_modseq(f->s, row, &f->s->out);
}

static void put_flags(struct fetch *f, uint32_t row)
{
    fetch_item(f, SPAN_NULL);
    f->s->view->flags[row] &= ~(uint64_t)VF_NEWS;
    view_put_flags(f->s, row, &f->s->out);
}

void fetch_begin_message(struct fetch *f, uint32_t row)
{
    struct buf *out = &f->s->out;
    bool news = (f->s->view->flags[row] & VF_NEWS) != 0; /* this FETCH has just set \Seen */

    f->any = f->sent = false;
    view_put_fetch(f->s, row, out);
    if ((f->s->uid && (f->s->opened.responses & RESP_UIDONLY) == 0) || (f->what->items & FI_UID))
        put_uid(f, row);
    if ((f->what->items & FI_FLAGS) || news)
        put_flags(f, row);
    if (f->modseq || (news && (f->s->opened.responses & RESP_MODSEQ)))
        put_modseq(f, row);
}

/* ---- what an entry or a summary has ---- */
static void put_date(struct fetch *f, const struct store_entry *en)
{
    char date[IMAP_DATE_TIME];

    imap_date_time((int64_t)en->internaldate, date);
    fetch_item(f, SPAN_LIT("INTERNALDATE "));
    buf_addstr(&f->s->out, date);
}

static void put_size(struct fetch *f, const struct store_entry *en)
{
    fetch_item(f, SPAN_LIT("RFC822.SIZE "));
    put_u64(&f->s->out, en->size);
}

static void put_savedate(struct fetch *f, const struct store_entry *en)
{
    char date[IMAP_DATE_TIME];

    fetch_item(f, SPAN_LIT("SAVEDATE "));
    imap_date_time((int64_t)en->savedate, date);
    buf_addstr(&f->s->out, date);
}

static void put_emailid(struct fetch *f, const struct store_entry *en)
{
    fetch_item(f, SPAN_LIT("EMAILID ("));
    objectid_email(en, &f->s->out);
    buf_addc(&f->s->out, ')');
}

static void put_threadid(struct fetch *f, const struct store_entry *en)
{
    fetch_item(f, SPAN_LIT("THREADID ("));
    objectid_thread(en, &f->sum, &f->s->out);
    buf_addc(&f->s->out, ')');
}

/* The first characters of a summary's preview, as many as are told. It was made by the session that took the message in, so what
 * is no UTF-8 is left out. */
static struct span preview_of(const struct summary *s, struct buf *mem)
{
    struct span rest = s->preview;

    for (size_t chars = 0; rest.n > 0 && chars < PREVIEW_CHARS; chars++) {
        size_t n = charset_utf8_next(rest);

        if (n > 0)
            buf_add(mem, rest.p, n);
        rest = span_from(rest, n > 0 ? n : 1);
    }
    return buf_span(mem);
}

/* A summary that was made anew has no preview. A client that does not want to wait for one is told NIL. */
static void put_preview(struct fetch *f, const struct store_entry *en)
{
    struct buf mem = BUF_SECRET_INIT;
    struct span text = preview_of(&f->sum, &mem);

    (void)en;
    fetch_item(f, SPAN_LIT("PREVIEW "));
    if (text.n == 0 && f->what->lazy)
        buf_addstr(&f->s->out, "NIL");
    else
        imap_put_string(&f->s->out, text);
    buf_free(&mem);
}

static void put_envelope(struct fetch *f, const struct store_entry *en)
{
    (void)en;
    fetch_item(f, SPAN_LIT("ENVELOPE "));
    buf_addspan(&f->s->out, f->sum.envelope);
}

static void put_body(struct fetch *f, const struct store_entry *en)
{
    (void)en;
    fetch_item(f, SPAN_LIT("BODY "));
    buf_addspan(&f->s->out, f->sum.body);
}

static void put_bodystructure(struct fetch *f, const struct store_entry *en)
{
    (void)en;
    fetch_item(f, SPAN_LIT("BODYSTRUCTURE "));
    buf_addspan(&f->s->out, f->sum.bodystructure);
}

/* In the order in which they are answered. */
static const struct item {
    unsigned bit;
    enum store_op source; /* STORE_ENTRIES or STORE_SUMMARIES */
    unsigned text;        /* SUMMARY_ bit: a text of the summary that is checked before it is served */
    void (*put)(struct fetch *f, const struct store_entry *en);
} items[] = {
    {FI_INTERNALDATE, STORE_ENTRIES, 0, put_date},
    {FI_SIZE, STORE_ENTRIES, 0, put_size},
    {FI_SAVEDATE, STORE_ENTRIES, 0, put_savedate},
    {FI_EMAILID, STORE_ENTRIES, 0, put_emailid},
    {FI_THREADID, STORE_SUMMARIES, 0, put_threadid},
    {FI_PREVIEW, STORE_SUMMARIES, 0, put_preview},
    {FI_ENVELOPE, STORE_SUMMARIES, SUMMARY_ENVELOPE, put_envelope},
    {FI_BODY, STORE_SUMMARIES, SUMMARY_BODY, put_body},
    {FI_BODYSTRUCTURE, STORE_SUMMARIES, SUMMARY_BODYSTRUCTURE, put_bodystructure},
};
enum { N_ITEMS = sizeof items / sizeof *items };

enum store_op fetch_items_source(const struct imap_fetch *w)
{
    enum store_op source = 0;

    for (size_t i = 0; i < N_ITEMS; i++)
        if ((w->items & items[i].bit) && source != STORE_SUMMARIES)
            source = items[i].source;
    return source;
}

unsigned fetch_items_texts(const struct imap_fetch *w)
{
    unsigned texts = 0;

    for (size_t i = 0; i < N_ITEMS; i++)
        texts |= w->items & items[i].bit ? items[i].text : 0u;
    return texts;
}

void fetch_put_items(struct fetch *f, const struct store_entry *en)
{
    for (size_t i = 0; i < N_ITEMS; i++)
        if (f->what->items & items[i].bit)
            items[i].put(f, en);
}
