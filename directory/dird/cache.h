/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache.h - the part of the directory that dird keeps in memory: mailboxes, local domains, trusted domains.
 *
 * Filled   One thread (sync.c) fills the cache, and all threads ask it, under a readers-writer lock. Every answer is copied out.
 * Keys     Entries are found by name (address, alias, domain; cache_lower()) and by entryUUID, both by hash. Only cache_page() scans the cache.
 *          A mailbox takes about 390 octets (bench/accounts_memory.py).
 * Refresh  cache_begin() and cache_end() bracket a complete listing. An entry that was not named in the listing is gone after cache_end(), and not
 *          before, so the cache goes on answering meanwhile. Until the first listing has ended, cache_ready() is false and an answer "unknown" must
 *          not be relied on.
 * Process  dird.
 */
#pragma once
#include "base/buf.h"
#include "directory/wire.h"

enum { CACHE_UUID = 16, CACHE_NAME = 256, CACHE_ALIASES = DIRD_ALIASES_MOST, CACHE_GRANTS = 64 /* delegates of a mailbox */, CACHE_STRUCTURE = 16 };

struct cache_grant { /* of a mailbox to one delegate */
    uint64_t delegate, number;
    uint32_t acl; /* base/rights.h */
    char to[CACHE_NAME];
};

struct cache_scope { /* what an administrator administers (decision 0050) */
    uint8_t kind; /* enum dird_scope_kind */
    char id[CACHE_NAME]; /* a structure's number; a domain in lower case and A-labels */
};
struct cache_scopes { /* of one administrator, each once */
    size_t n;
    struct cache_scope of[DIRD_SCOPES];
};
struct cache_reach { /* what decides who administers an account: a copy */
    char address[CACHE_NAME], name[CACHE_NAME];
    char structure[CACHE_STRUCTURE]; /* "": none */
    uint64_t mbx;
    uint32_t flags; /* DF_ */
    bool active, closed;
    struct cache_scopes scopes; /* its own */
};

struct cache_facts { /* of a mailbox, as the directory has it */
    struct span address, name;
    struct span aliases[CACHE_ALIASES];
    size_t n_aliases;
    const struct cache_grant *grants; /* each delegate once */
    struct span structure;
    const struct cache_scopes *scopes; /* NULL: none */
    size_t n_grants;
    uint64_t mbx, csn;
    uint64_t secret_at; /* when the password was set: YYMMDDhhmmss and six digits of microseconds, 000000 when those are not known; 0: not known */
    uint64_t code_until; /* UTC s: the password is a code for choosing one; 0: it is none */
    unsigned char pub[32];
    uint8_t type;
    bool disabled;
    bool closed;    /* disabled, too */
    bool pending;   /* nobody has opened it yet; it may be disabled besides */
    bool tombstone; /* what is left of a closed address: no mailbox, .name is the address, .pub the holder's digest */
    uint32_t flags; /* DF_ */
};
struct cache_policy { /* of a domain (decision 0056); zeroed: as the instance */
    uint64_t max_message; /* octets of the largest one that its accounts send; 0: as the instance */
    bool inside;          /* its accounts send to addresses of this instance alone */
    uint8_t sign;         /* enum dird_sign */
    bool red_list, unpublished;
};
struct cache_domain_facts { /* of a mail domain served here, as the directory has it */
    struct span domain, note, postmaster, catch_all;
    uint64_t quota, most; /* octets of a new mailbox; accounts, 0: any number */
    struct cache_policy policy;
    bool own_quota, disabled;
};
enum cache_figure { /* of a domain: its accounts by state, the same ones by type; and what else has an address in it, or administers it */
    CF_ACTIVE, CF_PENDING /* nobody has opened it yet */, CF_SUSPENDED, CF_CLOSED, CF_PER, CF_ORG, CF_APP, CF_CAB, CF_ALIASES, CF_LISTS, CF_ADMINISTRATORS,
    CACHE_FIGURES
};
struct cache_domain { /* a copy */
    char name[CACHE_NAME], note[CACHE_NAME], postmaster[CACHE_NAME], catch_all[CACHE_NAME];
    uint64_t quota, most;
    uint64_t figures[CACHE_FIGURES];
    struct cache_policy policy;
    bool own_quota, disabled;
};
struct cache_group_facts { /* of a distribution list, as the directory has it */
    struct span address, name, note;
    uint8_t post; /* enum dird_post */
    struct span members[DIRD_MEMBERS + 1]; /* one more than may be: then it leads nowhere; addresses: accounts, aliases, lists, elsewhere */
    size_t n_members;
};
struct cache_group { /* a copy */
    char address[CACHE_NAME], name[CACHE_NAME], note[CACHE_NAME];
    uint8_t post;
    uint32_t members;
};
struct cache_member { /* whom a list leads to; a copy */
    uint8_t kind; /* DK_MAILBOX, DK_DISABLED, DK_CLOSED; DK_NOT_LOCAL: an address elsewhere; DK_UNKNOWN: an address here that nobody has */
    bool domain_off;
    uint64_t mbx;
    unsigned char pub[32];
    char address[CACHE_NAME];
};
struct cache_view { /* a copy */
    uint8_t kind;   /* enum dird_kind; the rest only for DK_MAILBOX, DK_DISABLED and DK_CLOSED, the address for DK_GROUP too; of a tombstone .mbx is 0 */
    uint8_t type;
    uint32_t flags;
    uint64_t mbx, csn, secret_at, code_until;
    unsigned char pub[32];
    char address[CACHE_NAME], name[CACHE_NAME];
    bool alias;     /* it was asked for by another name than its own */
    bool catch_all; /* nobody has that address: catch_all_find() */
    bool postmaster; /* as little: postmaster_find() */
    bool pending;   /* nobody has opened it yet */
    bool domain_off; /* the domain that was asked about, or the mailbox's own, is disabled: then no kind is DK_MAILBOX */
};
struct cache_counts {
    uint64_t accounts, trusted;
    bool in_sync;
    uint64_t csn; /* highest seen */
};

