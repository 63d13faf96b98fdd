/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_expand.c - whom a distribution list leads to. Lists may stand in lists: each is opened once, whoever names it,
 * so a list that leads to itself ends there. It all happens under one read lock, so that it is of one moment.   docs/decisions/0048
 * Process  dird, any thread.
 */
#include "base/log.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    LISTS_OPENED = 64 /* lists in one list, whatever the level */,
    SLOTS = 2048 /* a power of two, well above DIRD_MEMBERS */
};

struct expanding {
    const struct cache *c;
    struct cache_member *a; /* DIRD_MEMBERS of them */
    size_t n;
    uint16_t slot[SLOTS]; /* of the addresses in a: index + 1; 0: free */
    const struct item *opened[LISTS_OPENED];
    unsigned level[LISTS_OPENED];
    size_t n_opened;
};

static enum rc too_much(const char *what, struct err *e)
{
    return err_cause(e, RC_PERM, CAUSE_LIST_PROBLEM, "%s", what);
}

/* ---- those found, each once ---- */
static enum rc add(struct expanding *x, const struct cache_member *m, struct err *e)
{
    char low[CACHE_NAME], other[CACHE_NAME];
    uint32_t i;

    if (!cache_lower(span_str(m->address), low))
        return RC_OK;
    for (i = cache_hash(x->c, span_str(low)) & (SLOTS - 1); x->slot[i]; i = (i + 1) & (SLOTS - 1))
        if (cache_lower(span_str(x->a[x->slot[i] - 1].address), other) && strcmp(low, other) == 0)
            return RC_OK;
    if (x->n == DIRD_MEMBERS)
        return too_much("a distribution list leads to more addresses than one message can have", e);
    x->a[x->n++] = *m;
    x->slot[i] = (uint16_t)x->n;
    return RC_OK;
}

/* ---- lists ---- */
static enum rc open_list(struct expanding *x, const struct item *it, unsigned level, struct err *e)
{
    for (size_t i = 0; i < x->n_opened; i++)
        if (x->opened[i] == it)
            return RC_OK;
    if (level > CACHE_DEPTH || x->n_opened == LISTS_OPENED)
        return too_much("too many distribution lists in one another", e);
    x->opened[x->n_opened] = it;
    x->level[x->n_opened++] = level;
    return RC_OK;
}

/* The name that an address leads to, a sub-address tried without what stands behind its "+". */
static const struct name *named(const struct cache *c, char *low)
{
    enum { THERE = 1 << NAME_ADDRESS | 1 << NAME_GROUP | 1 << NAME_ALIAS | 1 << NAME_TOMBSTONE };
    const struct name *n = cache_name(c, span_str(low), THERE);
    char *at = strrchr(low, '@');

    if (!n && at && cache_cut_subaddress(low, at))
        n = cache_name(c, span_str(low), THERE);
    return n;
}

static enum rc one(struct expanding *x, const char *address, unsigned level, struct err *e)
{
    struct cache_member m = {.kind = DK_NOT_LOCAL};
    struct cache_view v;
    const struct name *n;
    char low[CACHE_NAME], *at;

    if (!cache_lower(span_str(address), low) || (at = strrchr(low, '@')) == NULL)
        return RC_OK;
    if (cache_name(x->c, span_str(at + 1), 1 << NAME_DOMAIN))
        m.kind = DK_UNKNOWN;
    m.domain_off = cache_off(x->c, low);
    snprintf(m.address, sizeof m.address, "%s", address);
    n = named(x->c, low);
    if (n && n->item->group && !m.domain_off) /* its own domain takes no mail: as any address of it */
        return open_list(x, n->item, level + 1, e);
    if (n && (m.kind == DK_UNKNOWN || n->kind != NAME_TOMBSTONE)) { /* as cache_find() has it */
        cache_copy(x->c, n, &v);
        m.kind = v.kind;
        m.domain_off = v.domain_off;
        m.mbx = v.mbx;
        memcpy(m.pub, v.pub, sizeof m.pub);
        memcpy(m.address, v.address, sizeof m.address);
    }
    return add(x, &m, e);
}

static enum rc all(struct expanding *x, struct err *e)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < x->n_opened; i++) {
        const struct group *g = x->opened[i]->group;

        for (size_t at = 0; rc == RC_OK && at < g->size; at += strlen(g->members + at) + 1)
            rc = one(x, g->members + at, x->level[i], e);
    }
    return rc;
}

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct cache_member *)a)->address, ((const struct cache_member *)b)->address);
}

enum rc cache_expand(struct cache *c, struct span address, struct cache_member **out_a, size_t *n_out, struct err *e)
{
    struct expanding *x = calloc(1, sizeof *x);
    char low[CACHE_NAME];
    const struct name *n = NULL;
    enum rc rc;

    if (!x || (x->a = calloc(DIRD_MEMBERS, sizeof *x->a)) == NULL)
        die("out of memory");
    x->c = c;
    pthread_rwlock_rdlock(&c->lock);
    if (cache_lower(address, low))
        n = named(c, low);
    rc = n && n->item->group ? open_list(x, n->item, 1, e)
                             : err_set(e, RC_NOTFOUND, "%s is no distribution list", log_esc(address));
    if (rc == RC_OK)
        rc = all(x, e);
    pthread_rwlock_unlock(&c->lock);
    qsort(x->a, x->n, sizeof *x->a, by_address);
    *out_a = rc == RC_OK ? x->a : NULL;
    *n_out = x->n;
    if (rc != RC_OK)
        free(x->a);
    free(x);
    return rc;
}
