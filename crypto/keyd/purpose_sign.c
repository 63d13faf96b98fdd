/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/purpose_sign.c - signs a mail's digest for the ticket's account, with the key in the account's signing
 * slot. The answer is a finished CMS.
 *
 * Opening a slot and parsing an RSA key costs as much as signing. So parsed signers are kept, by address and slot.
 * Their uses are counted, and a signer is dropped ten minutes after its last use.
 */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/cms/cms.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"
#include "crypto/seal/digest.h"
#include <stdlib.h>

#define IDLE (INT64_C(600) * 1000000000)
enum { CLOCK_APART = 600 }; /* seconds between the session's clock and ours */

struct signer {
    atomic_int users;
    struct cms_signer *cms;
};
struct kept {
    struct signer *s; /* one use is the cache's own */
    int64_t until;
};

size_t signer_size(void)
{
    return sizeof(struct kept);
}

bool signer_stale(const void *value, int64_t now)
{
    return now >= ((const struct kept *)value)->until;
}

static void signer_leave(struct signer *s)
{
    if (s == NULL || atomic_fetch_sub(&s->users, 1) != 1)
        return;
    cms_signer_free(&s->cms);
    free(s);
}

void signer_drop(void *value)
{
    signer_leave(((struct kept *)value)->s);
}

static enum rc signer_make(struct state *st, const struct ticket *t, struct span body, struct signer **s_out,
                           struct err *e)
{
    struct buf pkcs8 = BUF_INIT;
    struct signer *s = calloc(1, sizeof *s);
    struct span sealed, cert;
    enum rc rc;

    if (s == NULL)
        die("out of memory");
    buf_init_secret(&pkcs8);
    rc = slot_signing_open(st->ring->kek, span_str(t->address), body, &pkcs8, e);
    if (rc == RC_OK)
        rc = slot_signing_cert(body, &sealed, &cert, e);
    if (rc == RC_OK)
        rc = cms_signer_new(buf_span(&pkcs8), cert, &s->cms, e);
    buf_free(&pkcs8);
    if (rc != RC_OK) {
        free(s);
        return rc;
    }
    atomic_store(&s->users, 2); /* the cache's and the caller's */
    *s_out = s;
    return RC_OK;
}

/* A signer for this account and slot; signer_leave() when done. */
static enum rc signer_take(struct state *st, const struct ticket *t, struct span body, struct signer **s_out,
                           struct err *e)
{
    unsigned char key[CACHE_KEY];
    struct digest *d = digest_new();
    struct kept *k;
    bool found;
    enum rc rc = RC_OK;

    digest_add(d, span_of(t->address, strlen(t->address) + 1));
    digest_add(d, body);
    digest_end(&d, key);
    k = cache_hold(st->signers, key, &found);
    if (found)
        atomic_fetch_add(&k->s->users, 1);
    else
        rc = signer_make(st, t, body, &k->s, e);
    if (rc == RC_OK) {
        k->until = clock_mono() + IDLE;
        *s_out = k->s;
    } else {
        cache_drop(st->signers, key);
    }
    cache_release(st->signers, key);
    return rc;
}

static enum rc sign(struct state *st, const struct ticket *t, const struct keyd_sign_req *rq, struct buf *out,
                    struct err *e)
{
    struct signer *s = NULL;
    struct slot slot;
    enum rc rc = slot_find(rq->slots, SLOT_SIGNING, &slot, e);

    if (rc == RC_OK)
        rc = signer_take(st, t, slot.body, &s, e);
    if (rc == RC_OK)
        rc = cms_signer_sign(s->cms, rq->digest, (int64_t)rq->when, out, e);
    signer_leave(s);
    return rc;
}

/* A signature may carry no time at all (docs/decisions/0014). It must not carry a wrong one. */
static bool clocks_agree(uint64_t when)
{
    uint64_t now = (uint64_t)clock_utc();

    return when == CMS_NO_TIME || (when > now ? when - now : now - when) <= CLOCK_APART;
}

enum rc purpose_sign(void *daemon, struct ipc_peer *p, const void *req, int fd, struct ipc_reply *r, struct err *e)
{
    struct state *s = daemon;
    const struct keyd_sign_req *rq = req;
    struct ticket t;
    enum rc rc = ticket_for(s, rq->ticket, RIGHT_SUBMIT, &t, e);

    (void)fd;
    if (rc == RC_OK && ticket_delegate(&t) && !(t.acl & ACL_P))
        rc = err_set(e, RC_DENIED, "sign-mail: a delegate who may not send");
    if (rc != RC_OK)
        return rc;
    if (!clocks_agree(rq->when))
        rc = err_set(e, RC_PERM, "sign-mail: a signing time that is not now");
    if (rc == RC_OK)
        rc = limit_take(s, s->limits, "sign-mail", span_str(t.address), s->sign_most, e);
    if (rc == RC_OK)
        rc = sign(s, &t, rq, r->scratch, e);
    if (rc == RC_OK) {
        atomic_fetch_add(&s->signatures, 1);
        ((struct keyd_sign_rep *)r->msg)->cms = buf_span(r->scratch);
    }
    log_ev(rc == RC_OK ? LOG_INFO_ : LOG_WARN_, "sign-mail", "address=%s actor=%s peer=%ld rc=%s",
           log_esc(span_str(t.address)), log_esc(span_str(t.actor)), (long)p->pid, rc_name(rc));
    return rc;
}
