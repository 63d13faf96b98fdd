/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache.c - filling the cache.
 *
 * INV-C1   Every item stands in the uuid table once, and each of its names in the name table once.
 * INV-C2   An item is replaced as a whole. A reader sees the old item or the new one, and never a mixture.
 * INV-C3   .ready is set by the first cache_end() and is never cleared.
 * Process  dird, the sync thread.
 */
#include "base/ascii.h"
#include "base/clock.h"
#include "base/idn.h"
#include "base/wipe.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 1024 };

static void *need(void *p)
{
    if (!p)
        die("out of memory for the directory cache");
    return p;
}

uint32_t cache_hash(const struct cache *c, struct span text)
{
    uint32_t h = c->seed;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ text.p[i]) * 16777619u;
    return h ^ (h >> 15);
}

bool cache_lower(struct span in, char out[CACHE_NAME])
{
    bool domain = span_chr(in, '@') < 0;

    _Static_assert((int)CACHE_NAME >= (int)IDN_ROOM, "a domain fits");
    if (in.n >= CACHE_NAME || in.n == 0 || span_chr(in, 0) >= 0)
        return false;
    if (!(domain ? idn_domain(in, out) : idn_address(in, out, CACHE_NAME)))
        snprintf(out, CACHE_NAME, "%.*s", SPAN_ARG(in)); /* nothing is called that */
    ascii_lower_all(span_str(out), out);
    return true;
}

struct cache *cache_new(void)
{
    struct cache *c = need(calloc(1, sizeof *c));
    pthread_condattr_t mono;
    pthread_condattr_init(&mono);
    pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
    pthread_rwlock_init(&c->lock, NULL);
    pthread_mutex_init(&c->change_lock, NULL);
    pthread_mutex_init(&c->list_lock, NULL);
    pthread_cond_init(&c->changed, &mono);
    pthread_condattr_destroy(&mono);
    c->name_slots = c->item_slots = FIRST_SLOTS;
    c->names = need(calloc(c->name_slots, sizeof *c->names));
    c->items = need(calloc(c->item_slots, sizeof *c->items));
    random_bytes(&c->seed, sizeof c->seed);
    random_bytes(&c->changes.run, sizeof c->changes.run);
    c->changes.next = c->changes.known = 1;
    return c;
}

/* ---- tables ---- */
static size_t uuid_slot(const struct cache *c, const unsigned char uuid[CACHE_UUID])
{
    return cache_hash(c, span_of(uuid, CACHE_UUID)) & (c->item_slots - 1);
}

static struct item **item_at(struct cache *c, const unsigned char uuid[CACHE_UUID])
{
    struct item **p = &c->items[uuid_slot(c, uuid)];
    while (*p && memcmp((*p)->uuid, uuid, CACHE_UUID) != 0)
        p = &(*p)->next;
    return p;
}

static void grow_names(struct cache *c)
{
    size_t slots = c->name_slots * 2;
    struct name **bigger = need(calloc(slots, sizeof *bigger));
    for (size_t i = 0; i < c->name_slots; i++)
        for (struct name *n = c->names[i], *next; n; n = next) {
            next = n->next;
            n->next = bigger[n->hash & (slots - 1)];
            bigger[n->hash & (slots - 1)] = n;
        }
    free(c->names);
    c->names = bigger;
    c->name_slots = slots;
}

static void grow_items(struct cache *c)
{
    struct item **old = c->items;
    size_t slots = c->item_slots;
    c->item_slots *= 2;
    c->items = need(calloc(c->item_slots, sizeof *c->items));
    for (size_t i = 0; i < slots; i++)
        for (struct item *it = old[i], *next; it; it = next) {
            next = it->next;
            struct item **to = &c->items[uuid_slot(c, it->uuid)];
            it->next = *to;
            *to = it;
        }
    free(old);
}

