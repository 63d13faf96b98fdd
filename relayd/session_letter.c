/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/session_letter.c - one letter: may it be sent there as it is, the envelope, the octets, and what became of each recipient.
 *
 * Round    With PIPELINING the whole envelope leaves at once, with DATA behind it; a message of one chunk leaves with it too where there is CHUNKING. Then a
 * trips    letter costs one round trip. Every reply is read, whatever the ones before it said (RFC 2920 3.1).
 * Outcome  4yz: later; 5yz: never; for the one recipient, or for all that have no verdict yet. A connection that breaks leaves "later" for those: behind the
 *          final dot too, where nobody can know (RFC 5321 4.5.3.2.6). */
#include "base/log.h"
#include "relayd/session.h"
#include <stdio.h>
#include <stdlib.h>

struct rcpt {
    uint32_t n;
    uint16_t notify;
    struct span address, orcpt;   /* until the envelope is written */
    enum channel_outcome outcome; /* 0: none yet */
    enum cause cause;
    uint16_t code;
    char esc[SMTP_ESC_MAX], text[CH_TEXT + 1];
};
struct letter {
    struct session *n;
    const struct channel_next_rep *l;
    struct letter_body body;
    struct rcpt *r;
    size_t count;
    unsigned accepted; /* by RCPT, and no verdict since */
    bool pipelined, bdat, at_once /* the message leaves with the envelope */, mail_ok;
};

/* ---- verdicts ---- */

static void judge(struct rcpt *r, enum channel_outcome o, enum cause cause, uint16_t code, const char *esc,
                  const char *text)
{
    if (r->outcome != 0)
        return;
    r->outcome = o;
    r->cause = cause;
    r->code = code;
    snprintf(r->esc, sizeof r->esc, "%s", esc);
    snprintf(r->text, sizeof r->text, "%s", text);
}

static void judge_all(struct letter *t, enum channel_outcome o, enum cause cause)
{
    for (size_t i = 0; i < t->count; i++)
        judge(&t->r[i], o, cause, 0, "", "");
}

static void by_reply(const struct session *n, struct rcpt *r)
{
    judge(r,
          session_class(n) == 2   ? CO_TAKEN
          : session_class(n) == 5 ? CO_NEVER
                                  : CO_LATER,
          CAUSE_NONE, n->answer.code, n->answer.esc, n->answer.text);
}

static void all_by_reply(struct letter *t)
{
    for (size_t i = 0; i < t->count; i++)
        by_reply(t->n, &t->r[i]);
}

/* The connection has ended: whoever has no verdict waits. */
static void all_by_end(struct letter *t)
{
    const struct session_end *e = &t->n->end;

    for (size_t i = 0; i < t->count && e->set; i++)
        judge(&t->r[i], CO_LATER, e->cause, e->code, e->esc, e->text);
}

/* After a reply that refuses: may this connection go on? */
static bool usable(struct session *n)
{
    if (n->answer.code == 421)
        return session_answered(n, CAUSE_NONE);
    return session_class(n) != 3 || session_answered(n, CAUSE_PEER_PROTOCOL);
}

/* ---- may it be sent there as it is? ---- */

static bool ascii(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 0x7F)
            return false;
    return true;
}

/* Header fields with octets beyond 127 (RFC 6532). A header that goes on behind the first chunk is taken to have some. */
static bool utf8_header(const struct letter *t)
{
    struct span head = buf_span(&t->n->plain);
    ptrdiff_t end = span_find(head, SPAN_LIT("\r\n\r\n"));

    if (end < 0 && body_more(&t->body))
        return true;
    return !ascii(span_head(head, end < 0 ? head.n : (size_t)end));
}

