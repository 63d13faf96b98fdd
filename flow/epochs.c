/* SPDX-License-Identifier: EUPL-1.2 */
/* flow/epochs.c - see flow/epochs.h. Open addressing, at most half full; epoch 0 marks an empty place. */
#include "flow/epochs.h"
#include "base/wipe.h"
#include <stdlib.h>

struct place {
    uint64_t epoch;
    unsigned char key[SEAL_EPOCH_KEY];
};
struct epochs {
    struct place *at;
    size_t cap, n;
};

struct epochs *epochs_new(void)
{
    struct epochs *ep = calloc(1, sizeof *ep);

    if (ep == NULL)
        die("out of memory");
    ep->cap = EPOCHS_FIRST * 2;
    ep->at = secret_alloc(ep->cap * sizeof *ep->at);
    return ep;
}

void epochs_free(struct epochs **epp)
{
    struct epochs *ep = *epp;

    if (ep == NULL)
        return;
    *epp = NULL;
    secret_free(ep->at, ep->cap * sizeof *ep->at);
    free(ep);
}

static struct place *find(const struct epochs *ep, uint64_t epoch)
{
    size_t i = (size_t)(epoch * 0x9e3779b97f4a7c15ull >> 32) & (ep->cap - 1);

    while (ep->at[i].epoch != 0 && ep->at[i].epoch != epoch)
        i = (i + 1) & (ep->cap - 1);
    return &ep->at[i];
}

bool epochs_has(const struct epochs *ep, uint64_t epoch)
{
    return epoch != 0 && find(ep, epoch)->epoch == epoch;
}

bool epochs_get(const struct epochs *ep, uint64_t epoch, unsigned char key_out[SEAL_EPOCH_KEY])
{
    if (!epochs_has(ep, epoch))
        return false;
    memcpy(key_out, find(ep, epoch)->key, SEAL_EPOCH_KEY);
    return true;
}

static void enlarge(struct epochs *ep, size_t cap)
{
    struct epochs big = {secret_alloc(cap * sizeof *ep->at), cap, ep->n};

    for (size_t i = 0; i < ep->cap; i++)
        if (ep->at[i].epoch != 0)
            *find(&big, ep->at[i].epoch) = ep->at[i];
    secret_free(ep->at, ep->cap * sizeof *ep->at);
    *ep = big;
}

void epochs_room(struct epochs *ep, size_t n)
{
    if (n > EPOCHS_ROOM)
        n = EPOCHS_ROOM;
    if (ep->n + n > EPOCHS_MOST) {
        wipe(ep->at, ep->cap * sizeof *ep->at);
        ep->n = 0;
    }
    while (ep->cap < 2 * (ep->n + n))
        enlarge(ep, ep->cap * 2);
}

void epochs_add(struct epochs *ep, uint64_t epoch, const unsigned char key[SEAL_EPOCH_KEY])
{
    struct place *p;

    if (epoch == 0)
        return;
    epochs_room(ep, 1);
    p = find(ep, epoch);
    ep->n += p->epoch == 0;
    p->epoch = epoch;
    memcpy(p->key, key, SEAL_EPOCH_KEY);
}
