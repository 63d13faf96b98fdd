/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/trust_write.c - writes local entries of the trust space, which say with which operator names a domain
 * may come. Tree     dc=DOMAIN,ou=trust (domain + mssTrustedDomain), with one mssOperatorDN per name.
 * Process  dird, under d->write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "policies/identifiers.h"
#include "policies/trust.h"
#include <ldap.h>

enum { PAGE_DOMAINS = 100, MOST_DN = 512, MOST_NOTE = 256 };

struct trusting {
    const char *dn;
    struct mods *add;
    struct span operator_dn, note;
};

static int modify_values(struct ldap *ld, const char *dn, int op, struct span operator_dn, struct span note)
{
    char attr_dn[] = "mssOperatorDN", attr_note[] = "description";
    struct berval v = {operator_dn.n, (char *)operator_dn.p}, n = {note.n, (char *)note.p};
    struct berval *vv[] = {&v, NULL}, *nn[] = {&n, NULL};
    LDAPMod one = {op | LDAP_MOD_BVALUES, attr_dn, {.modv_bvals = vv}};
    LDAPMod two = {LDAP_MOD_REPLACE | LDAP_MOD_BVALUES, attr_note, {.modv_bvals = nn}};
    LDAPMod *mods[] = {&one, note.n > 0 ? &two : NULL, NULL};
    return ldap_modify_ext_s(ld, dn, mods, NULL, NULL);
}

static int do_add(struct ldap *ld, void *ctx)
{
    const struct trusting *t = ctx;
    int code = ldap_add_ext_s(ld, t->dn, (LDAPMod **)mods_list(t->add), NULL, NULL);
    return code == LDAP_ALREADY_EXISTS ? modify_values(ld, t->dn, LDAP_MOD_ADD, t->operator_dn, t->note) : code;
}

static enum rc check(const struct dird_trust_entry *t, char domain[CACHE_NAME], struct err *e)
{
    if (!mail_domain_ok(t->domain) || !cache_lower(t->domain, domain))
        return err_set(e, RC_SYNTAX, "not a mail domain: %s", log_esc(t->domain));
    if (t->dn.n > MOST_DN || t->note.n > MOST_NOTE || (t->dn.n > 0 && !dn_same(t->dn, t->dn)))
        return err_set(e, RC_SYNTAX, "not a certificate subject such as CN=smtp.example,O=Example,C=FR: %s",
                       log_esc(t->dn));
    return RC_OK;
}

enum rc trust_add(struct dird *d, const struct dird_trust_entry *t, struct err *e)
{
    static const struct span classes[] = {SPAN_LIT("domain"), SPAN_LIT("mssTrustedDomain")};
    char domain[CACHE_NAME];
    struct buf dn = BUF_INIT;
    enum rc rc = t->dn.n > 0 ? check(t, domain, e) : err_set(e, RC_SYNTAX, "a certificate subject is needed (--dn)");
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(false);
    dn_below(&dn, "dc", span_str(domain), "trust", d->base);
    mods_put(m, "objectClass", classes, 2);
    mods_str(m, "dc", domain);
    mods_text(m, "mssOperatorDN", t->dn);
    mods_text(m, "description", t->note);
    struct trusting x = {buf_cstr(&dn), m, t->dn, t->note};
    rc = links_run(d->links, false, do_add, &x, "add a trusted domain", e);
    if (rc == RC_OK && !cache_wait_trust(d->cache, t->domain, t->dn, true, deadline_in(DIRD_WAIT_MS)))
        log_ev(LOG_WARN_, "sync-late", "domain=%s", domain);
    mods_free(&m);
    buf_free(&dn);
    return rc;
}

/* When the last name is removed the entry is removed too, because a domain without names is not trusted. */
static int do_remove(struct ldap *ld, void *ctx)
{
    const struct trusting *t = ctx;
    int code = LDAP_OBJECT_CLASS_VIOLATION;
    if (t->operator_dn.n > 0)
        code = modify_values(ld, t->dn, LDAP_MOD_DELETE, t->operator_dn, SPAN_NULL);
    return code == LDAP_OBJECT_CLASS_VIOLATION ? ldap_delete_ext_s(ld, t->dn, NULL, NULL) : code;
}

enum rc trust_remove(struct dird *d, const struct dird_trust_entry *t, struct err *e)
{
    char domain[CACHE_NAME];
    struct buf dn = BUF_INIT;
    enum rc rc = check(t, domain, e);
    if (rc != RC_OK)
        return rc;
    dn_below(&dn, "dc", span_str(domain), "trust", d->base);
    struct trusting x = {.dn = buf_cstr(&dn), .operator_dn = t->dn};
    rc = links_run(d->links, false, do_remove, &x, "remove a trusted domain", e);
    if (rc == RC_OK && !cache_wait_trust(d->cache, t->domain, t->dn, false, deadline_in(DIRD_WAIT_MS)))
        log_ev(LOG_WARN_, "sync-late", "domain=%s", domain);
    if (rc == RC_NOTFOUND)
        rc = err_set(e, RC_NOTFOUND, "not in the trust space: %s", domain);
    buf_free(&dn);
    return rc;
}

/* Every name of one domain as records. RC_MORE: no room for all of them. */
static enum rc add_domain(struct dird *d, struct span domain, struct buf *list)
{
    struct buf dns = BUF_INIT, note = BUF_INIT, recs = BUF_INIT;
    struct err gone = {0};
    enum rc rc = cache_trust(d->cache, domain, DIRD_LIST_BYTES / 2, &dns, &note, &gone);
    for (struct rd r = rd_of(buf_span(&dns)); rc == RC_OK && r.s.n > 0 && rd_ok(&r);) {
        struct dird_trust_entry t = {domain, rd_bytes(&r), buf_span(&note)};
        ipc_list_add(&recs, dird_trust_entry_f, &t);
    }
    if (list->n > 0 && list->n + recs.n > DIRD_LIST_BYTES)
        rc = RC_MORE;
    else
        buf_addspan(list, buf_span(&recs));
    buf_free(&dns);
    buf_free(&note);
    buf_free(&recs);
    return rc == RC_MORE ? RC_MORE : RC_OK;
}

enum rc trust_page(struct dird *d, struct span after, struct buf *list, bool *more_out, struct err *e)
{
    struct buf names = BUF_INIT;
    (void)e;
    *more_out = cache_page(d->cache, LIST_TRUST, after, PAGE_DOMAINS, &names);
    for (struct span rest = buf_span(&names); rest.n > 0;) {
        ptrdiff_t end = span_chr(rest, 0);
        if (add_domain(d, span_head(rest, (size_t)end), list) == RC_MORE) {
            *more_out = true;
            break;
        }
        rest = span_from(rest, (size_t)end + 1);
    }
    buf_free(&names);
    return RC_OK;
}