/* What needs SMTPUTF8 cannot go where it is not offered: RFC 6531 3.2. An address concerns its recipient alone. */
static enum cause check_utf8(struct letter *t)
{
    if (t->n->offers.extensions & SMTP_UTF8)
        return CAUSE_NONE;
    for (size_t i = 0; i < t->count; i++)
        if (!ascii(t->r[i].address))
            judge(&t->r[i], CO_NEVER, CAUSE_PEER_NO_UTF8, 0, "", "");
    return !ascii(t->l->sender) || ((t->l->flags & CH_LETTER_UTF8) && utf8_header(t)) ? CAUSE_PEER_NO_UTF8 : CAUSE_NONE;
}

/* Of what leaves, which is less or more than what is stored. */
static enum cause check_size(struct letter *t)
{
    return t->n->offers.size > 0 && t->body.sends > t->n->offers.size ? CAUSE_PEER_TOO_BIG : CAUSE_NONE;
}

static enum cause check_body(struct letter *t)
{
    return body_open(&t->body, t->n, t->l) ? CAUSE_NONE : t->body.cause;
}

static enum cause check_tls(struct letter *t)
{
    return (t->l->flags & CH_LETTER_REQUIRETLS) && !(t->n->offers.extensions & SMTP_REQUIRETLS)
               ? CAUSE_PEER_NO_REQUIRETLS
               : CAUSE_NONE;
}

/* False: nobody is left that it could be sent to. */
static bool sendable(struct letter *t)
{
    static enum cause (*const checks[])(struct letter *) = {check_tls, check_body, check_size, check_utf8};
    enum cause c = CAUSE_NONE;

    for (size_t i = 0; i < sizeof checks / sizeof *checks && c == CAUSE_NONE; i++)
        c = checks[i](t);
    if (c != CAUSE_NONE)
        judge_all(t, c == CAUSE_DAMAGED || c == CAUSE_BUSY ? CO_LATER : CO_NEVER, c);
    for (size_t i = 0; i < t->count; i++)
        if (t->r[i].outcome == 0)
            return true;
    return false;
}

/* ---- the envelope ---- */

static bool write_mail(struct letter *t)
{
    uint32_t ext = t->n->offers.extensions;
    bool dsn = ext & SMTP_DSN;
    struct smtp_mail_words w = {.sender = t->l->sender,
                                .size = ext & SMTP_SIZE ? t->body.sends : 0,
                                .eight_bit = (ext & SMTP_8BITMIME) &&
                                             ((t->l->flags & CH_LETTER_8BIT) || !ascii(buf_span(&t->n->plain))),
                                .utf8 = (ext & SMTP_UTF8) && (t->l->flags & CH_LETTER_UTF8),
                                .require_tls = t->l->flags & CH_LETTER_REQUIRETLS,
                                .ret = dsn && t->l->ret <= RET_HDRS ? (enum smtp_ret)t->l->ret : RET_NONE,
                                .envid = dsn ? t->l->envid : SPAN_NULL};

    for (size_t i = 0; i < t->count; i++)
        w.utf8 = w.utf8 || (t->r[i].outcome == 0 && !ascii(t->r[i].address));
    w.utf8 = w.utf8 || !ascii(t->l->sender);
    return smtp_write_mail(&t->n->line, &w);
}

static bool write_rcpt(struct letter *t, const struct rcpt *r)
{
    bool dsn = t->n->offers.extensions & SMTP_DSN;
    struct smtp_rcpt_words w = {r->address, dsn ? r->notify : 0, dsn ? r->orcpt : SPAN_NULL};

    return smtp_write_rcpt(&t->n->line, &w);
}

/* The commands into n->line; ends[i]: where the i-th one ends, 0 being MAIL. A recipient whose address cannot be written gets its verdict. */
static bool write_envelope(struct letter *t, size_t *ends)
{
    bool one = false;

    buf_clear(&t->n->line);
    if (!write_mail(t)) {
        judge_all(t, CO_NEVER, CAUSE_BAD_ADDRESS);
        return false;
    }
    ends[0] = t->n->line.n;
    for (size_t i = 0; i < t->count; i++) {
        if (t->r[i].outcome == 0 && !write_rcpt(t, &t->r[i]))
            judge(&t->r[i], CO_NEVER, CAUSE_BAD_ADDRESS, 0, "", "");
        one = one || t->r[i].outcome == 0;
        ends[i + 1] = t->n->line.n;
    }
    return one;
}

