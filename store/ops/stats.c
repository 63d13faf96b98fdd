/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/stats.c - counts for the administrator. They are found by reading the tables. There is no counter of the
 * whole store, because all writers would have to wait for it. */
#include "store/ops/believed.h"
#include "store/ops/folder.h"
#include "store/ops/freed.h"
#include "store/ops/octets.h"
#include <stdlib.h>

enum { USED_TRIES = 5 };

static enum rc count_keys(struct tx *t, enum table tb, uint64_t *n_out, struct err *e)
{
    struct key from = {{0}, 0};
    struct span k, v;
    struct scan s;
    uint64_t n = 0;
    enum rc rc = scan_open(&s, t, tb, &from, 0, SCAN_KEYS, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK)
        n += tb != T_BOXES || k.p[8] == 0;
    scan_close(&s);
    *n_out = n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc sum_folders(struct tx *t, struct store_stats_rep *rep, struct err *e)
{
    struct key from = {{0}, 0};
    struct counters c;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_COUNTERS, &from, 0, SCAN_MANY, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, counters_f, &c, e)) == RC_OK) {
        rep->messages += c.exists;
        rep->bytes_plain += c.bytes;
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void log_size(struct env *v, struct store_stats_rep *rep)
{
    DB_LOG_STAT *st = NULL;

    if (v->e->log_stat(v->e, &st, 0) == 0)
        /* since the last checkpoint: what recovery reads */
        rep->log_bytes = ((uint64_t)st->st_wc_mbytes << 20) + st->st_wc_bytes;
    free(st);
}

enum rc do_stats(struct tx *none, const struct ask *a, struct err *e)
{
    struct store_stats_rep *rep = a->rep;
    struct env *v = &a->d->env;
    struct tx t;
    enum rc rc;

    (void)none;
    tx_bare(&a->d->env, &t);
    rc = count_keys(&t, T_BOXES, &rep->boxes, e);
    if (rc == RC_OK)
        rc = count_keys(&t, T_OBJREFS, &rep->objects, e);
    if (rc == RC_OK)
        rc = count_keys(&t, T_QUEUE, &rep->queue, e);
    if (rc == RC_OK)
        rc = sum_folders(&t, rep, e);
    if (rc == RC_OK)
        rc = freed_counts(a->d, &t, &rep->freeing, &rep->kept, e);
    if (rc == RC_OK)
        rc = octets_bytes(a->d, &t, &rep->segment_bytes, &rep->live_bytes, &rep->table_bytes, e);
    rep->dead_bytes = rep->segment_bytes > rep->live_bytes ? rep->segment_bytes - rep->live_bytes : 0;
    log_size(v, rep);
    rep->commits = atomic_load(&v->commits);
    rep->deadlocks = atomic_load(&v->deadlocks);
    rep->orphans = atomic_load(&a->d->orphans);
    rep->format = STORE_FORMAT;
    rep->now = believed_time(a->d);
    return rc;
}

/* One mailbox's folders are as of one moment; those of another mailbox may be of a later one. */
static enum rc add_used(struct tx *t, uint64_t mbx, struct store_used_rep *rep, struct err *e)
{
    struct sums s = {0};
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK)
        rc = box_sums(t, mbx, &s, e);
    if (rc == RC_OK) {
        rep->messages += s.messages;
        rep->used += sums_used(&s) + b.annotated;
    }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* A bare read may be the one that is given up where two wait for each other; nothing was added then, and the next try finds the way free. */
static enum rc add_used_again(struct tx *t, uint64_t mbx, struct store_used_rep *rep, struct err *e)
{
    enum rc rc = add_used(t, mbx, rep, e);

    for (int tries = 1; rc == RC_TEMP && t->deadlock && tries < USED_TRIES; tries++) {
        t->deadlock = false;
        rc = add_used(t, mbx, rep, e);
    }
    return rc;
}

enum rc do_used(struct tx *none, const struct ask *a, struct err *e)
{
    const struct store_used_req *rq = a->req;
    struct rd r = rd_of(rq->boxes);
    enum rc rc = RC_OK;
    struct tx t;

    (void)none;
    tx_bare(&a->d->env, &t);
    for (size_t i = 0; rc == RC_OK && i < rq->boxes.n / 8; i++)
        rc = add_used_again(&t, rd_u64(&r), a->rep, e);
    return rc == RC_OK && !rd_done(&r) ? err_set(e, RC_SYNTAX, "store: a list of mailboxes is cut off") : rc;
}
