/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_trust.c - the operations of directory/wire.h on the trust space: whether a peer may speak for a domain, and the administrator's entries.
 * Process  dird, worker threads.
 */
#include "directory/dird/ops_int.h"

HANDLER(h_trust)
{
    struct dird *d = daemon;
    struct dird_trust_rep *a = r->msg;
    enum dird_trusted answer;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = trust_asked(d, req, &answer, e);
    if (rc == RC_OK)
        a->trusted = answer;
    return rc;
}

HANDLER(h_trust_add)
{
    struct dird *d = daemon;
    const struct dird_trust_entry *q = req;
    enum rc rc = ops_begin(d, p, DIRD_TRUST_ADD, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "trust-add", q->domain, trust_add(d, q, e)) : rc;
}

HANDLER(h_trust_remove)
{
    struct dird *d = daemon;
    const struct dird_trust_entry *q = req;
    enum rc rc = ops_begin(d, p, DIRD_TRUST_REMOVE, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "trust-remove", q->domain, trust_remove(d, q, e)) : rc;
}

HANDLER(h_trust_list)
{
    const struct dird_trust_list_req *q = req;
    bool more = false;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = trust_page(daemon, q->after, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}
