/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/check_expunged.c - the phase that checks the rows of T_EXPUNGED (INV-11), a folder at a time, under the
 * folder's counters. */
#include "store/check/check.h"
#include "store/ops/expunged.h"

struct rows_check {
    struct check *c;
    uint64_t mbx;
    uint32_t folder;
};

/* Rows of a folder that is not there. Either the folder is being emptied, or these rows would stay for ever: a
 * finding. */
static enum rc check_gone(const struct rows_check *r, struct tx *t, struct err *e)
{
    struct key folder = key_folder(r->mbx, r->folder), box = key_folder(r->mbx, 0);
    enum rc rc = tx_has(t, T_GONE, &folder, e);

    if (rc == RC_NOTFOUND)
        rc = tx_has(t, T_GONE, &box, e);
    if (rc == RC_NOTFOUND)
        check_bad(r->c, "expunged mbx=%llu folder=%u: rows of no folder", (unsigned long long)r->mbx,
                  (unsigned)r->folder);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_rows(struct tx *t, void *arg, struct err *e)
{
    const struct rows_check *r = arg;
    struct key from = key_folder(r->mbx, r->folder), at = {{0}, 0};
    struct counters c;
    const char *what = NULL;
    uint64_t mark = 0;
    struct span k, v;
    struct scan s;
    enum rc rc = counters_get(t, r->mbx, r->folder, false, &c, e);

    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? check_gone(r, t, e) : rc;
    rc = expunged_mark(t, r->mbx, r->folder, &mark, e);
    if (rc != RC_OK)
        return rc;
    rc = scan_open(&s, t, T_EXPUNGED, &from, 12, SCAN_FEW, e);
    while (rc == RC_OK && !what && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        memcpy(at.b, k.p, k.n);
        at.n = k.n;
        what = expunged_wrong(&c, mark, &at, v);
    }
    scan_close(&s);
    if (what) /* one finding a folder: salvage forgets all of its rows */
        check_bad(r->c, "expunged mbx=%llu folder=%u modseq=%llu: the row %s", (unsigned long long)r->mbx,
                  (unsigned)r->folder, (unsigned long long)be64(at.b + 12), what);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc check_expunged(struct check *c, struct err *e)
{
    struct rows_check r = {.c = c};
    struct key k;
    enum rc rc = check_next_key(c, T_EXPUNGED, &k, e);

    if (rc != RC_OK)
        return rc;
    r.mbx = be64(k.b);
    r.folder = be32(k.b + 8);
    c->at = key_seq(r.mbx, r.folder, UINT64_MAX); /* the next folder that has rows */
    return tx_run(&c->d->env, TX_READ, check_rows, &r, e);
}
