/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_ask.c - asking the cache, and waiting for it to see a change.
 * Process  dird, any thread.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <time.h>

struct name *cache_name(const struct cache *c, struct span text, unsigned kinds)
{
    uint32_t h = cache_hash(c, text);
    struct name *found = NULL;
    for (struct name *n = c->names[h & (c->name_slots - 1)]; n; n = n->next)
        if (n->hash == h && (kinds >> n->kind & 1) && span_eq_str(text, n->text))
            if (!found || n->kind < found->kind) /* an address goes before an alias of another */
                found = n;
    return found;
}

enum {
    BOX_NAMES = 1 << NAME_ADDRESS | 1 << NAME_GROUP | 1 << NAME_ALIAS,
    HELD_NAMES = BOX_NAMES | 1 << NAME_TOMBSTONE
};

static const char *own_address(const struct item *it)
{
    for (const struct name *n = it->names; n; n = n->sibling)
        if (n->kind == NAME_ADDRESS || n->kind == NAME_GROUP)
            return n->text;
    return "";
}

void cache_copy(const struct cache *c, const struct name *n, struct cache_view *out)
{
    const struct item *it = n->item;
    out->domain_off = cache_off(c, own_address(it)) || (n->kind != NAME_ADDRESS && cache_off(c, n->text));
    out->kind = it->group                         ? DK_GROUP
                : it->closed                      ? DK_CLOSED
                : it->disabled || out->domain_off ? DK_DISABLED
                                                  : DK_MAILBOX;
    out->type = it->type;
    out->flags = it->flags;
    out->mbx = it->mbx;
    out->csn = it->csn;
    out->secret_at = it->secret_at;
    out->code_until = it->code_until;
    out->pending = it->pending;
    out->alias = n->kind == NAME_ALIAS;
    memcpy(out->pub, it->pub, sizeof out->pub);
    snprintf(out->address, sizeof out->address, "%s", own_address(it));
    snprintf(out->name, sizeof out->name, "%.*s", SPAN_ARG(it->extra));
    if (n->kind == NAME_TOMBSTONE) /* its name is its address */
        snprintf(out->address, sizeof out->address, "%s", out->name);
}

bool cache_is_box(const struct cache_view *v)
{
    return v->kind == DK_MAILBOX || v->kind == DK_DISABLED || (v->kind == DK_CLOSED && v->mbx != 0);
}

bool cache_cut_subaddress(char *low, char *at)
{
    char *plus = strchr(low, '+');
    if (!plus || plus == low || plus > at)
        return false;
    memmove(plus, at, strlen(at) + 1);
    return true;
}

void cache_find(struct cache *c, struct span address, struct cache_view *out)
{
    char low[CACHE_NAME];
    *out = (struct cache_view){.kind = DK_NOT_LOCAL};
    char *at = cache_lower(address, low) ? strrchr(low, '@') : NULL;
    if (!at)
        return;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), HELD_NAMES);
    bool lives = n && n->kind != NAME_TOMBSTONE; /* most do: no second look */
    bool served = lives || cache_name(c, span_str(at + 1), 1 << NAME_DOMAIN);
    if (!n && cache_cut_subaddress(low, at))
        n = cache_name(c, span_str(low), HELD_NAMES);
    if (n && (served || n->kind != NAME_TOMBSTONE)) /* what is left of a domain that is served no more is elsewhere */
        cache_copy(c, n, out);
    else if (served)
        *out = (struct cache_view){.kind = DK_UNKNOWN, .domain_off = cache_off(c, low)};
    pthread_rwlock_unlock(&c->lock);
}

