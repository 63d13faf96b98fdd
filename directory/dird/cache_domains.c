/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_domains.c - the mail domains of this instance: their settings. Their figures are counted in cache_figures.c.
 * Process  dird, the sync thread (cache_put_domain), any thread.
 */
#include "base/clock.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <stdlib.h>

static void *need(void *p)
{
    if (!p)
        die("out of memory for the directory cache");
    return p;
}

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');

    return at ? at + 1 : "";
}

/* ---- filling ---- */
void cache_domain_free(struct domain **d)
{
    if (!*d)
        return;
    free((*d)->note);
    free((*d)->postmaster);
    free((*d)->catch_all);
    free(*d);
    *d = NULL;
}

static char *lowered(struct span address)
{
    char low[CACHE_NAME];

    return span_dup(cache_lower(address, low) ? span_str(low) : SPAN_NULL);
}

static const struct domain *domain_named(const struct cache *c, const char *low)
{
    const struct name *n = cache_name(c, span_str(low), 1 << NAME_DOMAIN);

    return n ? n->item->domain : NULL;
}

/* What pubd must look at all mailboxes for. */
static unsigned published_how(const struct cache *c, struct span domain)
{
    char low[CACHE_NAME];
    const struct domain *d = cache_lower(domain, low) ? domain_named(c, low) : NULL;

    return d ? d->disabled | (unsigned)d->policy.unpublished << 1 : 0;
}

void cache_put_domain(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_domain_facts *f)
{
    struct domain *d = need(calloc(1, sizeof *d));
    struct item *it;
    unsigned was;

    *d = (struct domain){.note = span_dup(span_head(f->note, CACHE_NAME - 1)),
                         .postmaster = lowered(f->postmaster),
                         .catch_all = lowered(f->catch_all),
                         .quota = f->quota,
                         .most = f->most,
                         .policy = f->policy,
                         .own_quota = f->own_quota,
                         .disabled = f->disabled};
    pthread_rwlock_wrlock(&c->lock);
    was = published_how(c, f->domain);
    it = cache_item(c, uuid);
    it->domain = d;
    cache_add_name(c, it, NAME_DOMAIN, f->domain);
    if (was != published_how(c, f->domain))
        cache_note_whole(c);
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}

/* ---- asking ---- */
bool cache_off(const struct cache *c, const char *address)
{
    const struct domain *d = domain_named(c, domain_of(address));

    return d && d->disabled;
}

static void copy(const struct cache *c, const struct domain *d, const char *name, struct cache_domain *out)
{
    *out = (struct cache_domain){
        .quota = d->quota, .most = d->most, .own_quota = d->own_quota, .disabled = d->disabled, .policy = d->policy};
    cache_figures(c, name, out->figures);
    snprintf(out->name, sizeof out->name, "%s", name);
    snprintf(out->note, sizeof out->note, "%s", d->note);
    snprintf(out->postmaster, sizeof out->postmaster, "%s", d->postmaster);
    snprintf(out->catch_all, sizeof out->catch_all, "%s", d->catch_all);
}

struct cache_policy cache_policy_of(struct cache *c, struct span address)
{
    struct cache_policy p = {0};
    char low[CACHE_NAME];
    const struct domain *d;

    if (!cache_lower(address, low))
        return p;
    pthread_rwlock_rdlock(&c->lock);
    d = domain_named(c, domain_of(low));
    if (d)
        p = d->policy;
    pthread_rwlock_unlock(&c->lock);
    return p;
}

bool cache_domain(struct cache *c, struct span domain, struct cache_domain *out)
{
    char low[CACHE_NAME];
    const struct domain *d;

    if (!cache_lower(domain, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    d = domain_named(c, low);
    if (d)
        copy(c, d, low, out);
    pthread_rwlock_unlock(&c->lock);
    return d != NULL;
}

uint64_t cache_domain_accounts(const struct cache_domain *d)
{
    return d->figures[CF_ACTIVE] + d->figures[CF_PENDING] + d->figures[CF_SUSPENDED] + d->figures[CF_CLOSED];
}

bool cache_wait_domain(struct cache *c, struct span domain, bool (*want)(const struct cache_domain *d, const void *ctx),
                       const void *ctx, int64_t deadline)
{
    for (;;) {
        uint64_t seen = cache_version(c);
        struct cache_domain d;
        bool served = cache_domain(c, domain, &d);

        if (want(served ? &d : NULL, ctx))
            return true;
        if (!cache_wait_change(c, seen, deadline))
            return false;
    }
}
