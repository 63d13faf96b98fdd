/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domains.c - see admin/domains.h. */
#include "admin/domains.h"
#include "base/idn.h"
#include <stdio.h>

enum rc domain_get(struct admin *ad, struct span domain, struct domain_entry *out, struct err *e)
{
    struct dird_domain rq = {.domain = domain};

    *out = (struct domain_entry){.mem = BUF_INIT};
    return dir_call_in(ad->dir, DIRD_DOMAIN_GET, &rq, &out->is, &out->mem, e);
}

void domain_entry_free(struct domain_entry *d)
{
    buf_free(&d->mem);
}

enum rc domain_add(struct admin *ad, const struct dird_domain *d, struct err *e)
{
    return dir_call(ad->dir, DIRD_DOMAIN_ADD, d, NULL, e);
}

enum rc domain_set(struct admin *ad, const struct dird_domain *d, struct err *e)
{
    return dir_call(ad->dir, DIRD_DOMAIN_SET, d, NULL, e);
}

enum rc domain_remove(struct admin *ad, struct span domain, struct err *e)
{
    struct dird_domain rq = {.domain = domain};

    return dir_call(ad->dir, DIRD_DOMAIN_REMOVE, &rq, NULL, e);
}

/* after: the last domain of the page; more_out: whether another one follows. */
static enum rc one_page(struct admin *ad, char after[IDN_ROOM], domain_see see, void *ctx, bool *more_out,
                        struct err *e)
{
    struct dird_list_req rq = {.after = span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_domain d = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_DOMAIN_LIST, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_domain_f, &d, &end) == RC_OK;)
        rc = see(&d, ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK && rep.more && (d.domain.n == 0 || d.domain.n >= IDN_ROOM))
        rc = err_set(e, RC_CORRUPT, "the directory's answer is not understood");
    if (rc == RC_OK)
        snprintf(after, IDN_ROOM, "%.*s", SPAN_ARG(d.domain));
    buf_free(&page);
    return rc;
}

enum rc domain_each(struct admin *ad, domain_see see, void *ctx, struct err *e)
{
    char after[IDN_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = one_page(ad, after, see, ctx, &more, e);
    return rc;
}

/* ---- its space ---- */
static enum rc add_page(struct admin *ad, struct span boxes, struct domain_space *out, struct err *e)
{
    struct store_used_req rq = {.boxes = boxes};
    struct store_used_rep rep = {0};
    enum rc rc = boxes.n > 0 ? store_call(ad->store, STORE_USED, &rq, -1, &rep, e) : RC_OK;

    out->boxes += boxes.n / 8;
    out->messages += rep.messages;
    out->used += rep.used;
    return rc;
}

enum rc domain_space(struct admin *ad, struct span domain, struct domain_space *out, struct err *e)
{
    struct dird_domain_boxes_req rq = {.domain = domain};
    struct dird_domain_boxes_rep rep = {.more = 1};
    enum rc rc = RC_OK;

    _Static_assert((int)DIRD_BOXES_MOST == (int)STORE_USED_MOST, "a page of one is a page of the other");
    *out = (struct domain_space){0};
    while (rc == RC_OK && rep.more) {
        struct buf mem = BUF_INIT;
        struct rd last;

        rc = dir_call_in(ad->dir, DIRD_DOMAIN_BOXES, &rq, &rep, &mem, e);
        if (rc == RC_OK && (rep.boxes.n % 8 != 0 || (rep.more && rep.boxes.n == 0)))
            rc = err_set(e, RC_CORRUPT, "the directory's answer is not understood");
        if (rc == RC_OK)
            rc = add_page(ad, rep.boxes, out, e);
        if (rc == RC_OK && rep.more) {
            last = rd_of(span_from(rep.boxes, rep.boxes.n - 8));
            rq.after = rd_u64(&last);
        }
        buf_free(&mem);
    }
    return rc;
}
