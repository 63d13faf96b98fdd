/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_close.c - an account suspended, resumed, closed, reopened. See admin/life.h. */
#include "admin/account_end.h"
#include "admin/delegates.h"
#include "admin/names.h"

enum rc account_step(struct admin *ad, const struct account *a, enum dird_step step, const struct account_closing *how,
                     struct err *e)
{
    struct dird_state_req rq = {.address = a->is.address, .step = (uint8_t)step, .mbx = a->is.mbx};

    if (how) {
        rq.reason = how->reason;
        rq.keep_until = how->keep_until;
    }
    return dir_call(ad->dir, DIRD_ACCOUNT_STATE, &rq, NULL, e);
}

/* The reason in the form that is kept. */
static enum rc step_with_reason(struct admin *ad, const struct account *a, enum dird_step step,
                                const struct account_closing *how, struct err *e)
{
    struct account_closing as = *how;
    struct buf reason = BUF_INIT;
    struct err why;
    enum rc rc = RC_OK;

    if (text_normal(span_trim(how->reason), TEXT_MOST, &reason, &why) != RC_OK)
        rc = err_set(e, RC_SYNTAX, "the reason %s", why.log);
    as.reason = buf_span(&reason);
    if (rc == RC_OK)
        rc = account_step(ad, a, step, &as, e);
    buf_free(&reason);
    return rc;
}

enum rc account_suspend(struct admin *ad, const struct account *a, struct span reason, struct err *e)
{
    return step_with_reason(ad, a, DL_SUSPEND, &(struct account_closing){.reason = reason}, e);
}

enum rc account_resume(struct admin *ad, const struct account *a, struct err *e)
{
    return account_step(ad, a, DL_RESUME, NULL, e);
}

enum rc account_reopen(struct admin *ad, const struct account *a, struct err *e)
{
    return account_step(ad, a, DL_REOPEN, NULL, e);
}

/* ---- delegations ---- */
/* What a page of the directory named; each is ended when the page has been read. */
struct ending {
    struct buf addresses; /* NUL-ended */
    bool from;            /* the delegation's mailbox is wanted, not its delegate */
};

static enum rc note(const struct dird_delegation *d, void *ctx, struct err *e)
{
    struct ending *n = ctx;

    (void)e;
    buf_addspan(&n->addresses, n->from ? d->address : d->to);
    buf_addc(&n->addresses, 0);
    return RC_OK;
}

static enum rc of_whom(struct admin *ad, const struct account *a, struct ending *n, struct err *e)
{
    struct dird_delegations_req rq = {.address = a->is.address};
    struct dird_list_rep rep;
    struct dird_delegation d;
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_DELEGATIONS, &rq, &rep, &mem, e);

    while (rc == RC_OK && ipc_list_next(&rep.list, dird_delegation_f, &d, &end) == RC_OK)
        rc = note(&d, n, e);
    buf_free(&mem);
    return rc;
}

/* other: the delegate of a's mailbox, or the mailbox of which a is a delegate. Somebody else may have ended it meanwhile. */
static enum rc end_one(struct admin *ad, const struct account *a, bool from, struct span other, struct err *e)
{
    enum rc rc = delegate_end(ad, from ? other : a->is.address, from ? a->is.address : other, e);

    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc end_page(struct admin *ad, const struct account *a, bool from, bool *more_out, struct err *e)
{
    struct ending n = {.from = from};
    enum rc rc = from ? of_whom(ad, a, &n, e) : delegate_each(ad, a, note, &n, e);

    *more_out = n.addresses.n > 0;
    for (size_t at = 0; rc == RC_OK && at < n.addresses.n; at += strlen((char *)n.addresses.p + at) + 1)
        rc = end_one(ad, a, from, span_str((char *)n.addresses.p + at), e);
    buf_free(&n.addresses);
    return rc;
}

enum rc account_end_delegations(struct admin *ad, const struct account *a, struct err *e)
{
    enum { PAGES = 64 };
    enum rc rc = RC_OK;

    for (int way = 0; way < 2; way++) {
        bool more = true;

        for (int page = 0; rc == RC_OK && more && page < PAGES; page++)
            rc = end_page(ad, a, way != 0, &more, e);
    }
    return rc;
}

enum rc account_close(struct admin *ad, const struct account *a, const struct account_closing *how, struct err *e)
{
    struct account_closing as = *how;
    struct err why;
    enum rc rc;

    if (a->is.state == DA_CLOSED && !how->keep_told)
        as.keep_until = 0;
    rc = step_with_reason(ad, a, DL_CLOSE, &as, e);
    if (rc == RC_OK && account_end_delegations(ad, a, &why) != RC_OK)
        rc = err_cause(e, why.rc, why.cause, "%.*s is closed, but a delegation is left (%s): close it again",
                       SPAN_ARG(a->is.address), why.log);
    return rc;
}
