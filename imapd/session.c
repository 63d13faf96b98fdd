/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/session.c - the life of a session: TLS, greeting, commands one after the other, goodbye. See imapd/session.h.
 *
 *   accept -> [TLS] -> greeting -> command ... -> BYE
 *
 * A session ends when the client logs out or goes away, when it is silent too long (1 min before sign-in, 30 min after), after too many
 * refused commands, or when the listener is told to stop: then with a BYE, at a pause between commands. */
#include "imapd/session.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "flow/proxied.h"
#include "imapd/append.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/homes.h"
#include "imapd/metadata.h"
#include "imapd/notify.h"
#include "imapd/view.h"
#include <stdio.h>
#include <unistd.h>

enum { FRAME_BEFORE_AUTH = 8 * 1024, FRAME_AFTER_AUTH = 64 * 1024, OUT_KEEP = 16 * 1024, GOODBYE_MS = 2000 };

enum rc session_lost(struct imap_session *s, struct err *e, const char *why)
{
    s->bye = s->lost = true;
    return err_set(e, RC_CLOSED, "%s", why);
}

enum rc session_late(struct imap_session *s, struct err *e)
{
    s->bye = s->answered = true; /* told with a BYE: a tagged answer would come in the middle of what is not there */
    return err_set(e, RC_TIMEOUT, "silent in the middle of a command");
}

enum rc session_unread(struct imap_session *s, enum rc rc, struct err *e, const char *why)
{
    return rc == RC_TIMEOUT ? session_late(s, e) : rc == RC_DENIED ? rc : session_lost(s, e, why);
}

static void greet(struct imap_session *s)
{
    buf_addstr(&s->out, "* OK [CAPABILITY ");
    extensions_tell(&extensions, s, &s->out);
    buf_addf(&s->out, "] %s Pli\r\n", s->conf->hostname);
    reply_out(s);
}

static enum rc begin(struct imap_session *s, struct err *e)
{
    enum rc rc;

    extensions_open(&extensions, s);
    s->login_deadline = deadline_in(s->conf->login_ms);
    stream_deadline(s->io, s->login_deadline);
    if (s->conf->implicit_tls[s->peer->which]) {
        if ((rc = tls_accept(s->conf->tls, s->keyd, s->io, &s->tls, e)) != RC_OK)
            return rc;
        s->has_tls = true;
    }
    greet(s);
    return RC_OK;
}

/* ---- one command ---- */
static enum rc server_bug(struct imap_session *s, struct err *e)
{
    log_err(LOG_ERROR_, "server-bug", e);
    return err_cause(e, RC_TEMP, CAUSE_SERVER_BUG, "%s met a malformed answer", s->cmd->name);
}

static enum rc run(struct imap_session *s, struct err *e)
{
    struct span rest;
    struct imap_in in;
    union imap_args args;
    enum rc rc = command_find(s, buf_span(&s->frame.text), &rest, e);

    if (rc == RC_OK)
        rc = command_may_run(s, e);
    if (rc != RC_OK)
        return rc;
    if (s->streaming)
        rest.n -= 2; /* the announcement's CRLF */
    in = imap_in_of(rest, &s->mem, &s->opened);
    if ((rc = command_parse(s->cmd, &in, &args, e)) != RC_OK)
        return rc;
    if (s->state != IS_NEW)
        rc = homes_for(s, &args, e);
    if (rc == RC_OK)
        rc = s->cmd->run(s, &args, e);
    else if (s->streaming)
        rc = append_refuse(s, rc, e);
    else if (s->view && (s->cmd->flags & C_SELECTS)) /* a SELECT that fails leaves none selected */
        view_leave(s);
    return rc == RC_SYNTAX && !s->blamed ? server_bug(s, e) : rc;
}

static void after(struct imap_session *s, enum rc rc)
{
    bool numbers_stay = s->cmd && (s->cmd->flags & C_SEQ);
    bool ask = s->cmd && (s->cmd->flags & C_SYNC);

    s->errors += rc == RC_SYNTAX;
    homes_acted(s, rc);
    homes_enter(s, s->state == IS_SELECTED ? s->view_home : NULL);
    if (s->view && s->cmd && !(s->cmd->flags & C_SELECTS))
        view_announce(s, ask, !numbers_stay);
    if (s->cmd && !(s->cmd->flags & C_SELECTS))
        (void)view_events(s);
    homes_enter(s, NULL); /* what NOTIFY tells, and annotations, are of her own mailbox */
    if (s->cmd && !(s->cmd->flags & C_SELECTS)) {
        (void)view_events(s);
        notify_tell(s);
    }
    if (s->state != IS_NEW && s->cmd && s->box)
        metadata_announce(s, ask);
    homes_enter(s, s->view_home);
}

static void one_command(struct imap_session *s, struct err *e)
{
    enum rc rc;

    s->cmd = NULL;
    buf_clear(&s->code);
    s->answered = s->blamed = false;
    s->progress_at = deadline_in(s->conf->progress_ms);
    memset(e, 0, sizeof *e);
    reply_alive(s);
    rc = run(s, e);
    if (rc == RC_OK) /* what failed on the way and was overcome, as a wait in vain, is no reason for a BYE */
        memset(e, 0, sizeof *e);
    if (s->lost)
        return;
    after(s, rc);
    if (!s->answered)
        reply_tagged(s, rc, e);
}

