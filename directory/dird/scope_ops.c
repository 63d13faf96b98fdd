/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope_ops.c - one row an operation that a delegated administrator may ask: what of it is hers. See scope.h; the table of cases is in
 * docs/decisions/0050-delegated-administrators.md.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/scope.h"
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 24 * 3600 };

static enum rc reach(struct dird *d, struct span address, struct cache_reach *out, struct err *e)
{
    return cache_reach(d->cache, address, out) ? RC_OK : err_set(e, RC_NOTFOUND, "no account %s", log_esc(address));
}

static enum rc change_of(struct dird *d, const struct acting *w, struct span address, struct cache_reach *r,
                         struct err *e)
{
    enum rc rc = reach(d, address, r, e);
    return rc == RC_OK ? scope_may_change(w, r, e) : rc;
}

/* ---- accounts ---- */
static enum rc check_get(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_address_req *q = req;
    struct cache_reach r;
    enum rc rc = reach(d, q->address, &r, e);
    if (rc == RC_OK && !scope_has(w, &r))
        rc = scope_refused(e, "%s is not among the accounts that %s administers", r.address, w->address);
    return rc;
}

/* Who held an address before is known by a number that anybody may type (account_check.c). So one that was closed for good is given by who has the domain: in a
 * structure it may have been another's. */
static enum rc may_give(struct dird *d, const struct acting *w, struct span address, struct err *e)
{
    struct cache_view v;
    enum rc rc = scope_may_give(w, address, e);
    if (rc == RC_OK && !scope_has_address(w, address) && cache_tombstone(d->cache, address, &v))
        rc = scope_refused(e, "%s was closed for good: an administrator of the domain gives it to who held it",
                           log_esc(address));
    return rc;
}

static enum rc may_give_all(struct dird *d, const struct acting *w, struct span lines, struct err *e)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && lines.n > 0) {
        struct span one = span_cut(&lines, '\n');
        rc = may_give(d, w, one, e);
    }
    return rc;
}

/* What a mailbox may take is the operator's disk. Where its domain says how much a new one takes, dird knows it. */
static enum rc quota_is_usual(struct dird *d, const struct dird_account *q, struct err *e)
{
    struct cache_domain dom;
    ptrdiff_t at = span_chr(q->address, '@');
    if (q->most != 0 || (at > 0 && cache_domain(d->cache, span_from(q->address, (size_t)at + 1), &dom) &&
                         dom.own_quota && dom.quota != q->quota))
        return scope_refused(e, "how much a mailbox may take is the operator's to say");
    return RC_OK;
}

static enum rc check_add(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_account *q = req;
    enum rc rc = may_give(d, w, q->address, e);
    if (rc == RC_OK && !scope_has_address(w, q->address) &&
        !scope_holds(&w->scopes, SCOPE_STRUCTURE, q->structure)) /* a professional without one is in no structure's */
        rc = scope_refused(e, "%s would be of no structure or domain that %s administers", log_esc(q->address),
                           w->address);
    if (rc == RC_OK)
        rc = may_give_all(d, w, q->aliases, e);
    return rc == RC_OK ? quota_is_usual(d, q, e) : rc;
}

/* An alias that the account has already stays, whoever gave it. */
static enum rc check_aliases(struct dird *d, const struct acting *w, const struct dird_account *a, struct err *e)
{
    struct span lines = a->aliases;
    enum rc rc = RC_OK;
    while (rc == RC_OK && lines.n > 0) {
        struct span one = span_cut(&lines, '\n');
        struct cache_view v;
        cache_find(d->cache, one, &v);
        if (!v.alias || !span_ieq_str(a->address, v.address))
            rc = may_give(d, w, one, e);
    }
    return rc;
}

static enum rc check_set(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_set_req *q = req;
    struct dird_account a;
    struct cache_reach r;
    struct span rest = q->account;
    enum rc rc = ipc_list_next(&rest, dird_account_f, &a, e);
    if (rc != RC_OK || rest.n > 0)
        return err_set(e, RC_SYNTAX, "account-set wants one account record");
    rc = change_of(d, w, a.address, &r, e);
    if (rc == RC_OK && (q->what & (DS_QUOTA | DS_MOST)))
        rc = scope_refused(e, "how much a mailbox may take is the operator's to say");
    if (rc == RC_OK && (q->what & (DS_RPPS | DS_ADELI))) /* who has no RPPS number is known by the other (holder.h) */
        rc = scope_refused(e, "whose the mailbox %s is, its RPPS or ADELI number says: the operator corrects it",
                           r.address);
    if (rc == RC_OK && (q->what & DS_FLAGS) && ((a.flags ^ r.flags) & DF_STRICT))
        rc = scope_refused(e, "a mailbox becomes neither strict nor other than strict");
    if (rc == RC_OK && (q->what & (DS_ALIASES | DS_ALIAS_ADD)))
        rc = check_aliases(d, w, &a, e);
    return rc;
}

