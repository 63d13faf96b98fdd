/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_scopes.c - asking the cache what decides who administers an account: its structure, its own address, and what it administers itself.
 * Process  dird, any thread.
 */
#include "directory/dird/cache_int.h"
#include <stdio.h>

bool cache_reach(struct cache *c, struct span address, struct cache_reach *out)
{
    char low[CACHE_NAME];
    if (!cache_lower(address, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), 1 << NAME_ADDRESS);
    if (n) {
        const struct item *it = n->item;
        *out = (struct cache_reach){.mbx = it->mbx,
                                    .flags = it->flags,
                                    .active = !it->disabled && !cache_off(c, n->text),
                                    .closed = it->closed};
        snprintf(out->address, sizeof out->address, "%s", n->text);
        snprintf(out->name, sizeof out->name, "%.*s", SPAN_ARG(it->extra));
        snprintf(out->structure, sizeof out->structure, "%s", it->structure);
        if (it->scopes)
            out->scopes = *it->scopes;
    }
    pthread_rwlock_unlock(&c->lock);
    return n != NULL;
}
