/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen_merge.c - the option switched off: what the holder has seen holds for all. Folder by folder, in the background.
 *
 * Told     a message that changes for anybody takes a modseq, so that her sessions, and clients that come back, hear of it in the same moment in which
 *          they would see it. In each transaction of a folder's merge some of those messages become alike for all; the last takes the rows away.
 * Crash    leaves rows, which the next round finds. Switched on again before the end, the folders that were not reached stay as they were. */
#include "base/log.h"
#include "store/ops/seen.h"
#include <stdlib.h>

struct merging {
    struct stored *d;
    uint64_t mbx;
    uint32_t folder;
    bool more;
    /* of one transaction */
    struct tx *t;
    struct seen *who;
    size_t n_who;
    uint32_t uid[MERGE_A_TX]; /* that differ for somebody */
    size_t n;
};

static enum rc open_all(struct merging *g, struct err *e)
{
    struct buf who = BUF_INIT;
    enum rc rc = seen_who(g->t, g->mbx, g->folder, &who, e);

    g->n_who = who.n / sizeof(uint64_t);
    if (rc == RC_OK && !(g->who = calloc(g->n_who + 1, sizeof *g->who)))
        rc = err_set(e, RC_TEMP, "store: out of memory");
    for (size_t i = 0; rc == RC_OK && i < g->n_who; i++) {
        uint64_t delegate;

        memcpy(&delegate, who.p + i * sizeof delegate, sizeof delegate);
        rc = seen_open(&g->who[i], g->t, g->mbx, g->folder, delegate, true, e);
    }
    buf_free(&who);
    return rc;
}

static enum rc differs(struct merging *g, uint32_t uid, uint64_t flags, bool *yes_out, struct err *e)
{
    enum rc rc = RC_OK;

    *yes_out = false;
    for (size_t i = 0; rc == RC_OK && !*yes_out && i < g->n_who; i++) {
        uint64_t hers = flags;

        rc = seen_view(&g->who[i], uid, &hers, e);
        *yes_out = hers != flags;
    }
    return rc;
}

/* Gathered first, because a table is not changed under its scan. */
static enum rc gather(struct merging *g, struct err *e)
{
    struct msg_it it = {0};
    struct msg m = {0};
    uint32_t uid;
    bool yes;
    enum rc rc = msg_it_brief(&it, g->t, g->mbx, g->folder, 1, STORE_UID_MAX, e);

    g->n = 0;
    while (rc == RC_OK && g->n < MERGE_A_TX && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK &&
           (rc = differs(g, uid, m.flags, &yes, e)) == RC_OK)
        if (yes)
            g->uid[g->n++] = uid;
    msg_it_close(&it);
    g->more = rc == RC_OK;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc make_alike(struct merging *g, uint32_t uid, uint64_t modseq, struct err *e)
{
    struct msg m;
    enum rc rc = msg_get(g->t, g->mbx, g->folder, uid, &m, e);

    m.modseq = modseq;
    if (rc == RC_OK)
        rc = msg_put(g->t, g->mbx, g->folder, uid, &m, false, e);
    for (size_t i = 0; rc == RC_OK && i < g->n_who; i++)
        if (g->who[i].own)
            rc = seen_put(&g->who[i], uid, m.flags & MF_SEEN, e);
    return rc;
}

static enum rc make_all_alike(struct merging *g, struct counters *c, struct err *e)
{
    enum rc rc = RC_OK;

    if (g->n == 0)
        return RC_OK;
    c->modseq = c->flags_modseq = c->modseq + 1;
    for (size_t i = 0; rc == RC_OK && i < g->n; i++)
        rc = make_alike(g, g->uid[i], c->modseq, e);
    tx_touch(g->t, g->mbx, g->folder, c->modseq);
    return rc == RC_OK ? counters_put(g->t, g->mbx, g->folder, c, e) : rc;
}

/* The rows go, or what of them is alike by now is written. */
static enum rc end_rows(struct merging *g, struct err *e)
{
    struct key of = key_folder(g->mbx, g->folder);
    uint32_t most = UINT32_MAX;
    enum rc rc = g->more ? RC_OK : scan_delete(g->t, T_SEEN, &of, &most, e);

    for (size_t i = 0; rc == RC_OK && g->more && i < g->n_who; i++)
        rc = seen_close(&g->who[i], e);
    return rc;
}

static enum rc merge(struct tx *t, void *arg, struct err *e)
{
    struct merging *g = arg;
    struct counters c;
    bool each;
    enum rc rc = seen_each(t, g->mbx, &each, e);

    g->t = t;
    g->more = false;
    if (rc == RC_OK && each) /* it was switched on again */
        return RC_OK;
    if (rc == RC_OK)
        rc = counters_get(t, g->mbx, g->folder, true, &c, e);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc; /* deleted: sweep.c empties it */
    rc = open_all(g, e);
    if (rc == RC_OK)
        rc = gather(g, e);
    if (rc == RC_OK)
        rc = make_all_alike(g, &c, e);
    if (rc == RC_OK)
        rc = end_rows(g, e);
    free(g->who);
    g->who = NULL;
    return rc;
}

/* The first folder with rows at *at or behind, of a mailbox without the option; *at moves behind it. False: there is none. */
static bool next_folder(struct stored *d, struct key *at, struct merging *g)
{
    struct span k, v;
    struct scan s;
    struct tx t;
    struct err e;
    bool each = true;
    enum rc rc = RC_OK;

    tx_bare(&d->env, &t);
    while (rc == RC_OK && each) {
        rc = scan_open(&s, &t, T_SEEN, at, 0, SCAN_KEYS, &e);
        if (rc == RC_OK && (rc = scan_next(&s, &k, &v, &e)) == RC_OK) {
            g->mbx = be64(k.p);
            g->folder = be32(k.p + 8);
        }
        scan_close(&s);
        if (rc == RC_OK && (rc = seen_each(&t, g->mbx, &each, &e)) == RC_NOTFOUND && !t.deadlock)
            each = (rc = RC_OK) == RC_OK; /* it is being emptied, or its record is lost: passed by */
        *at = seen_behind(g->mbx, each || rc != RC_OK ? UINT32_MAX : g->folder, UINT64_MAX);
    }
    if (rc != RC_OK && rc != RC_NOTFOUND)
        log_err(LOG_WARN_, "store-seen", &e);
    return rc == RC_OK;
}

void seen_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    struct merging *g = calloc(1, sizeof *g);
    struct key at = {{0}, 0};
    struct err e;
    enum rc rc;

    if (!g)
        return;
    while (!stopping(d) && next_folder(d, &at, g))
        do {
            rc = tx_run(&d->env, TX_WRITE, merge, g, &e);
            if (rc != RC_OK)
                log_err(LOG_WARN_, "store-seen", &e);
        } while (rc == RC_OK && g->more && !stopping(d));
    free(g);
}
