/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_admins.c - the operations of directory/wire.h on delegated administrators (decision 0050).
 * Process  dird, worker threads.
 */
#include "base/log.h"
#include "directory/dird/ops_int.h"

HANDLER(h_act)
{
    const struct dird_act_req *q = req;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_enter(daemon, p, q->ticket, e);
    return rc;
}

HANDLER(h_may)
{
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    return rc == RC_OK ? scope_may(daemon, p, req, e) : rc;
}

HANDLER(h_admin_set)
{
    struct dird *d = daemon;
    const struct dird_scope *q = req;
    enum rc rc = ops_begin(d, p, DIRD_ADMIN_SET, req, e);
    UNUSED_();
    if (rc != RC_OK)
        return rc;
    rc = admin_set(d, q, e);
    log_ev(LOG_INFO_, q->on ? "admin-grant" : "admin-revoke", "name=%s %s=%s rc=%s", log_esc(q->address),
           q->kind == SCOPE_DOMAIN ? "domain" : "structure", log_esc(q->id), rc_name(rc));
    return ops_end(d, p, "admin-set", q->address, rc);
}

HANDLER(h_admin_list)
{
    UNUSED_();
    return ops_page(daemon, p, req, admin_page, r, e);
}
