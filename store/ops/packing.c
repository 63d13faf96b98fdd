/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/packing.c - see store/ops/packing.h. */
#include "store/ops/packing.h"
#include "base/clock.h"
#include "store/db/pack.h"
#include <stdlib.h>

enum { SHARDS = 64 };
struct stretch { /* UIDs of a folder whose pages may stand half empty */
    uint64_t mbx;
    uint32_t folder, from, to;
};
struct pass { /* over the shards; the background thread's alone */
    bool on;
    unsigned shard;
    uint64_t from, mid, to; /* UTC ms; the pass before ended at mid */
};
struct packing {
    atomic_uint objects; /* filed since the last pass began */
    struct pass pass;
    pthread_mutex_t lock;
    size_t first, n;
    struct stretch at[PACKING_MOST]; /* a ring */
};

struct packing *packing_new(void)
{
    struct packing *p = calloc(1, sizeof *p);

    if (!p)
        die("out of memory");
    pthread_mutex_init(&p->lock, NULL);
    p->pass.mid = p->pass.to = (uint64_t)clock_utc_ms();
    return p;
}

/* Under the lock. */
static void add(struct packing *p, const struct stretch *g)
{
    if (p->n < PACKING_MOST)
        p->at[(p->first + p->n++) % PACKING_MOST] = *g;
}

void packing_note(struct packing *p, uint64_t mbx, uint32_t folder, uint32_t uid)
{
    struct stretch g = {mbx, folder, uid > 2 * PACKING_STEP ? uid - 2 * PACKING_STEP : 0, uid};

    if (p == NULL || uid % PACKING_STEP != 0)
        return;
    pthread_mutex_lock(&p->lock);
    add(p, &g);
    pthread_mutex_unlock(&p->lock);
}

static bool goes_on(const struct stretch *last, const struct stretch *g)
{
    return last->mbx == g->mbx && last->folder == g->folder && g->from >= last->from &&
           g->from <= last->to + PACKING_STEP && g->to - last->from <= PACKING_STRETCH;
}

void packing_removed(struct packing *p, uint64_t mbx, uint32_t folder, uint32_t from, uint32_t to)
{
    struct stretch g = {mbx, folder, from, to}, *last;

    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    last = p->n > 0 ? &p->at[(p->first + p->n - 1) % PACKING_MOST] : NULL;
    if (last && goes_on(last, &g))
        last->to = g.to > last->to ? g.to : last->to;
    else
        add(p, &g);
    pthread_mutex_unlock(&p->lock);
}

static bool take(struct packing *p, struct stretch *out)
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

static void pack(struct env *v, const struct stretch *g)
{
    static const enum table grows[] = {T_MSGS, T_SUMMARIES, T_TEXTS};
    struct key from = key_msg(g->mbx, g->folder, g->from), to = key_msg(g->mbx, g->folder, g->to);

    for (size_t i = 0; i < sizeof grows / sizeof *grows; i++)
        pack_range(v, grows[i], &from, &to);
}

/* ---- by object id ---- */
void packing_object(struct packing *p)
{
    if (p)
        atomic_fetch_add(&p->objects, 1);
}

/* The key of an id of that shard and time (tables.c: key_oid()). */
static struct key key_at(unsigned shard, uint64_t ms, unsigned char rest)
{
    unsigned char oid[SEAL_OID];

    memset(oid, rest, sizeof oid);
    oid[0] = shard & 15;
    for (unsigned i = 0; i < 7; i++)
        oid[1 + i] = (unsigned char)(ms >> 8 * (6 - i));
    oid[15] = (unsigned char)((rest & ~3u) | shard >> 4);
    return key_oid(oid);
}

static bool begin_pass(struct packing *p)
{
    if (!p->pass.on && atomic_load(&p->objects) >= PACKING_OBJECTS) {
        atomic_store(&p->objects, 0);
        p->pass = (struct pass){true, 0, p->pass.mid, p->pass.to, (uint64_t)clock_utc_ms()};
    }
    return p->pass.on;
}

static void pack_shard(struct env *v, struct pass *s)
{
    struct key from = key_at(s->shard, s->from, 0), to = key_at(s->shard, s->to, 0xff);

    pack_range(v, T_OBJREFS, &from, &to);
    pack_range(v, T_OBJECTS, &from, &to);
    s->on = ++s->shard < SHARDS;
}

void packing_sweep(struct stored *d, bool (*stopping)(struct stored *d))
{
    int64_t until = clock_mono() + PACKING_MS * 1000000LL;
    struct stretch g;

    while (d->packing && !stopping(d) && clock_mono() < until && take(d->packing, &g))
        pack(&d->env, &g);
    while (d->packing && !stopping(d) && clock_mono() < until && begin_pass(d->packing))
        pack_shard(&d->env, &d->packing->pass);
}
