/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/domain_read.c - what the cache knows of the mail domains of this instance: one, or a page of them.
 * Process  dird, any thread.
 */
#include "base/log.h"
#include "directory/dird/scope.h"
#include <stdio.h>

enum { PAGE_DOMAINS = 100 };

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
                                .accounts = v->accounts,
                                .others = v->others};
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

static struct span page_of(struct dird *d, const struct acting *w, struct span names, struct buf *list)
{
    struct span last = SPAN_NULL;
    while (names.n > 0) {
        struct cache_domain v;
        ptrdiff_t end = span_chr(names, 0);

        last = span_head(names, (size_t)end);
        if (scope_sees_domain(w, last) && cache_domain(d->cache, last, &v)) { /* it may have gone meanwhile */
            struct dird_domain one = record(&v);

            ipc_list_add(list, dird_domain_f, &one);
        }
        names = span_from(names, (size_t)end + 1);
    }
    return last;
}

/* A page without any that is hers to see is no answer: its last record is the cursor. */
enum rc domain_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                    struct err *e)
{
    struct buf names = BUF_INIT;
    char cursor[CACHE_NAME];

    (void)e;
    snprintf(cursor, sizeof cursor, "%.*s", SPAN_ARG(after));
    do {
        buf_clear(&names);
        *more_out = cache_page(d->cache, LIST_DOMAINS, span_str(cursor), PAGE_DOMAINS, &names);
        struct span last = page_of(d, w, buf_span(&names), list);
        snprintf(cursor, sizeof cursor, "%.*s", SPAN_ARG(last));
    } while (*more_out && list->n == 0);
    buf_free(&names);
    return RC_OK;
}
