/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_grants.c - asking the cache about delegates: of whom is she one, who is one of this mailbox.
 * Process  dird, any thread.
 */
#include "directory/dird/cache_int.h"
#include <stdio.h>

static const struct cache_grant *grant_of(const struct item *it, uint64_t delegate)
{
    for (size_t i = 0; i < it->n_grants; i++)
        if (it->grants[i].delegate == delegate)
            return &it->grants[i];
    return NULL;
}

static const struct name *own_name(const struct item *it)
{
    const struct name *n = it->names;
    while (n && n->kind != NAME_ADDRESS)
        n = n->sibling;
    return n;
}

/* An account that was made anew under a delegate's address has another number, and nothing of hers. */
static bool copy(const struct cache *c, const struct item *it, uint64_t delegate, bool disabled_too,
                 struct cache_delegation *out)
{
    const struct cache_grant *g = grant_of(it, delegate);
    const struct name *n = own_name(it);
    if (!g || !n)
        return false;
    cache_copy(c, n, &out->box);
    out->grant = *g;
    return disabled_too || out->box.kind == DK_MAILBOX;
}

static size_t delegations(struct cache *c, uint64_t delegate, bool disabled_too, struct cache_delegation *out,
                          size_t most)
{
    char key[CACHE_KEY];
    size_t n_out = 0;
    cache_delegate_name(delegate, key);
    uint32_t h = cache_hash(c, span_str(key));
    pthread_rwlock_rdlock(&c->lock);
    for (const struct name *n = c->names[h & (c->name_slots - 1)]; n && n_out < most; n = n->next)
        if (n->hash == h && n->kind == NAME_DELEGATE && strcmp(n->text, key) == 0)
            n_out += copy(c, n->item, delegate, disabled_too, &out[n_out]);
    pthread_rwlock_unlock(&c->lock);
    return n_out;
}

size_t cache_delegations(struct cache *c, uint64_t delegate, struct cache_delegation *out, size_t most)
{
    return delegations(c, delegate, false, out, most);
}

size_t cache_delegations_all(struct cache *c, uint64_t delegate, struct cache_delegation *out, size_t most)
{
    return delegations(c, delegate, true, out, most);
}

bool cache_delegation(struct cache *c, uint64_t delegate, uint64_t mbx, struct cache_delegation *out)
{
    char key[CACHE_KEY];
    bool found = false;
    cache_delegate_name(delegate, key);
    uint32_t h = cache_hash(c, span_str(key));
    pthread_rwlock_rdlock(&c->lock);
    for (const struct name *n = c->names[h & (c->name_slots - 1)]; n && !found; n = n->next)
        if (n->hash == h && n->kind == NAME_DELEGATE && n->item->mbx == mbx && strcmp(n->text, key) == 0)
            found = copy(c, n->item, delegate, false, out);
    pthread_rwlock_unlock(&c->lock);
    return found;
}

size_t cache_delegates(struct cache *c, struct span address, struct cache_delegation *out, size_t most)
{
    char low[CACHE_NAME];
    size_t n_out = 0;
    if (!cache_lower(address, low))
        return 0;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), 1 << NAME_ADDRESS);
    for (size_t i = 0; n && i < n->item->n_grants && n_out < most; i++) {
        cache_copy(c, n, &out[n_out].box);
        out[n_out++].grant = n->item->grants[i];
    }
    pthread_rwlock_unlock(&c->lock);
    return n_out;
}
