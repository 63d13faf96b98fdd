/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/pack.c - see store/db/pack.h. */
#include "store/db/pack.h"
#include "store/db/guard.h"
#include "store/db/room.h"
#include "store/db/scan.h"

enum {
    LOCK_WAIT_US = 20000, /* people come first */
    DESCEND = 8           /* rows: the pages above these are looked at, too */
};

static int order(struct span a, const struct key *b)
{
    size_t n = a.n < b->n ? a.n : b->n;
    int d = memcmp(a.p, b->b, n);

    return d != 0 ? d : (a.n > b->n) - (a.n < b->n);
}

/* Reads the pages of the range, and one behind. A bad page that the library met in the midst of its work would end everybody's: it could not even undo
 * what it did (seen: DB_RUNRECOVERY). Met here, it is only named. */
static bool is_sound(struct env *v, enum table tb, const struct key *from, const struct key *to)
{
    struct scan s;
    struct span k, val;
    struct tx t;
    struct err e;
    enum rc rc;

    tx_bare(v, &t);
    rc = scan_open(&s, &t, tb, from, 0, SCAN_KEYS, &e);
    for (unsigned i = 0; rc == RC_OK && (rc = scan_next(&s, &k, &val, &e)) == RC_OK && order(k, to) <= 0; i++)
        if (i % DESCEND == DESCEND - 1) {
            struct key at = {.n = k.n};

            memcpy(at.b, k.p, k.n);
            scan_seek(&s, &at); /* down from the root again */
            rc = scan_next(&s, &k, &val, &e);
        }
    scan_close(&s);
    return rc == RC_OK || rc == RC_NOTFOUND;
}

static DBT dbt_of(const struct key *k)
{
    return (DBT){.data = (void *)(uintptr_t)k->b, .size = (uint32_t)k->n};
}

void pack_range(struct env *v, enum table tb, const struct key *from, const struct key *to)
{
    DB_COMPACT c = {.compact_timeout = LOCK_WAIT_US};
    DBT start = dbt_of(from), stop = dbt_of(to);
    struct guard_page bad;
    int ret;

    if (v->db[tb] == NULL || guard_met(tb) || room_low(v) || !is_sound(v, tb, from, to))
        return;
    ret = v->db[tb]->compact(v->db[tb], NULL, &start, &stop, &c, 0, NULL);
    (void)guard_last(&bad); /* it is noted, and whoever needs the page is told */
    if (ret == DB_RUNRECOVERY)
        env_dead("pack", ret);
}
