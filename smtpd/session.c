/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/session.c - the life of a session: TLS first on port 465, the greeting, one command after the other, the
 * goodbye. */
#include "smtpd/session.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wipe.h"
#include "flow/proxied.h"
#include "smtpd/peer_check.h"
#include "smtpd/start_tls.h"
#include "smtpd/verbs.h"
#include <poll.h>
#include <string.h>

/* AUTH with its initial response is the longest line there is (RFC 4954 4); every other one is held to SMTP_LINE_MAX. */
enum { READ_MAX = SMTP_LINE_MAX + SMTP_SASL_MAX, DRAIN_MAX = 1024 * 1024, GOODBYE_MS = 5000 };

bool smtp_is_submission(const struct smtp_session *s)
{
    return s->kind != KIND_SMTP;
}

void account_is(struct smtp_session *s)
{
    s->as = (struct letter_account){.address = span_str(s->account),
                                    .ticket = buf_span(&s->ticket),
                                    .slots = buf_span(&s->slots),
                                    .sign = (s->account_flags & DF_SIGN) != 0,
                                    .max_message = s->may.max_message};
}

unsigned smtp_phase(const struct smtp_session *s)
{
    if (s->phase != PH_READY)
        return s->phase;
    if (!s->tls)
        return PH_CLEAR;
    return smtp_is_submission(s) && !s->account[0] ? PH_READY : PH_PROVEN;
}

void smtp_prove(struct smtp_session *s)
{
    if (!s->proven)
        dialler_proven();
    s->proven = true;
}

static int64_t next_deadline(const struct smtp_session *s)
{
    int64_t d = deadline_in(s->conf->command_ms);

    return s->proven || d < s->login_deadline ? d : s->login_deadline;
}

static enum rc look_at_account(void *ctx, struct err *e)
{
    struct smtp_session *s = ctx;
    bool renewed = false;
    enum rc rc = stay_check(&s->stay, &renewed, e);

    if (rc == RC_OK && renewed) {
        buf_clear(&s->ticket);
        buf_addspan(&s->ticket, buf_span(&s->stay.ticket));
        account_is(s);
        s->renew_at = deadline_in(s->conf->session_ms);
    }
    return rc;
}

bool smtp_stays(struct smtp_session *s)
{
    struct err e = {0};

    if (look_at_account(s, &e) == RC_OK)
        return true;
    smtp_refuse(s, CAUSE_ACCOUNT_CHANGED, &e);
    return false;
}

/* A client that stops in the middle of a line or a message learns it, too. */
static int account_fd(const void *ctx)
{
    return stay_fd(&((const struct smtp_session *)ctx)->stay);
}

static int64_t account_due(const void *ctx)
{
    return stay_due(&((const struct smtp_session *)ctx)->stay);
}

static const struct stream_watch account_watch = {account_fd, account_due, look_at_account};

void smtp_unread(struct smtp_session *s, enum rc rc, enum cause late, const struct err *e)
{
    if (rc == RC_TIMEOUT)
        smtp_refuse(s, late, e);
    else if (rc == RC_DENIED)
        smtp_refuse(s, CAUSE_ACCOUNT_CHANGED, e);
    smtp_end(s, rc_name(rc));
}

/* ---- reading a command line ---- */
static bool line_at_hand(struct smtp_session *s)
{
    struct span have;
    struct err e;

    return stream_buffered(s->st) > 0 && stream_peek(s->st, &have, &e) == RC_OK && span_chr(have, '\n') >= 0;
}

/* Waits until the client speaks (STREAM_INPUT), the listener is told to stop (OTHER), or the account's right to be here
 * must be looked at (THIRD). */
static enum rc wait_once(struct smtp_session *s, int64_t until, int *which, struct err *e)
{
    int64_t due = stay_due(&s->stay);
    enum rc rc = stream_wait(s->st, s->peer->stop_fd, stay_fd(&s->stay), due < until ? due : until, which, e);

    if (rc == RC_TIMEOUT && due < until) {
        *which = STREAM_THIRD;
        rc = RC_OK;
    }
    return rc;
}

static bool wait_for_client(struct smtp_session *s)
{
    struct err e = {0};
    int which = 0;
    int64_t until = next_deadline(s);
    enum rc rc = stream_flush(s->st, &e);

    do {
        if (rc == RC_OK)
            rc = wait_once(s, until, &which, &e);
        if (rc == RC_OK && (which & STREAM_THIRD) && !smtp_stays(s))
            return false;
    } while (rc == RC_OK && which == STREAM_THIRD);
    if (rc == RC_TIMEOUT)
        smtp_refuse(s, CAUSE_TIMEOUT, &e);
    else if (rc != RC_OK)
        smtp_end(s, rc_name(rc));
    else if ((which & STREAM_OTHER) && !(which & STREAM_INPUT))
        smtp_refuse(s, CAUSE_SHUTDOWN, NULL);
    return !s->over;
}

