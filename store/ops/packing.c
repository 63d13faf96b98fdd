/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/packing.c - see store/ops/packing.h. */
#include "store/ops/packing.h"
#include "base/clock.h"
#include "store/db/pack.h"
#include <stdlib.h>

struct grown {
    uint64_t mbx;
    uint32_t folder, uid;
};
struct packing {
    pthread_mutex_t lock;
    size_t first, n;
    struct grown at[PACKING_MOST]; /* a ring */
};

struct packing *packing_new(void)
{
    struct packing *p = calloc(1, sizeof *p);

    if (!p)
        die("out of memory");
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void packing_note(struct packing *p, uint64_t mbx, uint32_t folder, uint32_t uid)
{
    if (p == NULL || uid % PACKING_STEP != 0)
        return;
    pthread_mutex_lock(&p->lock);
    if (p->n < PACKING_MOST)
        p->at[(p->first + p->n++) % PACKING_MOST] = (struct grown){mbx, folder, uid};
    pthread_mutex_unlock(&p->lock);
}

static bool take(struct packing *p, struct grown *out)
{
    bool any;

    pthread_mutex_lock(&p->lock);
    any = p->n > 0;
    if (any) {
        *out = p->at[p->first];
        p->first = (p->first + 1) % PACKING_MOST;
        p->n--;
    }
    pthread_mutex_unlock(&p->lock);
    return any;
}

static void pack(struct env *v, const struct grown *g)
{
    static const enum table grows[] = {T_MSGS, T_SUMMARIES, T_TEXTS};
    uint32_t back = g->uid > 2 * PACKING_STEP ? g->uid - 2 * PACKING_STEP : 0;
    struct key from = key_msg(g->mbx, g->folder, back), to = key_msg(g->mbx, g->folder, g->uid);

    for (size_t i = 0; i < sizeof grows / sizeof *grows; i++)
        pack_range(v, grows[i], &from, &to);
}

void packing_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    int64_t until = clock_mono() + PACKING_MS * 1000000LL;
    struct grown g;

    while (d->packing && !stopping(d) && clock_mono() < until && take(d->packing, &g))
        pack(&d->env, &g);
}
