/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/append.c - see imapd/append.h. The octets are kept exactly, except the line ends of a Unix file
 * (imapd/line_ends.h). NUL is refused, because the grammar does not permit it, unless it comes as literal8: then its part
 * is encoded anew (imapd/without_nul.h). */
#include "imapd/append.h"
#include "base/dialler.h"
#include "base/log.h"
#include "flow/spool.h"
#include "imapd/commands.h"
#include "imapd/url_octets.h"
#include "imapd/without_nul.h"

/* ---- octets ---- */
static enum rc take(void *ctx, struct span piece, struct err *e)
{
    struct appending *p = ctx;
    enum rc rc;

    reply_later(p->s);
    if ((rc = session_goes_on(p->s, e)) != RC_OK)
        return rc;
    if (span_chr(piece, '\0') >= 0) {
        if (!p->args.literal8)
            return reply_no(e, CAUSE_NUL);
        p->nul = true;
    }
    if ((rc = line_ends_feed(&p->ends, piece, &p->mem, &piece, e)) != RC_OK)
        return rc;
    scan_feed(p->scan, piece);
    return spool_put(p->spool, piece, e);
}

/* Of a URL. These octets cost the client nothing, but they count as if it had sent them. */
static enum rc take_known(void *ctx, struct span piece, struct err *e)
{
    struct appending *p = ctx;

    if (piece.n > 2 * p->s->conf->max_message - p->octets)
        return reply_no(e, CAUSE_TOO_MANY_AT_ONCE);
    p->octets += piece.n;
    return take(ctx, piece, e);
}

static enum rc nowhere(void *ctx, struct span piece, struct err *e)
{
    struct appending *p = ctx;

    (void)piece;
    reply_later(p->s);
    return session_goes_on(p->s, e);
}

/* Takes the octets of a literal off the stream, whether they are kept or not. A client that waits for "+" is asked
 * first. */
static enum rc take_octets(struct appending *p, enum rc (*sink)(void *, struct span, struct err *), struct err *e)
{
    struct imap_session *s = p->s;
    enum rc rc;

    if (s->frame.sync) {
        reply_put(s, "+ OK");
        if (stream_flush(s->io, e) != RC_OK)
            return session_lost(s, e, "gone before a message");
    }
    rc = input_octets(s, s->frame.literal, sink, p, e);
    if (rc == RC_TIMEOUT || rc == RC_CLOSED)
        return session_unread(s, rc, e, "gone in the middle of a message");
    return rc;
}

/* ---- the line between literals ---- */
static enum rc feed(struct imap_session *s, enum frame_event *ev, struct err *e)
{
    struct span at_hand;
    size_t used;

    *ev = FRAME_MORE;
    while (*ev == FRAME_MORE) {
        enum rc rc = input_peek(s, &at_hand, e);

        if (rc != RC_OK)
            return session_unread(s, rc, e, "gone behind a message");
        *ev = imap_frame_feed(&s->frame, at_hand, &used);
        stream_consume(s->io, used);
    }
    if (*ev == FRAME_DONE || *ev == FRAME_LITERAL)
        return RC_OK;
    s->bye = true; /* the line is out of step */
    return reply_bad(s, e, CAUSE_APPEND_REST);
}

/* A literal that is a URL stands in the text, as that of any command. */
static enum rc into_text(struct imap_session *s, struct err *e)
{
    if (!imap_frame_fits(&s->frame))
        return reply_no(e, CAUSE_LITERAL_TOO_LONG);
    if (s->frame.sync) {
        reply_put(s, "+ OK");
        if (stream_flush(s->io, e) != RC_OK)
            return session_lost(s, e, "gone in APPEND");
    }
    imap_frame_accept(&s->frame);
    return RC_OK;
}

/* Reads the line on behind a literal, up to its end or to the next literal that is taken off the stream; after a refusal
 * every literal is. *in_out: the stretch. */
static enum rc read_on(struct appending *p, bool refused, struct imap_in *in_out, struct err *e)
{
    struct imap_session *s = p->s;
    size_t from = s->frame.text.n;
    enum frame_event ev;
    enum rc rc;

    imap_frame_skip(&s->frame);
    for (;;) {
        if ((rc = feed(s, &ev, e)) != RC_OK)
            return rc;
        *in_out = imap_in_of(span_from(buf_span(&s->frame.text), from), &s->mem, &s->opened);
        s->streaming = ev == FRAME_LITERAL;
        if (!s->streaming)
            return RC_OK;
        in_out->s.n -= 2; /* the announcement's CRLF */
        if (refused || imap_append_check(*in_out, p->args) == APPEND_LITERAL)
            return RC_OK;
        if ((rc = into_text(s, e)) != RC_OK)
            return rc;
    }
}

