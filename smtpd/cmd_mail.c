/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_mail.c - MAIL: may this sender be taken from this peer? Port 25: the trust space decides (certificate and white list).
 * Submission: the account must hold the address.  RFC 5321 4.1.1.2, RFC 6409 6.1, RFC 1870 */
#include "base/log.h"
#include "policies/trust.h"
#include "smtpd/verbs.h"
#include <stdio.h>

enum { DNS_MAX = 64, TRUST_MS = 5000 /* who sends a hundred messages is asked about once */ };

static enum refusal of_verdict(enum trust_verdict v)
{
    static const enum refusal r[] = {[TRUST_OK] = REFUSE_NONE,
                                     [TRUST_NO_TLS] = REFUSE_NEED_TLS,
                                     [TRUST_NO_CERT] = REFUSE_NO_CERT,
                                     [TRUST_BAD_CERT] = REFUSE_BAD_CERT,
                                     [TRUST_UNKNOWN_DOMAIN] = REFUSE_UNKNOWN_DOMAIN,
                                     [TRUST_WRONG_DN] = REFUSE_WRONG_DN};

    return r[v];
}

/* The DNs of a domain's operators: packed u32 length and text. */
static size_t unpack(struct span packed, struct span *dns, size_t most)
{
    struct rd r = rd_of(packed);
    size_t n = 0;

    while (n < most && r.s.n > 0) {
        struct span dn = rd_bytes(&r);

        if (!rd_ok(&r))
            break;
        dns[n++] = dn;
    }
    return n;
}

/* A report about mail has no sender domain: any operator of the trust space may send one (RFC 5321 4.5.5). */
static enum refusal from_operator(const struct smtp_session *s)
{
    struct span dn = span_str(s->tls_peer.dn);
    struct trust_facts f = {
        .has_cert = s->tls_peer.has_cert, .verified = s->tls_peer.verified, .peer_dn = dn, .dns = &dn};

    f.n_dns = 1;
    f.domain_known = true;
    return of_verdict(trust_decide(&f));
}

static enum refusal from_relay(struct smtp_session *s, const struct smtp_path *p, struct err *e)
{
    struct span dns[DNS_MAX];
    struct trust_facts f = {.has_cert = s->tls_peer.has_cert,
                            .verified = s->tls_peer.verified,
                            .peer_dn = span_str(s->tls_peer.dn),
                            .sender_domain = p->domain,
                            .dns = dns};
    struct dird_trust_rep rep;
    enum refusal r;
    enum rc rc;

    if (p->domain.n == 0)
        return from_operator(s);
    if (span_ieq_str(p->domain, s->trusted) && deadline_left_ms(s->trusted_until) > 0)
        return REFUSE_NONE;
    rc = dir_trust(s->dir, p->domain, &rep, e);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return REFUSE_DIR_TEMP;
    f.domain_known = rc == RC_OK;
    f.n_dns = rc == RC_OK ? unpack(rep.dns, dns, DNS_MAX) : 0;
    r = of_verdict(trust_decide(&f));
    if (r == REFUSE_NONE) {
        snprintf(s->trusted, sizeof s->trusted, "%.*s", SPAN_ARG(p->domain));
        s->trusted_until = deadline_in(TRUST_MS);
    }
    return r;
}

/* Disabled or deleted since it signed in: it signs in again, and is told there. */
static enum refusal account_stands(struct smtp_session *s, struct err *e)
{
    enum rc rc;

    if (deadline_left_ms(s->trusted_until) > 0)
        return REFUSE_NONE;
    rc = dir_may_send(s->dir, span_str(s->account), span_str(s->account), e);
    if (rc == RC_OK)
        s->trusted_until = deadline_in(TRUST_MS);
    if (rc == RC_OK)
        return REFUSE_NONE;
    return rc == RC_DENIED || rc == RC_NOTFOUND ? REFUSE_ACCOUNT_CHANGED : REFUSE_DIR_TEMP;
}

static enum refusal from_account(struct smtp_session *s, const char *sender, struct err *e)
{
    enum refusal r;
    enum rc rc;

    if (deadline_left_ms(s->renew_at) == 0)
        return REFUSE_TIMEOUT; /* the ticket is old: the client signs in again by itself */
    r = account_stands(s, e);
    if (r != REFUSE_NONE || !sender[0] || span_ieq_str(span_str(sender), s->account))
        return r; /* <>: receipts; From in the message is held to the account all the same */
    rc = dir_may_send(s->dir, span_str(s->account), span_str(sender), e);
    if (rc == RC_OK)
        return REFUSE_NONE;
    return rc == RC_DENIED || rc == RC_NOTFOUND || rc == RC_SYNTAX ? REFUSE_SENDER_NOT_HELD : REFUSE_DIR_TEMP;
}

void cmd_mail(struct smtp_session *s, const union smtp_args *a)
{
    const struct smtp_mail *m = &a->mail;
    char sender[SMTP_ADDR];
    struct err e = {0};
    enum refusal r;

    if (!smtp_path_plain(&m->path, sender, sizeof sender))
        r = REFUSE_BAD_ADDRESS;
    else if (m->params.size > s->conf->letter.max_message)
        r = REFUSE_TOO_BIG;
    else
        r = smtp_is_submission(s) ? from_account(s, sender, &e) : from_relay(s, &m->path, &e);
    if (r != REFUSE_NONE) {
        smtp_refuse(s, r, &e);
        return;
    }
    smtp_prove(s); /* on port 25 it is only now that the peer is known to be one of the trust space */
    envelope_reset(s);
    memcpy(s->env.sender, sender, sizeof sender);
    snprintf(s->env.envid, sizeof s->env.envid, "%.*s", SPAN_ARG(m->params.envid));
    s->env.params = m->params;
    s->env.params.envid = s->env.params.auth = SPAN_NULL;
    s->phase = PH_MAIL;
    smtp_say(s, 250, "2.1.0", "Expediteur accepte / Sender OK");
}