struct cache *cache_new(void);
void cache_free(struct cache **c);

/* ---- the sync thread ---- */
void cache_begin(struct cache *c);
void cache_end(struct cache *c);
void cache_lost(struct cache *c); /* the directory went away: answers go on, cache_counts says so */
void cache_put_mailbox(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_facts *f);
void cache_put_domain(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_domain_facts *f);
void cache_put_group(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_group_facts *f);
/* dns: packed as struct dird_trust_rep has them */
void cache_put_trust(struct cache *c, const unsigned char uuid[CACHE_UUID], struct span domain, struct span note, struct span dns);
void cache_keep(struct cache *c, const unsigned char uuid[CACHE_UUID]); /* unchanged */
void cache_drop(struct cache *c, const unsigned char uuid[CACHE_UUID]);

/* ---- everyone ---- */
bool cache_same_secret(uint64_t secret_at, uint64_t other); /* as far as is known, the same password */
bool cache_ready(struct cache *c);
/* Finds an address in any case. "user+x@d" is tried without "+x" when it is not itself an address. */
void cache_find(struct cache *c, struct span address, struct cache_view *out);
bool cache_is_box(const struct cache_view *v); /* it has a mailbox, whatever its state */
bool cache_serves(struct cache *c, struct span domain); /* a mail domain of this instance, in any case */
bool cache_taken(struct cache *c, struct span address, struct span but_of); /* an address or alias of another account than but_of */
bool cache_lower(struct span in, char out[CACHE_NAME]); /* as names are kept: lower case, the domain in A-labels (base/idn.h), NUL-ended; false: empty, too long or holds NUL */
/* Appends the packed DNs of a domain to out, at most max octets. With an empty domain it appends the DNs of all domains, each once. RC_NOTFOUND:
 * there is no such trusted domain. */
enum rc cache_trust(struct cache *c, struct span domain, size_t max, struct buf *out, struct buf *note_out /* or NULL */, struct err *e);
/* Appends the names that follow "after" in octet order, each NUL-ended, at most want of them. False: no name follows the last one given. */
enum cache_list { LIST_MAILBOXES, LIST_TRUST, LIST_CLOSED /* mailboxes that are closed */, LIST_DOMAINS, LIST_GROUPS, LIST_ADMINS /* mailboxes with a scope */, LISTS_ };
bool cache_page(struct cache *c, enum cache_list which, struct span after, size_t want, struct buf *names_out);
void cache_counts(struct cache *c, struct cache_counts *out);

