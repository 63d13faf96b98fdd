/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/orphans.c - see sweep.h. */
#include "base/clock.h"
#include "base/log.h"
#include "store/db/scan.h"
#include "store/ops/deliver_int.h"
#include "store/ops/sweep.h"

enum { SHARDS = 64, OIDS_A_LOOK = 200, MARK_BEHIND_MS = 24 * 3600 * 1000 };

/* From an oid to behind its last piece. */
static struct key behind(const unsigned char *oid)
{
    return key_piece(oid, 255, UINT32_MAX);
}

/* The next oid that has pieces, from *at on; at is moved behind it. The scan is closed again: see orphan_next(). */
static enum rc next_oid(struct tx *t, struct key *at, unsigned char oid_out[SEAL_OID], struct err *e)
{
    struct key from = *at;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_OBJECTS, &from, 0, SCAN_KEYS, e);

    if (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        memcpy(oid_out, k.p + 1, SEAL_OID);
        *at = behind(oid_out);
    }
    scan_close(&s);
    return rc;
}

/* One table at a time, nothing held of the other: without a transaction each call has locks in a name of its own, and the
 * library cannot see that two of them are one thread's. An EXPUNGE locks the objref first and the pieces behind it; had
 * we the pieces' page and waited for the objref's, nobody would end that. */
enum rc orphan_next(struct stored *d, struct key *at, unsigned most, unsigned char oid_out[SEAL_OID], struct err *e)
{
    struct key ref;
    struct tx t;
    bool found = false;
    enum rc rc = RC_OK;

    tx_bare(&d->env, &t);
    while (rc == RC_OK && !found && most-- > 0 && (rc = next_oid(&t, at, oid_out, e)) == RC_OK) {
        ref = key_oid(oid_out);
        rc = tx_has(&t, T_OBJREFS, &ref, e);
        found = rc == RC_NOTFOUND; /* and on no other answer */
        if (rc == RC_NOTFOUND || t.deadlock)
            rc = RC_OK;
    }
    if (rc == RC_OK && !found)
        return RC_MORE;
    return rc;
}

/* ---- the mark ---- */
static enum rc get_mark(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of("swept");
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_META, &k, 0, &b, e);

    *(uint64_t *)arg = rc == RC_OK && b.n == 8 ? be64(b.p) : 0;
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc put_mark(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of("swept"), v = key_mbx(*(uint64_t *)arg);

    return tx_put(t, T_META, &k, key_span(&v), 0, e);
}

void orphans_mark(struct stored *d)
{
    uint64_t mark = (uint64_t)clock_utc_ms() - MARK_BEHIND_MS;
    struct err e;

    if (tx_run(&d->env, TX_LAZY, put_mark, &mark, &e) != RC_OK)
        log_err(LOG_WARN_, "store-sweep", &e);
}

/* ---- the sweep ---- */
static void forget(struct stored *d, const unsigned char oid[SEAL_OID])
{
    bool known = false;
    struct err e;
    enum rc rc;

    busy_enter(d->busy, oid); /* it may be one that is being delivered just now: then it is known afterwards, or gone */
    rc = pieces_forget(d, oid, &known, &e);
    busy_leave(d->busy, oid);
    if (rc != RC_OK)
        log_err(LOG_WARN_, "store-sweep", &e);
    else if (!known)
        atomic_fetch_add(&d->orphans, 1);
}

/* Oids of one shard made at or after the mark. Layout of an oid: crypto/seal/seal.h. */
static void sweep_shard(struct stored *d, unsigned shard, uint64_t mark, bool (*stopping)(struct stored *d))
{
    unsigned char oid[SEAL_OID] = {0}, found[SEAL_OID];
    struct key at = {{0}, 0};
    struct err e;
    enum rc rc;

    oid[0] = shard & 15;
    for (int i = 0; i < 7; i++)
        oid[1 + i] = (unsigned char)(mark >> (8 * (6 - i)));
    at.b[0] = (unsigned char)shard;
    memcpy(at.b + 1, oid, SEAL_OID);
    at.n = 1 + SEAL_OID;
    do {
        rc = orphan_next(d, &at, OIDS_A_LOOK, found, &e);
        if (rc == RC_OK && found[0] % 16 == (shard & 15) && at.b[0] == shard)
            forget(d, found);
    } while ((rc == RC_OK || rc == RC_MORE) && at.b[0] == shard && !stopping(d));
}

void orphans_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    uint64_t mark = 0;
    struct err e;

    if (tx_run(&d->env, TX_READ, get_mark, &mark, &e) != RC_OK) {
        log_err(LOG_WARN_, "store-sweep", &e);
        return;
    }
    for (unsigned shard = 0; shard < SHARDS && !stopping(d); shard++)
        sweep_shard(d, shard, mark, stopping);
    if (atomic_load(&d->orphans) > 0)
        log_ev(LOG_INFO_, "store-orphans", "swept=%llu", (unsigned long long)atomic_load(&d->orphans));
}