/* RFC 5321 4.5.3.1.10: 552 to RCPT may mean "too many recipients", which is no verdict on this one. */
static bool too_many(const struct letter *t)
{
    const struct smtp_answer *a = &t->n->answer;

    return a->code == 552 && t->accepted > 0 && (a->esc[0] == '\0' || strcmp(a->esc, "5.5.3") == 0);
}

static bool rcpt_reply(struct letter *t, struct rcpt *r)
{
    struct session *n = t->n;

    if (!session_reply(n, CS_RCPT, n->conf->command_ms))
        return false;
    if (session_class(n) == 2 && t->mail_ok) {
        t->accepted++;
        return true;
    }
    if (too_many(t))
        judge(r, CO_LATER, CAUSE_NONE, n->answer.code, n->answer.esc, n->answer.text);
    by_reply(n, r);
    return usable(n);
}

static bool mail_reply(struct letter *t)
{
    struct session *n = t->n;

    if (!session_reply(n, CS_MAIL, n->conf->command_ms))
        return false;
    t->mail_ok = session_class(n) == 2;
    if (t->mail_ok)
        return true;
    all_by_reply(t);
    return usable(n);
}

/* One command of n->line, when it did not leave with the others. */
static bool say(struct letter *t, size_t from, size_t to)
{
    return t->pipelined ||
           (session_silent(t->n) && session_send(t->n, span_head(span_from(buf_span(&t->n->line), from), to - from)));
}

static bool send_at_once(struct letter *t)
{
    struct session *n = t->n;

    if (!t->pipelined)
        return true;
    if (!session_silent(n) || (t->at_once && !body_wanted(&t->body)))
        return false;
    stream_put(n->s, buf_span(&n->line));
    if (t->at_once)
        body_put_bdat(&t->body);
    else if (!t->bdat)
        stream_put(n->s, SPAN_LIT("DATA\r\n"));
    return session_flush(n, deadline_in(n->conf->command_ms));
}

static bool envelope(struct letter *t, const size_t *ends)
{
    t->n->dirty = true;
    t->n->stage = CS_MAIL;
    if (!send_at_once(t) || !say(t, 0, ends[0]) || !mail_reply(t))
        return false;
    for (size_t i = 0; i < t->count && (t->mail_ok || t->pipelined); i++)
        if (ends[i + 1] > ends[i] && (!say(t, ends[i], ends[i + 1]) || !rcpt_reply(t, &t->r[i])))
            return false;
    return true;
}

/* ---- the octets ---- */

static bool final_reply(struct letter *t)
{
    struct session *n = t->n;

    if (!session_reply(n, CS_DOT, n->conf->final_ms))
        return false;
    if (session_class(n) == 2)
        n->dirty = false;
    if (t->accepted > 0)
        all_by_reply(t);
    return session_class(n) == 2 || usable(n);
}

/* Ends in the middle of the message: nothing more can be said to this peer. */
static bool cut(struct letter *t)
{
    t->n->cut = true;
    if (t->body.cause != CAUSE_NONE)
        judge_all(t, t->body.cause == CAUSE_DAMAGED ? CO_LATER : CO_NEVER, t->body.cause);
    else if (t->body.gone)
        judge_all(t, CO_LATER, CAUSE_BUSY);
    return false;
}

static bool sent(struct letter *t, enum body_result r)
{
    if (r == BODY_CUT)
        return cut(t);
    if (r == BODY_SENT)
        return final_reply(t);
    all_by_reply(t);
    return usable(t->n);
}

/* The server said 354 although it has no recipient: an empty message takes it back to commands (RFC 2920 3.1). */
static bool nothing(struct letter *t)
{
    return session_send(t->n, SPAN_LIT(".\r\n")) && final_reply(t);
}