bool cache_serves(struct cache *c, struct span domain)
{
    char low[CACHE_NAME];
    bool there;

    if (!cache_lower(domain, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    there = cache_name(c, span_str(low), 1 << NAME_DOMAIN) != NULL;
    pthread_rwlock_unlock(&c->lock);
    return there;
}

bool cache_taken(struct cache *c, struct span address, struct span but_of)
{
    char low[CACHE_NAME];
    if (!cache_lower(address, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), BOX_NAMES);
    bool taken = n && !span_ieq_str(but_of, own_address(n->item));
    pthread_rwlock_unlock(&c->lock);
    return taken;
}

bool cache_tombstone(struct cache *c, struct span address, struct cache_view *out)
{
    char low[CACHE_NAME];
    if (!cache_lower(address, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), 1 << NAME_TOMBSTONE);
    if (n)
        cache_copy(c, n, out);
    pthread_rwlock_unlock(&c->lock);
    return n != NULL;
}

bool cache_ready(struct cache *c)
{
    pthread_rwlock_rdlock(&c->lock);
    bool ready = c->ready;
    pthread_rwlock_unlock(&c->lock);
    return ready;
}

void cache_counts(struct cache *c, struct cache_counts *out)
{
    pthread_rwlock_rdlock(&c->lock);
    *out = (struct cache_counts){c->accounts, c->trusted, c->in_sync, c->top_csn};
    pthread_rwlock_unlock(&c->lock);
}

/* ---- trust ---- */
static bool packed_has(struct span packed, struct span dn)
{
    for (struct rd r = rd_of(packed); r.s.n > 0 && rd_ok(&r);)
        if (span_eq(rd_bytes(&r), dn))
            return true;
    return false;
}

static void add_new_ones(struct buf *out, struct span packed, size_t max)
{
    for (struct rd r = rd_of(packed); r.s.n > 0 && rd_ok(&r);) {
        struct span dn = rd_bytes(&r);
        if (out->n + 4 + dn.n <= max && !packed_has(buf_span(out), dn))
            buf_bytes(out, dn);
    }
}

/* A bounce has no domain, so any operator of the list may bring it. There are some hundred DNs for thousands of
 * domains. They are gathered once per change of the cache. */
static void every_dn(struct cache *c, size_t max, struct buf *out)
{
    pthread_mutex_lock(&c->list_lock);
    pthread_rwlock_rdlock(&c->lock);
    uint64_t version = atomic_load(&c->version);
    if (c->all_dns_version != version || c->all_dns.n == 0) {
        buf_clear(&c->all_dns);
        for (size_t i = 0; i < c->name_slots; i++)
            for (const struct name *n = c->names[i]; n; n = n->next)
                if (n->kind == NAME_TRUST)
                    add_new_ones(&c->all_dns, n->item->extra, SIZE_MAX);
        c->all_dns_version = version;
    }
    pthread_rwlock_unlock(&c->lock);
    add_new_ones(out, buf_span(&c->all_dns), max);
    pthread_mutex_unlock(&c->list_lock);
}

static void domain_dns(struct cache *c, struct span domain, size_t max, struct buf *out, struct buf *note_out)
{
    char low[CACHE_NAME];
    if (!cache_lower(domain, low))
        return;
    pthread_rwlock_rdlock(&c->lock);
    const struct name *n = cache_name(c, span_str(low), 1 << NAME_TRUST);
    if (n)
        add_new_ones(out, n->item->extra, max);
    if (n && note_out)
        buf_addspan(note_out, n->item->note);
    pthread_rwlock_unlock(&c->lock);
}

enum rc cache_trust(struct cache *c, struct span domain, size_t max, struct buf *out, struct buf *note_out,
                    struct err *e)
{
    size_t before = out->n;
    if (domain.n == 0)
        every_dn(c, max, out);
    else
        domain_dns(c, domain, max, out, note_out);
    return out->n > before ? RC_OK : err_set(e, RC_NOTFOUND, "domain not in the trust space: %.100s", log_esc(domain));
}

/* ---- waiting ---- */
bool cache_same_secret(uint64_t a, uint64_t b)
{
    enum { US = 1000000 };
    return a / US == b / US && (a == b || a % US == 0 || b % US == 0);
}

uint64_t cache_version(struct cache *c)
{
    return atomic_load(&c->version);
}

bool cache_wait_change(struct cache *c, uint64_t seen, int64_t deadline)
{
    struct timespec until = {deadline / 1000000000, deadline % 1000000000};
    int r = 0;
    pthread_mutex_lock(&c->change_lock);
    while (r == 0 && atomic_load(&c->version) == seen)
        r = pthread_cond_timedwait(&c->changed, &c->change_lock, &until);
    pthread_mutex_unlock(&c->change_lock);
    return r == 0;
}

bool cache_wait(struct cache *c, struct span address, uint64_t csn, int64_t deadline)
{
    for (;;) {
        uint64_t seen = atomic_load(&c->version);
        struct cache_view v;
        cache_find(c, address, &v);
        bool there = cache_is_box(&v) && span_ieq_str(address, v.address);
        if (csn == CACHE_GONE ? !there : there && v.csn >= csn)
            return true;
        if (!cache_wait_change(c, seen, deadline))
            return false;
    }
}

bool cache_wait_tombstone(struct cache *c, struct span address, int64_t deadline)
{
    for (;;) {
        uint64_t seen = atomic_load(&c->version);
        struct cache_view v;
        if (cache_tombstone(c, address, &v))
            return true;
        if (!cache_wait_change(c, seen, deadline))
            return false;
    }
}

bool cache_wait_trust(struct cache *c, struct span domain, struct span dn, bool there, int64_t deadline)
{
    for (;;) {
        uint64_t seen = atomic_load(&c->version);
        struct buf dns = BUF_INIT;
        struct err e = {0};
        (void)cache_trust(c, domain, SIZE_MAX, &dns, NULL, &e);
        bool has = dn.n > 0 ? packed_has(buf_span(&dns), dn) : dns.n > 0;
        buf_free(&dns);
        if (has == there)
            return true;
        if (!cache_wait_change(c, seen, deadline))
            return false;
    }
}
