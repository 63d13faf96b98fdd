/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_may.c - may this account send as that address, and what may such mail be? (DIRD_MAY_SEND, docs/decisions/0056)
 * Process  dird, worker threads.
 */
#include "base/log.h"
#include "directory/dird/ops_int.h"

/* What the domain of that address allows, if it is stricter than what m says. */
static void allow_no_more(struct dird *d, struct span address, struct dird_may_rep *m)
{
    struct cache_policy p = cache_policy_of(d->cache, address);
    m->inside = m->inside || p.inside;
    if (p.max_message > 0 && (m->max_message == 0 || p.max_message < m->max_message))
        m->max_message = p.max_message;
}

/* Mail in the name of an alias or of another's mailbox keeps to what is allowed there, too. */
static enum rc may(struct dird *d, const struct cache_view *account, const struct cache_view *sender,
                   struct span as_typed, struct dird_may_rep *m)
{
    *m = (struct dird_may_rep){0};
    allow_no_more(d, span_str(account->address), m);
    allow_no_more(d, span_str(sender->address), m);
    allow_no_more(d, as_typed, m);
    return RC_OK;
}

/* The account's own address or one of its aliases, sub-addresses included; the account must be able to send. */
HANDLER(h_may_send)
{
    struct dird *d = daemon;
    const struct dird_may_req *q = req;
    struct cache_view account, sender;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc != RC_OK)
        return rc;
    atomic_fetch_add(&d->lookups, 1);
    cache_find(d->cache, q->account, &account);
    cache_find(d->cache, q->sender, &sender);
    if (account.kind == DK_MAILBOX && sender.kind == DK_MAILBOX && strcmp(account.address, sender.address) == 0)
        return may(d, &account, &sender, q->sender, r->msg);
    if (account.kind == DK_MAILBOX && sender.kind == DK_MAILBOX && delegate_may_send(d, &account, &sender))
        return may(d, &account, &sender, q->sender, r->msg);
    return err_set(e, RC_DENIED, "%s does not hold that address", log_esc(q->account));
}
