/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops.c - the operations of directory/wire.h. Each unpacks its request, does the work and packs the
 * reply.
 * Process  dird, worker threads.
 */
#include "base/log.h"
#include "directory/dird/newpass.h"
#include "directory/dird/ops_int.h"

enum rc ops_not_read_yet(struct dird *d, struct err *e)
{
    return cache_ready(d->cache) ? RC_OK : err_set(e, RC_TEMP, "directory not read yet");
}

static void answer_view(const struct cache_view *v, struct ipc_reply *r)
{
    struct dird_lookup_rep *a = r->msg;

    a->kind = v->kind;
    a->flags =
        (v->domain_off ? DF_DOMAIN_OFF : 0) | (v->catch_all ? DF_CATCH_ALL : 0) | (v->postmaster ? DF_POSTMASTER : 0);
    if (v->kind != DK_MAILBOX && v->kind != DK_DISABLED && v->kind != DK_CLOSED)
        return;
    buf_addstr(r->scratch, v->address);
    a->type = v->type;
    a->flags |= v->flags;
    a->mbx = v->mbx;
    memcpy(a->pub, v->pub, sizeof a->pub);
    a->address = buf_span(r->scratch);
}

static HANDLER(h_lookup)
{
    struct dird *d = daemon;
    const struct dird_lookup_req *q = req;
    struct cache_view v;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc != RC_OK)
        return rc;
    atomic_fetch_add(&d->lookups, 1);
    cache_find(d->cache, q->address, &v);
    postmaster_find(d, q->address, &v);
    catch_all_find(d, q->address, &v);
    if (p->role == ROLE_ACTING)
        rc = scope_veil(d, p, &v, e);
    if (rc == RC_OK)
        answer_view(&v, r);
    return rc;
}

static HANDLER(h_served)
{
    struct dird *d = daemon;
    const struct dird_served_req *q = req;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK && !cache_serves(d->cache, q->domain))
        rc = err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", log_esc(q->domain));
    return rc;
}

/* The cache knows accounts by address alone. Who asks this does so seldom. */
static HANDLER(h_holder)
{
    struct dird *d = daemon;
    const struct dird_holder_req *q = req;
    struct buf address = BUF_INIT;
    struct cache_view v = {.kind = DK_UNKNOWN};
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = account_holder(d, q->mbx, &address, e);
    if (rc == RC_OK)
        cache_find(d->cache, buf_span(&address), &v);
    if (!cache_is_box(&v) || v.mbx != q->mbx)
        v = (struct cache_view){.kind = DK_UNKNOWN};
    if (rc == RC_OK)
        answer_view(&v, r);
    buf_free(&address);
    return rc;
}

/* The session need not ask for it. RC_DENIED: the account changed while its password was looked at. */
static enum rc stay_from_now(struct dird *d, struct ipc_peer *p, struct dird_auth_rep *rep, struct err *e)
{
    struct dird_stay_req rq = {rep->ticket};
    struct dird_stay_rep stay = {0};
    struct buf renewed;
    enum rc rc;

    buf_init_secret(&renewed);
    rc = stays_ask(d->stays, p, &rq, &renewed, &stay, e);
    rep->ask_in_s = stay.ticket.n == 0 ? stay.ask_in_s : 0;
    buf_free(&renewed);
    return rc;
}

static HANDLER(h_auth)
{
    static const uint32_t whose[] = {[DP_SUBMISSION] = ROLE_SMTPD | ROLE_ADMIN,
                                     [DP_IMAP] = ROLE_IMAPD | ROLE_ADMIN,
                                     [DP_ADMIN] = ROLE_ADMIN,
                                     [DP_ACTING] = ROLE_ACTING};
    struct dird *d = daemon;
    const struct dird_auth_req *q = req;
    enum rc rc;
    UNUSED_();
    if (q->protocol > 0 && q->protocol < sizeof whose / sizeof *whose && !(whose[q->protocol] & (uint32_t)p->role)) {
        log_ev(LOG_WARN_, "auth-denied", "role=%u protocol=%u pid=%ld", (unsigned)p->role, q->protocol, (long)p->pid);
        return err_cause(e, RC_DENIED, CAUSE_NOT_PERMITTED, "protocol %u is not for role %u", q->protocol,
                         (unsigned)p->role);
    }
    rc = sign_in_and_open(d, p, q, r->scratch, r->msg, e);
    return rc == RC_OK && (p->role & (ROLE_SMTPD | ROLE_IMAPD)) ? stay_from_now(d, p, r->msg, e) : rc;
}

static HANDLER(h_stay)
{
    struct dird *d = daemon;
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    return rc == RC_OK ? stays_ask(d->stays, p, req, r->scratch, r->msg, e) : rc;
}