/* For a line that cannot be read. A line that is too long is read away to its end, and the session goes on. A bare CR
 * or LF ends the session, because the two sides do not agree on what a line is. */
static void bad_line(struct smtp_session *s, const struct err *cause)
{
    struct span have, head;
    struct err e;
    enum rc rc = RC_OK;

    if (stream_peek(s->st, &have, &e) != RC_OK)
        have = SPAN_NULL;
    head = span_head(have, READ_MAX);
    if (have.n <= READ_MAX || span_chr(head, '\n') >= 0 || span_chr(head, '\r') >= 0) {
        smtp_refuse(s, CAUSE_BARE_LINE, cause);
        smtp_end(s, "bare-line-end");
        return;
    }
    for (size_t drained = 0; rc == RC_OK && drained < DRAIN_MAX; drained += have.n) {
        ptrdiff_t lf = span_chr(have, '\n');

        if (lf >= 0) {
            stream_consume(s->st, (size_t)lf + 1);
            smtp_refuse(s, CAUSE_LINE_TOO_LONG, NULL);
            return;
        }
        stream_consume(s->st, have.n);
        rc = stream_peek(s->st, &have, &e);
    }
    if (rc == RC_DENIED) {
        smtp_unread(s, rc, CAUSE_NONE, &e);
        return;
    }
    smtp_refuse(s, CAUSE_LINE_TOO_LONG, NULL);
    smtp_end(s, "endless-line");
}

/* False: there is no line; the session may be over or go on. */
static bool next_line(struct smtp_session *s, struct span *line)
{
    struct err e = {0};
    enum rc rc;

    if (!line_at_hand(s) && !wait_for_client(s))
        return false;
    stream_deadline(s->st, next_deadline(s));
    rc = stream_line(s->st, READ_MAX, line, &e);
    if (rc == RC_OK && line->n > SMTP_LINE_MAX && !span_istarts(*line, "AUTH ")) {
        smtp_refuse(s, CAUSE_LINE_TOO_LONG, NULL);
        return false;
    }
    if (rc == RC_SYNTAX)
        bad_line(s, &e);
    else if (rc != RC_OK)
        smtp_unread(s, rc, CAUSE_TIMEOUT, &e);
    return rc == RC_OK;
}

/* ---- one command ---- */
static void refused_verb(struct smtp_session *s, const struct verb *v, struct span arg, enum cause r,
                         const struct err *cause)
{
    union smtp_args a;
    struct err e;

    smtp_refuse(s, r, v->flags & V_SECRET ? NULL : cause);
    if (v->flags & V_SECRET) /* it lies in the stream's buffer, consumed */
        wipe((void *)(uintptr_t)arg.p, arg.n);
    if ((v->flags & V_CHUNK) && smtp_parse_bdat(arg, &a, &e) == RC_OK)
        (void)receive_skip(s, a.bdat.size);
}

static void unknown_verb(struct smtp_session *s, struct span verb)
{
    if (smtp_foreign_verb(verb)) { /* no answer: whatever is said might mean something to a browser */
        log_ev(LOG_WARN_, "foreign-protocol", "verb=%s peer=%s", log_esc(verb), s->peer->ip);
        smtp_end(s, "foreign-protocol");
        return;
    }
    smtp_refuse(s, CAUSE_UNKNOWN_VERB, NULL);
}

/* Replies are gathered until the client waits. They leave at once after a verb that ends a group, and after a verb that
 * is not known (RFC 2920 3.2 (3), (4)). */
static void end_group(struct smtp_session *s, const struct verb *v)
{
    struct err e;

    if (s->over || (v && !(v->flags & V_ENDS_GROUP)))
        return;
    stream_deadline(s->st, next_deadline(s));
    if (stream_flush(s->st, &e) != RC_OK)
        smtp_end(s, rc_name(e.rc));
}

static void command(struct smtp_session *s, const struct verb *v, const struct smtp_line line)
{
    union smtp_args args = {0};
    struct err e = {0};
    enum cause r;
    enum rc rc;

    s->verb = v ? v->name : NULL;
    s->about[0] = 0;
    if (!v) {
        unknown_verb(s, line.verb);
        return;
    }
    r = verb_cause(v, s);
    if (r != CAUSE_NONE) {
        refused_verb(s, v, line.arg, r, NULL);
        return;
    }
    rc = v->parse(line.arg, &args, &e);
    if (rc != RC_OK)
        refused_verb(s, v, line.arg, e.cause, &e);
    else
        v->run(s, &args);
}

