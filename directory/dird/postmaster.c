/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/postmaster.c - finds the mailbox for mail to postmaster when no account or alias has that name,
 * or that one is suspended, or a list without members, because RFC 5321 4.5.1 wants such mail taken everywhere. It is the account that instance.postmaster names. Otherwise
 * it is the first account of the instance, which the administrator usually made for herself.
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

/* Of the domain's own choice, when it has made one. */
static void of_domain(struct cache *c, struct span asked, struct cache_view *who)
{
    struct cache_domain d;

    if (cache_domain(c, span_from(asked, sizeof "postmaster@" - 1), &d) && d.postmaster[0])
        cache_find(c, span_str(d.postmaster), who);
}

/* The oldest account that can take mail has the lowest mailbox number, because numbers are given in order. This walks
 * over all accounts, because the question is seldom asked. */
static bool first_account(struct cache *c, char address_out[CACHE_NAME])
{
    uint64_t least = UINT64_MAX;

    pthread_rwlock_rdlock(&c->lock);
    for (size_t i = 0; i < c->item_slots; i++)
        for (const struct item *it = c->items[i]; it; it = it->next) {
            const char *address = it->mbx && !it->disabled && it->mbx < least ? address_of(it) : NULL;

            if (!address || cache_off(c, address))
                continue;
            least = it->mbx;
            snprintf(address_out, CACHE_NAME, "%s", address);
        }
    pthread_rwlock_unlock(&c->lock);
    return least != UINT64_MAX;
}

static bool takes_mail(struct cache *c, const struct cache_view *v)
{
    struct cache_group g;

    return v->kind == DK_MAILBOX || v->kind == DK_NOT_LOCAL ||
           (v->kind == DK_GROUP && (!cache_group(c, span_str(v->address), &g) || g.members > 0));
}

void postmaster_find(struct dird *d, struct span asked, struct cache_view *v)
{
    struct cache_view who = {.kind = DK_UNKNOWN};
    char first[CACHE_NAME];

    if (v->domain_off || !is_postmaster(asked) || takes_mail(d->cache, v))
        return;
    of_domain(d->cache, asked, &who);
    if (who.kind != DK_MAILBOX)
        cache_find(d->cache, span_str(d->postmaster), &who);
    if (who.kind != DK_MAILBOX && first_account(d->cache, first))
        cache_find(d->cache, span_str(first), &who);
    if (who.kind != DK_MAILBOX)
        return;
    *v = who;
    v->postmaster = true;
}
