/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_domains.c - the operations of directory/wire.h on the mail domains of this instance.
 * Process  dird, worker threads.
 */
#include "base/log.h"
#include "directory/dird/ops_int.h"

HANDLER(h_domain_add)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, p, DIRD_DOMAIN_ADD, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "domain-add", q->domain, domain_add(d, q, e)) : rc;
}

HANDLER(h_domain_set)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, p, DIRD_DOMAIN_SET, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "domain-set", q->domain, domain_set(d, q, e)) : rc;
}

HANDLER(h_domain_remove)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, p, DIRD_DOMAIN_REMOVE, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "domain-remove", q->domain, domain_remove(d, q, e)) : rc;
}

HANDLER(h_domain_get)
{
    const struct dird_domain *q = req;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_check(daemon, p, DIRD_DOMAIN_GET, req, e);
    return rc == RC_OK ? domain_read(daemon, q->domain, r->scratch, r->msg, e) : rc;
}

HANDLER(h_domain_list)
{
    UNUSED_();
    return ops_page(daemon, p, req, domain_page, r, e);
}

HANDLER(h_domain_boxes)
{
    struct dird *d = daemon;
    const struct dird_domain_boxes_req *q = req;
    struct dird_domain_boxes_rep *rep = r->msg;
    uint64_t boxes[DIRD_BOXES_MOST];
    struct cache_domain v;
    bool more = false;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_check(d, p, DIRD_DOMAIN_BOXES, req, e);
    if (rc == RC_OK && !cache_domain(d->cache, q->domain, &v))
        rc = err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", log_esc(q->domain));
    if (rc != RC_OK)
        return rc;
    size_t n = cache_domain_boxes(d->cache, q->domain, q->after, boxes, DIRD_BOXES_MOST, &more);
    for (size_t i = 0; i < n; i++)
        buf_u64(r->scratch, boxes[i]);
    rep->boxes = buf_span(r->scratch);
    rep->more = more;
    return RC_OK;
}
