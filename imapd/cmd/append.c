/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/append.c - APPEND: the literal goes into a spool (bounded memory), and is then sealed and filed like any
 * delivery. The octets are kept exactly, except the line ends of a Unix file (imapd/line_ends.h). NUL is refused,
 * because the grammar does not permit it. RFC 3501 6.3.11, RFC 4315 (APPENDUID), RFC 7888. */
#include "base/dialler.h"
#include "base/log.h"
#include "flow/file.h"
#include "flow/spool.h"
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/line_ends.h"

struct taking {
    struct imap_session *s;
    struct spool *spool; /* NULL: only read away */
    struct line_ends ends;
    struct buf mem;
};

static enum rc take(void *ctx, struct span piece, struct err *e)
{
    struct taking *t = ctx;
    enum rc rc;

    reply_later(t->s);
    if ((rc = session_goes_on(t->s, e)) != RC_OK)
        return rc;
    if (t->spool == NULL)
        return RC_OK;
    if (span_chr(piece, '\0') >= 0)
        return reply_no(e, CAUSE_NUL);
    if ((rc = line_ends_feed(&t->ends, piece, &t->mem, &piece, e)) != RC_OK)
        return rc;
    return spool_put(t->spool, piece, e);
}

/* The rest of the command's line: nothing may stand there. */
static enum rc take_line_end(struct imap_session *s, struct err *e)
{
    enum frame_event ev = FRAME_MORE;
    size_t line = s->frame.text.n, used;
    struct span at_hand;

    imap_frame_skip(&s->frame);
    while (ev == FRAME_MORE) {
        enum rc rc = input_peek(s, &at_hand, e);

        if (rc != RC_OK)
            return session_unread(s, rc, e, "gone behind a message");
        ev = imap_frame_feed(&s->frame, at_hand, &used);
        stream_consume(s->io, used);
    }
    if (ev == FRAME_DONE && s->frame.text.n == line)
        return RC_OK;
    s->bye = ev != FRAME_DONE; /* another literal, say: the line is out of step */
    return reply_bad(s, e, CAUSE_APPEND_ONE);
}

/* Takes the octets off the stream, whether they are kept or not. A client that waits for "+" and is refused sends
 * none. */
static enum rc take_octets(struct imap_session *s, struct spool *spool, struct err *e)
{
    struct taking t = {.s = s, .spool = spool, .ends = LINE_ENDS_INIT, .mem = BUF_SECRET_INIT};
    enum rc rc, end;
    struct err e2;

    if (s->frame.sync) {
        reply_put(s, "+ OK");
        if (stream_flush(s->io, e) != RC_OK)
            return session_lost(s, e, "gone before a message");
    }
    rc = input_octets(s, s->frame.literal, take, &t, e);
    if (rc == RC_OK)
        rc = line_ends_finish(&t.ends, e);
    buf_free(&t.mem);
    if (rc == RC_TIMEOUT || rc == RC_CLOSED)
        return session_unread(s, rc, e, "gone in the middle of a message");
    if (s->bye)
        return rc;
    end = take_line_end(s, &e2);
    if (rc == RC_OK && end != RC_OK) {
        *e = e2;
        rc = end;
    }
    return rc;
}

/* The message is refused before its octets come. When the client does not wait for "+", they are read away, up to twice
 * the largest message. */
static enum rc refuse(struct imap_session *s, enum rc why, struct err *e)
{
    struct err kept = *e;

    if (s->frame.sync)
        return why;
    if (s->frame.literal > 2 * s->conf->max_message) {
        reply_refused(s, CAUSE_TOO_BIG);
        s->bye = s->answered = true;
    } else {
        enum rc rc = take_octets(s, NULL, e);

        if (rc == RC_CLOSED || rc == RC_TIMEOUT || (rc == RC_DENIED && s->bye)) {
            why = rc;
            kept = *e;
        }
    }
    *e = kept;
    return why;
}

static enum rc file(struct imap_session *s, struct spool *spool, const struct folder *f, uint64_t flags, int64_t date,
                    struct err *e)
{
    struct recipient box = {
        .local = true, .mbx = mailbox_id(s->box), .folder = f->id, .flags = flags, .internaldate = date};
    struct file_request rq = {.message = spool, .to = &box, .n_to = 1, .enforce_quota = true};
    struct file_result res = {0};
    char mid[17];
    enum rc rc;

    log_id_new(mid);
    log_message(mid);
    rq.mid = mid;
    memcpy(box.pub, mailbox_pub(s->box), sizeof box.pub);
    rc = file_message(s->keyd, s->store, &rq, &res, e);
    if (rc == RC_OK && res.n_placed == 1 && (s->opened.responses & RESP_APPENDUID))
        reply_code(s, "APPENDUID %u %u", res.placed[0].uidvalidity, res.placed[0].uid);
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "append", "account=%s rc=%s size=%llu", s->address, rc_name(rc),
           (unsigned long long)res.size);
    file_result_free(&res);
    log_message("");
    return rc;
}

static bool room_of_account(void *ctx, uint64_t bytes)
{
    return dialler_hold(bytes, ((struct imap_session *)ctx)->address);
}

/* All that can be refused is refused before the message is asked for. */
static enum rc prepare(struct imap_session *s, union imap_args *a, struct folder *f, uint64_t *flags, struct err *e)
{
    enum rc rc = folder_get(s, a->append.name, true, f, e);

    if (rc == RC_OK && s->frame.literal > s->conf->max_message)
        rc = reply_no(e, CAUSE_TOO_BIG);
    if (rc == RC_OK && s->frame.literal == 0)
        rc = reply_no(e, CAUSE_EMPTY_MESSAGE);
    if (rc == RC_OK)
        rc = keywords_load(s, e);
    if (rc == RC_OK)
        rc = keywords_resolve(s, &a->append.flags, flags, e);
    spool_limit(room_of_account, s);
    return rc == RC_OK ? spool_expect(s->frame.literal, e) : rc; /* last: what it grants is given back with the spool */
}

enum rc cmd_append(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct spool *spool = NULL;
    struct folder f;
    uint64_t flags = 0;
    enum rc rc;

    if (!s->streaming)
        return reply_bad(s, e, CAUSE_APPEND_LITERAL);
    if ((rc = prepare(s, a, &f, &flags, e)) != RC_OK)
        return refuse(s, rc, e);
    spool = spool_new(s->conf->max_message);
    rc = take_octets(s, spool, e);
    if (rc == RC_OK)
        rc = spool_end(spool, e);
    if (rc == RC_OK)
        rc = session_goes_on(s, e); /* nothing is filed for who may be here no more */
    if (rc == RC_OK)
        rc = file(s, spool, &f, flags, a->append.has_date ? a->append.date : clock_utc(), e);
    spool_free(&spool);
    return rc;
}
