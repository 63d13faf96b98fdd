/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/postmaster.c - whose mailbox takes what is sent to postmaster, when no account or alias has that name. RFC 5321 4.5.1 wants it taken
 * everywhere: the account that instance.postmaster names, else the first of the instance, whom its administrator usually made for herself.
 * Process  dird, any thread.
 */
#include "directory/dird/cache_int.h"
#include "directory/dird/dird.h"
#include <stdio.h>

static bool is_postmaster(struct span address)
{
    return span_istarts(address, "postmaster@");
}

static const char *address_of(const struct item *it)
{
    for (const struct name *n = it->names; n; n = n->sibling)
        if (n->kind == NAME_ADDRESS)
            return n->text;
    return NULL;
}

/* The oldest account that can take mail: mailbox numbers are given in order. A walk over all of them, for a question that is seldom asked. */
static bool first_account(struct cache *c, char address_out[CACHE_NAME])
{
    uint64_t least = UINT64_MAX;

    pthread_rwlock_rdlock(&c->lock);
    for (size_t i = 0; i < c->item_slots; i++)
        for (const struct item *it = c->items[i]; it; it = it->next) {
            const char *address = it->mbx && !it->disabled && it->mbx < least ? address_of(it) : NULL;

            if (!address)
                continue;
            least = it->mbx;
            snprintf(address_out, CACHE_NAME, "%s", address);
        }
    pthread_rwlock_unlock(&c->lock);
    return least != UINT64_MAX;
}

void postmaster_find(struct dird *d, struct span asked, struct cache_view *v)
{
    struct cache_view who;
    char first[CACHE_NAME];

    if (v->kind != DK_UNKNOWN || !is_postmaster(asked))
        return;
    cache_find(d->cache, span_str(d->postmaster), &who);
    if (who.kind != DK_MAILBOX && first_account(d->cache, first))
        cache_find(d->cache, span_str(first), &who);
    if (who.kind == DK_MAILBOX)
        *v = who;
}
