/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_channel.c - what sessions ask (relayd/channel.h), and their ends. A session reads a hostile server: what it says is taken as a report
 * on its own letter and connection, never as more. A packet that is malformed or out of order ends it. */
#include "base/ascii.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "relayd/identity.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS 1000000LL

/* A session that does not read has gone, or is no session any more: its end is read next. */
void channel_answer(const struct place *p, uint16_t op, const struct ipc_field *fields, const void *msg)
{
    struct err e;

    if (channel_send(p->channel, op, fields, msg, &e) != RC_OK)
        shutdown(p->channel, SHUT_RDWR);
}

/* ---- the end of a session ---- */
static void finish(struct scheduler *s, struct place *p)
{
    if (p->failed) {
        host_failed(s, p);
        return;
    }
    schedule_closed(s->plan, p->dest, p->state == PL_UP);
    place_end(s, p);
}

static bool before_the_letter(const struct place *p)
{
    return p->served > 0 && (p->stage == CS_MAIL || p->stage == CS_RSET);
}

/* The channel ended. A letter that had no DONE may have been taken: its recipients are tried again later. One that the server refused to begin, after it
 * had taken others on this connection, goes at once on another one. */
static void closed(struct scheduler *s, struct place *p)
{
    close(p->channel);
    p->channel = -1;
    p->lost = true;
    p->failed = p->state != PL_UP || p->flight != NULL;
    p->idle = p->asked = false;
    if (p->flight && !p->done && before_the_letter(p)) {
        schedule_back(s->plan, p->flight->letter.letter);
        flight_close(&p->flight);
    } else if (p->flight && !p->done) {
        settle_rest(p->flight, FATE_LATER, &p->why);
        p->done = true;
    } else if (p->flight)
        p->failed = false; /* it has said what became of the letter */
    if (!p->flight)
        finish(s, p);
}

static void misbehaves(struct scheduler *s, struct place *p, const char *what)
{
    log_ev(LOG_ERROR_, "session-malformed", "domain=%s host=%s what=%s", log_esc(span_str(p->start.domain)),
           log_esc(span_str(p->start.host)), what);
    verdict_cause(&p->why, FATE_LATER, CAUSE_PEER_PROTOCOL);
    closed(s, p);
}

/* ---- questions ---- */
static bool on_sign(struct scheduler *s, struct place *p, const void *msg)
{
    const struct keyd_tls_req *rq = msg;
    struct channel_sign_rep rep = {0};
    struct buf sig = BUF_INIT;
    struct err e;

    if (p->state != PL_HANDSHAKE || p->signs++ >= SIGNS_MOST || !identity_has(s->identities, p->start.as, rq->shown))
        return false;
    rep.ok = keyd_tls_sign(s->keyd, msg, &sig, &e) == RC_OK;
    if (rep.ok)
        rep.signature = buf_span(&sig);
    else
        log_err(LOG_WARN_, "tls-unsigned", &e);
    channel_answer(p, CH_SIGN, channel_sign_rep_f, &rep);
    buf_free(&sig);
    return true;
}

static bool on_peer(struct scheduler *s, struct place *p, const void *msg)
{
    if (p->state != PL_HANDSHAKE || p->introduced) /* another chain, after one that was refused, is no answer */
        return false;
    p->introduced = true;
    peer_asked(s, p, msg);
    return true;
}

static bool on_ready(struct scheduler *s, struct place *p, const void *msg)
{
    if (p->state != PL_HANDSHAKE || !p->peer_ok)
        return false;
    p->state = PL_UP;
    verdict_cause(&p->why, FATE_LATER, CAUSE_PEER_LOST);
    schedule_up(s->plan, p->dest);
    log_connected(p, msg);
    channel_answer(p, CH_READY, NULL, NULL);
    return true;
}

static bool on_next(struct scheduler *s, struct place *p, const void *msg)
{
    (void)s;
    (void)msg;
    if (p->state != PL_UP || p->flight || p->asked || p->leaving)
        return false;
    p->asked = true; /* channel_give() answers, in this round when there is one */
    return true;
}

static bool on_chunk(struct scheduler *s, struct place *p, const void *msg)
{
    const struct channel_chunk_req *rq = msg;
    struct channel_chunk_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;

    if (!p->flight || rq->letter != p->flight->number || p->done)
        return false;
    rep.ok = flight_chunk(s, p->flight, rq->chunk, &mem, &rep.sealed, &e) == RC_OK;
    if (!rep.ok)
        log_err(LOG_WARN_, "letter-unread", &e);
    channel_answer(p, CH_CHUNK, channel_chunk_rep_f, &rep);
    buf_free(&mem);
    return true;
}

/* Digits and dots, and some of them: it is written into lines of the log and of reports as it stands. */
static bool is_esc(struct span esc)
{
    for (size_t i = 0; i < esc.n; i++)
        if (esc.p[i] != '.' && !ascii_is_digit(esc.p[i]))
            return false;
    return esc.n > 0;
}