/* ---- domains (cache_domains.c) ---- */
bool cache_domain(struct cache *c, struct span domain, struct cache_domain *out); /* false: not served here */
/* The numbers of its mailboxes (by their own addresses, in any state) above after, in order, most at most; how many. *more_out: there are others. */
size_t cache_domain_boxes(struct cache *c, struct span domain, uint64_t after, uint64_t *out, size_t most, bool *more_out);
/* Of the domain of an address; zeroed where it is not served here. */
struct cache_policy cache_policy_of(struct cache *c, struct span address);
uint64_t cache_domain_accounts(const struct cache_domain *d); /* of any state */
/* Waits until want holds of the domain, which is NULL while it is not served. False: deadline. */
bool cache_wait_domain(struct cache *c, struct span domain, bool (*want)(const struct cache_domain *d, const void *ctx), const void *ctx,
                       int64_t deadline);

/* ---- distribution lists (cache_groups.c, cache_expand.c) ---- */
bool cache_group(struct cache *c, struct span address, struct cache_group *out); /* by the list's own address; false: no such list */
/* Appends its members as they stand in it, in octet order behind "after", each NUL-ended, at most most octets. False: none follows the last one given. */
bool cache_group_page(struct cache *c, struct span address, struct span after, size_t most, struct buf *out);
/* Whom a list leads to, lists in it too: each mailbox and each address elsewhere once, in octet order of their addresses. A list that comes again, itself
 * among its members or theirs, is passed over. *out_a: malloc'ed, the caller's. RC_NOTFOUND: no such list. RC_PERM: more than DIRD_MEMBERS, or more than
 * CACHE_DEPTH levels. */
enum { CACHE_DEPTH = 8 };
enum rc cache_expand(struct cache *c, struct span address, struct cache_member **out_a, size_t *n_out, struct err *e);
bool cache_wait_group(struct cache *c, struct span address, bool (*want)(const struct cache_group *g, const void *ctx), const void *ctx,
                      int64_t deadline); /* as cache_wait_domain() */

/* ---- which mailboxes changed (cache_changes.c) ---- */
struct cache_changed {
    uint64_t run, seen; /* of which cache, up to which change */
    bool whole;         /* it is not known which: all may have */
    bool more;          /* more behind these */
};
/* Appends the addresses of mailboxes that came, changed or went after at->seen, each with a newline behind it, at most most octets of them; *at is brought up to date. */
void cache_changes(struct cache *c, struct cache_changed *at, size_t most, struct buf *addresses_out);
uint64_t cache_changes_seen(struct cache *c); /* how many there were */

/* ---- delegates (cache_grants.c) ---- */
struct cache_delegation { /* a copy: what one delegate may do in one mailbox */
    struct cache_view box;
    struct cache_grant grant;
};
/* The mailboxes of which that one is a delegate; disabled ones are left out. At most most of them; returns how many. */
size_t cache_delegations(struct cache *c, uint64_t delegate, struct cache_delegation *out, size_t most);
size_t cache_delegations_all(struct cache *c, uint64_t delegate, struct cache_delegation *out, size_t most); /* those too */
/* The delegates of a mailbox. */
size_t cache_delegates(struct cache *c, struct span address, struct cache_delegation *out, size_t most);
/* One delegate in one mailbox. False: she is none, or it is not there or disabled. */
bool cache_delegation(struct cache *c, uint64_t delegate, uint64_t mbx, struct cache_delegation *out);

/* ---- administrators (cache_scopes.c) ---- */
/* By the account's own address. False: no such account. */
bool cache_reach(struct cache *c, struct span address, struct cache_reach *out);

/* Waits until a tombstone of that address is there, under an account of the same name too. False: deadline. */
bool cache_wait_tombstone(struct cache *c, struct span address, int64_t deadline);
/* What a tombstone says of an address, under an account of the same name too. False: there is none. */
bool cache_tombstone(struct cache *c, struct span address, struct cache_view *out);
/* Waits until the account is there with at least that csn (csn 0: there at all), or until it is gone (CACHE_GONE). False: deadline. */
#define CACHE_GONE UINT64_MAX
bool cache_wait(struct cache *c, struct span address, uint64_t csn, int64_t deadline);
uint64_t cache_version(struct cache *c); /* changes with everything in it */
void cache_tell(struct cache *c); /* there is another version: who waits for one looks again. Without the cache's lock. */
/* Waits until the version is another one than seen. False: deadline. */
bool cache_wait_change(struct cache *c, uint64_t seen, int64_t deadline);
bool cache_wait_trust(struct cache *c, struct span domain, struct span dn, bool there, int64_t deadline);
