/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_groups.c - the operations of directory/wire.h on distribution lists.
 * Process  dird, worker threads.
 */
#include "crypto/seal/ticket.h"
#include "directory/dird/ops_int.h"
#include <stdio.h>

HANDLER(h_group_add)
{
    struct dird *d = daemon;
    const struct dird_group *q = req;
    enum rc rc = ops_begin(d, p, DIRD_GROUP_ADD, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "list-add", q->address, group_add(d, q, e)) : rc;
}

HANDLER(h_group_set)
{
    struct dird *d = daemon;
    const struct dird_group *q = req;
    enum rc rc = ops_begin(d, p, DIRD_GROUP_SET, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "list-set", q->address, group_set(d, q, e)) : rc;
}

HANDLER(h_group_remove)
{
    struct dird *d = daemon;
    const struct dird_address_req *q = req;
    enum rc rc = ops_begin(d, p, DIRD_GROUP_REMOVE, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "list-remove", q->address, group_remove(d, q->address, e)) : rc;
}

HANDLER(h_group_change)
{
    struct dird *d = daemon;
    const struct dird_group_change_req *q = req;
    enum rc rc = ops_begin(d, p, DIRD_GROUP_CHANGE, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, q->add ? "list-members-add" : "list-members-remove", q->address,
                                 group_change(d, q, r->msg, e))
                       : rc;
}

HANDLER(h_group_list)
{
    UNUSED_();
    return ops_page(daemon, p, req, group_page, r, e);
}

HANDLER(h_group_members)
{
    bool more = false;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_check(daemon, p, DIRD_GROUP_MEMBERS, req, e);
    if (rc == RC_OK)
        rc = group_members(daemon, req, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}

/* A session that submits shows its ticket: it can be nobody else. */
static enum rc who(struct dird *d, const struct ipc_peer *p, const struct dird_expand_req *q, char account[CACHE_NAME],
                   struct err *e)
{
    struct ticket t;
    enum rc rc = RC_OK;

    account[0] = 0;
    if (p->role == ROLE_ADMIN)
        snprintf(account, CACHE_NAME, "%.*s", SPAN_ARG(q->account));
    else if (q->ticket.n > 0 && (rc = stays_ticket(d->stays, q->ticket, &t, e)) == RC_OK)
        snprintf(account, CACHE_NAME, "%s", t.address);
    return rc;
}

HANDLER(h_expand)
{
    struct dird *d = daemon;
    const struct dird_expand_req *q = req;
    char account[CACHE_NAME];
    bool more = false;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = who(d, p, q, account, e);
    atomic_fetch_add(&d->lookups, 1);
    if (rc == RC_OK)
        rc = group_expand(d, q, account, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}
