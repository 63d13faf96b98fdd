/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_delegates.c - the operations of directory/wire.h on delegates of a mailbox.
 * Process  dird, worker threads.
 */
#include "crypto/seal/ticket.h"
#include "directory/dird/ops_int.h"

/* An administrator names any delegate; a session has those of its ticket's. */
HANDLER(h_delegations)
{
    const struct dird_delegations_req *q = req;
    struct acting w;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_who(daemon, p, &w, e);
    if (rc == RC_OK)
        rc = p->role & (ROLE_ADMIN | ROLE_ACTING) ? delegations_all(daemon, &w, q->address, r->scratch, e)
                                                  : delegations_of(daemon, q->ticket, r->scratch, e);
    return ops_listed(r, false, rc);
}

/* An administrator names any mailbox; a session has those of its ticket's. */
HANDLER(h_delegates)
{
    struct dird *d = daemon;
    const struct dird_delegations_req *q = req;
    struct ticket t;
    struct acting w;
    struct span of = q->address;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = scope_who(d, p, &w, e);
    if (rc == RC_OK && !(p->role & (ROLE_ADMIN | ROLE_ACTING))) {
        rc = stays_ticket(d->stays, q->ticket, &t, e);
        of = span_str(t.address);
        if (rc == RC_OK)
            rc = delegation_stands(d, &t, e);
    }
    if (rc == RC_OK)
        rc = delegates_of(d, &w, of, r->scratch, e);
    return ops_listed(r, false, rc);
}

HANDLER(h_delegate)
{
    struct dird_delegate_rep *a = r->msg;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = delegate_ticket(daemon, req, r->scratch, a, e);
    if (rc == RC_OK)
        delegate_opens(daemon, a->address);
    return rc;
}

HANDLER(h_delegate_set)
{
    struct dird *d = daemon;
    const struct dird_delegation *q = req;
    enum rc rc = ops_begin(d, p, DIRD_DELEGATE_SET, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "delegate-set", q->address, delegate_set(d, q, e)) : rc;
}
