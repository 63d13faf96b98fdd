/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_profile.c - signs the digest of a settings file (Apple's .mobileconfig) with a server certificate.
 *
 * The answer is a finished CMS, so what the key signs are attributes that were made here. A mail program does not take such
 * a signature for a letter's, because the certificate has no usage for mail. Who has taken over a session of httpd could
 * have any hash signed by KEYD_TLS_SIGN, and so gains nothing here. RFC 5652.
 */
#include "base/clock.h"
#include "crypto/cms/cms.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/pki/pki.h"

enum { PROCESS_MOST = 20, ALL_MOST = 600 }; /* a minute */

static enum rc sign(struct span key, const struct keyd_profile_req *rq, struct buf *out, struct err *e)
{
    struct cms_signer *s = NULL;
    enum rc rc = pki_match(key, rq->cert, e);

    if (rc == RC_DENIED)
        return err_set(e, RC_TEMP, "sign-profile: the certificate that is shown was replaced (key %u)", rq->key);
    if (rc == RC_OK)
        rc = cms_signer_new(key, rq->cert, &s, e);
    if (rc == RC_OK)
        rc = cms_signer_sign(s, rq->digest, clock_utc(), out, e);
    cms_signer_free(&s);
    return rc;
}

static const struct key_der *key_of(const struct state *s, uint8_t which)
{
    const struct key_der *k = which == KEYD_TLS_SERVER      ? &s->ring->tls_rsa
                              : which == KEYD_TLS_SERVER_EC ? &s->ring->tls_ec
                                                            : NULL;

    return k && k->n > 0 ? k : NULL;
}

enum rc purpose_profile(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_profile_req *rq = req;
    const struct key_der *key = key_of(s, rq->key);
    enum rc rc = RC_OK;

    (void)fd;
    if (!key) {
        atomic_fetch_add(&s->denied, 1);
        rc = err_set(e, RC_DENIED, "sign-profile: no key %u", rq->key);
    }
    if (rc == RC_OK)
        rc = limit_take(s, s->handshakes, "sign-profile", span_of(&p->pid, sizeof p->pid), PROCESS_MOST, e);
    if (rc == RC_OK)
        rc = limit_take(s, s->limits, "sign-profile", SPAN_LIT("all"), ALL_MOST, e);
    if (rc == RC_OK)
        rc = sign(key_der_span(key), rq, r->scratch, e);
    if (rc == RC_OK) {
        atomic_fetch_add(&s->signatures, 1);
        ((struct keyd_profile_rep *)r->msg)->cms = buf_span(r->scratch);
    }
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "sign-profile", "peer=%ld key=%u rc=%s", (long)p->pid, rq->key,
           rc_name(rc));
    return rc;
}
