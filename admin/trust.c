/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/trust.c - see admin/trust.h. */
#include "admin/trust.h"
#include "base/idn.h"
#include "policies/identifiers.h"
#include <stdio.h>

bool trust_domain_normal(struct span typed, char out[TRUST_DOMAIN_ROOM])
{
    _Static_assert((int)TRUST_DOMAIN_ROOM == (int)IDN_ROOM, "one size");
    return idn_domain(typed, out) && mail_domain_ok(span_str(out));
}

bool trust_dn_like(struct span dn)
{
    ptrdiff_t eq = span_chr(dn, '=');

    return eq > 0 && (size_t)eq + 1 < dn.n;
}

enum rc trust_add(struct admin *ad, const struct dird_trust_entry *entry, struct err *e)
{
    if (!trust_dn_like(entry->dn))
        return err_set(e, RC_SYNTAX, "a DN is attribute=value, at least one");
    return dir_call(ad->dir, DIRD_TRUST_ADD, entry, NULL, e);
}

enum rc trust_remove(struct admin *ad, struct span domain, struct span dn, struct err *e)
{
    struct dird_trust_entry rq = {.domain = domain, .dn = dn};

    return dir_call(ad->dir, DIRD_TRUST_REMOVE, &rq, NULL, e);
}

/* after: the last domain of the page; more_out: whether another one follows. */
static enum rc one_page(struct admin *ad, char after[TRUST_DOMAIN_ROOM], trust_see see, void *ctx, bool *more_out,
                        struct err *e)
{
    struct dird_trust_list_req rq = {span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_trust_entry t = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_TRUST_LIST, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_trust_entry_f, &t, &end) == RC_OK;)
        rc = see(&t, ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK && rep.more && (t.domain.n == 0 || t.domain.n >= TRUST_DOMAIN_ROOM))
        rc = err_set(e, RC_CORRUPT, "the directory's answer is not understood");
    if (rc == RC_OK)
        snprintf(after, TRUST_DOMAIN_ROOM, "%.*s", SPAN_ARG(t.domain));
    buf_free(&page);
    return rc;
}

enum rc trust_each(struct admin *ad, trust_see see, void *ctx, struct err *e)
{
    char after[TRUST_DOMAIN_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = one_page(ad, after, see, ctx, &more, e);
    return rc;
}
