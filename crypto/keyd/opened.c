/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/opened.c - password slots. A password is hashed slowly once; for a few minutes after that a keyed MAC of
 * the same password is enough.
 *
 * At most state.slow_most threads hash at once. Any further request is told CAUSE_BUSY and asks again, so that no worker
 * waits, and wraps and TLS signatures go on.
 */
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/keyd/slot_keys.h"
#include "crypto/seal/digest.h"

enum { GUESSES_MOST = 30 }; /* per minute and mailbox; a user who knows the password needs one in five minutes */

enum rc slow_enter(struct state *s, struct err *e)
{
    if (atomic_fetch_add(&s->slow, 1) < s->slow_most)
        return RC_OK;
    atomic_fetch_sub(&s->slow, 1);
    return err_cause(e, RC_TEMP, CAUSE_BUSY, "slow hashes on all the threads they may have");
}

void slow_leave(struct state *s)
{
    atomic_fetch_sub(&s->slow, 1);
}

/* HMAC(random of this process, mailbox | public key | digest of slot | password) */
static void opened_key(struct state *s, uint64_t mbx, const unsigned char pub[SEAL_PUB], const struct slot *slot,
                       struct span password, unsigned char key[CACHE_KEY])
{
    struct buf b = BUF_INIT;
    unsigned char md[DIGEST_LEN];

    buf_init_secret(&b);
    digest_of(slot->body, md);
    buf_u64(&b, mbx);
    buf_add(&b, pub, SEAL_PUB);
    buf_add(&b, md, sizeof md);
    buf_addspan(&b, password);
    hmac_of(span_of(s->mac_key, 32), buf_span(&b), key);
    buf_free(&b);
}

enum rc password_open(struct state *s, uint64_t mbx, const unsigned char pub[SEAL_PUB], const struct slot *slot,
                      struct span password, unsigned char priv_out[SEAL_PRIV], struct err *e)
{
    unsigned char key[CACHE_KEY];
    enum rc rc = RC_OK;

    opened_key(s, mbx, pub, slot, password, key);
    if (!kept_recall(s->opened, key, priv_out)) {
        rc = slow_enter(s, e);
        if (rc != RC_OK)
            return rc;
        rc = limit_take(s, s->limits, "password", span_of(&mbx, sizeof mbx), GUESSES_MOST, e);
        if (rc == RC_OK)
            rc = slot_password_open(password, mbx, pub, slot->body, priv_out, e);
        slow_leave(s);
        if (rc == RC_OK)
            kept_remember(s->opened, key, priv_out);
    }
    wipe(key, sizeof key);
    return rc;
}