/* ---- changes: one at a time ---- */
enum rc ops_begin(struct dird *d, struct ipc_peer *p, enum dird_op op, const void *req, struct err *e)
{
    enum rc rc = ops_not_read_yet(d, e);
    if (rc != RC_OK)
        return rc;
    pthread_mutex_lock(&d->write);
    rc = scope_check(d, p, op, req, e);
    if (rc != RC_OK)
        pthread_mutex_unlock(&d->write);
    return rc;
}

enum rc ops_end(struct dird *d, const struct ipc_peer *p, const char *what, struct span name, enum rc rc)
{
    char by[CACHE_NAME];
    pthread_mutex_unlock(&d->write);
    log_ev(LOG_INFO_, what, "name=%s rc=%s by=%s", log_esc(name), rc_name(rc), log_esc(span_str(scope_by(p, by))));
    return rc;
}

enum passhash_kind ops_hash_kind(const struct dird *d, uint64_t code_until)
{
    if (!d->own_slapd)
        return PASSHASH_SITE;
    return code_until ? PASSHASH_CODE : PASSHASH_PASSWORD;
}

static HANDLER(h_add)
{
    struct dird *d = daemon;
    const struct dird_account *q = req;
    struct passhash pw;
    enum rc rc = passhash_make(q->password, ops_hash_kind(d, q->code_until), &pw, e); /* slow: before the lock */
    UNUSED_();
    if (rc == RC_OK && (rc = ops_begin(d, p, DIRD_ACCOUNT_ADD, req, e)) == RC_OK)
        rc = ops_end(d, p, "account-add", q->address,
                     account_add(d, q, &pw, scope_names_structure(d, p, q->structure), e));
    passhash_free(&pw);
    return rc;
}

static HANDLER(h_set)
{
    struct dird *d = daemon;
    const struct dird_set_req *q = req;
    struct dird_account change;
    struct span rest = q->account;
    enum rc rc = ipc_list_next(&rest, dird_account_f, &change, e);
    UNUSED_();
    if (rc != RC_OK || rest.n > 0)
        return err_set(e, RC_SYNTAX, "account-set wants one account record");
    rc = ops_begin(d, p, DIRD_ACCOUNT_SET, req, e);
    if (rc == RC_OK)
        rc = ops_end(d, p, "account-set", change.address,
                     account_set(d, q->what, &change, scope_names_structure_of(d, p, change.address), e));
    return rc;
}

static HANDLER(h_delete)
{
    struct dird *d = daemon;
    const struct dird_address_req *q = req;
    enum rc rc = ops_begin(d, p, DIRD_ACCOUNT_DELETE, req, e);
    UNUSED_();
    return rc == RC_OK ? ops_end(d, p, "account-delete", q->address, account_delete(d, q->address, e)) : rc;
}

static HANDLER(h_state)
{
    struct dird *d = daemon;
    const struct dird_state_req *q = req;
    char by[CACHE_NAME] = "";
    enum rc rc = ops_begin(d, p, DIRD_ACCOUNT_STATE, req, e);
    UNUSED_();
    if (p->role == ROLE_ACTING)
        (void)scope_by(p, by);
    return rc == RC_OK ? ops_end(d, p, account_step_name(q->step), q->address, account_step(d, q, by, e)) : rc;
}

static HANDLER(h_passwd)
{
    struct dird *d = daemon;
    const struct dird_passwd_req *q = req;
    struct passhash pw;
    enum rc rc = newpass_fits(q->password, e); /* an empty one is none */
    UNUSED_();
    if (rc != RC_OK)
        return rc;
    rc = passhash_make(q->password, ops_hash_kind(d, q->code_until), &pw, e);
    if (rc == RC_OK && (rc = ops_begin(d, p, DIRD_ACCOUNT_PASSWD, req, e)) == RC_OK)
        rc = ops_end(d, p, "account-passwd", q->address, account_passwd(d, q->address, &pw, q->code_until, e));
    passhash_free(&pw);
    return rc;
}

static HANDLER(h_choose)
{
    enum rc rc = account_choose(daemon, req, p, e);
    UNUSED_();
    return rc;
}

/* ---- reading ---- */
static HANDLER(h_get)
{
    struct dird *d = daemon;
    const struct dird_address_req *q = req;
    enum rc rc = scope_check(d, p, DIRD_ACCOUNT_GET, req, e);
    UNUSED_();
    return rc != RC_OK ? rc : account_read(d, q->address, true, r->scratch, r->msg, e);
}

enum rc ops_listed(struct ipc_reply *r, bool more, enum rc rc)
{
    struct dird_list_rep *a = r->msg;
    if (rc == RC_OK)
        *a = (struct dird_list_rep){buf_span(r->scratch), more};
    return rc;
}

