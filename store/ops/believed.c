/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/believed.c - see believed.h. */
#include "store/ops/believed.h"
#include "base/clock.h"
#include "base/log.h"

enum { NS = 1000000000 };

uint64_t believed_next(uint64_t was, uint64_t utc, uint64_t ran_s)
{
    if (was == 0 || (utc > was && utc - was <= BELIEVED_GAP_S))
        return utc;
    if (utc <= was)
        return was;
    return was + BELIEVED_PACE * ran_s < utc ? was + BELIEVED_PACE * ran_s : utc;
}

uint64_t believed_time(const struct stored *d)
{
    uint64_t utc = (uint64_t)clock_utc(), is = atomic_load(&d->believed.is);

    return is > 0 && is < utc ? believed_next(is, utc, 0) : utc;
}

/* ---- the row ---- */
static enum rc get(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of(BELIEVED_ROW);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_META, &k, TX_COMMITTED, &b, e);

    *(uint64_t *)arg = rc == RC_OK && b.n == 8 ? be64(b.p) : 0;
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc put(struct tx *t, void *arg, struct err *e)
{
    struct key k = key_of(BELIEVED_ROW), val = key_mbx(*(const uint64_t *)arg);

    return tx_put(t, T_META, &k, key_span(&val), 0, e);
}

static void note(struct stored *d, uint64_t is)
{
    struct err e;

    d->believed.noted = is; /* tried: a row that cannot be written is tried again when it is due again */
    if (tx_run(&d->env, TX_LAZY, put, &is, &e) != RC_OK)
        log_err(LOG_WARN_, "clock-not-noted", &e);
}

/* ---- the clock ---- */
/* Once, when it begins. */
static void tell(struct stored *d, uint64_t is, uint64_t utc)
{
    bool ahead = utc > is + BELIEVED_GAP_S;

    if (ahead && !d->believed.ahead)
        log_ev(LOG_ERROR_, "clock-ahead", "days=%llu do=\"look at the machine's clock; what is to be destroyed waits\"",
               (unsigned long long)((utc - is) / 86400));
    d->believed.ahead = ahead;
}

/* A row that cannot be read: the clock is all that is left. */
void believed_load(struct stored *d)
{
    uint64_t was = 0, utc = (uint64_t)clock_utc();
    struct err e;

    if (tx_run(&d->env, TX_READ, get, &was, &e) != RC_OK)
        log_err(LOG_WARN_, "clock-not-read", &e);
    atomic_store(&d->believed.is, believed_next(was, utc, 0));
    d->believed.noted = was;
    d->believed.at = clock_mono();
    tell(d, atomic_load(&d->believed.is), utc);
}

void believed_tick(struct stored *d)
{
    uint64_t was = atomic_load(&d->believed.is), utc = (uint64_t)clock_utc(), is;
    int64_t ran = (clock_mono() - d->believed.at) / NS;

    if (ran <= 0)
        return;
    d->believed.at += ran * NS;
    is = believed_next(was, utc, (uint64_t)ran);
    atomic_store(&d->believed.is, is);
    tell(d, is, utc);
    if (is >= d->believed.noted + BELIEVED_NOTE_S)
        note(d, is);
}
