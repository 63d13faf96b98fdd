/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/cache_list.c - pages of names in order. A hash table has no order. So the names are copied and sorted
 * when a listing begins, and its further pages are cut from that copy. While there are few names the copy is made anew
 * for each page, so that a change shows at once.
 * Process  dird, any thread.
 */
#include "directory/dird/cache_int.h"
#include <stdlib.h>

enum { FEW = 5000 };

static int by_text(const void *a, const void *b, void *base)
{
    const char *text = base;
    return strcmp(text + *(const uint32_t *)a, text + *(const uint32_t *)b);
}

static bool wanted(enum cache_list which, const struct item *it)
{
    return which == LIST_CLOSED ? it->closed : which == LIST_ADMINS ? it->scopes != NULL : true;
}

static void gather(struct cache *c, enum cache_list which, struct listing *l)
{
    static const enum name_kind kinds[] = {
        [LIST_MAILBOXES] = NAME_ADDRESS, [LIST_TRUST] = NAME_TRUST,  [LIST_CLOSED] = NAME_ADDRESS,
        [LIST_DOMAINS] = NAME_DOMAIN,    [LIST_GROUPS] = NAME_GROUP, [LIST_ADMINS] = NAME_ADDRESS};
    const enum name_kind kind = kinds[which];
    buf_clear(&l->text);
    l->n = 0;
    l->at = realloc(l->at, (c->n_names + 1) * sizeof *l->at);
    if (!l->at)
        die("out of memory for a listing");
    for (size_t i = 0; i < c->name_slots; i++)
        for (const struct name *n = c->names[i]; n; n = n->next)
            if (n->kind == kind && wanted(which, n->item)) {
                l->at[l->n++] = (uint32_t)l->text.n;
                buf_add(&l->text, n->text, strlen(n->text) + 1);
            }
}

static void refresh(struct cache *c, enum cache_list which, struct listing *l, bool first_page)
{
    uint64_t now = atomic_load(&c->version);
    if (l->at && (l->version == now || (!first_page && l->n > FEW)))
        return;
    pthread_rwlock_rdlock(&c->lock);
    gather(c, which, l);
    l->version = now;
    pthread_rwlock_unlock(&c->lock);
    qsort_r(l->at, l->n, sizeof *l->at, by_text, l->text.p);
}

/* Index of the first name behind after. */
static size_t behind(const struct listing *l, const char *after)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp((const char *)l->text.p + l->at[mid], after) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

bool cache_page(struct cache *c, enum cache_list which, struct span after, size_t want, struct buf *names_out)
{
    char low[CACHE_NAME] = "";
    if (after.n > 0 && !cache_lower(after, low))
        return false;
    pthread_mutex_lock(&c->list_lock);
    struct listing *l = &c->lists[which];
    refresh(c, which, l, after.n == 0);
    size_t i = low[0] ? behind(l, low) : 0;
    for (; i < l->n && want > 0; i++, want--) {
        const char *name = (const char *)l->text.p + l->at[i];
        buf_add(names_out, name, strlen(name) + 1);
    }
    bool more = i < l->n;
    pthread_mutex_unlock(&c->list_lock);
    return more;
}
