/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/domain_read.c - what the cache knows of the mail domains of this instance: one, or a page of them.
 * Process  dird, any thread.
 */
#include "base/log.h"
#include "directory/dird/pages.h"
#include "directory/dird/scope.h"

enum { PAGE_DOMAINS = 50 }; /* of the longest texts, too, they fit a page */

static struct dird_domain record(const struct cache_domain *v)
{
    return (struct dird_domain){.domain = span_str(v->name),
                                .note = span_str(v->note),
                                .postmaster = span_str(v->postmaster),
                                .catch_all = span_str(v->catch_all),
                                .quota = v->quota,
                                .own_quota = v->own_quota,
                                .most = v->most,
                                .disabled = v->disabled,
                                .max_message = v->policy.max_message,
                                .inside = v->policy.inside,
                                .sign = v->policy.sign,
                                .red_list = v->policy.red_list,
                                .unpublished = v->policy.unpublished,
                                .active = v->figures[CF_ACTIVE],
                                .pending = v->figures[CF_PENDING],
                                .suspended = v->figures[CF_SUSPENDED],
                                .closed = v->figures[CF_CLOSED],
                                .per = v->figures[CF_PER],
                                .org = v->figures[CF_ORG],
                                .app = v->figures[CF_APP],
                                .cab = v->figures[CF_CAB],
                                .aliases = v->figures[CF_ALIASES],
                                .lists = v->figures[CF_LISTS],
                                .administrators = v->figures[CF_ADMINISTRATORS],
                                .accounts = cache_domain_accounts(v)};
}

enum rc domain_read(struct dird *d, struct span domain, struct buf *mem, struct dird_domain *out, struct err *e)
{
    struct cache_domain *v;
    enum rc rc = buf_reserve(mem, sizeof *v, e);

    if (rc != RC_OK)
        return rc;
    v = (struct cache_domain *)(void *)mem->p; /* what out borrows from */
    if (!cache_domain(d->cache, domain, v))
        return err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", log_esc(domain));
    *out = record(v);
    return RC_OK;
}

struct showing {
    struct dird *d;
    const struct acting *w;
};

static enum rc put(void *ctx, struct span name, struct buf *list, struct err *e)
{
    const struct showing *s = ctx;
    struct cache_domain v;

    (void)e;
    if (scope_sees_domain(s->w, name) && cache_domain(s->d->cache, name, &v)) { /* it may have gone meanwhile */
        struct dird_domain one = record(&v);

        ipc_list_add(list, dird_domain_f, &one);
    }
    return RC_OK;
}

enum rc domain_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                    struct err *e)
{
    struct showing s = {d, w};
    const struct paging g = {LIST_DOMAINS, PAGE_DOMAINS, put, &s};

    return page_fill(d->cache, &g, after, list, more_out, e);
}
