/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/scheduler_peer.c - may this server have our mail? Its certificate was verified by the session (chain, dates, usage, host's name). trustd is asked
 * about that chain: it verifies it again, says whose it is, and whether a certificate of it is revoked. That name, and no other, is compared with what
 * the trust space says of the domain. So a session that names one operator and shows the certificate of another has no way to say so. */
#include "base/clock.h"
#include "base/log.h"
#include "relayd/scheduler.h"
#include <stdio.h>
#include <string.h>

enum { AGAIN_MS = 250, GOOD_MOST_S = 3600 /* trustd promises no more: beyond it stands a clock that was wrong */ };
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

static enum cause meaning(const struct scheduler *s, const struct trustd_check_rep *rep)
{
    switch ((enum trust_state)rep->state) {
    case TS_GOOD:
        return CAUSE_NONE;
    case TS_REVOKED:
        return CAUSE_PEER_REVOKED;
    case TS_NO_CHAIN:
        return CAUSE_PEER_CERT;
    case TS_UNKNOWN:
    case TS_PENDING:
        break;
    }
    return s->revocation == PEER_REQUIRE ? CAUSE_PEER_UNCHECKED : CAUSE_NONE;
}

/* False: trustd did not answer. It is left alone then for a while, because whoever waits for it waits in everybody's place. */
static bool ask(struct scheduler *s, const struct place *p, struct trustd_check_rep *rep, struct buf *mem)
{
    struct trustd_check_req rq = {TP_PEER, s->revocation == PEER_OFF ? TW_NAME : TW_REVOCATION, buf_span(&p->chain)};
    struct err e;

    if (clock_mono() < s->trustd_away_until)
        return false;
    if (trust_check(s->trust, &rq, rep, mem, &e) == RC_OK)
        return true;
    log_err(LOG_WARN_, "revocation-unknown", &e);
    s->trustd_away_until = deadline_in(TRUSTD_REST_MS);
    return false;
}

static void answer(struct place *p, enum cause c)
{
    struct channel_peer_rep rep = {.cause = (uint16_t)c};

    p->check_at = 0;
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

/* Asked without a name, the trust space would answer for the domain alone: a certificate without a subject, or with one that does not fit, would pass. */
static enum cause listed(struct scheduler *s, struct place *p)
{
    enum cause c = CAUSE_PEER_CERT;

    if (p->dn[0] == '\0')
        scheduler_text(p->why.text, sizeof p->why.text,
                       SPAN_LIT("its certificate has no subject that can be compared"));
    else
        c = peer_trusted(s, p->start.domain, p->dn);
    if (c == CAUSE_PEER_DN)
        scheduler_text(p->why.text, sizeof p->why.text, span_str(p->dn));
    return c;
}

/* trustd says of the chain whose it is, and whether it is revoked; dird, whether that name is listed for the domain. Without trustd nobody can say
 * whose it is, whatever trust.revocation says. */
void peer_again(struct scheduler *s, struct place *p)
{
    struct trustd_check_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum cause c = CAUSE_PEER_UNCHECKED, name = CAUSE_NONE;
    bool known = ask(s, p, &rep, &mem);

    scheduler_text(p->why.text, sizeof p->why.text, known ? rep.why : SPAN_LIT("pli-trustd does not answer"));
    if (known) {
        c = meaning(s, &rep);
        p->good_until = rep.state == TS_GOOD ? (int64_t)rep.until : 0;
        scheduler_text(p->dn, sizeof p->dn, rep.dn);
    }
    if (known && rep.state != TS_NO_CHAIN)
        name = listed(s, p);
    if (name != CAUSE_NONE)
        answer(p, name);
    else if (known && rep.state == TS_PENDING)
        p->check_at = clock_mono() + AGAIN_MS * MS;
    else
        answer(p, c);
    buf_free(&mem);
}

enum cause peer_still_trusted(struct scheduler *s, struct place *p)
{
    struct trustd_check_rep rep = {.state = TS_UNKNOWN};
    struct buf mem = BUF_INIT;
    int64_t now = clock_utc();
    enum cause c = peer_trusted(s, p->start.domain, p->dn);

    if (c != CAUSE_NONE || s->revocation == PEER_OFF)
        return c;
    if (!ask(s, p, &rep, &mem))
        rep.state = TS_UNKNOWN;
    c = meaning(s, &rep);
    if (rep.state == TS_GOOD)
        p->good_until = (int64_t)rep.until;
    else if (c == CAUSE_PEER_UNCHECKED && now < p->good_until && p->good_until <= now + GOOD_MOST_S)
        c = CAUSE_NONE;
    if (c != CAUSE_NONE)
        log_ev(LOG_WARN_, "relay-peer-ends", "domain=%s host=%s why=%s said=%s", log_esc(span_str(p->start.domain)),
               log_esc(span_str(p->start.host)), cause_name(c), log_esc(rep.why));
    buf_free(&mem);
    return c;
}

void peer_asked(struct scheduler *s, struct place *p, const struct channel_peer_req *rq)
{
    scheduler_text(p->tls, sizeof p->tls, rq->tls);
    p->dn[0] = '\0';
    p->good_until = 0;
    buf_clear(&p->chain);
    buf_addspan(&p->chain, rq->chain);
    if (rq->verified) {
        peer_again(s, p);
        return;
    }
    scheduler_text(p->why.text, sizeof p->why.text, rq->why);
    answer(p, CAUSE_PEER_CERT);
}
