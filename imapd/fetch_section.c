/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/fetch_section.c - sections of a message: finds which octets they are, and sends them. See imapd/fetch.h.
 *
 * A section is octets at hand (a header that the summary has, chosen fields, a small message that came along), or a
 * range of the message's object, or there is none (NIL). A partial is cut from the section. */
#include "base/log.h"
#include "imapd/fetch.h"
#include "mime/fields.h"

enum {
    SMALL = 8192,             /* octets up to here are copied to what else is said */
    HEADER_MOST = 1024 * 1024 /* of a header block that fields are chosen from */
};
static struct fetch_where range(uint64_t off, uint64_t len)
{
    return (struct fetch_where){.off = off, .len = len};
}

static struct fetch_where bytes(struct span b)
{
    return (struct fetch_where){.at_hand = true, .bytes = b};
}

/* ---- reading a range into memory ---- */
static enum rc gather(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    buf_addspan(ctx, piece);
    return RC_OK;
}

static enum rc read_range(struct fetch *f, const struct store_entry *en, struct fetch_where w, uint64_t most,
                          struct buf *out, struct err *e)
{
    enum rc rc = pages_quiet(&f->pages, e);

    if (rc != RC_OK)
        return rc;
    return mailbox_read(f->s->box, f->s->view->folder, en, SEAL_MESSAGE, w.off, w.len < most ? w.len : most, gather,
                        out, e);
}

/* ---- finding ---- */
static enum rc find_in_part(struct fetch *f, const struct imap_section *s, struct fetch_where *w, struct err *e)
{
    struct summary_part p;
    enum rc rc = summary_part(&f->sum, s->part, &p, e);

    *w = (struct fetch_where){.none = true};
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    if (s->kind == SEC_ALL)
        *w = range(p.body_off, p.body_len);
    else if (s->kind == SEC_MIME)
        *w = range(p.header_off, p.header_len);
    else if (p.has_message && s->kind == SEC_TEXT)
        *w = range(p.msg_body_off, p.msg_body_len);
    else if (p.has_message)
        *w = s->part.n == 0 && f->sum.has_header ? bytes(f->sum.header) : range(p.msg_header_off, p.msg_header_len);
    return RC_OK;
}

static bool is_chosen(const struct imap_section *s, struct span name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (span_ieq(s->fields[i], name))
            return s->kind == SEC_FIELDS;
    return s->kind == SEC_FIELDS_NOT;
}

/* HEADER.FIELDS: the chosen fields as they stand, then an empty line. */
static enum rc choose_fields(struct fetch *f, const struct store_entry *en, const struct imap_section *s,
                             struct fetch_where *w, struct buf *mem, struct err *e)
{
    struct buf head = BUF_SECRET_INIT;
    struct span rest = w->bytes;
    struct field fd;
    struct err end;
    enum rc rc = RC_OK;

    if (!w->at_hand) {
        rc = read_range(f, en, *w, HEADER_MOST, &head, e);
        rest = buf_span(&head);
    }
    while (rc == RC_OK && field_next(&rest, &fd, &end) == RC_OK)
        if (is_chosen(s, fd.name))
            buf_addspan(mem, fd.raw);
    buf_add(mem, "\r\n", 2);
    *w = bytes(buf_span(mem));
    buf_free(&head);
    return rc;
}

/* A range of a message that came along is at hand. */
static enum rc take_along(struct fetch *f, const struct store_entry *en, struct fetch_where *w, struct err *e)
{
    struct span whole;
    enum rc rc;

    if (w->at_hand || w->none)
        return RC_OK;
    if ((rc = fetch_whole(f, en, &whole, e)) != RC_OK || whole.n == 0)
        return rc;
    if (w->off > whole.n || w->len > whole.n - w->off)
        return err_set(e, RC_CORRUPT, "a part lies outside its message");
    *w = bytes(span_of(whole.p + w->off, (size_t)w->len));
    return RC_OK;
}

enum rc fetch_find(struct fetch *f, const struct store_entry *en, const struct imap_section *s, struct fetch_where *w,
                   struct buf *mem, struct err *e)
{
    enum rc rc;

    if (s->kind == SEC_ALL && s->part.n == 0) {
        *w = f->op == STORE_READ_MANY && f->plain.n == en->size ? bytes(buf_span(&f->plain)) : range(0, en->size);
        return take_along(f, en, w, e);
    }
    if ((rc = find_in_part(f, s, w, e)) == RC_OK)
        rc = take_along(f, en, w, e);
    if (rc == RC_OK && !w->none && (s->kind == SEC_FIELDS || s->kind == SEC_FIELDS_NOT))
        rc = choose_fields(f, en, s, w, mem, e);
    return rc;
}

