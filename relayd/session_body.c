/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_body.c - the octets of a letter: asked for, unsealed, looked at and sent, chunk by chunk. RFC 5321 4.5.2, RFC 3030.
 *
 * Looked at for what must not leave: a bare CR or LF, which the next server might take for the end of the message (what came in by SMTP has none, but
 * a defence that stands at one door only is none), and octets beyond 127 where the peer takes none. Once octets have been sent, the only way to take a
 * message back is to end the connection without the final dot. */
#include "relayd/session.h"
#include <stdio.h>

/* ---- chunks ---- */

static bool unsound(struct letter_body *b, enum cause cause)
{
    b->cause = cause;
    return false;
}

/* CRLF may fall on two chunks. */
static bool look_at(struct letter_body *b)
{
    const struct buf *c = &b->n->plain;
    unsigned char before = b->last, high = 0;

    for (size_t i = 0; i < c->n; i++) {
        unsigned char o = c->p[i];

        if ((o == '\n') != (before == '\r'))
            return unsound(b, CAUSE_BARE_LF);
        high |= o;
        before = o;
    }
    b->last = before;
    if (before == '\r' && !body_more(b))
        return unsound(b, CAUSE_BARE_LF);
    return (high & 0x80) == 0 || b->eight_bit || unsound(b, CAUSE_PEER_NO_8BIT);
}

/* Return-Path is for the mailbox: who sends a message on takes it off (RFC 5321 4.4). Ours stands first (flow/step_trace.c). */
static bool drop_return_path(struct letter_body *b)
{
    struct span all = buf_span(&b->n->plain);
    ptrdiff_t end = span_istarts(all, "Return-Path:") ? span_find(all, SPAN_LIT(">\r\n")) : -1;

    b->sends = b->size;
    if (end >= 0 && span_chr(all, '\n') == end + 2) {
        buf_take(&b->n->plain, (size_t)end + 3);
        b->sends -= (size_t)end + 3;
    }
    return true;
}

static bool unseal(struct letter_body *b, struct span sealed)
{
    struct seal_chunk_at at;
    struct err e;

    buf_clear(&b->n->plain);
    if (!seal_chunk_at(b->size, b->lead, b->next, &at) || sealed.n < SEAL_TAG ||
        open_chunk(b->object, b->next, at.final, sealed, &b->n->plain, &e) != RC_OK || b->n->plain.n != at.n)
        return unsound(b, CAUSE_DAMAGED);
    b->next++;
    return look_at(b) && (b->next > 1 || drop_return_path(b)) && (!b->conv || convert_chunk(b));
}

bool body_more(const struct letter_body *b)
{
    return b->next < b->chunks;
}

bool body_open(struct letter_body *b, struct session *n, const struct channel_next_rep *l)
{
    struct err e;

    *b = (struct letter_body){.n = n,
                              .letter = l->letter,
                              .size = l->size,
                              .lead = l->lead,
                              .chunks = seal_led_chunks(l->size, l->lead),
                              .eight_bit = n->offers.extensions & SMTP_8BITMIME,
                              .utf8 = (l->flags & CH_LETTER_UTF8) && !(n->offers.extensions & SMTP_UTF8)};
    if (seal_obj_open(l->cek, l->oid, SEAL_MESSAGE, &b->object, &e) != RC_OK)
        return unsound(b, CAUSE_DAMAGED);
    seal_obj_led(b->object, b->lead);
    if (!(l->flags & CH_LETTER_8BIT) || b->eight_bit) {
        if (unseal(b, l->chunk) || b->cause != CAUSE_PEER_NO_8BIT)
            return b->cause == CAUSE_NONE;
    }
    b->cause = CAUSE_NONE;
    return convert_open(b);
}

bool body_next(struct letter_body *b)
{
    struct channel_chunk_req rq = {b->letter, b->next};
    struct channel_chunk_rep rep;

    b->gone = !session_ask(b->n, CH_CHUNK, channel_chunk_req_f, &rq, channel_chunk_rep_f, &rep) || !rep.ok;
    return !b->gone && unseal(b, rep.sealed);
}

void body_close(struct letter_body *b)
{
    convert_close(b);
    if (b->object != NULL)
        seal_obj_close(&b->object);
    buf_clear(&b->n->plain);
}

/* ---- sending ---- */

static bool flush(struct session *n, int64_t until)
{
    int64_t block = deadline_in(n->conf->data_ms);

    return session_flush(n, block < until ? block : until);
}

bool body_wanted(struct letter_body *b)
{
    b->gone = b->gone || !session_wanted(b->n);
    return !b->gone;
}

enum body_result body_send_data(struct letter_body *b)
{
    struct session *n = b->n;
    int64_t until = deadline_in(LETTER_MS);
    struct smtp_dots dots = {0};

    n->stage = CS_DATA;
    for (bool more = true; more;) {
        buf_clear(&n->line);
        smtp_dots_write(&dots, buf_span(&n->plain), &n->line);
        more = body_more(b);
        if (!more && !body_wanted(b))
            return BODY_CUT;
        if (!more)
            smtp_dots_end(&dots, &n->line);
        stream_put(n->s, buf_span(&n->line));
        if (!flush(n, until) || (more && !body_next(b)))
            return BODY_CUT;
    }
    n->stage = CS_DOT;
    return BODY_SENT;
}

void body_put_bdat(const struct letter_body *b)
{
    struct session *n = b->n;
    char head[40];

    snprintf(head, sizeof head, "BDAT %zu%s\r\n", n->plain.n, body_more(b) ? "" : " LAST");
    stream_put(n->s, span_str(head));
    stream_put(n->s, buf_span(&n->plain));
}

/* One chunk, one BDAT, one reply; the reply to the last is left to the caller. */
enum body_result body_send_bdat(struct letter_body *b)
{
    struct session *n = b->n;
    int64_t until = deadline_in(LETTER_MS);

    for (;;) {
        n->stage = CS_DATA;
        if (!session_silent(n) || (!body_more(b) && !body_wanted(b)))
            return BODY_CUT;
        body_put_bdat(b);
        if (!flush(n, until))
            return BODY_CUT;
        if (!body_more(b))
            break;
        if (!session_reply(n, CS_DATA, n->conf->command_ms))
            return BODY_CUT;
        if (session_class(n) != 2)
            return BODY_REFUSED;
        if (!body_next(b))
            return BODY_CUT;
    }
    n->stage = CS_DOT;
    return BODY_SENT;
}
