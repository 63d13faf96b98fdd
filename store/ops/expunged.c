/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/expunged.c - see expunged.h. A pruning transaction is not flushed, so a crash may undo it as a whole. Then
 * its rows are pruned again. */
#include "store/ops/expunged.h"
#include "base/log.h"
#include "store/db/room.h"
#include <stdlib.h>

enum rc expunged_add(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t modseq, struct span uids, struct err *e)
{
    struct key k = key_seq(mbx, folder, modseq);

    return tx_put(t, T_EXPUNGED, &k, uids, TX_NEW, e);
}

/* ---- the mark ---- */
enum rc expunged_mark(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t *mark_out, struct err *e)
{
    struct key k = key_seq(mbx, folder, 0);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_EXPUNGED, &k, TX_COMMITTED, &b, e); /* it stays: the folder is locked */
    struct rd r = rd_of(buf_span(&b));

    *mark_out = 0;
    if (rc == RC_OK && b.n == 8)
        *mark_out = rd_u64(&r);
    else if (rc == RC_OK)
        rc = err_set(e, RC_CORRUPT, "store: a mark of %zu bytes: folder=%u", b.n, (unsigned)folder);
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc put_mark(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t mark, struct err *e)
{
    struct key k = key_seq(mbx, folder, 0);
    struct buf b = BUF_INIT;
    enum rc rc;

    buf_u64(&b, mark);
    rc = tx_put(t, T_EXPUNGED, &k, buf_span(&b), 0, e);
    buf_free(&b);
    return rc;
}

enum rc expunged_forget(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t mark, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    uint32_t most = UINT32_MAX;
    enum rc rc = scan_delete(t, T_EXPUNGED, &k, &most, e);

    return rc == RC_OK ? put_mark(t, mbx, folder, mark, e) : rc;
}

const char *expunged_wrong(const struct counters *c, uint64_t mark, const struct key *k, struct span val)
{
    uint64_t modseq = k->n == 20 ? be64(k->b + 12) : UINT64_MAX;
    struct rd r = rd_of(val);

    if (modseq == 0)
        return mark > c->modseq ? "with the mark is beyond the folder's modseq" : NULL;
    if (modseq <= mark)
        return "is not behind the mark";
    if (modseq > c->modseq)
        return "is beyond the folder's modseq";
    if (val.n == 0 || val.n % 4 != 0)
        return "does not read";
    while (r.s.n > 0)
        if (rd_u32(&r) >= c->uidnext)
            return "names a UID beyond the folder's";
    return NULL;
}

/* ---- pruning ---- */
/* The modseqs of the oldest rows, ascending, none above upto, "most" at most. */
static enum rc oldest(struct tx *t, const struct prune *p, uint64_t upto, uint64_t *out, size_t most, size_t *n_out,
                      struct err *e)
{
    struct key from = key_seq(p->mbx, p->folder, 1);
    struct span k, v;
    struct scan s;
    size_t n = 0;
    enum rc rc = scan_open(&s, t, T_EXPUNGED, &from, 12, SCAN_KEYS, e);

    while (rc == RC_OK && n < most && (rc = scan_next(&s, &k, &v, e)) == RC_OK && be64(k.p + 12) <= upto)
        out[n++] = be64(k.p + 12);
    scan_close(&s);
    *n_out = n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc expunged_prune(struct tx *t, void *arg, struct err *e)
{
    struct prune *p = arg;
    uint64_t rows[EXPUNGED_A_TX];
    struct counters c;
    size_t n = 0;
    enum rc rc = counters_get(t, p->mbx, p->folder, true, &c, e);

    p->more = false;
    if (rc != RC_OK || c.modseq <= p->keep)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* deleted meanwhile: "gone" takes its rows */
    rc = oldest(t, p, c.modseq - p->keep, rows, EXPUNGED_A_TX, &n, e);
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        struct key k = key_seq(p->mbx, p->folder, rows[i]);
        rc = tx_del(t, T_EXPUNGED, &k, e);
    }
    if (rc == RC_OK && n > 0)
        rc = put_mark(t, p->mbx, p->folder, rows[n - 1], e);
    p->more = n == EXPUNGED_A_TX;
    return rc;
}