static void take_result(struct passenger *r, const struct channel_result *c)
{
    static const enum fate fates[] = {[CO_TAKEN] = FATE_TAKEN, [CO_LATER] = FATE_LATER, [CO_NEVER] = FATE_NEVER};
    struct verdict *v = &r->verdict;

    verdict_cause(v, fates[c->outcome], c->cause < CAUSES_ ? (enum cause)c->cause : CAUSE_PEER_PROTOCOL);
    v->code = c->code;
    v->dsn_there = c->dsn_there != 0;
    if (is_esc(c->esc))
        scheduler_text(v->esc, sizeof v->esc, c->esc);
    scheduler_text(v->text, sizeof v->text, c->text);
}

static bool on_done(struct scheduler *s, struct place *p, const void *msg)
{
    static const struct verdict unsaid = {.fate = FATE_LATER, .cause = CAUSE_PEER_LOST, .esc = "4.4.2"};
    const struct channel_done_req *rq = msg;
    struct channel_result c;
    struct err e;
    enum rc rc;

    (void)s;
    if (!p->flight || rq->letter != p->flight->number || p->done)
        return false;
    for (struct span rest = rq->results; (rc = ipc_list_next(&rest, channel_result_f, &c, &e)) == RC_OK;) {
        if (c.n >= p->flight->n || p->flight->p[c.n].verdict.fate != FATE_NONE || c.outcome < CO_TAKEN ||
            c.outcome > CO_NEVER)
            return false;
        take_result(&p->flight->p[c.n], &c);
    }
    settle_rest(p->flight, FATE_LATER, &unsaid);
    p->done = true;
    return rc == RC_NOTFOUND;
}

static bool on_end(struct scheduler *s, struct place *p, const void *msg)
{
    const struct channel_end_req *rq = msg;

    (void)s;
    p->stage = rq->stage;
    if (p->state == PL_HANDSHAKE && p->why.cause != CAUSE_PEER_LOST && p->why.cause != CAUSE_NONE && !p->peer_ok)
        return true; /* it ends because we said so: our own cause stays */
    verdict_cause(&p->why, FATE_LATER, rq->cause < CAUSES_ ? (enum cause)rq->cause : CAUSE_PEER_PROTOCOL);
    p->why.code = rq->code;
    if (is_esc(rq->esc))
        scheduler_text(p->why.esc, sizeof p->why.esc, rq->esc);
    scheduler_text(p->why.text, sizeof p->why.text, rq->text);
    return true;
}

static const struct question {
    const struct ipc_field *fields; /* NULL: none */
    bool (*run)(struct scheduler *s, struct place *p, const void *msg);
} questions[CH_OPS_] = {[CH_SIGN] = {keyd_tls_req_f, on_sign},        [CH_PEER] = {channel_peer_req_f, on_peer},
                        [CH_READY] = {channel_ready_req_f, on_ready}, [CH_NEXT] = {NULL, on_next},
                        [CH_CHUNK] = {channel_chunk_req_f, on_chunk}, [CH_DONE] = {channel_done_req_f, on_done},
                        [CH_END] = {channel_end_req_f, on_end}};

static void question(struct scheduler *s, struct place *p, uint16_t op, struct span body)
{
    unsigned char msg[IPC_STRUCT_MAX] = {0};
    struct err e;

    if (op >= CH_OPS_ || !questions[op].run)
        misbehaves(s, p, "op");
    else if (questions[op].fields ? ipc_decode(body, questions[op].fields, msg, &e) != RC_OK : body.n != 0)
        misbehaves(s, p, "fields");
    else if (!questions[op].run(s, p, msg))
        misbehaves(s, p, "order");
}

void channel_read(struct scheduler *s, struct place *p)
{
    struct span body;
    uint16_t op;
    struct err e;

    switch (channel_recv(p->channel, &s->in, &op, &body, &e)) {
    case RC_OK:
        question(s, p, op, body);
        break;
    case RC_MORE:
        break;
    case RC_SYNTAX:
        misbehaves(s, p, "packet");
        break;
    default:
        closed(s, p);
    }
}

/* ---- giving letters ---- */
static void say_no_more(struct place *p)
{
    static const struct channel_next_rep none;

    p->idle = p->asked = false;
    p->leaving = true;
    channel_answer(p, CH_NEXT, channel_next_rep_f, &none);
}

static void say_letter(struct place *p, struct span chunk)
{
    struct channel_next_rep rep;
    struct buf rcpts = BUF_SECRET_INIT;

    flight_next(p->flight, &rep, &rcpts, chunk);
    p->asked = false;
    p->stage = 0;
    channel_answer(p, CH_NEXT, channel_next_rep_f, &rep);
    wipe(&rep, sizeof rep);
    buf_free(&rcpts);
}

