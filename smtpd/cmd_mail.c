/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_mail.c - MAIL: may this sender be taken from this peer? Port 25: the trust space decides (certificate and white list).
 * Submission: the account must hold the address.  RFC 5321 4.1.1.2, RFC 6409 6.1, RFC 1870 */
#include "base/log.h"
#include "policies/trust.h"
#include "smtpd/peer_check.h"
#include "smtpd/verbs.h"
#include <stdio.h>

enum {
    TRUST_MS =
        5000 /* that an account stands is asked once for many messages; that MAIL's domain is listed counts for its message's author */
};

/* May the peer's certificate speak for that domain, or, when there is no domain, for any domain of the list? A report
 * about mail has no sender domain. Every operator of the list may bring one (RFC 5321 4.5.5), and nobody else may. */
static enum cause listed(const struct smtp_session *s, struct span domain, struct err *e)
{
    static const enum cause of[] = {
        [DTR_YES] = CAUSE_NONE, [DTR_UNKNOWN_DOMAIN] = CAUSE_UNKNOWN_DOMAIN, [DTR_OTHER_DN] = CAUSE_WRONG_DN};
    enum dird_trusted answer;

    if (dir_trust(s->dir, domain, span_str(s->tls_peer.dn), &answer, e) != RC_OK)
        return trust_temp(e->cause);
    return of[answer];
}

static enum cause from_relay(struct smtp_session *s, const char *sender, struct err *e)
{
    struct span domain = smtp_domain_of(span_str(sender));
    enum cause r = peer_check(s, e);

    if (r != CAUSE_NONE)
        return r;
    s->from.vouched = SPAN_NULL; /* asked at each MAIL: a domain that leaves the list is refused at once */
    r = listed(s, domain, e);
    if (r == CAUSE_NONE && domain.n > 0) {
        snprintf(s->vouched, sizeof s->vouched, "%.*s", SPAN_ARG(domain));
        s->from.vouched = span_str(s->vouched);
        s->from.vouched_until = deadline_in(TRUST_MS);
    }
    return r;
}

/* Does the account still stand? When it was disabled or deleted since it signed in, the client must sign in again, and
 * is told then. */
static enum cause account_stands(struct smtp_session *s, struct err *e)
{
    enum rc rc;

    if (deadline_left_ms(s->stands_until) > 0)
        return CAUSE_NONE;
    rc = dir_may_send(s->dir, span_str(s->account), span_str(s->account), &s->own, e);
    if (rc == RC_OK)
        s->stands_until = deadline_in(TRUST_MS);
    if (rc == RC_OK)
        return CAUSE_NONE;
    return rc == RC_DENIED || rc == RC_NOTFOUND ? CAUSE_ACCOUNT_CHANGED : CAUSE_DIR_TEMP;
}

static enum cause from_account(struct smtp_session *s, const char *sender, struct err *e)
{
    enum cause r;
    enum rc rc;

    if (deadline_left_ms(s->renew_at) == 0)
        return CAUSE_TIMEOUT; /* the ticket is old: the client signs in again by itself */
    r = account_stands(s, e);
    s->may = s->own;
    if (r != CAUSE_NONE || !sender[0] || span_ieq_str(span_str(sender), s->account))
        return r; /* <>: receipts; From in the message is held to the account all the same */
    rc = dir_may_send(s->dir, span_str(s->account), span_str(sender), &s->may, e);
    if (rc == RC_OK)
        return CAUSE_NONE;
    return rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_SYNTAX ? CAUSE_SENDER_NOT_HELD : CAUSE_DIR_TEMP;
}

void cmd_mail(struct smtp_session *s, const union smtp_args *a)
{
    const struct smtp_mail *m = &a->mail;
    char sender[SMTP_ADDR];
    struct err e = {0};
    enum cause r;

    if (!smtp_path_plain(&m->path, sender, sizeof sender))
        r = CAUSE_BAD_ADDRESS;
    else if (m->params.size > s->conf->letter.max_message)
        r = CAUSE_TOO_BIG;
    else
        r = smtp_is_submission(s) ? from_account(s, sender, &e) : from_relay(s, sender, &e);
    account_is(s); /* what its domain allows may be another by now */
    if (r == CAUSE_NONE && s->may.max_message > 0 && m->params.size > s->may.max_message)
        r = CAUSE_DOMAIN_SIZE;
    if (r != CAUSE_NONE) {
        if (r != CAUSE_BAD_ADDRESS)
            logged_address(span_str(sender), s->about);
        smtp_refuse(s, r, &e);
        return;
    }
    smtp_prove(s); /* on port 25 it is only now that the peer is known to be one of the trust space */
    envelope_reset(s);
    memcpy(s->env.sender, sender, sizeof sender);
    snprintf(s->env.envid, sizeof s->env.envid, "%.*s", SPAN_ARG(m->params.envid));
    s->env.params = m->params;
    s->env.params.envid = s->env.params.auth = SPAN_NULL;
    s->env.is.sender = span_str(s->env.sender);
    s->env.is.envid = span_str(s->env.envid);
    s->env.is.ret = (uint8_t)m->params.ret;
    s->env.is.smtputf8 = m->params.smtputf8;
    s->env.is.requiretls = m->params.requiretls;
    s->phase = PH_MAIL;
    smtp_say(s, 250, "2.1.0", "Expediteur accepte / Sender OK");
}