static bool data(struct letter *t)
{
    struct session *n = t->n;

    if (t->accepted == 0 && !t->pipelined)
        return true;
    if (!t->pipelined && !(session_silent(n) && session_send(n, SPAN_LIT("DATA\r\n"))))
        return false;
    if (!session_reply(n, CS_DATA, n->conf->command_ms))
        return false;
    if (n->answer.code == 354 && !session_silent(n)) /* a verdict on octets that it has not seen is none */
        return false;
    if (n->answer.code == 354)
        return t->accepted > 0 ? sent(t, body_send_data(&t->body)) : nothing(t);
    if (session_class(n) == 2)
        return session_answered(n, CAUSE_PEER_PROTOCOL);
    all_by_reply(t);
    return usable(n);
}

static bool octets(struct letter *t)
{
    if (!t->bdat)
        return data(t);
    if (t->at_once)
        return final_reply(t);
    return t->accepted == 0 || sent(t, body_send_bdat(&t->body));
}

/* ---- the letter ---- */

static bool passengers(struct letter *t)
{
    struct span rest = t->l->rcpts;
    struct channel_rcpt c;
    struct err e;

    while (t->count < CH_RCPTS && ipc_list_next(&rest, channel_rcpt_f, &c, &e) == RC_OK)
        t->r[t->count++] = (struct rcpt){.n = c.n, .notify = c.notify, .address = c.address, .orcpt = c.orcpt};
    return t->count > 0;
}

static bool done(struct letter *t)
{
    struct buf list = BUF_SECRET_INIT;
    struct channel_done_req rq = {.letter = t->l->letter};
    unsigned char none;
    bool ok;

    for (size_t i = 0; i < t->count; i++) {
        const struct rcpt *r = &t->r[i];
        struct channel_result c = {.n = r->n,
                                   .outcome = (uint8_t)r->outcome,
                                   .cause = (uint16_t)r->cause,
                                   .code = r->code,
                                   .esc = span_str(r->esc),
                                   .dsn_there = (t->n->offers.extensions & SMTP_DSN) != 0,
                                   .text = span_str(r->text)};

        ipc_list_add(&list, channel_result_f, &c);
    }
    rq.results = buf_span(&list);
    ok = session_ask(t->n, CH_DONE, channel_done_req_f, &rq, NULL, &none);
    buf_free(&list);
    return ok;
}

/* What a former letter left there must not become a part of this one. */
static bool clean(struct session *n)
{
    if (!n->dirty)
        return true;
    if (!session_command(n, CS_RSET, "RSET\r\n"))
        return false;
    n->dirty = session_class(n) != 2;
    return !n->dirty || session_answered(n, CAUSE_NONE);
}

static bool transact(struct letter *t)
{
    struct session *n = t->n;
    size_t ends[CH_RCPTS + 1];

    t->bdat = n->offers.extensions & SMTP_CHUNKING;
    t->pipelined = n->offers.extensions & SMTP_PIPELINING;
    t->at_once = t->pipelined && t->bdat && !body_more(&t->body);
    if (!clean(n))
        return false;
    return !write_envelope(t, ends) || (envelope(t, ends) && octets(t));
}

bool session_letter(struct session *n, const struct channel_next_rep *l)
{
    struct letter t = {.n = n, .l = l, .body = {.n = n}, .r = calloc(CH_RCPTS, sizeof *t.r)};
    char mid[33];
    bool on = true;

    if (t.r == NULL)
        die("out of memory");
    snprintf(mid, sizeof mid, "%.*s", SPAN_ARG(l->mid));
    log_message(mid);
    if (!passengers(&t))
        bug("a letter without recipients");
    if (sendable(&t))
        on = transact(&t);
    all_by_end(&t);
    judge_all(&t, CO_LATER, CAUSE_BUSY); /* the scheduler left, and will not hear it */
    body_close(&t.body);
    on = done(&t) && on;
    free(t.r);
    return on;
}
