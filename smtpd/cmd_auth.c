/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_auth.c - AUTH: the SASL exchange; then dird is asked. Its answer is a ticket. The password is wiped.  RFC
 * 4954 */
#include "base/log.h"
#include "base/wipe.h"
#include "proto/sasl/sasl.h"
#include "smtpd/verbs.h"
#include <stdio.h>

/* A response lies in the stream's buffer after it was consumed. This wipes it there. */
static void forget(struct span response)
{
    wipe((void *)(uintptr_t)response.p, response.n);
}

/* No response line came, or octets that are no line. The session ends, with a reply where one can still be sent. */
static enum rc lost(struct smtp_session *s, enum rc rc, const struct err *e)
{
    if (rc == RC_TIMEOUT)
        smtp_refuse(s, CAUSE_TIMEOUT, e);
    else if (rc == RC_SYNTAX)
        smtp_refuse(s, CAUSE_BARE_LINE, NULL);
    smtp_end(s, rc_name(rc));
    return rc;
}

/* Sends a challenge and reads one line, again and again, until the exchange is done. */
static enum rc exchange(struct smtp_session *s, struct sasl *sasl, const struct smtp_auth *a, struct err *e)
{
    enum rc rc = a->has_initial ? sasl_step(sasl, a->initial, e) : sasl_start(sasl, e);
    struct span line;

    if (a->has_initial)
        forget(a->initial);
    while (rc == RC_MORE) {
        smtp_say(s, 334, NULL, "%.*s", SPAN_ARG(sasl->challenge));
        rc = stream_flush(s->st, e);
        if (rc == RC_OK)
            rc = stream_line(s->st, SMTP_SASL_MAX, &line, e);
        if (rc != RC_OK)
            return lost(s, rc, e);
        rc = sasl_step(sasl, line, e);
        forget(line);
    }
    return rc;
}

static void signed_in(struct smtp_session *s, const struct dird_auth_rep *rep)
{
    snprintf(s->account, sizeof s->account, "%.*s", SPAN_ARG(rep->address));
    s->mbx = rep->mbx;
    buf_clear(&s->ticket);
    buf_addspan(&s->ticket, rep->ticket);
    stay_begin(&s->stay, s->dir, rep);
    s->account_flags = rep->flags;
    account_is(s);
    s->renew_at = deadline_in(s->conf->session_ms);
    s->auth_failures = 0;
    smtp_prove(s);
    log_ev(LOG_INFO_, "signed-in", "account=%s peer=%s", log_esc(rep->address), s->peer->ip);
    if (smtp_stays(s)) /* dird may have told already that the account changed */
        smtp_say(s, 235, "2.7.0", "Bonjour / Authentication successful");
}

static enum cause auth_cause(enum rc rc, const struct err *e)
{
    if (rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_SYNTAX)
        return CAUSE_AUTH_FAILED;
    if (rc == RC_PERM)
        return auth_says(e->cause) ? e->cause : CAUSE_AUTH_DISABLED;
    return e->cause == CAUSE_WAIT_PASSWORD ? CAUSE_WAIT_PASSWORD : CAUSE_AUTH_TEMP;
}

static void check(struct smtp_session *s, const struct sasl *sasl)
{
    struct dird_auth_req rq = {
        .login = sasl->login, .password = sasl->password, .peer = span_str(s->peer->ip), .protocol = DP_SUBMISSION};
    struct dird_auth_rep rep;
    struct buf mem = BUF_SECRET_INIT;
    struct err e = {0};
    enum cause r;
    enum rc rc = RC_DENIED;

    if (sasl->authzid.n == 0 || span_ieq(sasl->authzid, sasl->login)) /* nobody acts as another by saying so */
        rc = dir_auth(s->dir, &rq, &rep, &mem, &e);
    if (rc == RC_OK)
        signed_in(s, &rep);
    buf_free(&mem);
    if (rc == RC_OK)
        return;
    r = auth_cause(rc, &e);
    s->auth_failures += r != CAUSE_AUTH_TEMP;
    /* not the login: it may be a password typed in the wrong field. dird logs those that are addresses here. */
    log_ev(LOG_WARN_, "sign-in-failed", "peer=%s why=%s failures=%u", s->peer->ip, cause_name(r), s->auth_failures);
    smtp_refuse(s, r, &e);
}

void cmd_auth(struct smtp_session *s, const union smtp_args *a)
{
    struct sasl sasl;
    struct err e = {0};
    enum rc rc;

    if (s->auth_failures >= s->conf->max_auth) {
        smtp_refuse(s, CAUSE_TOO_MANY_ERRORS, NULL);
        return;
    }
    if (sasl_begin(&sasl, a->auth.mechanism, &e) != RC_OK) {
        smtp_refuse(s, CAUSE_BAD_MECHANISM, &e);
        return;
    }
    rc = exchange(s, &sasl, &a->auth, &e);
    if (rc == RC_OK)
        check(s, &sasl);
    else if (!s->over)
        smtp_refuse(s, CAUSE_BAD_RESPONSE, NULL);
    sasl_end(&sasl);
}
