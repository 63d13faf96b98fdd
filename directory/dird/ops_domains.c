/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_domains.c - the operations of directory/wire.h on the mail domains of this instance.
 * Process  dird, worker threads.
 */
#include "directory/dird/ops_int.h"

HANDLER(h_domain_add)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, "domain-add", q->domain, domain_add(d, q, e)) : rc;
}

HANDLER(h_domain_set)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, "domain-set", q->domain, domain_set(d, q, e)) : rc;
}

HANDLER(h_domain_remove)
{
    struct dird *d = daemon;
    const struct dird_domain *q = req;
    enum rc rc = ops_begin(d, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, "domain-remove", q->domain, domain_remove(d, q, e)) : rc;
}

HANDLER(h_domain_get)
{
    const struct dird_domain *q = req;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    return rc == RC_OK ? domain_read(daemon, q->domain, r->scratch, r->msg, e) : rc;
}

HANDLER(h_domain_list)
{
    const struct dird_list_req *q = req;
    bool more = false;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = domain_page(daemon, q->after, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}
