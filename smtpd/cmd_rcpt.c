/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/cmd_rcpt.c - RCPT: does the recipient's mailbox exist, is it open, and is it not full? Every refusal that can
 * be told now is told now. A recipient elsewhere is taken from submission only, and within the trust space only.
 * RFC 5321 4.1.1.3, 4.5.1 (postmaster), RFC 3461 */
#include "base/log.h"
#include "policies/identifiers.h"
#include "policies/trust.h"
#include "smtpd/verbs.h"
#include <stdio.h>

enum cause rcpt_room(struct smtp_session *s, uint64_t mbx, struct err *e)
{
    struct store_can_take_req rq = {.mbx = mbx, .size = s->env.params.size};
    enum rc rc = store_call(s->store, STORE_CAN_TAKE, &rq, -1, NULL, e);

    if (rc == RC_OK)
        return CAUSE_NONE;
    if (rc == RC_QUOTA)
        return e->cause == CAUSE_QUOTA_LONG ? CAUSE_QUOTA_LONG : CAUSE_QUOTA;
    return e->cause == CAUSE_DISK_FULL ? CAUSE_DISK_FULL : CAUSE_STORE_TEMP;
}

static enum cause to_mailbox(struct smtp_session *s, const struct dird_lookup_rep *who, const struct smtp_rcpt *r_args,
                             const char *address, struct err *e)
{
    enum cause r = rcpt_room(s, who->mbx, e);

    if (r == CAUSE_NONE && !envelope_add_box(s, who, address, &r_args->params))
        r = CAUSE_TOO_MANY_RCPT;
    return r;
}

static enum cause to_elsewhere(struct smtp_session *s, const struct smtp_rcpt *rc_args, const char *address,
                               struct err *e)
{
    enum dird_trusted answer;

    if (!smtp_is_submission(s))
        return CAUSE_NOT_LOCAL;
    if (s->may.inside)
        return CAUSE_DOMAIN_INSIDE;
    if (dir_trust(s->dir, smtp_domain_of(span_str(address)), SPAN_NULL, &answer, e) != RC_OK)
        return trust_temp(e->cause);
    if (answer != DTR_YES)
        return CAUSE_UNKNOWN_DOMAIN;
    return envelope_add_remote(s, address, &rc_args->params) ? CAUSE_NONE : CAUSE_TOO_MANY_RCPT;
}

static enum cause look_up(struct smtp_session *s, const struct smtp_rcpt *r, const char *address, struct err *e)
{
    struct dird_lookup_rep who;
    struct buf mem = BUF_SECRET_INIT;
    enum rc rc = dir_lookup(s->dir, span_str(address), &who, &mem, e);

    buf_free(&mem); /* what it is is wanted, not how it is written */
    who.address = SPAN_NULL;
    if (rc == RC_SYNTAX)
        return CAUSE_BAD_ADDRESS;
    if (rc != RC_OK && rc != RC_NOTFOUND)
        return CAUSE_DIR_TEMP;
    if (rc == RC_OK && (who.flags & DF_DOMAIN_OFF))
        return CAUSE_DOMAIN_OFF;
    if (rc == RC_NOTFOUND || who.kind == DK_UNKNOWN)
        return CAUSE_UNKNOWN_RCPT;
    if (who.kind == DK_DISABLED)
        return CAUSE_DISABLED_RCPT;
    if (who.kind == DK_CLOSED)
        return CAUSE_CLOSED_RCPT;
    if (who.kind == DK_GROUP)
        return rcpt_list(s, address, &r->params, e);
    if (who.kind == DK_NOT_LOCAL)
        return to_elsewhere(s, r, address, e);
    if (who.flags & DF_CATCH_ALL)
        log_ev(LOG_INFO_, "catch-all", "address=%s mbx=%llu", s->about, (unsigned long long)who.mbx);
    return to_mailbox(s, &who, r, address, e);
}

/* A patient's mailbox is named by his matricule INS, and takes 25 MB. Both are told before the message is sent in vain.
 * How large it is once signed is looked at at its end (flow/step_citizen.c). */
static enum cause to_patient(struct smtp_session *s, struct span address, struct err *e)
{
    const struct letter_conf *c = &s->conf->letter;
    struct span local = letter_citizen(c, address);

    if (!smtp_is_submission(s) || local.n == 0)
        return CAUSE_NONE;
    if (s->env.params.size > c->citizen_max)
        return CAUSE_CITIZEN_SIZE;
    if (s->conf->citizen_check == CITIZEN_OFF || ins_ok(local))
        return CAUSE_NONE;
    (void)!err_set(e, RC_PERM, "no matricule INS");
    if (s->conf->citizen_check == CITIZEN_REFUSE)
        return CAUSE_CITIZEN_ADDRESS;
    log_ev(LOG_WARN_, "citizen-address", "address=%s", s->about);
    return CAUSE_NONE;
}

/* The one spelling of the recipient; <Postmaster> is the postmaster of our domain. */
static bool spell(struct smtp_session *s, const struct smtp_path *p, char *out, size_t cap)
{
    int n;

    if (p->domain.n > 0)
        return smtp_path_plain(p, out, cap);
    n = snprintf(out, cap, "postmaster@%s", s->conf->domain);
    return n > 0 && (size_t)n < cap;
}

static enum cause take(struct smtp_session *s, const struct smtp_rcpt *r, const char *address, struct err *e)
{
    enum cause c;

    if (r->path.utf8 && !s->env.params.smtputf8)
        return CAUSE_NEED_UTF8;
    if (s->env.named >= s->conf->max_recipients)
        return CAUSE_TOO_MANY_RCPT;
    c = to_patient(s, span_str(address), e);
    return c == CAUSE_NONE ? look_up(s, r, address, e) : c;
}

void cmd_rcpt(struct smtp_session *s, const union smtp_args *a)
{
    char address[SMTP_ADDR];
    struct err e = {0};
    enum cause r = CAUSE_BAD_ADDRESS;

    if (spell(s, &a->rcpt.path, address, sizeof address)) {
        logged_address(span_str(address), s->about);
        r = take(s, &a->rcpt, address, &e);
    }
    if (r == CAUSE_BAD_ADDRESS)
        s->about[0] = 0;
    if (r != CAUSE_NONE) {
        smtp_refuse(s, r, &e);
        return;
    }
    s->env.named++;
    s->phase = PH_RCPT;
    smtp_say(s, 250, "2.1.5", "Destinataire accepte / Recipient OK");
}