/* ---- refusing ---- */
/* Octets of a client that does not wait are taken off, up to a bound. False: no more is read of this command. */
static bool read_away(struct appending *p, enum rc *why, struct err *e)
{
    struct imap_session *s = p->s;
    struct imap_in in;
    enum rc rc;

    p->octets = s->frame.literal > UINT64_MAX - p->octets ? UINT64_MAX : p->octets + s->frame.literal;
    if (p->octets > 2 * s->conf->max_message) {
        reply_refused(s, e->cause == CAUSE_NONE ? CAUSE_TOO_BIG : e->cause);
        s->bye = s->answered = true;
        return false;
    }
    rc = take_octets(p, nowhere, e);
    if (rc == RC_OK)
        rc = read_on(p, true, &in, e);
    if (rc != RC_OK)
        *why = rc;
    return rc == RC_OK;
}

static enum rc refuse(struct appending *p, enum rc why, struct err *e)
{
    struct imap_session *s = p->s;
    struct err kept = *e, lost = *e;
    enum rc said = why;

    while (s->streaming && !s->frame.sync && !s->bye)
        if (!read_away(p, &why, &lost))
            break;
    *e = why == said ? kept : lost;
    return why;
}

/* ---- one message ---- */
static bool room_of_account(void *ctx, uint64_t bytes)
{
    return dialler_hold(bytes, ((struct imap_session *)ctx)->address);
}

/* What is wrong with a literal before its octets come. */
static enum rc admit(struct appending *p, struct err *e)
{
    struct imap_session *s = p->s;

    if (s->frame.literal > s->conf->max_message)
        return reply_no(e, CAUSE_TOO_BIG);
    if (s->frame.literal == 0 && !p->args.catenate)
        return reply_no(e, CAUSE_EMPTY_MESSAGE);
    if (s->frame.literal > 2 * s->conf->max_message - p->octets)
        return reply_no(e, CAUSE_TOO_MANY_AT_ONCE);
    return spool_expect(s->frame.literal, e); /* last: what it grants is given back with the spool */
}

static enum rc end_message(struct appending *p, struct err *e)
{
    struct imap_session *s = p->s;
    enum rc rc = line_ends_finish(&p->ends, e);

    if (rc == RC_OK)
        rc = spool_end(p->spool, e);
    if (rc == RC_OK && spool_size(p->spool) == 0)
        rc = reply_no(e, CAUSE_EMPTY_MESSAGE);
    scan_end(p->scan);
    if (rc != RC_OK || !p->nul)
        return rc;
    scan_free(&p->scan); /* it is of other octets than those that are filed */
    return without_nul(&p->spool, s->conf->max_message, s->conf->hostname, e);
}

/* ---- filing ---- */
struct letter_at { /* one message as flow/file.h takes it */
    struct recipient box;
    struct file_request rq;
    char mid[17];
};

static void letter_of(const struct appending *p, struct letter_at *l)
{
    const struct imap_session *s = p->s;

    *l = (struct letter_at){
        .box = {
            .local = true, .mbx = mailbox_id(s->box), .folder = p->f.id, .flags = p->flags, .internaldate = p->date}};
    memcpy(l->box.pub, mailbox_pub(s->box), sizeof l->box.pub);
    log_id_new(l->mid);
    log_message(l->mid);
    l->rq = (struct file_request){
        .message = p->spool, .scan = p->scan, .to = &l->box, .n_to = 1, .mid = l->mid, .enforce_quota = true};
}

static void log_append(const struct appending *p, enum rc rc, uint64_t size)
{
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "append", "account=%s rc=%s size=%llu", p->s->address, rc_name(rc),
           (unsigned long long)size);
    log_message("");
}

/* The message at hand joins those that are filed together. */
static enum rc to_batch(struct appending *p, struct err *e)
{
    uint64_t size = spool_size(p->spool);
    struct letter_at l;
    enum rc rc;

    if (!p->batch)
        p->batch = file_batch_new();
    letter_of(p, &l);
    rc = file_batch_add(p->batch, p->s->keyd, &l.rq, e);
    log_append(p, rc, size);
    spool_free(&p->spool);
    scan_free(&p->scan);
    return rc;
}

/* "APPENDUID 38505 3955:3957" */
static void tell(struct imap_session *s, const struct file_result *r, bool replaced)
{
    struct imap_set_writer w = {.out = &s->code};

    if (r->n_placed == 0 || (s->opened.responses & RESP_APPENDUID) == 0)
        return;
    buf_clear(&s->code);
    buf_addf(&s->code, "APPENDUID %u ", r->placed[0].uidvalidity);
    for (size_t i = 0; i < r->n_placed; i++)
        imap_set_put(&w, r->placed[i].uid);
    imap_set_flush(&w);
    if (!replaced)
        return;
    reply_put(s, "* OK [%s] Replacement is there", buf_cstr(&s->code));
    buf_clear(&s->code);
}

static enum rc file_all(struct appending *p, struct err *e)
{
    struct imap_session *s = p->s;
    struct file_result res = {0};
    struct letter_at l;
    enum rc rc;

