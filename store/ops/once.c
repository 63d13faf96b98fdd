/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/once.c - see store/ops/once.h. */
#include "store/ops/once.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db/scan.h"

enum { DELETES_A_TX = 500, LOOKS_A_TIME = 5000 };

/* The row's time; RC_CORRUPT when it does not read. */
static enum rc read_row(struct span v, uint64_t *at_out, struct span *mid_out, struct err *e)
{
    struct rd r = rd_of(v);

    *at_out = rd_u64(&r);
    if (!rd_ok(&r))
        return err_set(e, RC_CORRUPT, "store: a row of a submission of %zu bytes", v.n);
    *mid_out = r.s;
    return RC_OK;
}

enum rc once_look(struct tx *t, const unsigned char key[STORE_ONCE], uint32_t within_s, struct buf *mid_out,
                  struct err *e)
{
    struct key k = key_tomb(UINT64_MAX, key);
    uint64_t at = 0, now = (uint64_t)clock_utc();
    struct buf row = BUF_INIT;
    struct span mid;
    enum rc rc = tx_get(t, T_TOMBS, &k, TX_COMMITTED, &row, e);

    if (rc == RC_OK)
        rc = read_row(buf_span(&row), &at, &mid, e);
    if (rc == RC_OK && now >= at && now - at >= within_s)
        rc = RC_NOTFOUND;
    if (rc == RC_OK)
        buf_addspan(mid_out, mid);
    buf_free(&row);
    return rc;
}

enum rc once_put(struct tx *t, const unsigned char key[STORE_ONCE], struct span mid, struct err *e)
{
    struct key k = key_tomb(UINT64_MAX, key);
    struct buf row = BUF_INIT;
    enum rc rc;

    buf_u64(&row, (uint64_t)clock_utc());
    buf_addspan(&row, mid);
    rc = tx_put(t, T_TOMBS, &k, buf_span(&row), 0, e);
    buf_free(&row);
    return rc;
}

/* ---- the sweep ---- */
static bool is_old(uint64_t at)
{
    return at + ONCE_KEEP_S <= (uint64_t)clock_utc();
}

struct old_rows {
    struct key k[DELETES_A_TX];
    size_t n;
    struct key next; /* where to look on */
    bool more;
};

static enum rc find_old(struct stored *d, struct old_rows *o, struct err *e)
{
    uint64_t at;
    struct span k, v, mid;
    struct scan s;
    struct tx t;
    size_t looked = 0;
    enum rc rc;

    tx_bare(&d->env, &t);
    o->n = 0;
    rc = scan_open(&s, &t, T_TOMBS, &o->next, 8, SCAN_MANY, e);
    while (rc == RC_OK && o->n < DELETES_A_TX && looked++ < LOOKS_A_TIME && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        o->next = key_tomb(UINT64_MAX, k.p + 8);
        if (read_row(v, &at, &mid, e) != RC_OK || is_old(at))
            o->k[o->n++] = o->next;
    }
    scan_close(&s);
    o->more = rc == RC_OK;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Looks again: a submission may have written the row anew meanwhile. */
static enum rc delete_one(struct tx *t, const struct key *k, struct err *e)
{
    uint64_t at = 0;
    struct buf row = BUF_INIT;
    struct span mid;
    enum rc rc = tx_get(t, T_TOMBS, k, TX_FOR_WRITE, &row, e);

    if (rc == RC_OK && (read_row(buf_span(&row), &at, &mid, e) != RC_OK || is_old(at)))
        rc = tx_del(t, T_TOMBS, k, e);
    buf_free(&row);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc delete_old(struct tx *t, void *arg, struct err *e)
{
    const struct old_rows *o = arg;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < o->n; i++)
        rc = delete_one(t, &o->k[i], e);
    return rc;
}

void once_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    static const unsigned char first[STORE_ONCE];
    struct old_rows o = {.next = key_tomb(UINT64_MAX, first)};
    struct err e;
    enum rc rc;

    do {
        rc = find_old(d, &o, &e);
        if (rc == RC_OK && o.n > 0)
            rc = tx_run(&d->env, TX_LAZY, delete_old, &o, &e);
    } while (rc == RC_OK && o.more && !stopping(d));
    if (rc != RC_OK)
        log_err(LOG_WARN_, "store-sweep", &e);
}