static void one_command(struct smtp_session *s, struct span text)
{
    const struct smtp_line line = smtp_line(text);
    const struct verb *v = verb_find(line.verb);

    command(s, v, line);
    end_group(s, v);
}

/* ---- life ---- */
static bool early_talker(const struct smtp_session *s)
{
    struct pollfd p = {stream_fd(s->st), POLLIN, 0};

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

static bool greet(struct smtp_session *s)
{
    if (s->kind == KIND_SUBMISSIONS && !s->tls && !smtp_start_tls(s))
        return false;
    if (s->kind != KIND_SUBMISSIONS && early_talker(s)) {
        smtp_refuse(s, CAUSE_EARLY_TALKER, NULL);
        smtp_end(s, "early-talker");
        return false;
    }
    smtp_say(s, 220, NULL, "%s ESMTP Pli", s->conf->host);
    return true;
}

void smtp_session_loop(struct smtp_session *s)
{
    struct span line;
    struct err e;

    s->phase = PH_START;
    s->from.ip = s->peer->ip;
    s->login_deadline = deadline_in(s->conf->login_ms);
    stream_deadline(s->st, s->login_deadline);
    if (greet(s))
        while (!s->over)
            if (next_line(s, &line) && smtp_stays(s))
                one_command(s, line);
    stream_deadline(s->st, deadline_in(GOODBYE_MS));
    (void)stream_flush(s->st, &e);
}

static void session_free(struct smtp_session *s)
{
    envelope_reset(s);
    stream_finish(&s->st);
    keyd_free(&s->keyd);
    store_free(&s->store);
    dir_free(&s->dir);
    trust_free(&s->trust);
    buf_free(&s->ticket);
    stay_end(&s->stay);
    buf_free(&s->slots);
    buf_free(&s->reply);
}

void *smtp_ready(void *conf)
{
    static struct smtp_session s; /* one a process */
    const struct sandbox_how how = {.kind = SB_SMTPD_SESSION};
    struct err e;

    s.conf = conf;
    s.keyd = keyd_new(ROLE_SMTPD);
    s.store = store_new(ROLE_SMTPD);
    s.dir = dir_new(ROLE_SMTPD);
    s.trust = trust_new(ROLE_SMTPD);
    buf_init_secret(&s.ticket);
    keyd_dial_ahead(s.keyd);
    dir_dial_ahead(s.dir);
    store_dial_ahead(s.store);
    trust_dial_ahead(s.trust);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("session sandbox: %s", e.log);
    dialler_only();
    return &s;
}

/* What comes first from a proxy of ours is no SMTP. Port 465 is told nothing, because a line in clear would be no answer under TLS. */
static bool client_of_proxy(struct smtp_session *s, struct listener_peer *peer)
{
    enum proxied p = peer->proxied ? proxied_client(stream_fd(s->st), peer) : PROXIED_FINE;
    struct err e;

    if (p == PROXIED_FULL && s->kind != KIND_SUBMISSIONS) {
        smtp_refuse(s, CAUSE_TOO_MANY_SESSIONS, NULL);
        stream_deadline(s->st, deadline_in(GOODBYE_MS));
        (void)stream_flush(s->st, &e);
    }
    return p == PROXIED_FINE;
}

void smtp_session(void *conf, void *ready, int fd, const struct listener_peer *peer)
{
    static const char *const kinds[] = {"smtp", "submission", "submissions"};
    static struct listener_peer client; /* one a process */
    struct smtp_session *s = ready;
    int64_t began = clock_mono();
    char sid[17];

    (void)conf;
    log_id_new(sid);
    log_session(sid);
    client = *peer;
    s->peer = &client;
    s->st = stream_open(fd);
    stream_watch(s->st, &account_watch, s);
    s->kind = s->conf->kind[peer->which];
    if (client_of_proxy(s, &client)) {
        log_ev(LOG_INFO_, "connected", "peer=%s port=%u kind=%s%s%s", client.ip, (unsigned)client.port, kinds[s->kind],
               peer->proxied ? " proxy=" : "", peer->proxied ? peer->ip : "");
        smtp_session_loop(s);
    }
    peer_gone(s);
    log_ev(LOG_INFO_, "disconnected", "why=%s messages=%u ms=%lld", s->end ? s->end : "-", s->messages,
           (long long)((clock_mono() - began) / 1000000));
    session_free(s);
}
