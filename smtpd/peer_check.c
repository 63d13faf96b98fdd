/* SPDX-License-Identifier: EUPL-1.2 */
/* smtpd/peer_check.c - port 25: is the peer's certificate good here, and not revoked? Told at MAIL, because only there can SMTP say why.
 * spec/mssante.md 1.2, 1.4 */
#include "smtpd/peer_check.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>

enum { WAIT_MS = 10 * 1000 /* for revocation data that are being fetched */ };

/* trustd verifies the chain by itself before it follows an address in it. What it does not take, is not taken here. */
static enum cause meaning(const struct smtp_session *s, const struct trustd_check_rep *r)
{
    switch ((enum trust_state)r->state) {
    case TS_GOOD:
        return CAUSE_NONE;
    case TS_REVOKED:
        return CAUSE_CERT_REVOKED;
    case TS_NO_CHAIN:
        return CAUSE_CERT_CHAIN;
    case TS_UNKNOWN:
    case TS_PENDING:
        break;
    }
    return s->conf->revocation == REVOCATION_SOFT ? CAUSE_NONE : CAUSE_CERT_UNCHECKED;
}

static enum cause ask(struct smtp_session *s, struct err *e)
{
    struct span chain = span_of(s->tls_peer.chain, s->tls_peer.n_chain);
    struct trustd_check_rep r = {.state = TS_UNKNOWN};
    struct buf mem = BUF_INIT; /* open: an operator's certificate */
    enum cause c;

    if (trust_check_wait(s->trust, TP_PEER, chain, WAIT_MS, &r, &mem, e) != RC_OK)
        r = (struct trustd_check_rep){.state = TS_UNKNOWN, .why = span_str(e->log)};
    c = meaning(s, &r);
    log_ev(c == CAUSE_NONE && r.state == TS_GOOD ? LOG_DEBUG_ : LOG_WARN_, "peer-revocation",
           "state=%u depth=%u as_of=%llu dn=%s why=%s", r.state, r.depth, (unsigned long long)r.as_of,
           log_esc(span_str(s->tls_peer.dn)), log_esc(r.why));
    if (c != CAUSE_NONE)
        (void)!err_cause(e, RC_DENIED, c, "certificate %u of the chain: %.*s", r.depth, SPAN_ARG(r.why));
    /* what could not be checked is asked again at the next MAIL */
    s->peer_good_until = c == CAUSE_NONE && r.state == TS_GOOD ? (int64_t)r.until : 0;
    trust_rest(s->trust);
    buf_free(&mem);
    return c;
}

enum cause peer_check(struct smtp_session *s, struct err *e)
{
    if (!s->tls_peer.has_cert)
        return CAUSE_NO_CERT;
    if (!s->tls_peer.verified) {
        (void)!err_set(e, RC_DENIED, "%s", s->tls_peer.why);
        return s->tls_peer.cause != CAUSE_NONE ? s->tls_peer.cause : CAUSE_BAD_CERT;
    }
    if (!s->tls_peer.dn[0])
        return CAUSE_BAD_CERT;
    if (s->conf->revocation == REVOCATION_OFF || clock_utc() < s->peer_good_until)
        return CAUSE_NONE;
    return ask(s, e);
}
