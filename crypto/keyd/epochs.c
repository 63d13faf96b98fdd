/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto/keyd/epochs.c - epoch keys: one per mailbox and short period. A key is made here, sealed to the mailbox once,
 * and then forgotten.
 *
 * An epoch is found by the mailbox *and* the public key that was named. So a session that names another key for a
 * mailbox wraps for that key alone, and cannot spoil the epoch that others use. The number of an epoch follows from its
 * record (seal_epoch_id), so no two epochs of a mailbox have the same number.
 */
#include "base/clock.h"
#include "base/wipe.h"
#include "crypto/keyd/keyd_int.h"
#include "crypto/seal/digest.h"

struct epoch {
    int64_t until; /* clock_mono */
    uint32_t left; /* wraps */
    uint64_t id;
    unsigned char key[SEAL_EPOCH_KEY], rec[SEAL_EPOCH_REC];
};

size_t epoch_size(void)
{
    return sizeof(struct epoch);
}

bool epoch_stale(const void *value, int64_t now)
{
    const struct epoch *p = value;

    return p->left == 0 || now >= p->until;
}

static void epoch_key(uint64_t mbx, const unsigned char pub[SEAL_PUB], unsigned char key[CACHE_KEY])
{
    unsigned char b[8 + SEAL_PUB];

    memcpy(b, &mbx, 8);
    memcpy(b + 8, pub, SEAL_PUB);
    digest_of(span_of(b, sizeof b), key);
}

static enum rc epoch_make(struct state *s, uint64_t mbx, const unsigned char pub[SEAL_PUB], struct epoch *p,
                          struct err *e)
{
    random_bytes(p->key, sizeof p->key);
    p->until = clock_mono() + s->epoch_ns;
    p->left = s->epoch_most;
    atomic_fetch_add(&s->epochs_made, 1);
    return seal_epoch_seal(pub, mbx, p->key, p->rec, &p->id, e);
}

/* Copies the current epoch out and takes one wrap from it. The caller wipes the copy's key. RC_MORE: a new epoch is
 * needed, and may_make says that it was not paid for yet. */
static enum rc epoch_take(struct state *s, bool may_make, uint64_t mbx, const unsigned char pub[SEAL_PUB],
                          struct epoch *copy, struct err *e)
{
    unsigned char key[CACHE_KEY];
    struct epoch *p;
    bool found;
    enum rc rc = RC_OK;

    epoch_key(mbx, pub, key);
    p = cache_hold(s->epochs, key, &found);
    if (!found || epoch_stale(p, clock_mono()))
        rc = may_make ? epoch_make(s, mbx, pub, p, e) : RC_MORE;
    if (rc == RC_OK) {
        p->left--;
        *copy = *p;
    } else {
        cache_drop(s->epochs, key);
    }
    cache_release(s->epochs, key);
    return rc;
}

/* A new epoch costs a key agreement. For a mailbox that a session invented it also costs a place that a true mailbox
 * loses. So a process gets a bounded number. */
enum rc epoch_wrap(struct state *s, pid_t pid, uint64_t mbx, const unsigned char pub[SEAL_PUB],
                   const unsigned char cek[SEAL_CEK], struct keyd_wrapped *out, struct err *e)
{
    struct epoch p;
    enum rc rc = epoch_take(s, false, mbx, pub, &p, e);

    if (rc == RC_MORE) {
        rc = limit_take(s, s->handshakes, "epoch", span_of(&pid, sizeof pid), s->epochs_most, e);
        if (rc == RC_OK)
            rc = epoch_take(s, true, mbx, pub, &p, e);
    }
    if (rc == RC_OK) {
        out->mbx = mbx;
        out->epoch = p.id;
        memcpy(out->epoch_rec, p.rec, SEAL_EPOCH_REC);
        rc = seal_wrap(p.key, mbx, p.id, cek, out->wrap, e);
        wipe(&p, sizeof p);
    }
    return rc;
}