static void loop(struct imap_session *s, struct err *e)
{
    enum rc rc;

    while (!s->bye && !s->stopping && s->errors <= s->conf->max_errors) {
        s->frame.max = s->state == IS_NEW ? FRAME_BEFORE_AUTH : FRAME_AFTER_AUTH;
        stream_deadline(s->io, s->state == IS_NEW ? s->login_deadline : deadline_in(s->conf->idle_ms));
        rc = input_command(s, e);
        if (rc == RC_OK)
            rc = session_stays(s, e);
        if (rc == RC_OK)
            rc = homes_begin(s, e);
        if (rc == RC_OK)
            one_command(s, e);
        else if (rc != RC_SYNTAX)
            break;
        s->tag = SPAN_NULL; /* it pointed into the frame */
        s->streaming = false;
        imap_frame_reset(&s->frame);
        imap_arena_free(&s->mem);
        if (s->out.cap > OUT_KEEP) {
            buf_free(&s->out);
            s->out = (struct buf)BUF_SECRET_INIT;
        }
    }
}

static void say_bye(struct imap_session *s, const struct err *e)
{
    enum cause why = e->cause == CAUSE_NONE ? CAUSE_CLOSED : e->cause;
    char text[CAUSE_TEXT];

    if (s->lost || (e->rc == RC_CLOSED && !s->stopping && !s->bye))
        return;
    if (s->errors > s->conf->max_errors)
        why = CAUSE_TOO_MANY_ERRORS;
    else if (s->stopping)
        why = CAUSE_SHUTDOWN;
    else if (e->rc == RC_TIMEOUT)
        why = CAUSE_TIMED_OUT;
    stream_deadline(s->io, deadline_in(GOODBYE_MS));
    reply_put(s, "* BYE %s", cause_text(why, text));
}

/* ---- from accept to exit ---- */
void *session_ready(void *conf)
{
    static struct imap_session s; /* one a process */
    const struct sandbox_how how = {.kind = SB_IMAPD_SESSION};
    struct err e;

    s.conf = conf;
    s.state = IS_NEW;
    s.keyd = keyd_new(ROLE_IMAPD);
    s.store = store_new(ROLE_IMAPD);
    s.dir = dir_new(ROLE_IMAPD);
    s.out = (struct buf)BUF_SECRET_INIT;
    imap_frame_init(&s.frame, FRAME_BEFORE_AUTH);
    keyd_dial_ahead(s.keyd);
    dir_dial_ahead(s.dir);
    store_dial_ahead(s.store);
    if (sandbox_enter(&how, &e) != RC_OK)
        die("imapd session: %s", e.log);
    dialler_only();
    return &s;
}

static void close_session(struct imap_session *s)
{
    notify_end(s);
    view_leave(s);
    homes_end(s);
    keywords_free(&s->keywords);
    mailbox_close(&s->box);
    stay_end(&s->stay);
    store_free(&s->store); /* before the goodbye, which waits for the client's: stored counts the session until then */
    stream_finish(&s->io); /* before keyd: TLS may use it to the end */
    dir_free(&s->dir);
    keyd_free(&s->keyd);
    imap_arena_free(&s->mem);
    imap_frame_free(&s->frame);
    buf_free(&s->out);
    buf_free(&s->code);
}

/* What comes first from a proxy of ours is no IMAP. Port 993 is told nothing, because a line in clear would be no answer under TLS. */
static bool client_of_proxy(struct imap_session *s, int fd, struct listener_peer *peer)
{
    enum proxied p = peer->proxied ? proxied_client(fd, peer) : PROXIED_FINE;
    char text[CAUSE_TEXT];

    if (p == PROXIED_FULL && !s->conf->implicit_tls[peer->which]) {
        stream_deadline(s->io, deadline_in(GOODBYE_MS));
        reply_put(s, "* BYE %s", cause_text(CAUSE_TOO_MANY_SESSIONS, text));
    }
    return p == PROXIED_FINE;
}

static void serve(struct imap_session *s)
{
    struct err e = {0};

    if (begin(s, &e) == RC_OK)
        loop(s, &e);
    else
        log_err(LOG_INFO_, "tls-failed", &e), s->lost = true;
    if (!s->bye || e.rc != RC_OK) /* LOGOUT has said it */
        say_bye(s, &e);
    log_ev(LOG_INFO_, "disconnect", "reason=%s", s->bye ? "bye" : rc_name(e.rc));
}

void session_run(void *conf, void *ready, int fd, const struct listener_peer *peer)
{
    static struct listener_peer client; /* one a process */
    struct imap_session *s = ready;
    char sid[17];

    (void)conf;
    log_id_new(sid);
    log_session(sid);
    client = *peer;
    s->peer = &client;
    if (s->conf->urls[peer->which]) {
        resolve_run(s, fd);
        close_session(s);
        return;
    }
    s->io = stream_open(fd);
    stream_watch(s->io, &session_watch, s);
    if (client_of_proxy(s, fd, &client)) {
        log_ev(LOG_INFO_, "connect", "peer=%s port=%u tls=%d%s%s", client.ip, client.port,
               s->conf->implicit_tls[peer->which], peer->proxied ? " proxy=" : "", peer->proxied ? peer->ip : "");
        serve(s);
    }
    close_session(s);
}
