/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/fetch_binary.c - BINARY and BINARY.SIZE: a part's octets with base64 or quoted-printable undone. See
 * imapd/fetch.h.
 *
 * A literal says its length before its octets, so the part is decoded twice: first to count, then to send. What is wanted of
 * it stays in memory when it is small, and then once is enough. Memory is bounded whatever the part.
 * Source RFC 3516 4.2, 4.3. */
#include "base/log.h"
#include "imapd/fetch.h"
#include "mime/codec.h"

enum { PART_KEPT_MOST = 64 * 1024 }; /* decoded octets that are kept after the first pass */
struct decoding {
    struct fetch *f;
    struct decoder d;
    uint64_t from, to; /* the octets that are wanted, by their place in the decoded part; to is not in */
    uint64_t at;       /* octets decoded so far */
    bool nul, sending; /* nul: one of the wanted octets is NUL */
    struct buf kept, piece;
};

/* A message/rfc822 or a multipart holds parts that have encodings of their own. */
static bool is_composite(enum part_kind k)
{
    return k == PART_MULTIPART || k == PART_MESSAGE;
}

bool fetch_decoded(struct fetch *f, const struct imap_section *s)
{
    struct summary_part p;
    struct err e;

    return s->part.n > 0 && summary_part(&f->sum, s->part, &p, &e) == RC_OK && !is_composite(p.kind) &&
           p.encoding[0] != '\0';
}

/* Hands on what lies in the wanted range. */
static enum rc wanted(struct decoding *x, struct span out, struct err *e)
{
    uint64_t begin = x->at, end = begin + out.n;

    x->at = end;
    if (end <= x->from || begin >= x->to)
        return RC_OK;
    if (end > x->to)
        out = span_head(out, (size_t)(x->to - begin));
    if (begin < x->from)
        out = span_from(out, (size_t)(x->from - begin));
    if (x->sending) {
        stream_put(x->f->s->io, out);
        return stream_flush(x->f->s->io, e);
    }
    x->nul |= span_chr(out, '\0') >= 0;
    if (x->kept.n + out.n <= PART_KEPT_MOST)
        buf_addspan(&x->kept, out);
    return RC_OK;
}

static enum rc take(void *ctx, struct span piece, struct err *e)
{
    struct decoding *x = ctx;

    reply_alive(x->f->s);
    buf_clear(&x->piece);
    decoder_feed(&x->d, piece, &x->piece);
    return wanted(x, buf_span(&x->piece), e);
}

static enum rc pass(struct decoding *x, const struct store_entry *en, struct fetch_where w, struct err *e)
{
    enum rc rc = w.at_hand ? RC_OK : pages_quiet(&x->f->pages, e);

    x->d = (struct decoder){.kind = x->d.kind};
    x->at = 0;
    if (rc == RC_OK)
        rc = w.at_hand ? take(x, w.bytes, e)
                       : mailbox_read(x->f->s->box, x->f->s->view->folder, en, SEAL_MESSAGE, w.off, w.len, take, x, e);
    if (rc != RC_OK)
        return rc;
    buf_clear(&x->piece);
    decoder_end(&x->d, &x->piece);
    return wanted(x, buf_span(&x->piece), e);
}

/* How many octets of the wanted range there are. */
static uint64_t there(const struct decoding *x)
{
    uint64_t end = x->at < x->to ? x->at : x->to;

    return end > x->from ? end - x->from : 0;
}

static enum rc send_it(struct decoding *x, const struct store_entry *en, struct fetch_where w, struct err *e)
{
    struct fetch *f = x->f;
    uint64_t n = there(x);
    enum rc rc;

    buf_addstr(&f->s->out, x->nul ? " ~{" : " {");
    put_u64(&f->s->out, n);
    buf_addstr(&f->s->out, "}\r\n");
    if (x->kept.n == n) {
        buf_addspan(&f->s->out, buf_span(&x->kept));
        return RC_OK;
    }
    x->sending = f->sent = true;
    reply_out(f->s);
    rc = pass(x, en, w, e);
    if (rc == RC_OK && there(x) == n)
        return RC_OK;
    if (rc != RC_CLOSED && rc != RC_TIMEOUT) /* those are the client's going */
        log_ev(LOG_ERROR_, "fetch-broken", "rc=%s cause=%s", rc_name(rc), log_esc(span_str(rc == RC_OK ? "" : e->log)));
    return session_lost(f->s, e, "a literal could not be completed");
}

static enum rc put_it(struct decoding *x, const struct store_entry *en, size_t i, struct fetch_where w, struct err *e)
{
    const struct imap_section *s = &x->f->what->sections[i];
    enum rc rc = pass(x, en, w, e);

    if (rc != RC_OK)
        return rc;
    fetch_put_name(x->f, i);
    if (s->form == FORM_BINARY)
        return send_it(x, en, w, e);
    buf_addc(&x->f->s->out, ' ');
    put_u64(&x->f->s->out, x->at);
    return RC_OK;
}

enum rc fetch_put_decoded(struct fetch *f, const struct store_entry *en, size_t i, struct err *e)
{
    const struct imap_section *s = &f->what->sections[i];
    struct decoding x = {.f = f, .from = s->off, .to = UINT64_MAX, .kept = BUF_SECRET_INIT, .piece = BUF_SECRET_INIT};
    struct buf mem = BUF_SECRET_INIT;
    struct summary_part p;
    struct fetch_where w;
    bool known;
    enum rc rc = summary_part(&f->sum, s->part, &p, e);

    if (rc != RC_OK)
        return rc;
    x.d.kind = codec_of(span_str(p.encoding), &known);
    if (!known)
        return reply_no(e, CAUSE_UNKNOWN_CTE);
    if (s->partial)
        x.to = x.from + s->len;
    if ((rc = fetch_find(f, en, s, &w, &mem, e)) == RC_OK)
        rc = put_it(&x, en, i, w, e);
    buf_free(&x.kept);
    buf_free(&x.piece);
    buf_free(&mem);
    return rc;
}
