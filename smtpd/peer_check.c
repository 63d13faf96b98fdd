/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/peer_check.c - port 25: is the peer's certificate good here, and not revoked? Told at MAIL, because only there can SMTP say why.
 * spec/mssante.md 1.2, 1.4 */
#include "smtpd/peer_check.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>

enum {
    WAIT_MS = 10 * 1000,  /* for revocation data that are being fetched */
    AGAIN_WAIT_MS = 1000, /* the same, where the peer was good a moment ago */
    AWAY_MS = 10 * 1000,  /* how long trustd is left alone after it did not answer, as long as the last "good" counts */
    GOOD_MOST_S = 3600    /* trustd promises no more: beyond it stands a clock that was wrong */
};

/* trustd verifies the chain by itself before it follows an address in it. What it does not take, is not taken here. */
static enum cause meaning(const struct smtp_session *s, const struct trustd_check_rep *r)
{
    switch ((enum trust_state)r->state) {
    case TS_GOOD:
        return CAUSE_NONE;
    case TS_REVOKED:
        return CAUSE_CERT_REVOKED;
    case TS_NO_CHAIN: /* it was good at the handshake: it has ended since, or trustd knows better */
        return r->cause == CAUSE_CERT_EXPIRED || r->cause == CAUSE_CERT_NOT_YET || r->cause == CAUSE_CERT_WEAK
                   ? (enum cause)r->cause
                   : CAUSE_CERT_CHAIN;
    case TS_UNKNOWN:
    case TS_PENDING:
        break;
    }
    return s->conf->revocation == REVOCATION_SOFT ? CAUSE_NONE : CAUSE_CERT_UNCHECKED;
}

/* The session's own verdict. trustd is given no chain that was not good here: what a stranger presents is read in his own session alone. */
static enum cause judged_here(struct smtp_session *s, struct err *e)
{
    struct tls_peer *p = &s->tls_peer;

    tls_judge(s->conf->tls[s->kind], p);
    s->from.dn = span_str(p->dn);
    if (p->verified && p->dn[0])
        return CAUSE_NONE;
    (void)!err_set(e, RC_DENIED, "%s", p->why);
    return p->verified || p->cause == CAUSE_NONE ? CAUSE_BAD_CERT : p->cause;
}

/* trustd has verified this chain lately, to the same anchors, and what it may be used for is enough here. */
static bool vouched(const struct smtp_session *s, const struct trustd_check_rep *r)
{
    return r->dn.n > 0 && tls_suits(s->conf->tls[s->kind], r->uses, r->anchors);
}

/* The name that counts from now on is the one that trustd reads from the chain that it verified. */
static enum cause named(struct smtp_session *s, struct span dn, struct err *e)
{
    if (dn.n == 0 || dn.n >= sizeof s->tls_peer.dn) {
        (void)!err_set(e, RC_DENIED, "its certificate has no subject that can be compared");
        return CAUSE_BAD_CERT;
    }
    if (!span_eq_str(dn, s->tls_peer.dn))
        log_ev(LOG_DEBUG_, "peer-name", "here=%s trustd=%s", log_esc(span_str(s->tls_peer.dn)), log_esc(dn));
    memcpy(s->tls_peer.dn, dn.p, dn.n);
    s->tls_peer.dn[dn.n] = 0;
    s->from.dn = span_str(s->tls_peer.dn);
    return CAUSE_NONE;
}

static void peer_note(struct smtp_session *s)
{
    const struct tls_peer *p = &s->tls_peer;

    if (!p->has_cert || s->peer_noted)
        return;
    s->peer_noted = true;
    log_ev(LOG_INFO_, "peer", "verified=%d by=%s dn=%s", p->verified || !p->judged, p->judged ? "session" : "trustd",
           log_esc(span_str(p->dn)));
}

/* What trustd says: of memory, where it knows the chain and the session has not read it; else of a chain that is good here. False with *c set: it is not
 * good here. False with CAUSE_NONE: trustd does not answer. */
static bool answered(struct smtp_session *s, int wait_ms, struct trustd_check_rep *r, struct buf *mem, enum cause *c,
                     struct err *e)
{
    struct span chain = span_of(s->tls_peer.chain, s->tls_peer.n_chain);

    *c = CAUSE_NONE;
    if (!s->tls_peer.judged && chain.n > 0 && trust_known(s->trust, TP_PEER, chain, r, mem, e) == RC_OK &&
        vouched(s, r)) {
        *c = named(s, r->dn, e); /* a refusal names it too */
        return *c == CAUSE_NONE;
    }
    *c = judged_here(s, e);
    return *c == CAUSE_NONE && trust_check_wait(s->trust, TP_PEER, chain, wait_ms, r, mem, e) == RC_OK;
}

/* The answer, or, while trustd cannot say, its last "good", which counts until its end. */
static enum cause weigh(struct smtp_session *s, bool known, bool was_good, const struct trustd_check_rep *r,
                        struct err *e)
{
    enum cause c = r->state == TS_UNKNOWN && was_good ? CAUSE_NONE : meaning(s, r);

    if (r->state != TS_UNKNOWN || !was_good)
        s->peer_good_until = r->state == TS_GOOD ? (int64_t)r->until : 0;
    s->peer_ask_at = known ? 0 : deadline_in(AWAY_MS);
    log_ev(c == CAUSE_NONE && r->state == TS_GOOD ? LOG_DEBUG_ : LOG_WARN_, "peer-revocation",
           "state=%u depth=%u as_of=%llu dn=%s why=%s", r->state, r->depth, (unsigned long long)r->as_of,
           log_esc(known && r->dn.n > 0 ? r->dn : span_str(s->tls_peer.dn)), log_esc(r->why));
    if (c != CAUSE_NONE)
        (void)!err_cause(e, RC_DENIED, c, "certificate %u of the chain: %.*s", r->depth, SPAN_ARG(r->why));
    else if (known)
        c = named(s, r->dn, e);
    return c;
}

/* Asked at each MAIL, for trustd may have another list by now; it answers from memory. */
static enum cause ask(struct smtp_session *s, struct err *e)
{
    struct trustd_check_rep r = {.state = TS_UNKNOWN};
    struct buf mem = BUF_INIT; /* open: an operator's certificate */
    bool was_good = clock_utc() < s->peer_good_until && s->peer_good_until <= clock_utc() + GOOD_MOST_S, known;
    enum cause c;

    if (was_good && deadline_left_ms(s->peer_ask_at) > 0)
        return CAUSE_NONE;
    known = answered(s, was_good ? AGAIN_WAIT_MS : WAIT_MS, &r, &mem, &c, e);
    if (!known)
        r = (struct trustd_check_rep){.state = TS_UNKNOWN, .why = span_str(e->log)};
    if (c == CAUSE_NONE)
        c = weigh(s, known, was_good, &r, e);
    trust_rest(s->trust);
    buf_free(&mem);
    return c;
}

enum cause peer_check(struct smtp_session *s, struct err *e)
{
    enum cause c;

    if (!s->tls_peer.has_cert)
        return CAUSE_NO_CERT;
    c = s->conf->revocation == REVOCATION_OFF ? judged_here(s, e) : ask(s, e);
    peer_note(s);
    return c;
}

void peer_gone(struct smtp_session *s)
{
    if (s->tls_peer.has_cert && !s->peer_noted)
        (void)judged_here(s, &(struct err){0});
    peer_note(s);
}
