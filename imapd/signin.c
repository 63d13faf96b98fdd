/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/signin.c - LOGIN and AUTHENTICATE meet here: dird checks the password, stored binds the ticket, keyd opens the mailbox.
 *
 * Refused  [AUTHENTICATIONFAILED]  the password is wrong; the answer does not tell whether the account exists
 *          [AUTHORIZATIONFAILED]   the account is disabled
 *          [EXPIRED]               a code, with which a password is to be chosen first
 *          [CONTACTADMIN]          the mailbox is strict and its password was changed elsewhere (keyd knows)
 *          [UNAVAILABLE]           a daemon is away
 * Slow     each failure in a session makes its client wait a second longer; the third ends the session. dird counts
 *          across sessions.

 * Source   RFC 3501 6.2, RFC 5530. */
#include "base/log.h"
#include "base/prepare.h"
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/folders.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { FAILURES_MAX = 3, PENALTY_MS = 1000 };

static enum rc failed(struct imap_session *s, enum cause cause, struct err *e)
{
    log_ev(LOG_INFO_, "signin-failed", "peer=%s code=%s cause=%s", s->peer->ip, cause_row(cause)->imap,
           log_esc(span_str(e->log)));
    if (++s->failed_logins >= FAILURES_MAX)
        s->bye = true;
    poll(NULL, 0, (int)(PENALTY_MS * s->failed_logins));
    return reply_no(e, cause);
}

static enum rc explain(struct imap_session *s, enum rc rc, struct err *e)
{
    if (rc == RC_DENIED || rc == RC_SYNTAX)
        return failed(s, CAUSE_AUTH_FAILED, e);
    if (rc == RC_PERM)
        return failed(s, auth_says(e->cause) ? e->cause : CAUSE_AUTH_DISABLED, e);
    return rc;
}

/* Opens the mailbox. The password was right, so a failure here is not answered as a wrong password. */
static enum rc open_mailbox(struct imap_session *s, const struct dird_auth_rep *auth, struct span password,
                            struct err *e)
{
    enum rc rc = mailbox_open(s->store, s->keyd, auth, password, &s->box, e);

    if (rc == RC_DENIED)
        return failed(s, e->cause == CAUSE_STRICT_PASSWORD ? e->cause : CAUSE_BOX_NOT_OPENED, e);
    return rc;
}

static enum rc signed_in(struct imap_session *s, const struct dird_auth_rep *auth, struct span password, struct err *e)
{
    enum rc rc;

    snprintf(s->address, sizeof s->address, "%.*s", SPAN_ARG(auth->address));
    stay_begin(&s->stay, s->dir, auth);
    if ((rc = open_mailbox(s, auth, password, e)) != RC_OK || (rc = session_stays(s, e)) != RC_OK ||
        (rc = folders_first_time(s, e)) != RC_OK) {
        mailbox_close(&s->box);
        stay_undo(&s->stay);
        return rc;
    }
    s->state = IS_AUTH;
    dialler_proven();
    s->mbx = auth->mbx;
    buf_clear(&s->code);
    buf_addstr(&s->code, "CAPABILITY ");
    extensions_tell(&extensions, s, &s->code);
    log_ev(LOG_INFO_, "signin", "peer=%s account=%s tls=%s", s->peer->ip, s->address, s->tls.version);
    return RC_OK;
}

static enum rc signin_prepared(struct imap_session *s, struct span login, struct span password, struct err *e)
{
    struct dird_auth_req rq = {login, password, span_str(s->peer->ip), DP_IMAP};
    struct dird_auth_rep auth;
    struct buf mem = BUF_SECRET_INIT;
    enum rc rc = dir_auth(s->dir, &rq, &auth, &mem, e);

    rc = rc == RC_OK ? signed_in(s, &auth, password, e) : explain(s, rc, e);
    buf_free(&mem);
    return rc;
}

/* A password that cannot be prepared is given to dird as it was typed. dird answers as to any other wrong one, in the
 * same time. */
static struct span prepared(enum rc (*prepare)(struct span, struct buf *, struct err *), struct span typed,
                            struct buf *mem)
{
    struct err e;

    return prepare(typed, mem, &e) == RC_OK ? buf_span(mem) : typed;
}

/* The password opens a strict mailbox too (keyd), so it is prepared here and not by dird alone. */
enum rc signin(struct imap_session *s, struct span login, struct span password, struct err *e)
{
    struct buf name = BUF_SECRET_INIT, secret = BUF_SECRET_INIT;
    enum rc rc;

    login = prepared(prepare_username, login, &name);
    password = prepared(prepare_password, password, &secret);
    rc = signin_prepared(s, login, password, e);
    buf_free(&name);
    buf_free(&secret);
    return rc;
}