/* Whoever knows a password is that person: it may open no mailbox that is not hers to give. Her own she opens anyway. */
static bool is_hers_to_open(struct dird *d, const struct acting *w, const struct cache_view *box)
{
    struct cache_reach r;
    struct err ignored;
    return box->mbx == w->mbx ||
           (cache_reach(d->cache, span_str(box->address), &r) && scope_may_change(w, &r, &ignored) == RC_OK);
}

static enum rc opens_only_hers(struct dird *d, const struct acting *w, const struct cache_reach *r, struct err *e)
{
    enum { MOST_BOXES = 64 }; /* of more than that some are not looked at */
    struct cache_delegation *g = calloc(MOST_BOXES, sizeof *g);
    enum rc rc = RC_OK;
    if (!g)
        return err_set(e, RC_TEMP, "out of memory");
    size_t n = cache_delegations_all(d->cache, r->mbx, g, MOST_BOXES);
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        if (n == MOST_BOXES || !is_hers_to_open(d, w, &g[i].box))
            rc = scope_refused(e, "%s opens a mailbox that %s does not administer: the operator gives that password",
                               r->address, w->address);
    free(g);
    return rc;
}

static enum rc check_passwd(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_passwd_req *q = req;
    struct cache_reach r;
    enum rc rc = change_of(d, w, q->address, &r, e);
    return rc == RC_OK ? opens_only_hers(d, w, &r, e) : rc;
}

/* Nothing is destroyed by her, at once or by a time so short that the next purge does it. */
static enum rc check_state(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_state_req *q = req;
    struct cache_reach r;
    enum rc rc = change_of(d, w, q->address, &r, e);
    if (rc == RC_OK && (q->step < DL_SUSPEND || q->step > DL_REOPEN))
        rc = scope_refused(e, "keys and mail are destroyed by the operator alone");
    if (rc == RC_OK && q->step == DL_CLOSE && q->keep_until != 0 &&
        (r.closed || q->keep_until < (uint64_t)clock_utc() + DAY_S))
        rc = scope_refused(e, "how long a closed account is kept is the operator's to say");
    return rc;
}

/* ---- delegates: of a mailbox in her scopes to an account in her scopes, and never to herself. Whoever takes one away needs one of the two. ---- */
static enum rc check_delegate(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_delegation *q = req;
    struct cache_reach box, to;
    struct err ignored;
    enum rc rc = reach(d, q->address, &box, e), of_to;
    bool to_there = cache_reach(d->cache, q->to, &to);
    if (rc != RC_OK)
        return rc;
    rc = scope_may_change(w, &box, e);
    if (q->acl == 0) { /* the number says who goes (delegates.c): it must be the one of that address */
        of_to = to_there && to.mbx == q->delegate ? scope_may_change(w, &to, &ignored) : RC_NOTFOUND;
        return of_to == RC_OK ? RC_OK : rc;
    }
    if (rc == RC_OK && !to_there)
        rc = err_set(e, RC_NOTFOUND, "no account %s", log_esc(q->to));
    if (rc == RC_OK && !scope_has(w, &to))
        rc = scope_refused(e, "%s is not among the accounts that %s administers", to.address, w->address);
    if (rc == RC_OK && to.mbx == w->mbx)
        rc = scope_refused(e, "an administrator gives herself no mailbox: another one does, or the operator");
    return rc;
}

/* ---- lists ---- */
static enum rc of_list(const struct acting *w, struct span address, struct err *e)
{
    return scope_sees_list(w, address)
               ? RC_OK
               : scope_refused(e, "%s is not of a domain that %s administers", log_esc(address), w->address);
}

static enum rc check_group(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    (void)d;
    return of_list(w, ((const struct dird_group *)req)->address, e);
}

static enum rc check_group_remove(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    (void)d;
    return of_list(w, ((const struct dird_address_req *)req)->address, e);
}

static enum rc check_group_members(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    (void)d;
    return of_list(w, ((const struct dird_group_members_req *)req)->address, e);
}

/* A list inside of a list is opened for whoever may send to the outer one: so another's list, or what may become one, is no member. */
static enum rc may_be_member(struct dird *d, const struct acting *w, struct span one, struct err *e)
{
    struct cache_view v;
    cache_find(d->cache, one, &v);
    if ((v.kind == DK_GROUP || v.kind == DK_UNKNOWN) &&
        !scope_sees_list(w, v.kind == DK_GROUP ? span_str(v.address) : one))
        return scope_refused(e, "%s is a list that %s does not administer, or nobody's address", log_esc(one),
                             w->address);
    return RC_OK;
}