/* The message is damaged: it is put off like what a server puts off, until its time is over and its sender is told. It keeps no other letter back. */
static bool put_off_damaged(struct scheduler *s, struct place *p)
{
    struct verdict v;

    verdict_cause(&v, FATE_LATER, CAUSE_DAMAGED);
    settle_rest(p->flight, FATE_LATER, &v);
    if (!settle_flight(s, p, p->flight))
        return false;
    settle_landed(s, p->flight);
    flight_close(&p->flight);
    return true;
}

/* False: it cannot be read now; the letter waits again. */
static bool give(struct scheduler *s, struct place *p, const struct schedule_letter *l)
{
    struct buf mem = BUF_INIT;
    struct span chunk;
    struct err e;
    bool ok = false;

    switch (flight_open(s, l, &p->flight)) {
    case FL_EMPTY:
        schedule_drop(s->plan, l->letter);
        return true;
    case FL_TEMP:
        break;
    case FL_OK:
        ok = flight_chunk(s, p->flight, 0, &mem, &chunk, &e) == RC_OK;
        if (ok)
            say_letter(p, chunk);
        else
            log_err(LOG_WARN_, "letter-unread", &e);
        if (!ok && e.rc == RC_CORRUPT)
            ok = put_off_damaged(s, p);
    }
    buf_free(&mem);
    if (!ok) {
        flight_close(&p->flight);
        schedule_back(s->plan, l->letter);
        scheduler_pause(s);
    }
    return ok;
}

static void idles(struct place *p)
{
    if (!p->idle) {
        p->idle = true;
        p->idle_since = clock_mono();
    }
    if (clock_mono() - p->idle_since >= IDLE_MS * MS)
        say_no_more(p);
}

/* Asked for each letter: a domain that leaves the trust space, or gets another DN, and a server whose certificate is revoked, are sent nothing from that
 * moment on. */
static bool still_trusted(struct scheduler *s, struct place *p)
{
    enum cause c = peer_still_trusted(s, p);

    if (c == CAUSE_DIR_TEMP)
        scheduler_pause(s);
    else if (c != CAUSE_NONE)
        say_no_more(p);
    return c == CAUSE_NONE;
}

void channel_give(struct scheduler *s, struct place *p)
{
    struct schedule_letter l;
    enum schedule_taken t;

    if (s->stopping) {
        say_no_more(p);
        return;
    }
    while (p->asked && !scheduler_paused(s)) {
        t = schedule_take(s->plan, p->dest, p->served, &l);
        if (t == ST_LEAVE)
            say_no_more(p);
        else if (t == ST_NONE) {
            idles(p);
            return;
        } else {
            p->idle = false;
            if (!still_trusted(s, p)) {
                schedule_back(s->plan, l.letter);
                return;
            }
            if (!give(s, p, &l))
                return;
        }
    }
}

/* ---- DONE ---- */
static void settled(struct scheduler *s, struct place *p)
{
    bool taken = false;

    for (size_t i = 0; i < p->flight->n; i++) {
        log_recipient(s, p, &p->flight->p[i]);
        taken = taken || p->flight->p[i].verdict.fate == FATE_TAKEN;
    }
    if (taken)
        schedule_success(s->plan, p->dest);
    settle_landed(s, p->flight);
    flight_close(&p->flight);
    p->done = false;
    p->served++;
    if (p->lost)
        finish(s, p);
    else
        channel_answer(p, CH_DONE, NULL, NULL);
}

/* One transaction for the letters of places [from, to) that are in it. When it is refused for good, each letter by itself: the others wait for none. */
static void commit(struct scheduler *s, struct buf *up, size_t n, size_t from, size_t to)
{
    enum rc rc = n ? settle_commit(s, up, n) : RC_TEMP;

    for (size_t i = from; rc != RC_TEMP && i < to; i++)
        if (s->place[i]->batched && (rc == RC_OK || settle_singly(s, s->place[i]->flight)))
            settled(s, s->place[i]);
}

void channel_settle(struct scheduler *s)
{
    struct buf up = BUF_INIT;
    size_t n = 0, from = 0;

    for (size_t i = 0; i < s->n; i++) {
        struct place *p = s->place[i];

        p->batched = false;
        if (p->gone || !p->done || p->state != PL_UP || scheduler_paused(s) || clock_mono() < p->flight->not_before ||
            !settle_reports(s, p, p->flight))
            continue;
        if (n + p->flight->n > STORE_SETTLES_MAX || up.n > BATCH_OCTETS) {
            commit(s, &up, n, from, i);
            buf_clear(&up);
            n = 0;
            from = i;
        }
        n += settle_write(s, &up, p->flight, 0);
        p->batched = true;
    }
    commit(s, &up, n, from, s->n);
    buf_free(&up);
}