static enum rc prune_folder(struct stored *d, struct prune *p, uint64_t modseq, bool (*stopping)(struct stored *),
                            struct err *e)
{
    uint64_t first;
    struct tx bare;
    size_t n;
    enum rc rc;

    tx_bare(&d->env, &bare);
    rc = oldest(&bare, p, modseq - p->keep - EXPUNGED_SLACK, &first, 1, &n, e);
    if (rc != RC_OK || n == 0)
        return bare.deadlock ? RC_OK : rc;
    do {
        rc = tx_run(&d->env, TX_LAZY, expunged_prune, p, e);
        room_to_delete(&d->env);
        env_checkpoint(&d->env, false); /* what is taken away is logged: the log's files must go as it grows */
    } while (rc == RC_OK && p->more && !stopping(d));
    return rc;
}

/* ---- the walk ---- */
/* Folders with so many changes that they may have rows out of use, and how many changes each had. */
struct busy_folders {
    struct {
        uint64_t mbx, modseq;
        uint32_t folder;
    } f[EXPUNGED_WALK];
    size_t n;
};

static enum rc read_busy(struct tx *bare, struct key *at, struct busy_folders *b, struct err *e)
{
    struct span k, v;
    struct counters c;
    struct scan s;
    int seen = 0;
    enum rc rc = scan_open(&s, bare, T_COUNTERS, at, 0, SCAN_FEW, e);

    for (; rc == RC_OK && seen < EXPUNGED_WALK && b->n < EXPUNGED_WALK && (rc = scan_next(&s, &k, &v, e)) == RC_OK;
         seen++) {
        memcpy(at->b, k.p, k.n);
        at->n = k.n;
        at->b[at->n++] = 0; /* the least key behind it */
        if (rec_read(v, counters_f, &c, e) != RC_OK || c.modseq <= EXPUNGED_KEEP + EXPUNGED_SLACK)
            continue; /* a record that does not read: the check names it */
        b->f[b->n].mbx = be64(k.p);
        b->f[b->n].folder = be32(k.p + 8);
        b->f[b->n++].modseq = c.modseq;
    }
    scan_close(&s);
    return rc;
}

/* The folders behind a page that cannot be read do not wait for a salvage. */
static enum rc find_busy(struct stored *d, struct key *at, struct busy_folders *b, struct err *e)
{
    struct key from;
    struct tx bare;
    enum rc rc;

    tx_bare(&d->env, &bare);
    while ((rc = read_busy(&bare, at, b, e)) == RC_CORRUPT && env_table(&d->env, T_COUNTERS)) {
        log_err(LOG_WARN_, "store-sweep", e);
        from = *at;
        if ((rc = scan_skip(&bare, T_COUNTERS, &from, at, e)) != RC_OK)
            break;
    }
    if (rc != RC_OK) /* the end: from the beginning next time */
        *at = (struct key){{0}, 0};
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

void expunged_sweep(struct stored *d, struct key *at, bool (*stopping)(struct stored *d))
{
    struct busy_folders *b = calloc(1, sizeof *b);
    struct err e;

    if (!b)
        die("out of memory");
    if (find_busy(d, at, b, &e) != RC_OK)
        log_err(LOG_WARN_, "store-sweep", &e);
    for (size_t i = 0; i < b->n && !stopping(d); i++) {
        struct prune p = {b->f[i].mbx, b->f[i].folder, EXPUNGED_KEEP, false};
        if (prune_folder(d, &p, b->f[i].modseq, stopping, &e) != RC_OK)
            log_err(LOG_WARN_, "store-sweep", &e); /* the others do not wait for it */
    }
    free(b);
}