void cache_add_name(struct cache *c, struct item *it, enum name_kind kind, struct span text)
{
    char low[CACHE_NAME];
    if (!cache_lower(text, low))
        return;
    struct name *n = need(malloc(sizeof *n + strlen(low) + 1));
    *n = (struct name){.item = it, .kind = (uint8_t)kind, .sibling = it->names, .hash = cache_hash(c, span_str(low))};
    memcpy(n->text, low, strlen(low) + 1);
    it->names = n;
    if (c->n_names >= c->name_slots)
        grow_names(c);
    n->next = c->names[n->hash & (c->name_slots - 1)];
    c->names[n->hash & (c->name_slots - 1)] = n;
    c->n_names++;
}

static void remove_names(struct cache *c, struct item *it)
{
    for (struct name *n = it->names, *sibling; n; n = sibling) {
        sibling = n->sibling;
        struct name **p = &c->names[n->hash & (c->name_slots - 1)];
        while (*p != n)
            p = &(*p)->next;
        *p = n->next;
        free(n);
        c->n_names--;
    }
    it->names = NULL;
}

void cache_count(struct cache *c, const struct item *it, int by)
{
    for (const struct name *n = it->names; n; n = n->sibling) {
        c->accounts += n->kind == NAME_ADDRESS ? (uint64_t)(int64_t)by : 0;
        c->trusted += n->kind == NAME_TRUST ? (uint64_t)(int64_t)by : 0;
        cache_tally(c, n, by);
    }
    cache_tally_scopes(c, it, by);
}

static void remove_item(struct cache *c, struct item **at)
{
    struct item *it = *at;
    *at = it->next;
    cache_count(c, it, -1);
    remove_names(c, it);
    free((void *)it->extra.p);
    free((void *)it->note.p);
    free(it->grants);
    free(it->scopes);
    cache_domain_free(&it->domain);
    cache_group_free(&it->group);
    free(it);
    c->n_items--;
}

static struct span own(struct span s)
{
    return s.n > 0 ? span_of(span_dup(s), s.n) : SPAN_NULL; /* span_dup() copies n bytes, whatever they are */
}

/* The item for uuid, emptied; the write lock is held. */
struct item *cache_item(struct cache *c, const unsigned char uuid[CACHE_UUID])
{
    struct item **at = item_at(c, uuid);
    if (*at)
        remove_item(c, at);
    if (c->n_items >= c->item_slots)
        grow_items(c);
    struct item *it = need(calloc(1, sizeof *it));
    memcpy(it->uuid, uuid, CACHE_UUID);
    it->generation = c->generation;
    at = &c->items[uuid_slot(c, uuid)];
    it->next = *at;
    *at = it;
    c->n_items++;
    return it;
}

void cache_tell(struct cache *c)
{
    pthread_mutex_lock(&c->change_lock);
    atomic_fetch_add(&c->version, 1);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->change_lock);
}

void cache_free(struct cache **c)
{
    if (!c || !*c)
        return;
    for (size_t i = 0; i < (*c)->item_slots; i++)
        while ((*c)->items[i])
            remove_item(*c, &(*c)->items[i]);
    for (size_t i = 0; i < LISTS_; i++) {
        buf_free(&(*c)->lists[i].text);
        free((*c)->lists[i].at);
    }
    cache_tallies_free(*c);
    cache_changes_free(*c);
    buf_free(&(*c)->all_dns);
    pthread_rwlock_destroy(&(*c)->lock);
    pthread_mutex_destroy(&(*c)->change_lock);
    pthread_mutex_destroy(&(*c)->list_lock);
    pthread_cond_destroy(&(*c)->changed);
    free((*c)->names);
    free((*c)->items);
    free(*c);
    *c = NULL;
}

/* ---- the sync thread ---- */
void cache_begin(struct cache *c)
{
    pthread_rwlock_wrlock(&c->lock);
    c->generation++;
    pthread_rwlock_unlock(&c->lock);
}

void cache_end(struct cache *c)
{
    pthread_rwlock_wrlock(&c->lock);
    for (size_t i = 0; i < c->item_slots; i++)
        for (struct item **at = &c->items[i]; *at;) {
            if ((*at)->generation != c->generation) {
                cache_note_item(c, *at);
                remove_item(c, at);
            } else
                at = &(*at)->next;
        }
    c->ready = c->in_sync = true;
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}

