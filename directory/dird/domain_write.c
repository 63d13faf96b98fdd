/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/domain_write.c - a mail domain of this instance: taken up, changed, removed. Each change is written to
 * slapd, and then waited for in the cache, so that it is in force when the call returns.
 * Tree     dc=DOMAIN,ou=domains (domain + mssDomain).   docs/decisions/0047
 * Process  dird, under d->write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "policies/identifiers.h"
#include <ldap.h>
#include <stdio.h>

struct writing {
    const char *dn;
    struct mods *mods;
};

static int do_add(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_add_ext_s(ld, w->dn, (LDAPMod **)mods_list(w->mods), NULL, NULL);
}

static int do_modify(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_modify_ext_s(ld, w->dn, (LDAPMod **)mods_list(w->mods), NULL, NULL);
}

static int do_delete(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_delete_ext_s(ld, w->dn, NULL, NULL);
}

static enum rc run(struct dird *d, link_fn fn, const char *domain, struct mods *m, const char *doing, struct err *e)
{
    struct buf dn = BUF_INIT;
    dn_below(&dn, "dc", span_str(domain), "domains", d->base);
    struct writing w = {buf_cstr(&dn), m};
    enum rc rc = links_run(d->links, false, fn, &w, doing, e);
    buf_free(&dn);
    return rc;
}

/* ---- checked ---- */
static enum rc normal(struct span typed, char domain[CACHE_NAME], struct err *e)
{
    if (!cache_lower(typed, domain) || !mail_domain_ok(span_str(domain)))
        return err_set(e, RC_SYNTAX, "not a mail domain: %s", log_esc(typed));
    return RC_OK;
}

/* The mailbox stands under that address, whatever domain of this instance it is of. */
static enum rc is_mailbox(struct dird *d, struct span address, const char *what, struct err *e)
{
    struct cache_view v;
    if (address.n == 0)
        return RC_OK;
    cache_find(d->cache, address, &v);
    if ((v.kind != DK_MAILBOX && v.kind != DK_DISABLED) || !span_ieq_str(address, v.address))
        return err_set(e, RC_PERM, "%s is no account: %s needs the address of one", log_esc(address), what);
    return RC_OK;
}

static enum rc check(struct dird *d, const struct dird_domain *q, uint32_t what, char domain[CACHE_NAME], struct err *e)
{
    enum rc rc = normal(q->domain, domain, e);
    if (rc == RC_OK && q->note.n >= CACHE_NAME)
        rc = err_set(e, RC_SYNTAX, "a description has less than %d octets", CACHE_NAME);
    if (rc == RC_OK &&
        (q->quota > INT64_MAX || q->most > INT64_MAX || q->max_message > INT64_MAX || q->sign > SIGN_NEVER))
        rc = err_set(e, RC_SYNTAX, "no such number");
    if (rc == RC_OK && (what & DW_POSTMASTER))
        rc = is_mailbox(d, q->postmaster, "a postmaster", e);
    if (rc == RC_OK && (what & DW_CATCH_ALL))
        rc = is_mailbox(d, q->catch_all, "a catch-all", e);
    return rc;
}

/* ---- written ---- */
static void number(struct mods *m, const char *attr, uint64_t n, bool there)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    mods_text(m, attr, there ? span_str(text) : SPAN_NULL);
}

static void fields(struct mods *m, const struct dird_domain *q, uint32_t what)
{
    if (what & DW_NOTE)
        mods_text(m, "description", q->note);
    if (what & DW_QUOTA)
        number(m, "pliQuota", q->quota, q->own_quota);
    if (what & DW_MOST)
        number(m, "pliMaxAccounts", q->most, q->most > 0);
    if (what & DW_POSTMASTER)
        mods_text(m, "pliPostmaster", q->postmaster);
    if (what & DW_CATCH_ALL)
        mods_text(m, "pliCatchAll", q->catch_all);
    if (what & DW_DISABLED)
        mods_str(m, "pliDisabled", q->disabled ? "TRUE" : NULL);
    if (what & DW_INSIDE)
        mods_str(m, "pliInside", q->inside ? "TRUE" : NULL);
    if (what & DW_MAX_MESSAGE)
        number(m, "pliMaxMessage", q->max_message, q->max_message > 0);
    if (what & DW_SIGN)
        mods_str(m, "pliSign", q->sign == SIGN_ALWAYS ? "TRUE" : q->sign == SIGN_NEVER ? "FALSE" : NULL);
    if (what & DW_RED_LIST)
        mods_str(m, "mssRedList", q->red_list ? "TRUE" : NULL);
    if (what & DW_UNPUBLISHED)
        mods_str(m, "pliUnpublished", q->unpublished ? "TRUE" : NULL);
}

/* ---- seen in the cache ---- */
struct wanted {
    const struct dird_domain *q;
    uint32_t what;
};

static bool policy_as_written(const struct cache_policy *p, const struct dird_domain *q, uint32_t what)
{
    return (!(what & DW_INSIDE) || (q->inside != 0) == p->inside) &&
           (!(what & DW_MAX_MESSAGE) || q->max_message == p->max_message) &&
           (!(what & DW_SIGN) || q->sign == p->sign) && (!(what & DW_RED_LIST) || (q->red_list != 0) == p->red_list) &&
           (!(what & DW_UNPUBLISHED) || (q->unpublished != 0) == p->unpublished);
}

