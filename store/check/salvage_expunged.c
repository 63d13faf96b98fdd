/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage_expunged.c - puts the rows of T_EXPUNGED right (INV-11). When a folder's rows may not be whole,
 * all of them are deleted. Then a session that asks what left the folder is told every UID that has no message.
 * See salvage.h. */
#include "store/check/salvage_int.h"
#include "store/ops/expunged.h"

struct forget {
    uint64_t mbx;
    uint32_t folder;
    struct counters c;
};

/* A new modseq for the mark, so that a session that has seen all changes up to the old one asks too. */
static enum rc forget(struct tx *t, void *arg, struct err *e)
{
    const struct forget *f = arg;
    struct counters c = f->c;
    enum rc rc;

    c.modseq++;
    rc = counters_put(t, f->mbx, f->folder, &c, e);
    return rc == RC_OK ? expunged_forget(t, f->mbx, f->folder, c.modseq, e) : rc;
}

enum rc salvage_forget(struct salvage *s, uint64_t mbx, uint32_t folder, const struct counters *c, struct err *e)
{
    struct forget f = {mbx, folder, *c};

    s->mended++;
    return tx_run(&s->d.env, TX_LAZY, forget, &f, e);
}

/* Deletes the rows of a folder that is not there. When one row of a folder is wrong, all rows of that folder are
 * deleted. */
enum rc salvage_expunged(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e)
{
    uint64_t mbx = be64(k->b), mark = 0;
    uint32_t folder = be32(k->b + 8);
    struct counters c;
    struct tx t;
    enum rc rc;

    (void)arg;
    tx_bare(&s->d.env, &t);
    rc = counters_get(&t, mbx, folder, false, &c, e);
    if (rc == RC_NOTFOUND)
        return salvage_del(s, T_EXPUNGED, k, e);
    if (rc == RC_OK)
        rc = expunged_mark(&t, mbx, folder, &mark, e);
    if (rc != RC_OK && rc != RC_CORRUPT)
        return rc;
    return rc == RC_CORRUPT || expunged_wrong(&c, mark, k, val) ? salvage_forget(s, mbx, folder, &c, e) : RC_OK;
}
