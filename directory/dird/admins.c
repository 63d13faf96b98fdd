/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/admins.c - scopes of administrators: given, taken, listed (decision 0050). Values of pliAdminStructure and pliAdminDomain of the account's
 * entry; in force when the cache has them, which is waited for.
 * Process  dird; changes under d->write.
 */
#include "base/log.h"
#include "directory/dird/mods.h"
#include "directory/dird/pages.h"
#include "directory/dird/scope.h"
#include "policies/identifiers.h"
#include <stdio.h>

/* ---- the scope as it is kept ---- */
/* One that is taken need not be right any more: its domain may be gone. */
static enum rc normal(struct dird *d, const struct dird_scope *q, struct cache_scope *out, struct err *e)
{
    out->kind = q->kind;
    if (q->kind == SCOPE_DOMAIN) {
        if (!cache_lower(q->id, out->id) || (q->on && !cache_serves(d->cache, q->id)))
            return err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", log_esc(q->id));
        return RC_OK;
    }
    if (q->kind != SCOPE_STRUCTURE || !structure_ok(q->id))
        return err_set(e, RC_SYNTAX, "not a FINESS, SIREN or SIRET number: %s", log_esc(q->id));
    snprintf(out->id, sizeof out->id, "%.*s", SPAN_ARG(q->id));
    return RC_OK;
}

static size_t find(const struct cache_scopes *all, const struct cache_scope *s)
{
    size_t i = 0;
    while (i < all->n && !(all->of[i].kind == s->kind && span_ieq_str(span_str(s->id), all->of[i].id)))
        i++;
    return i;
}

static enum rc change(struct cache_reach *r, const struct cache_scope *s, bool on, struct err *e)
{
    struct cache_scopes *all = &r->scopes;
    size_t at = find(all, s);
    if (on && at < all->n)
        return err_set(e, RC_EXISTS, "%s administers %s already", r->address, s->id);
    if (!on && at == all->n)
        return err_set(e, RC_NOTFOUND, "%s does not administer %s", r->address, s->id);
    if (on && all->n == DIRD_SCOPES)
        return err_set(e, RC_QUOTA, "an administrator has %d scopes at most", DIRD_SCOPES);
    if (on)
        all->of[all->n++] = *s;
    else
        all->of[at] = all->of[--all->n];
    return RC_OK;
}

static void lay(struct mods *m, const char *attr, const struct cache_scopes *all, enum dird_scope_kind kind)
{
    struct span v[DIRD_SCOPES];
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->of[i].kind == kind)
            v[n++] = span_str(all->of[i].id);
    mods_put(m, attr, v, n);
}

enum rc admin_set(struct dird *d, const struct dird_scope *q, struct err *e)
{
    struct cache_reach r;
    struct cache_scope s;
    enum rc rc =
        cache_reach(d->cache, q->address, &r) ? RC_OK : err_set(e, RC_NOTFOUND, "no account %s", log_esc(q->address));
    if (rc == RC_OK && q->on && r.closed)
        rc = account_is_closed(q->address, e);
    if (rc == RC_OK)
        rc = normal(d, q, &s, e);
    if (rc == RC_OK)
        rc = change(&r, &s, q->on, e);
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(true);
    lay(m, s.kind == SCOPE_DOMAIN ? "pliAdminDomain" : "pliAdminStructure", &r.scopes, (enum dird_scope_kind)s.kind);
    rc = account_modify(d, span_str(r.address), m, e);
    mods_free(&m);
    return rc;
}

/* A site's own directory of before knows no such attribute, and then nobody has one. */
void admin_end(struct dird *d, struct span address, struct mods *m)
{
    static const struct cache_scopes none;
    struct cache_reach r;
    if (!cache_reach(d->cache, address, &r) || r.scopes.n == 0)
        return;
    lay(m, "pliAdminDomain", &none, SCOPE_DOMAIN);
    lay(m, "pliAdminStructure", &none, SCOPE_STRUCTURE);
}

/* ---- listed ---- */
enum { PAGE_ADMINS = 100 };

struct showing {
    struct dird *d;
    const struct acting *w;
};

/* All of one administrator's or none: her address is the cursor. */
static enum rc put(void *ctx, struct span address, struct buf *list, struct err *e)
{
    const struct showing *s = ctx;
    struct buf mine = BUF_INIT;
    struct cache_reach r;
    (void)e;
    if (!cache_reach(s->d->cache, address, &r) || !scope_has(s->w, &r))
        return RC_OK;
    for (size_t i = 0; i < r.scopes.n; i++) {
        struct dird_scope one = {.address = span_str(r.address),
                                 .name = span_str(r.name),
                                 .kind = r.scopes.of[i].kind,
                                 .id = span_str(r.scopes.of[i].id),
                                 .on = r.active};
        ipc_list_add(&mine, dird_scope_f, &one);
    }
    bool room = list->n + mine.n <= DIRD_LIST_BYTES;
    if (room)
        buf_addspan(list, buf_span(&mine));
    buf_free(&mine);
    return room ? RC_OK : RC_MORE;
}

enum rc admin_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                   struct err *e)
{
    struct showing s = {d, w};
    const struct paging g = {LIST_ADMINS, PAGE_ADMINS, put, &s};
    return page_fill(d->cache, &g, after, list, more_out, e);
}
