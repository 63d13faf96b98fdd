/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/groups.c - distribution lists, from the cache: listed, shown, and expanded for a message, for whoever may send to them.
 *
 * Who may  is asked of the list that RCPT names. A list inside of it is opened for whoever may send to the outer one: its administrator put
 *          it there.
 * Process  dird, any thread.
 */
#include "base/log.h"
#include "directory/dird/pages.h"
#include "directory/dird/scope.h"
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_GROUPS = 100, MEMBER_BYTES = 64 /* of a record beside its address */, PAGE_MEMBERS = 200 };

/* ---- looked at ---- */
struct showing {
    struct dird *d;
    const struct acting *w;
};

static enum rc put(void *ctx, struct span name, struct buf *list, struct err *e)
{
    const struct showing *s = ctx;
    struct cache_group g;

    (void)e;
    if (scope_sees_list(s->w, name) && cache_group(s->d->cache, name, &g)) { /* it may have gone meanwhile */
        struct dird_group one = {.address = span_str(g.address),
                                 .name = span_str(g.name),
                                 .note = span_str(g.note),
                                 .post = g.post,
                                 .members = g.members};

        ipc_list_add(list, dird_group_f, &one);
    }
    return RC_OK;
}

enum rc group_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                   struct err *e)
{
    struct showing s = {d, w};
    const struct paging g = {LIST_GROUPS, PAGE_GROUPS, put, &s};

    return page_fill(d->cache, &g, after, list, more_out, e);
}

static void add_shown(struct dird *d, struct span address, struct buf *list)
{
    struct dird_member one = {.address = address};
    struct cache_view v;

    cache_find(d->cache, address, &v);
    one.kind = v.kind;
    one.flags = v.domain_off ? DF_DOMAIN_OFF : 0;
    one.mbx = v.mbx;
    ipc_list_add(list, dird_member_f, &one);
}

enum rc group_members(struct dird *d, const struct dird_group_members_req *q, struct buf *list, bool *more_out,
                      struct err *e)
{
    struct buf names = BUF_INIT;
    struct cache_group g;

    if (!cache_group(d->cache, q->address, &g))
        return err_set(e, RC_NOTFOUND, "%s is no distribution list", log_esc(q->address));
    *more_out = cache_group_page(d->cache, q->address, q->after, PAGE_MEMBERS * CACHE_NAME, &names);
    for (struct span rest = buf_span(&names); rest.n > 0;) {
        ptrdiff_t end = span_chr(rest, 0);

        add_shown(d, span_head(rest, (size_t)end), list);
        rest = span_from(rest, (size_t)end + 1);
    }
    buf_free(&names);
    return RC_OK;
}

/* ---- who may send to it ---- */
static struct span domain_of(struct span address)
{
    ptrdiff_t at = span_chr(address, '@');

    return at < 0 ? SPAN_NULL : span_from(address, (size_t)at + 1);
}

static bool has_box(const struct cache_member *a, size_t n, const struct cache_view *v)
{
    for (size_t i = 0; v->kind == DK_MAILBOX && i < n; i++)
        if (a[i].kind == DK_MAILBOX && a[i].mbx == v->mbx)
            return true;
    return false;
}

/* Whoever submits may write as the sender: smtpd asked that at MAIL. What comes from elsewhere is believed as far as its domain goes. */
static bool is_member(struct dird *d, const struct dird_expand_req *q, const char *account,
                      const struct cache_member *a, size_t n)
{
    struct cache_view v;

    if (account[0]) {
        cache_find(d->cache, span_str(account), &v);
        if (has_box(a, n, &v))
            return true;
        cache_find(d->cache, q->sender, &v);
        return has_box(a, n, &v);
    }
    for (size_t i = 0; i < n; i++)
        if (a[i].kind == DK_NOT_LOCAL && span_ieq_str(q->sender, a[i].address))
            return true;
    return false;
}

/* RFC 5321 4.5.1: postmaster is for everybody, whatever its entry says. */
static bool may_post(struct dird *d, const struct cache_group *g, const struct dird_expand_req *q, const char *account,
                     const struct cache_member *a, size_t n)
{
    if (span_istarts(span_str(g->address), "postmaster@"))
        return true;
    switch (g->post) {
    case GP_TRUST_SPACE:
        return true;
    case GP_ACCOUNTS:
        return account[0] != 0;
    case GP_DOMAIN:
        return account[0] && (span_ieq(domain_of(span_str(g->address)), domain_of(span_str(account))) ||
                              span_ieq(domain_of(span_str(g->address)), domain_of(q->sender)));
    default:
        return is_member(d, q, account, a, n);
    }
}

/* ---- expanded ---- */
/* Records behind "after", as many as a reply holds. True: there are more. */
static bool put_records(const struct cache_member *a, size_t n, struct span after, struct buf *list)
{
    for (size_t i = 0; i < n; i++) {
        struct dird_member one = {.kind = a[i].kind,
                                  .flags = a[i].domain_off ? DF_DOMAIN_OFF : 0,
                                  .mbx = a[i].mbx,
                                  .address = span_str(a[i].address)};

        if (span_cmp(one.address, after) <= 0)
            continue;
        if (list->n + MEMBER_BYTES + one.address.n > DIRD_LIST_BYTES)
            return true;
        memcpy(one.pub, a[i].pub, sizeof one.pub);
        ipc_list_add(list, dird_member_f, &one);
    }
    return false;
}

enum rc group_expand(struct dird *d, const struct dird_expand_req *q, const char *account, struct buf *list,
                     bool *more_out, struct err *e)
{
    struct cache_member *a = NULL;
    struct cache_view v;
    struct cache_group g;
    size_t n = 0;
    enum rc rc;

    cache_find(d->cache, q->address, &v); /* a sub-address of a list is the list */
    if (v.kind != DK_GROUP || !cache_group(d->cache, span_str(v.address), &g))
        return err_set(e, RC_NOTFOUND, "%s is no distribution list", log_esc(q->address));
    rc = cache_expand(d->cache, span_str(g.address), &a, &n, e);
    if (rc == RC_OK && !may_post(d, &g, q, account, a, n))
        rc = err_cause(e, RC_DENIED, CAUSE_LIST_POST, "%s may not send to %s",
                       account[0] ? account : "a sender elsewhere", g.address);
    if (rc == RC_OK && n == 0)
        rc = err_cause(e, RC_PERM, CAUSE_LIST_PROBLEM, "%s has no member", g.address);
    if (rc == RC_OK)
        *more_out = put_records(a, n, q->after, list);
    free(a);
    return rc;
}
