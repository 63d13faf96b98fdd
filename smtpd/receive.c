/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/receive.c - gives the octets of a message from the stream to the letter. At its end the message is filed, or
 * refused with its cause.
 *
 * A message that is refused on the way is read to its end all the same. So the reply comes where the client waits for
 * it, and no octet of the message is taken for a command. After a bare CR or LF the true end may never come, so then
 * the wait is short. And when the end has come, the session is over: commands behind it might be a piece of the message
 * for the sender, which would be smuggled.
 */
#include "base/dialler.h"
#include "base/log.h"
#include "flow/spool.h"
#include "smtpd/session.h"

enum {
    FAULTY_WAIT_MS = 5000,
    LOOK_MS = 500,
    WHOLE_TIMES = 12 /* a message may take twelve times the wait for a block: two hours */
};

/* Asks for the account's key slots when a first message is to be signed, over a connection of its own, bound by the
 * ticket. */
static bool load_slots(struct smtp_session *s, struct err *e)
{
    struct store_box_rep box;
    struct buf mem = BUF_INIT; /* open: wrapped keys */
    struct store *st;
    enum rc rc;

    if (!(s->account_flags & DF_SIGN) || s->slots.n > 0)
        return true;
    st = store_new(ROLE_SMTPD);
    rc = store_bind(st, buf_span(&s->ticket), &box, &mem, e);
    if (rc == RC_OK)
        buf_addspan(&s->slots, box.slots);
    account_is(s);
    buf_free(&mem);
    store_free(&st);
    return rc == RC_OK;
}

/* The spool asks this when a message grows. By then it is known whose message it is. */
static bool room_of_sender(void *ctx, uint64_t bytes)
{
    const struct smtp_session *s = ctx;

    return dialler_hold(bytes, smtp_is_submission(s) ? s->account : s->tls_peer.dn);
}

/* A temporary trouble in taking or keeping what comes. */
static enum cause not_kept(const struct err *e)
{
    return e->cause == CAUSE_DISK_FULL ? CAUSE_DISK_FULL : CAUSE_STORE_TEMP;
}

/* Submission has rates an hour, for the account and for the address that it submits from. The message is counted before
 * it is sent: one that is refused later counts, too. When its dialler has died nobody counts for this session; it goes on
 * with what it has, as sessions do then. */
static enum cause within_rates(const struct smtp_session *s, struct err *e)
{
    static const enum cause of[] = {[DIALLER_YES] = CAUSE_NONE,
                                    [DIALLER_ACCOUNT_RATE] = CAUSE_RATE_ACCOUNT,
                                    [DIALLER_ADDRESS_RATE] = CAUSE_RATE_ADDRESS,
                                    [DIALLER_ADDRESS_SESSIONS] = CAUSE_RATE_ADDRESS,
                                    [DIALLER_GONE] = CAUSE_NONE};
    enum cause r = CAUSE_NONE;

    if (smtp_is_submission(s))
        r = of[dialler_rated(s->account, s->peer->ip, (unsigned)envelope_counted(s))];
    if (r != CAUSE_NONE)
        (void)!err_set(e, RC_TEMP, "account=%s recipients=%zu", s->account, envelope_counted(s));
    return r;
}

bool receive_begin(struct smtp_session *s, bool dots)
{
    struct letter *l = &s->letter;
    struct err e = {0};
    enum cause r = within_rates(s, &e);

    if (r != CAUSE_NONE) {
        smtp_refuse(s, r, &e);
        return false;
    }
    if (!load_slots(s, &e)) {
        smtp_refuse(s, CAUSE_STORE_TEMP, &e);
        return false;
    }
    spool_limit(room_of_sender, s);
    if (spool_expect(s->env.params.size, &e) != RC_OK) { /* told before it is sent in vain */
        smtp_refuse(s, not_kept(&e), &e);
        return false;
    }
    *l = (struct letter){.conf = &s->conf->letter,
                         .keyd = s->keyd,
                         .store = s->store,
                         .dir = s->dir,
                         .trust = s->trust,
                         .peer = &s->from,
                         .account = &s->as,
                         .env = &s->env.is};
    l->door = smtp_is_submission(s) ? DOOR_SUBMISSION : DOOR_RELAY;
    letter_begin(l);
    data_begin(&s->data, dots);
    s->data_until = deadline_in(WHOLE_TIMES * s->conf->data_ms);
    s->data_refused = CAUSE_NONE;
    return true;
}

static void give(struct smtp_session *s, struct span piece)
{
    struct err e;

    if (s->data_refused != CAUSE_NONE || letter_put(&s->letter, piece, &e) == RC_OK)
        return;
    s->data_refused = e.cause == CAUSE_DOMAIN_SIZE ? CAUSE_DOMAIN_SIZE : e.rc == RC_PERM ? CAUSE_TOO_BIG : not_kept(&e);
    log_err(LOG_WARN_, "message-not-taken", &e);
    letter_drop(&s->letter); /* what is still to come is read and forgotten: its memory is somebody else's now */
}

