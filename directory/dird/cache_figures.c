/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_figures.c - how many accounts, aliases, lists and administrators each mail domain has, and which mailboxes are its.
 *
 * Counted  An entry of the directory counts for the domains of its names when it comes and when it goes. The figures lie in a table of their own, because a
 *          mailbox may be read before the entry of its domain. So nothing walks over accounts, however many domains there are.
 * INV      An item counts the same when it goes as when it came: it is replaced as a whole, never changed (INV-C2).
 * Process  dird, the sync thread; any thread (cache_figures).
 */
#include "directory/dird/cache_int.h"
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

static void *need(void *p)
{
    if (!p)
        die("out of memory for the directory cache");
    return p;
}

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

static void tally(struct cache *c, const char *domain, enum cache_figure which, int by)
{
    struct tally **at = tally_of(c, domain), *t = *at;

    t->n[which] += (uint64_t)(int64_t)by;
    for (size_t i = 0; i < CACHE_FIGURES; i++)
        if (t->n[i] > 0)
            return;
    *at = t->next;
    free(t);
    c->n_tallies--;
}

static enum cache_figure state_of(const struct item *it)
{
    return it->closed ? CF_CLOSED : it->disabled ? CF_SUSPENDED : it->pending ? CF_PENDING : CF_ACTIVE;
}

/* A mailbox has one address of its own, so it stands in one list. */
static void link_item(struct cache *c, const char *domain, struct item *it)
{
    struct tally *t = *tally_of(c, domain);

    it->beside = t->first;
    it->back = &t->first;
    if (it->beside)
        it->beside->back = &it->beside;
    t->first = it;
}

static void unlink_item(struct item *it)
{
    if (!it->back)
        return;
    *it->back = it->beside;
    if (it->beside)
        it->beside->back = it->back;
    it->back = NULL;
}

void cache_tally(struct cache *c, const struct name *n, int by)
{
    static const enum cache_figure of_type[] = {
        [DT_PER] = CF_PER, [DT_ORG] = CF_ORG, [DT_APP] = CF_APP, [DT_CAB] = CF_CAB};
    const char *at = strrchr(n->text, '@'), *domain = at ? at + 1 : "";

    if (n->kind == NAME_ALIAS)
        tally(c, domain, CF_ALIASES, by);
    if (n->kind == NAME_GROUP)
        tally(c, domain, CF_LISTS, by);
    if (n->kind != NAME_ADDRESS)
        return;
    if (by < 0)
        unlink_item(n->item);
    tally(c, domain, state_of(n->item), by);
    if (n->item->type >= DT_PER && n->item->type <= DT_CAB)
        tally(c, domain, of_type[n->item->type], by);
    if (by > 0)
        link_item(c, domain, n->item);
}

void cache_tally_scopes(struct cache *c, const struct item *it, int by)
{
    for (size_t i = 0; it->scopes && i < it->scopes->n; i++)
        if (it->scopes->of[i].kind == SCOPE_DOMAIN)
            tally(c, it->scopes->of[i].id, CF_ADMINISTRATORS, by);
}

void cache_figures(const struct cache *c, const char *domain, uint64_t out[CACHE_FIGURES])
{
    const struct tally *t = c->tally_slots > 0 ? *tally_at(c, domain, cache_hash(c, span_str(domain))) : NULL;

    for (size_t i = 0; i < CACHE_FIGURES; i++)
        out[i] = t ? t->n[i] : 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Every page goes through the domain's list, which is in no order: a domain of 100,000 is asked some 25 times. */
size_t cache_domain_boxes(struct cache *c, struct span domain, uint64_t after, uint64_t *out, size_t most,
                          bool *more_out)
{
    uint64_t *all = NULL;
    size_t n = 0, cap = 0;
    char low[CACHE_NAME];

    *more_out = false;
    if (!cache_lower(domain, low))
        return 0;
    pthread_rwlock_rdlock(&c->lock);
    const struct tally *t = c->tally_slots > 0 ? *tally_at(c, low, cache_hash(c, span_str(low))) : NULL;
    for (const struct item *it = t ? t->first : NULL; it; it = it->beside) {
        if (it->mbx <= after)
            continue;
        if (n == cap) {
            cap = cap ? cap * 2 : 256;
            all = need(realloc(all, cap * sizeof *all));
        }
        all[n++] = it->mbx;
    }
    pthread_rwlock_unlock(&c->lock);
    if (n > 0)
        qsort(all, n, sizeof *all, by_number);
    *more_out = n > most;
    n = n > most ? most : n;
    if (n > 0)
        memcpy(out, all, n * sizeof *all);
    free(all);
    return n;
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