static enum rc check_group_change(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_group_change_req *q = req;
    struct span lines = q->members;
    enum rc rc = of_list(w, q->address, e);
    while (rc == RC_OK && q->add && lines.n > 0) {
        struct span one = span_trim(span_cut(&lines, '\n')); /* as group_change() reads them */
        if (one.n > 0)
            rc = may_be_member(d, w, one, e);
    }
    return rc;
}

/* Of her own domain she may know what a new mailbox takes. */
static enum rc check_domain(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_domain *q = req;
    const char *at = strrchr(w->address, '@');
    char low[CACHE_NAME];
    (void)d;
    if (scope_sees_domain(w, q->domain) || (at && cache_lower(q->domain, low) && strcmp(low, at + 1) == 0))
        return RC_OK;
    return scope_refused(e, "%s is no domain that %s administers", log_esc(q->domain), w->address);
}

static enum rc check_domain_boxes(struct dird *d, const struct acting *w, const void *req, struct err *e)
{
    const struct dird_domain_boxes_req *q = req;
    (void)d;
    return scope_sees_domain(w, q->domain)
               ? RC_OK
               : scope_refused(e, "%s is no domain that %s administers", log_esc(q->domain), w->address);
}

static const struct check {
    enum dird_op op;
    enum rc (*run)(struct dird *d, const struct acting *w, const void *req, struct err *e);
} checks[] = {
    {DIRD_ACCOUNT_GET, check_get},           {DIRD_ACCOUNT_ADD, check_add},
    {DIRD_ACCOUNT_SET, check_set},           {DIRD_ACCOUNT_PASSWD, check_passwd},
    {DIRD_ACCOUNT_STATE, check_state},       {DIRD_DELEGATE_SET, check_delegate},
    {DIRD_GROUP_ADD, check_group},           {DIRD_GROUP_SET, check_group},
    {DIRD_GROUP_REMOVE, check_group_remove}, {DIRD_GROUP_MEMBERS, check_group_members},
    {DIRD_GROUP_CHANGE, check_group_change}, {DIRD_DOMAIN_GET, check_domain},
    {DIRD_DOMAIN_BOXES, check_domain_boxes},
};

static const struct check *check_of(unsigned op)
{
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i].op == op)
            return &checks[i];
    return NULL;
}

static enum rc checked(struct dird *d, struct ipc_peer *p, const struct check *c, const char *op, const void *req,
                       struct err *e)
{
    struct acting *w = calloc(1, sizeof *w);
    char by[CACHE_NAME];
    enum rc rc = w ? scope_who(d, p, w, e) : err_set(e, RC_TEMP, "out of memory");
    if (rc == RC_OK && !w->operator_)
        rc = c->run(d, w, req, e);
    if (rc != RC_OK && rc != RC_NOTFOUND)
        log_ev(LOG_WARN_, "admin-refused", "op=%s by=%s why=%s", op, log_esc(span_str(scope_by(p, by))),
               cause_name(e->cause));
    free(w);
    return rc;
}

enum rc scope_check(struct dird *d, struct ipc_peer *p, enum dird_op op, const void *req, struct err *e)
{
    const struct check *c = check_of(op);
    if (p->role != ROLE_ACTING)
        return RC_OK;
    if (!c)
        bug("op %u may be asked by an administrator and has no check", (unsigned)op);
    return checked(d, p, c, ipc_op_find(&dird_proto, (uint16_t)op)->name, req, e);
}

/* The request inside is decoded by its own table, as if it had come by itself. */
enum rc scope_may(struct dird *d, struct ipc_peer *p, const struct dird_may_do_req *q, struct err *e)
{
    const struct check *c = check_of(q->op);
    const struct ipc_op *op = c ? ipc_op_find(&dird_proto, q->op) : NULL;
    void *inner = op ? calloc(1, IPC_STRUCT_MAX) : NULL;
    enum rc rc = RC_OK;
    if (!op || !op->req)
        rc = err_set(e, RC_SYNTAX, "no administrator asks op %u", q->op);
    else if (!inner)
        rc = err_set(e, RC_TEMP, "out of memory");
    if (rc == RC_OK)
        rc = ipc_decode(q->req, op->req, inner, e);
    if (rc == RC_OK)
        rc = checked(d, p, c, op->name, inner, e);
    free(inner);
    return rc;
}