enum rc ops_page(struct dird *d, struct ipc_peer *p, const void *req, ops_pager pager, struct ipc_reply *r,
                 struct err *e)
{
    const struct dird_list_req *q = req;
    struct acting w;
    bool more = false;
    enum rc rc = ops_not_read_yet(d, e);
    if (rc == RC_OK)
        rc = scope_who(d, p, &w, e);
    if (rc == RC_OK)
        rc = pager(d, &w, q->after, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}

static enum rc page_all(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                        struct err *e)
{
    return account_page(d, PAGE_ALL, w, after, list, more_out, e);
}

static enum rc page_certs(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                          struct err *e)
{
    return account_page(d, PAGE_CERTS, w, after, list, more_out, e);
}

static enum rc page_closed(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out,
                           struct err *e)
{
    return account_page(d, PAGE_CLOSED, w, after, list, more_out, e);
}

static HANDLER(h_list)
{
    UNUSED_();
    return ops_page(daemon, p, req, page_all, r, e);
}

static HANDLER(h_certs)
{
    UNUSED_();
    return ops_page(daemon, p, req, page_certs, r, e);
}

static HANDLER(h_closed)
{
    UNUSED_();
    return ops_page(daemon, p, req, page_closed, r, e);
}

static HANDLER(h_search)
{
    const struct dird_list_req *q = req;
    struct acting w;
    bool more = false;
    UNUSED_();
    enum rc rc = scope_who(daemon, p, &w, e);
    if (rc == RC_OK)
        rc = account_search(daemon, &w, q->text, q->after, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}

static HANDLER(h_status)
{
    struct dird *d = daemon;
    struct dird_status_rep *a = r->msg;
    struct cache_counts n;
    UNUSED_();
    cache_counts(d->cache, &n);
    a->accounts = n.accounts;
    a->trusted = n.trusted;
    a->in_sync = n.in_sync;
    a->white_list = white_list_generation(d->white_list);
    a->syncs = d->sync ? sync_changes(d->sync) : 0;
    a->lookups = atomic_load(&d->lookups);
    auth_counts(d->auth, &a->binds, &a->cached_binds);
    buf_addf(r->scratch, "%llx", (unsigned long long)n.csn);
    a->csn = buf_span(r->scratch);
    return RC_OK;
}

const struct ipc_bind dird_handlers[] = {
    {DIRD_DELEGATIONS, h_delegations},
    {DIRD_DELEGATE, h_delegate},
    {DIRD_DELEGATES, h_delegates},
    {DIRD_DELEGATE_SET, h_delegate_set},
    {DIRD_LOOKUP, h_lookup},
    {DIRD_HOLDER, h_holder},
    {DIRD_SERVED, h_served},
    {DIRD_AUTH, h_auth},
    {DIRD_MAY_SEND, h_may_send},
    {DIRD_TRUST, h_trust},
    {DIRD_ACCOUNT_ADD, h_add},
    {DIRD_ACCOUNT_GET, h_get},
    {DIRD_ACCOUNT_LIST, h_list},
    {DIRD_ACCOUNT_SET, h_set},
    {DIRD_ACCOUNT_DELETE, h_delete},
    {DIRD_ACCOUNT_PASSWD, h_passwd},
    {DIRD_CHOOSE, h_choose},
    {DIRD_ACCOUNT_STATE, h_state},
    {DIRD_CLOSED, h_closed},
    {DIRD_TRUST_ADD, h_trust_add},
    {DIRD_TRUST_LIST, h_trust_list},
    {DIRD_TRUST_REMOVE, h_trust_remove},
    {DIRD_DOMAIN_ADD, h_domain_add},
    {DIRD_DOMAIN_SET, h_domain_set},
    {DIRD_DOMAIN_REMOVE, h_domain_remove},
    {DIRD_DOMAIN_GET, h_domain_get},
    {DIRD_DOMAIN_LIST, h_domain_list},
    {DIRD_DOMAIN_BOXES, h_domain_boxes},
    {DIRD_GROUP_ADD, h_group_add},
    {DIRD_GROUP_SET, h_group_set},
    {DIRD_GROUP_REMOVE, h_group_remove},
    {DIRD_GROUP_CHANGE, h_group_change},
    {DIRD_GROUP_LIST, h_group_list},
    {DIRD_GROUP_MEMBERS, h_group_members},
    {DIRD_EXPAND, h_expand},
    {DIRD_ACT, h_act},
    {DIRD_MAY, h_may},
    {DIRD_ADMIN_SET, h_admin_set},
    {DIRD_ADMIN_LIST, h_admin_list},
    {DIRD_SEARCH, h_search},
    {DIRD_CERTS, h_certs},
    {DIRD_STATUS, h_status},
    {DIRD_STAY, h_stay},
    {DIRD_BOXES, h_boxes},
    {DIRD_BOX, h_box},
    {DIRD_BOXES_CHANGED, h_boxes_changed},
    {0, NULL},
};

void dird_joined(void *daemon, struct ipc_peer *p)
{
    boxes_joined(((struct dird *)daemon)->boxes, p);
}

void dird_left(void *daemon, struct ipc_peer *p)
{
    boxes_left(((struct dird *)daemon)->boxes, p);
    if (p->role == ROLE_ACTING)
        scope_left(p);
    else
        stays_left(((struct dird *)daemon)->stays, p);
}