static void look_for_faults(struct smtp_session *s)
{
    static const enum cause of[] = {[DATA_FINE] = CAUSE_NONE,
                                    [DATA_BARE_CR] = CAUSE_BARE_LF,
                                    [DATA_BARE_LF] = CAUSE_BARE_LF,
                                    [DATA_LONG_LINE] = CAUSE_MESSAGE_LINE};

    if (s->data_refused == CAUSE_NONE)
        s->data_refused = of[s->data.fault];
}

/* A message may be two hours on its way. Meanwhile the account's ticket is renewed. When the account is disabled, is
 * gone or has another password, the session does not go on in its name. */
static bool may_go_on(struct smtp_session *s)
{
    if (deadline_left_ms(s->look_at) > 0)
        return true;
    s->look_at = deadline_in(LOOK_MS);
    return smtp_stays(s);
}

/* A bare CR or LF: the two sides do not agree on what a line is. */
static bool is_bare(const struct smtp_session *s)
{
    return s->data.fault == DATA_BARE_CR || s->data.fault == DATA_BARE_LF;
}

/* The next octets, or the end of the session. */
static bool more(struct smtp_session *s, struct span *in)
{
    struct err e;
    bool faulty = is_bare(s);
    int64_t block = deadline_in(faulty ? FAULTY_WAIT_MS : s->conf->data_ms);
    enum rc rc;

    stream_deadline(s->st, block < s->data_until ? block : s->data_until);
    rc = stream_peek(s->st, in, &e);
    if (rc == RC_OK)
        return may_go_on(s);
    smtp_unread(s, rc, faulty ? CAUSE_BARE_LF : CAUSE_TIMEOUT, &e);
    return false;
}

bool receive_data(struct smtp_session *s)
{
    struct span in, piece;

    while (more(s, &in)) {
        struct span rest = in;
        enum data_event ev;

        while ((ev = data_next(&s->data, &rest, &piece)) == DATA_PIECE)
            give(s, piece);
        stream_consume(s->st, in.n - rest.n);
        look_for_faults(s);
        if (ev == DATA_END)
            return true;
    }
    return false;
}

bool receive_chunk(struct smtp_session *s, uint64_t n)
{
    struct span in, piece;

    while (n > 0) {
        struct span rest;

        if (!more(s, &in))
            return false;
        in = span_head(in, n < in.n ? (size_t)n : in.n);
        rest = in;
        while (data_next(&s->data, &rest, &piece) == DATA_PIECE)
            give(s, piece);
        stream_consume(s->st, in.n);
        look_for_faults(s);
        n -= in.n;
    }
    return true;
}

enum rc receive_from(struct smtp_session *s, struct stream *from, uint64_t n, struct err *e)
{
    struct span in, piece;

    while (n > 0) {
        struct span rest;

        stream_deadline(from, deadline_in(s->conf->data_ms));
        if (stream_peek(from, &in, e) != RC_OK)
            return err_set(e, RC_TEMP, "the octets of a URL ended before their time");
        if (!may_go_on(s))
            return err_set(e, RC_DENIED, "the account changed");
        in = span_head(in, n < in.n ? (size_t)n : in.n);
        rest = in;
        while (data_next(&s->data, &rest, &piece) == DATA_PIECE)
            give(s, piece);
        stream_consume(from, in.n);
        look_for_faults(s);
        n -= in.n;
    }
    return RC_OK;
}

/* Reads the octets behind a BDAT that was refused away. A client that sends more than this does not listen any more. */
bool receive_skip(struct smtp_session *s, uint64_t n)
{
    struct span in;

    s->data_until = deadline_in(WHOLE_TIMES * s->conf->data_ms);
    if (n > 2 * s->conf->letter.max_message) {
        smtp_end(s, "chunk-too-big");
        return false;
    }
    while (n > 0) {
        size_t m;

        if (!more(s, &in))
            return false;
        m = n < in.n ? (size_t)n : in.n;
        stream_consume(s->st, m);
        n -= m;
    }
    return true;
}

/* ---- the end of the message ---- */
void receive_end(struct smtp_session *s)
{
    struct err e = {0};
    enum cause r;

    data_finish(&s->data);
    look_for_faults(s);
    if (!smtp_stays(s)) /* nothing is signed or filed in its name */
        return;
    r = s->data_refused != CAUSE_NONE ? s->data_refused : letter_file(&s->letter, &e);
    if (r == CAUSE_NONE) {
        s->errors = 0;
        s->messages++;
        smtp_say(s, 250, "2.0.0", "Message enregistre / Message stored, id=%s",
                 s->letter.filed.first[0] ? s->letter.filed.first : s->letter.mid);
    } else {
        smtp_refuse(s, r, &e);
    }
    if (s->data.dots && is_bare(s)) /* what comes next may be a piece of the message in the sender's eyes */
        smtp_end(s, "bare-line-end");
    envelope_reset(s);
}