void fetch_cut(const struct imap_section *s, struct fetch_where *w)
{
    uint64_t all = w->at_hand ? w->bytes.n : w->len, off = s->off < all ? s->off : all,
             len = s->len < all - off ? s->len : all - off;

    if (!s->partial)
        return;
    if (w->at_hand)
        w->bytes = span_of(w->bytes.p + off, (size_t)len);
    else
        *w = range(w->off + off, len);
}

/* ---- sending ---- */
struct sending {
    struct imap_session *s;
    uint64_t left;
};

static enum rc send_piece(void *ctx, struct span piece, struct err *e)
{
    struct sending *to = ctx;

    reply_alive(to->s);
    stream_put(to->s->io, piece);
    to->left -= piece.n;
    return piece.n < SEAL_CHUNK ? RC_OK : stream_flush(to->s->io, e);
}

/* What is gathered leaves, in the middle of a message. */
static void send_out(struct fetch *f)
{
    f->sent = true;
    reply_out(f->s);
}

static enum rc send_range(struct fetch *f, const struct store_entry *en, struct fetch_where w, struct err *e)
{
    struct sending to = {f->s, w.len};
    enum rc rc;

    send_out(f);
    rc = pages_quiet(&f->pages, e);
    if (rc == RC_OK)
        rc = mailbox_read(f->s->box, f->s->view->folder, en, SEAL_MESSAGE, w.off, w.len, send_piece, &to, e);
    if (rc == RC_OK && to.left == 0)
        return RC_OK;
    if (rc != RC_CLOSED && rc != RC_TIMEOUT) /* those are the client's going */
        log_ev(LOG_ERROR_, "fetch-broken", "left=%llu rc=%s cause=%s", (unsigned long long)to.left, rc_name(rc),
               log_esc(span_str(rc == RC_OK ? "message is shorter than its entry says" : e->log)));
    return session_lost(f->s, e, "a literal could not be completed");
}

/* The beginning is read before the literal is announced. So a message that another session has just expunged can still
 * be left out. */
static enum rc read_head(struct fetch *f, const struct store_entry *en, struct fetch_where *w, struct buf *mem,
                         struct err *e)
{
    uint64_t n = w->len < SEAL_CHUNK ? w->len : SEAL_CHUNK;
    enum rc rc;

    if (w->at_hand || w->none)
        return RC_OK;
    if ((rc = read_range(f, en, *w, n, mem, e)) != RC_OK)
        return rc;
    if (mem->n != n)
        return err_set(e, RC_CORRUPT, "message is shorter than its entry says");
    if (n == w->len)
        *w = bytes(buf_span(mem));
    return RC_OK;
}

/* Octets at hand, or the head and then the rest of the range. */
static enum rc send_octets(struct fetch *f, const struct store_entry *en, struct fetch_where w, struct span head,
                           struct err *e)
{
    struct span first = w.at_hand ? w.bytes : head;

    if (first.n < SMALL) {
        buf_addspan(&f->s->out, first);
    } else {
        send_out(f);
        stream_put(f->s->io, first);
    }
    return w.at_hand ? RC_OK : send_range(f, en, range(w.off + head.n, w.len - head.n), e);
}

void fetch_put_name(struct fetch *f, size_t i)
{
    size_t from = i > 0 ? f->name_end[i - 1] : 0;

    fetch_item(f, span_of(f->names.p + from, f->name_end[i] - from));
}

enum rc fetch_put_section(struct fetch *f, const struct store_entry *en, size_t i, struct err *e)
{
    const struct imap_section *s = &f->what->sections[i];
    struct buf mem = BUF_SECRET_INIT, *out = &f->s->out;
    struct fetch_where w;
    enum rc rc;

    if (s->form >= FORM_BINARY && fetch_decoded(f, s))
        return fetch_put_decoded(f, en, i, e);
    if ((rc = fetch_find(f, en, s, &w, &mem, e)) != RC_OK)
        goto out;
    if (s->form == FORM_BINARY_SIZE) {
        fetch_put_name(f, i);
        buf_addc(out, ' ');
        put_u64(out, w.at_hand ? w.bytes.n : w.len);
        goto out;
    }
    fetch_cut(s, &w);
    if ((rc = read_head(f, en, &w, &mem, e)) != RC_OK)
        goto out;
    fetch_put_name(f, i);
    if (w.none) {
        buf_addstr(out, " NIL");
        goto out;
    }
    buf_add(out, " {", 2);
    put_u64(out, w.at_hand ? w.bytes.n : w.len);
    buf_add(out, "}\r\n", 3);
    rc = send_octets(f, en, w, buf_span(&mem), e);
out:
    buf_free(&mem);
    return rc;
}