static bool as_written(const struct cache_domain *d, const void *ctx)
{
    const struct wanted *w = ctx;
    const struct dird_domain *q = w->q;
    return d && (!(w->what & DW_NOTE) || span_eq_str(q->note, d->note)) &&
           (!(w->what & DW_QUOTA) || (q->own_quota == d->own_quota && (!q->own_quota || q->quota == d->quota))) &&
           (!(w->what & DW_MOST) || q->most == d->most) &&
           (!(w->what & DW_POSTMASTER) || span_ieq_str(q->postmaster, d->postmaster)) &&
           (!(w->what & DW_CATCH_ALL) || span_ieq_str(q->catch_all, d->catch_all)) &&
           (!(w->what & DW_DISABLED) || (q->disabled != 0) == d->disabled) && policy_as_written(&d->policy, q, w->what);
}

static bool gone(const struct cache_domain *d, const void *ctx)
{
    (void)ctx;
    return d == NULL;
}

static void wait_seen(struct dird *d, const char *domain, bool (*want)(const struct cache_domain *, const void *),
                      const void *ctx)
{
    if (!cache_wait_domain(d->cache, span_str(domain), want, ctx, deadline_in(DIRD_WAIT_MS)))
        log_ev(LOG_WARN_, "sync-late", "domain=%s", domain);
}

/* ---- the changes ---- */
enum rc domain_add(struct dird *d, const struct dird_domain *q, struct err *e)
{
    static const struct span classes[] = {SPAN_LIT("domain"), SPAN_LIT("mssDomain")};
    char domain[CACHE_NAME];
    struct wanted w = {q, DW_NOTE | DW_QUOTA | DW_MOST | DW_POSTMASTER | DW_CATCH_ALL | DW_DISABLED | DW_INSIDE |
                              DW_MAX_MESSAGE | DW_SIGN | DW_RED_LIST | DW_UNPUBLISHED};
    enum rc rc = check(d, q, w.what, domain, e);
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(false);
    mods_put(m, "objectClass", classes, 2);
    mods_str(m, "dc", domain);
    fields(m, q, w.what);
    rc = run(d, do_add, domain, m, "add a domain", e);
    mods_free(&m);
    if (rc == RC_EXISTS)
        rc = err_set(e, RC_EXISTS, "%s is a domain of this instance already", domain);
    if (rc == RC_OK)
        wait_seen(d, domain, as_written, &w);
    return rc;
}

enum rc domain_set(struct dird *d, const struct dird_domain *q, struct err *e)
{
    char domain[CACHE_NAME];
    struct wanted w = {q, q->what};
    enum rc rc = check(d, q, q->what, domain, e);
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(true);
    fields(m, q, q->what);
    rc = run(d, do_modify, domain, m, "change a domain", e);
    mods_free(&m);
    if (rc == RC_NOTFOUND)
        rc = err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", domain);
    if (rc == RC_OK)
        wait_seen(d, domain, as_written, &w);
    return rc;
}

/* ---- removed, when nobody has an address in it ---- */
/* The directory itself is asked too, for the cache may not have read the last account yet. The index of mail answers. */
static enum rc is_empty(struct dird *d, const char *domain, struct err *e)
{
    struct buf filter = BUF_INIT;
    struct cache_domain v;
    bool found = false;
    buf_addf(&filter, "(mail=*@%s)", domain);
    enum rc rc = mailboxes_any(d, buf_cstr(&filter), "look for addresses of a domain", &found, e);
    buf_free(&filter);
    bool named = cache_domain(d->cache, span_str(domain), &v) &&
                 cache_domain_accounts(&v) + v.figures[CF_ALIASES] + v.figures[CF_LISTS] > 0;
    if (rc == RC_OK && (found || named))
        rc = err_set(e, RC_PERM, "%s has addresses (pli domain show %s): a domain is removed when it is empty", domain,
                     domain);
    return rc;
}

/* Whoever gets the domain later would have that one for an administrator. */
static enum rc nobody_administers(struct dird *d, const char *domain, struct err *e)
{
    struct buf filter = BUF_INIT;
    bool found = false;
    buf_addf(&filter, "(pliAdminDomain=%s)", domain);
    enum rc rc = mailboxes_any(d, buf_cstr(&filter), "look for administrators of a domain", &found, e);
    buf_free(&filter);
    if (rc == RC_OK && found)
        rc = err_set(e, RC_PERM, "somebody administers %s (pli admin list): pli admin revoke comes first", domain);
    return rc;
}

enum rc domain_remove(struct dird *d, const struct dird_domain *q, struct err *e)
{
    char domain[CACHE_NAME];
    enum rc rc = normal(q->domain, domain, e);
    if (rc == RC_OK && strcmp(domain, d->own_domain) == 0)
        rc = err_set(e, RC_PERM, "%s is instance.domain, which the instance always serves", domain);
    if (rc == RC_OK)
        rc = is_empty(d, domain, e);
    if (rc == RC_OK)
        rc = nobody_administers(d, domain, e);
    if (rc == RC_OK)
        rc = run(d, do_delete, domain, NULL, "remove a domain", e);
    if (rc == RC_NOTFOUND)
        rc = err_set(e, RC_NOTFOUND, "%s is not a domain of this instance", domain);
    if (rc == RC_OK)
        wait_seen(d, domain, gone, NULL);
    return rc;
}
