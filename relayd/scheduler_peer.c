/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_peer.c - may this server have our mail? Its certificate was verified by the session (chain, dates, usage, name); here its DN is
 * compared with what the trust space says of the domain, and trustd is asked whether a certificate of the chain is revoked. */
#include "base/clock.h"
#include "base/log.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 250 };
#define MS 1000000LL

enum cause peer_trusted(struct scheduler *s, const char *domain, const char *dn)
{
    enum dird_trusted answer;
    struct err e;

    if (dn && dn[0] == '\0')
        return CAUSE_PEER_DN;
    if (dir_trust(s->dir, span_str(domain), dn ? span_str(dn) : SPAN_NULL, &answer, &e) != RC_OK) {
        log_err(LOG_WARN_, "trust-unknown", &e);
        return e.cause == CAUSE_LIST_STALE || e.cause == CAUSE_LIST_MISSING ? e.cause : CAUSE_DIR_TEMP;
    }
    return answer == DTR_YES ? CAUSE_NONE : answer == DTR_OTHER_DN ? CAUSE_PEER_DN : CAUSE_LEFT_TRUST_SPACE;
}

/* CAUSE_NONE: good. *again_out: it is not known yet. */
static enum cause not_revoked(struct scheduler *s, struct span chain, char *why, size_t why_n, bool *again_out)
{
    struct trustd_check_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err e;
    enum rc rc = trust_check(s->trust, TP_PEER, chain, &rep, &mem, &e);
    enum cause c = s->revocation == PEER_REQUIRE ? CAUSE_PEER_UNCHECKED : CAUSE_NONE;

    *again_out = false;
    if (rc != RC_OK)
        log_err(LOG_WARN_, "revocation-unknown", &e);
    else if (rep.state == TS_PENDING)
        *again_out = true;
    else if (rep.state == TS_GOOD)
        c = CAUSE_NONE;
    else if (rep.state == TS_REVOKED)
        c = CAUSE_PEER_REVOKED;
    else if (rep.state == TS_NO_CHAIN)
        c = CAUSE_PEER_CERT;
    scheduler_text(why, why_n, rc == RC_OK ? rep.why : SPAN_NULL);
    buf_free(&mem);
    return c;
}

static void answer(struct place *p, enum cause c)
{
    struct channel_peer_rep rep = {.cause = (uint16_t)c};

    p->check_at = 0;
    buf_free(&p->chain);
    p->peer_ok = c == CAUSE_NONE;
    if (c == CAUSE_LEFT_TRUST_SPACE)
        c = CAUSE_PEER_DN; /* it left since we dialled: seen at the next try, before a connection */
    if (c != CAUSE_NONE) {
        char text[CH_TEXT];

        snprintf(text, sizeof text, "%s", p->why.text);
        verdict_cause(&p->why, FATE_LATER, c);
        snprintf(p->why.text, sizeof p->why.text, "%s", text);
    }
    channel_answer(p, CH_PEER, channel_peer_rep_f, &rep);
}

void peer_again(struct scheduler *s, struct place *p)
{
    bool again;
    enum cause c = not_revoked(s, buf_span(&p->chain), p->why.text, sizeof p->why.text, &again);

    if (again)
        p->check_at = clock_mono() + AGAIN_MS * MS;
    else
        answer(p, c);
}

/* Asked without a name, the trust space answers for the domain alone: a certificate without a subject, or with one that did not fit, would pass. */
static bool comparable(struct span dn)
{
    return dn.n > 0 && memchr(dn.p, 0, dn.n) == NULL;
}

void peer_asked(struct scheduler *s, struct place *p, const struct channel_peer_req *rq)
{
    enum cause c = CAUSE_PEER_CERT;

    scheduler_text(p->dn, sizeof p->dn, rq->dn);
    scheduler_text(p->tls, sizeof p->tls, rq->tls);
    scheduler_text(p->why.text, sizeof p->why.text, rq->why);
    if (rq->verified && !comparable(rq->dn))
        scheduler_text(p->why.text, sizeof p->why.text,
                       SPAN_LIT("its certificate has no subject that can be compared"));
    else if (rq->verified) {
        c = peer_trusted(s, p->start.domain, p->dn);
        scheduler_text(p->why.text, sizeof p->why.text, c == CAUSE_PEER_DN ? rq->dn : SPAN_NULL);
    }
    if (c != CAUSE_NONE) {
        answer(p, c);
        return;
    }
    if (s->revocation == PEER_OFF) {
        answer(p, CAUSE_NONE);
        return;
    }
    buf_clear(&p->chain);
    buf_addspan(&p->chain, rq->chain);
    peer_again(s, p);
}
