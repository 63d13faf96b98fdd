/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_int.h - the shape of the cache, for cache.c (filling), cache_ask.c (asking) and cache_list.c (pages).
 * Process  dird.
 */
#pragma once
#include "directory/dird/cache.h"
#include <pthread.h>
#include <stdatomic.h>

enum name_kind { NAME_ADDRESS, NAME_GROUP, NAME_ALIAS, NAME_DOMAIN, NAME_TRUST, NAME_DELEGATE /* "delegate#17": 17 is a delegate of the item's mailbox */,
                 NAME_TOMBSTONE /* behind an address and an alias: those that live come first */ };

struct name { /* one key of an item */
    struct name *next;    /* in its hash chain */
    struct name *sibling; /* of the same item */
    struct item *item;
    uint32_t hash;
    uint8_t kind;
    char text[];
};
struct domain { /* what an item of a mail domain has beside its name */
    char *note, *postmaster, *catch_all; /* owned */
    uint64_t quota, most;
    struct cache_policy policy;
    bool own_quota, disabled;
};
struct group { /* what an item of a distribution list has beside its address */
    char *name, *note;
    char *members; /* owned, as the other two: NUL-ended addresses, their domains in A-labels, in order */
    size_t size;   /* of them all, octets */
    uint32_t n;
    uint8_t post;
};
struct tally { /* the figures of a domain, whether it is served or not: counted as entries come and go (cache_figures.c) */
    struct tally *next; /* in its hash chain */
    struct item *first; /* mailboxes with an address of their own in it */
    uint32_t hash;
    uint64_t n[CACHE_FIGURES];
    char domain[];
};
struct item { /* one entry of the directory */
    struct item *next; /* in its hash chain */
    struct item *beside, **back; /* in its domain's list (tally.first): the next one, and what leads here */
    struct name *names;
    struct span extra;  /* owned: display name (mailbox), packed DNs (trust) */
    struct span note;   /* owned: trust */
    struct cache_grant *grants; /* owned: mailbox */
    struct domain *domain; /* owned: mail domain */
    struct group *group; /* owned: distribution list */
    struct cache_scopes *scopes; /* owned: mailbox of an administrator */
    char structure[CACHE_STRUCTURE]; /* of a mailbox; "": none */
    size_t n_grants;
    uint64_t mbx, csn, secret_at, code_until;
    uint32_t flags, generation;
    unsigned char uuid[CACHE_UUID], pub[32];
    uint8_t type;
    bool disabled, closed, pending;
};
struct listing { /* sorted names, made when a page is asked for */
    struct buf text;
    uint32_t *at;
    size_t n;
    uint64_t version;
};
enum { CHANGES_KEPT = 16384 };
struct changes { /* the last ones, in a ring; under the cache's lock */
    char *address[CHANGES_KEPT]; /* owned */
    uint64_t run, next;          /* the number of the next one: the first is 1 */
    uint64_t known;              /* before this one it is not known any more what changed */
};
struct cache {
    pthread_rwlock_t lock;
    struct name **names;
    struct item **items;
    struct tally **tallies;
    size_t n_names, n_items, n_tallies, name_slots, item_slots, tally_slots; /* slots: powers of two */
    uint64_t accounts, trusted, top_csn;
    uint32_t seed, generation;
    bool ready, in_sync;
    _Atomic uint64_t version; /* of everything in it */
    pthread_mutex_t change_lock;
    pthread_cond_t changed;
    struct changes changes;
    pthread_mutex_t list_lock;
    struct listing lists[LISTS_];
    struct buf all_dns; /* of every trusted domain, once each, at that version; under list_lock */
    uint64_t all_dns_version;
};

enum { CACHE_KEY = 32 };
void cache_delegate_name(uint64_t delegate, char out[CACHE_KEY]);
void cache_copy(const struct cache *c, const struct name *n, struct cache_view *out); /* lock held */
/* For who fills the cache; the write lock is held. */
struct item *cache_item(struct cache *c, const unsigned char uuid[CACHE_UUID]); /* the entry's, emptied */
void cache_add_name(struct cache *c, struct item *it, enum name_kind kind, struct span text);
void cache_count(struct cache *c, const struct item *it, int by); /* 1 once it has its names, -1 before it loses them */
void cache_tally(struct cache *c, const struct name *n, int by); /* an address or an alias comes or goes */
void cache_tally_scopes(struct cache *c, const struct item *it, int by); /* what it administers */
void cache_figures(const struct cache *c, const char *domain, uint64_t out[CACHE_FIGURES]); /* lock held; domain: as names are kept */
void cache_tallies_free(struct cache *c);
/* The write lock is held. item: a mailbox of that name changed; whole: any may have. */
void cache_note_item(struct cache *c, const struct item *it);
void cache_note_whole(struct cache *c);
void cache_changes_free(struct cache *c);
void cache_domain_free(struct domain **d);
void cache_group_free(struct group **g);
/* lock held */
const struct name *cache_group_named(const struct cache *c, const char *low);
bool cache_cut_subaddress(char *low, char *at); /* "user+x@domain": "+x" goes, in place; false: there is none */
bool cache_off(const struct cache *c, const char *address); /* its domain is served and disabled */
uint32_t cache_hash(const struct cache *c, struct span text);
struct name *cache_name(const struct cache *c, struct span text, unsigned kinds /* bits of enum name_kind */); /* lock held */

