/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_domains.c - the mail domains of this instance: their settings, and how many addresses each has.
 *
 * Figures  An address is counted for its domain when it comes and when it goes, in a table of its own, because a mailbox
 *          may be read before the entry of its domain. So nothing walks over accounts, however many domains there are.
 * Process  dird, the sync thread (cache_put_domain), any thread.
 */
#include "base/clock.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

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

/* ---- figures ---- */
static struct tally **tally_at(const struct cache *c, const char *domain, uint32_t hash)
{
    struct tally **p = &c->tallies[hash & (c->tally_slots - 1)];

    while (*p && ((*p)->hash != hash || strcmp((*p)->domain, domain) != 0))
        p = &(*p)->next;
    return p;
}

static void grow(struct cache *c)
{
    size_t slots = c->tally_slots ? c->tally_slots * 2 : FIRST_SLOTS;
    struct tally **bigger = need(calloc(slots, sizeof *bigger));

    for (size_t i = 0; i < c->tally_slots; i++)
        for (struct tally *t = c->tallies[i], *next; t; t = next) {
            next = t->next;
            t->next = bigger[t->hash & (slots - 1)];
            bigger[t->hash & (slots - 1)] = t;
        }
    free(c->tallies);
    c->tallies = bigger;
    c->tally_slots = slots;
}

static struct tally **tally_of(struct cache *c, const char *domain)
{
    uint32_t hash = cache_hash(c, span_str(domain));
    struct tally **at;

    if (c->n_tallies >= c->tally_slots)
        grow(c);
    at = tally_at(c, domain, hash);
    if (!*at) {
        *at = need(calloc(1, sizeof **at + strlen(domain) + 1));
        (*at)->hash = hash;
        memcpy((*at)->domain, domain, strlen(domain) + 1);
        c->n_tallies++;
    }
    return at;
}

void cache_tally(struct cache *c, const struct name *n, int by)
{
    struct tally **at, *t;

    if (n->kind != NAME_ADDRESS && n->kind != NAME_ALIAS && n->kind != NAME_GROUP)
        return;
    at = tally_of(c, domain_of(n->text));
    t = *at;
    *(n->kind == NAME_ADDRESS ? &t->accounts : &t->others) += (uint64_t)(int64_t)by;
    if (t->accounts > 0 || t->others > 0)
        return;
    *at = t->next;
    free(t);
    c->n_tallies--;
}

void cache_tallies_free(struct cache *c)
{
    for (size_t i = 0; i < c->tally_slots; i++)
        for (struct tally *t = c->tallies[i], *next; t; t = next) {
            next = t->next;
            free(t);
        }
    free(c->tallies);
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

static bool is_off(const struct cache *c, struct span domain)
{
    char low[CACHE_NAME];
    const struct domain *d = cache_lower(domain, low) ? domain_named(c, low) : NULL;

    return d && d->disabled;
}

void cache_put_domain(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_domain_facts *f)
{
    struct domain *d = need(calloc(1, sizeof *d));
    struct item *it;
    bool was;

    *d = (struct domain){.note = span_dup(span_head(f->note, CACHE_NAME - 1)),
                         .postmaster = lowered(f->postmaster),
                         .catch_all = lowered(f->catch_all),
                         .quota = f->quota,
                         .most = f->most,
                         .own_quota = f->own_quota,
                         .disabled = f->disabled};
    pthread_rwlock_wrlock(&c->lock);
    was = is_off(c, f->domain);
    it = cache_item(c, uuid);
    it->domain = d;
    cache_add_name(c, it, NAME_DOMAIN, f->domain);
    if (was != f->disabled)
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
    const struct tally *t = c->tally_slots > 0 ? *tally_at(c, name, cache_hash(c, span_str(name))) : NULL;

    *out =
        (struct cache_domain){.quota = d->quota, .most = d->most, .own_quota = d->own_quota, .disabled = d->disabled};
    out->accounts = t ? t->accounts : 0;
    out->others = t ? t->others : 0;
    snprintf(out->name, sizeof out->name, "%s", name);
    snprintf(out->note, sizeof out->note, "%s", d->note);
    snprintf(out->postmaster, sizeof out->postmaster, "%s", d->postmaster);
    snprintf(out->catch_all, sizeof out->catch_all, "%s", d->catch_all);
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
