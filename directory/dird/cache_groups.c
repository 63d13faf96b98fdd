/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_groups.c - distribution lists in the cache: filled, and looked at as they stand. cache_expand.c says whom
 * one leads to.
 * Process  dird, the sync thread (cache_put_group), any thread.
 */
#include "base/clock.h"
#include "base/idn.h"
#include "directory/dird/cache_int.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- filling ---- */
void cache_group_free(struct group **g)
{
    if (!*g)
        return;
    free((*g)->name);
    free((*g)->note);
    free((*g)->members);
    free(*g);
    *g = NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Each with its domain in A-labels; what cannot be an address is left out, for nothing could be sent there. */
static size_t spelled(const struct cache_group_facts *f, char (*out)[CACHE_NAME])
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_members; i++)
        n += span_chr(f->members[i], '@') > 0 && idn_address(f->members[i], out[n], CACHE_NAME);
    qsort(out, n, sizeof *out, by_text);
    return n;
}

static void own_members(struct group *g, const struct cache_group_facts *f)
{
    char(*text)[CACHE_NAME] = calloc(f->n_members + 1, sizeof *text);
    struct buf packed = BUF_INIT;

    if (!text)
        die("out of memory for the directory cache");
    g->n = (uint32_t)spelled(f, text);
    for (uint32_t i = 0; i < g->n; i++)
        buf_add(&packed, text[i], strlen(text[i]) + 1);
    g->size = packed.n;
    g->members = span_dup(buf_span(&packed));
    buf_free(&packed);
    free(text);
}

void cache_put_group(struct cache *c, const unsigned char uuid[CACHE_UUID], const struct cache_group_facts *f)
{
    struct group *g = calloc(1, sizeof *g);
    struct item *it;

    if (!g)
        die("out of memory for the directory cache");
    g->post = f->post;
    g->name = span_dup(span_head(f->name, CACHE_NAME - 1));
    g->note = span_dup(span_head(f->note, CACHE_NAME - 1));
    own_members(g, f);
    pthread_rwlock_wrlock(&c->lock);
    it = cache_item(c, uuid);
    it->group = g;
    cache_add_name(c, it, NAME_GROUP, f->address);
    cache_count(c, it, 1);
    pthread_rwlock_unlock(&c->lock);
    cache_tell(c);
}

/* ---- asking ---- */
const struct name *cache_group_named(const struct cache *c, const char *low)
{
    return cache_name(c, span_str(low), 1 << NAME_GROUP);
}

bool cache_group(struct cache *c, struct span address, struct cache_group *out)
{
    char low[CACHE_NAME];
    const struct name *n;

    if (!cache_lower(address, low))
        return false;
    pthread_rwlock_rdlock(&c->lock);
    n = cache_group_named(c, low);
    if (n) {
        const struct group *g = n->item->group;

        *out = (struct cache_group){.post = g->post, .members = g->n};
        snprintf(out->address, sizeof out->address, "%s", low);
        snprintf(out->name, sizeof out->name, "%s", g->name);
        snprintf(out->note, sizeof out->note, "%s", g->note);
    }
    pthread_rwlock_unlock(&c->lock);
    return n != NULL;
}

/* False: there was no room for the next one. */
static bool put_page(const struct group *g, const char *after, size_t most, struct buf *out)
{
    for (size_t at = 0; at < g->size; at += strlen(g->members + at) + 1) {
        size_t n = strlen(g->members + at) + 1;

        if (strcmp(g->members + at, after) <= 0)
            continue;
        if (out->n + n > most)
            return false;
        buf_add(out, g->members + at, n);
    }
    return true;
}

bool cache_group_page(struct cache *c, struct span address, struct span after, size_t most, struct buf *out)
{
    char low[CACHE_NAME], behind[CACHE_NAME] = "";
    const struct name *n;
    bool more;

    if (!cache_lower(address, low) || after.n >= sizeof behind)
        return false;
    snprintf(behind, sizeof behind, "%.*s", SPAN_ARG(after));
    pthread_rwlock_rdlock(&c->lock);
    n = cache_group_named(c, low);
    more = n && !put_page(n->item->group, behind, most, out);
    pthread_rwlock_unlock(&c->lock);
    return more;
}

bool cache_wait_group(struct cache *c, struct span address, bool (*want)(const struct cache_group *g, const void *ctx),
                      const void *ctx, int64_t deadline)
{
    for (;;) {
        uint64_t seen = cache_version(c);
        struct cache_group g;
        bool there = cache_group(c, address, &g);

        if (want(there ? &g : NULL, ctx))
            return true;
        if (!cache_wait_change(c, seen, deadline))
            return false;
    }
}
