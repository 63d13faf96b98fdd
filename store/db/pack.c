/* SPDX-License-Identifier: EUPL-1.2 */
/* store/db/pack.c - see store/db/pack.h. */
#include "store/db/pack.h"
#include "store/db/guard.h"
#include "store/db/room.h"

enum { LOCK_WAIT_US = 20000 /* people come first */ };

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

    if (v->db[tb] == NULL || guard_met(tb) || room_low(v))
        return;
    ret = v->db[tb]->compact(v->db[tb], NULL, &start, &stop, &c, 0, NULL);
    (void)guard_last(&bad); /* it is noted, and whoever needs the page is told */
    if (ret == DB_RUNRECOVERY)
        env_dead("pack", ret);
}