void cache_lost(struct cache *c)
{
    pthread_rwlock_wrlock(&c->lock);
    c->in_sync = false;
    pthread_rwlock_unlock(&c->lock);
}

void cache_delegate_name(uint64_t delegate, char out[CACHE_KEY])
{
    snprintf(out, CACHE_KEY, "delegate#%llu", (unsigned long long)delegate);
}

/* The mailbox stands under the name of each of its delegates, too. */
static void own_grants(struct cache *c, struct item *it, const struct cache_facts *f)
{
    char key[CACHE_KEY];
    if (f->n_grants == 0)
        return;
    it->grants = need(calloc(f->n_grants, sizeof *it->grants));
    memcpy(it->grants, f->grants, f->n_grants * sizeof *it->grants);
    it->n_grants = f->n_grants;
    for (size_t i = 0; i < f->n_grants; i++) {
        cache_delegate_name(f->grants[i].delegate, key);
        cache_add_name(c, it, NAME_DELEGATE, span_str(key));
    }
}

/* A number too long to be one is none. */
static void own_reach(struct item *it, const struct cache_facts *f)
{
    if (f->structure.n < sizeof it->structure)
        snprintf(it->structure, sizeof it->structure, "%.*s", SPAN_ARG(f->structure));
    if (!f->scopes || f->scopes->n == 0)
        return;
    it->scopes = need(malloc(sizeof *it->scopes));
    *it->scopes = *f->scopes;
}

void cache_put_mailbox(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_facts *f)
{
    pthread_rwlock_wrlock(&c->lock);
    struct item *const *was = item_at(c, uuid);
    uint64_t secret_at = *was && cache_same_secret((*was)->secret_at, f->secret_at) && (*was)->secret_at > f->secret_at
                             ? (*was)->secret_at /* we saw its microsecond */
                             : f->secret_at;
    bool same = *was && f->csn != 0 && (*was)->csn == f->csn;
    struct item *it = cache_item(c, uuid);
    it->secret_at = secret_at;
    it->code_until = f->code_until;
    it->mbx = f->mbx;
    it->csn = f->csn;
    it->flags = f->flags;
    it->type = f->type;
    it->disabled = f->disabled;
    it->closed = f->closed;
    it->pending = f->pending;
    memcpy(it->pub, f->pub, sizeof it->pub);
    it->extra = own(span_head(f->name, CACHE_NAME - 1));
    cache_add_name(c, it, f->tombstone ? NAME_TOMBSTONE : NAME_ADDRESS, f->address);
    for (size_t i = 0; i < f->n_aliases; i++)
        cache_add_name(c, it, f->tombstone ? NAME_TOMBSTONE : NAME_ALIAS, f->aliases[i]);
    own_grants(c, it, f);
    own_reach(it, f);
    cache_count(c, it, 1);
    if (!same)
        cache_note_item(c, it);
    if (f->csn > c->top_csn)
        c->top_csn = f->csn;
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}

void cache_put_trust(struct cache *c, const unsigned char uuid[CACHE_UUID], struct span domain, struct span note,
                     struct span dns)
{
    pthread_rwlock_wrlock(&c->lock);
    struct item *it = cache_item(c, uuid);
    it->extra = own(dns);
    it->note = own(note);
    cache_add_name(c, it, NAME_TRUST, domain);
    cache_count(c, it, 1);
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}

void cache_keep(struct cache *c, const unsigned char uuid[CACHE_UUID])
{
    pthread_rwlock_wrlock(&c->lock);
    struct item **at = item_at(c, uuid);
    if (*at)
        (*at)->generation = c->generation;
    pthread_rwlock_unlock(&c->lock);
}

void cache_drop(struct cache *c, const unsigned char uuid[CACHE_UUID])
{
    pthread_rwlock_wrlock(&c->lock);
    struct item **at = item_at(c, uuid);
    if (*at) {
        cache_note_item(c, *at);
        remove_item(c, at);
    }
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}