    if (p->batch == NULL && p->gone_uid == 0) {
        letter_of(p, &l);
        rc = file_message(s->keyd, s->store, &l.rq, &res, e);
        log_append(p, rc, spool_size(p->spool));
    } else {
        if ((rc = to_batch(p, e)) == RC_OK)
            rc = file_batch_file(p->batch, s->store, p->gone_folder, p->gone_uid, &res, e);
    }
    if (rc == RC_OK)
        tell(s, &res, p->gone_uid != 0);
    file_result_free(&res);
    return rc;
}

/* ---- the command ---- */
/* The text of the command moves in memory when more of its line comes, so the tag is kept elsewhere. */
static enum rc keep_tag(struct imap_session *s, struct err *e)
{
    unsigned char *p = imap_arena_get(&s->mem, s->tag.n);

    if (p == NULL)
        return reply_bad(s, e, CAUSE_TOO_COMPLEX);
    memcpy(p, s->tag.p, s->tag.n);
    s->tag = span_of(p, s->tag.n);
    return RC_OK;
}

/* The message before it joins the batch; flags and date are looked at while the text that has them is at hand. */
static enum rc begin_message(struct appending *p, struct err *e)
{
    struct imap_session *s = p->s;
    uint64_t size = p->spool ? spool_size(p->spool) : 0;
    enum rc rc = p->spool ? to_batch(p, e) : RC_OK;

    p->begun = p->args.messages;
    if (rc == RC_OK && size > 0 && (rc = spool_hold(size, e)) == RC_OK)
        p->held += size;
    if (rc == RC_OK)
        rc = keywords_load(s, e);
    if (rc == RC_OK)
        rc = keywords_resolve(s, &p->args.flags, &p->flags, e);
    p->date = p->args.has_date ? p->args.date : clock_utc();
    p->ends = (struct line_ends)LINE_ENDS_INIT;
    p->nul = false;
    spool_limit(room_of_account, s);
    if (rc == RC_OK)
        p->spool = spool_new(s->conf->max_message);
    if (rc == RC_OK)
        p->scan = scan_new();
    return rc;
}

/* One literal, whose stretch is at hand; then the stretch behind it. A literal that fails is off the stream all the same. */
static enum rc take_literal(struct appending *p, struct imap_in *in, struct err *e)
{
    struct err kept, other;
    enum rc rc = admit(p, e), rest;

    if (rc != RC_OK)
        return rc;
    p->octets += p->s->frame.literal;
    rc = take_octets(p, take, e);
    if (p->s->bye || p->s->lost)
        return rc;
    if (rc == RC_OK && !p->args.catenate)
        rc = end_message(p, e);
    kept = *e;
    if ((rest = read_on(p, rc != RC_OK, in, &other)) != RC_OK && (rc == RC_OK || p->s->bye)) {
        *e = other;
        return rest;
    }
    *e = kept;
    return rc;
}

static enum rc do_step(struct appending *p, enum imap_append_step step, struct imap_in *in, struct err *e)
{
    enum rc rc = p->args.messages != p->begun ? begin_message(p, e) : RC_OK;

    if (rc != RC_OK)
        return rc;
    if (step == APPEND_URL)
        return url_octets(p->s, p->args.url, &(struct url_want){.by = URL_BY_SESSION, .sink = take_known, .ctx = p}, e);
    if (step == APPEND_CLOSE)
        return end_message(p, e);
    return p->s->streaming ? take_literal(p, in, e) : reply_bad(p->s, e, CAUSE_APPEND_LITERAL);
}

static enum rc take_all(struct appending *p, struct imap_in *in, struct err *e)
{
    enum imap_append_step step;
    enum rc rc;

    while ((step = imap_append_step(in, &p->args)) != APPEND_END && step != APPEND_BAD)
        if ((rc = do_step(p, step, in, e)) != RC_OK)
            return rc;
    return step == APPEND_END ? RC_OK : reply_bad(p->s, e, CAUSE_APPEND_REST);
}

static void appending_end(struct appending *p)
{
    spool_free(&p->spool);
    scan_free(&p->scan);
    file_batch_free(&p->batch);
    if (p->held > 0)
        spool_release(p->held);
    buf_free(&p->mem);
}

enum rc append_refuse(struct imap_session *s, enum rc why, struct err *e)
{
    struct appending p = {.s = s};
    struct err other;

    return keep_tag(s, &other) == RC_OK ? refuse(&p, why, e) : why;
}

enum rc append_run(struct imap_session *s, const struct folder *to, struct imap_in rest, uint32_t gone_folder,
                   uint32_t gone_uid, struct err *e)
{
    struct appending p = {.s = s,
                          .f = *to,
                          .args = {.single = gone_uid != 0},
                          .mem = BUF_SECRET_INIT,
                          .gone_folder = gone_folder,
                          .gone_uid = gone_uid};
    enum rc rc = keep_tag(s, e);

    if (rc == RC_OK)
        rc = take_all(&p, &rest, e);
    if (rc != RC_OK && !s->bye && !s->lost)
        rc = refuse(&p, rc, e);
    if (rc == RC_OK)
        rc = session_goes_on(s, e); /* nothing is filed for who may be here no more */
    if (rc == RC_OK)
        rc = file_all(&p, e);
    appending_end(&p);
    return rc;
}
