/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/relations.c - the person (ou=people, by RPPS) and the structure (ou=structures, by FINESS or SIRET) behind a mailbox. The
 * mailbox entry carries copies of what clients complete on; these entries are for administration and imports.
 * Process  dird.
 */
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include <ldap.h>

struct put {
    const char *dn;
    struct mods *add, *set; /* set NULL: an entry that exists is left as it is */
};

static int put_entry(struct ldap *ld, void *ctx)
{
    const struct put *p = ctx;
    int code = ldap_add_ext_s(ld, p->dn, (LDAPMod **)mods_list(p->add), NULL, NULL);
    if (code != LDAP_ALREADY_EXISTS)
        return code;
    return p->set ? ldap_modify_ext_s(ld, p->dn, (LDAPMod **)mods_list(p->set), NULL, NULL) : LDAP_SUCCESS;
}

static void person_fields(struct mods *m, const struct dird_account *a)
{
    mods_text(m, "cn", a->name);
    mods_text(m, "displayName", a->name);
    mods_text(m, "sn", a->sn);
    mods_text(m, "givenName", a->given);
    mods_text(m, "mssProfession", a->profession);
    mods_text(m, "mssSpecialty", a->specialty);
}

enum rc person_put(struct dird *d, const struct dird_account *a, struct err *e)
{
    static const struct span classes[] = {SPAN_LIT("inetOrgPerson"), SPAN_LIT("mssPerson")};
    struct buf dn = BUF_INIT;
    struct mods *add = mods_new(false), *set = mods_new(true);
    dn_below(&dn, "rpps", a->rpps, "people", d->base);
    mods_put(add, "objectClass", classes, 2);
    mods_text(add, "rpps", a->rpps);
    person_fields(add, a);
    person_fields(set, a);
    struct put p = {buf_cstr(&dn), add, set};
    enum rc rc = links_run(d->links, true, put_entry, &p, "write a person", e);
    mods_free(&add);
    mods_free(&set);
    buf_free(&dn);
    return rc;
}

struct alone {
    const char *base, *filter, *dn;
};

static int drop_alone(struct ldap *ld, void *ctx)
{
    const struct alone *p = ctx;
    static char none[] = LDAP_NO_ATTRS, *attrs[] = {none, NULL};
    LDAPMessage *result = NULL;
    int code = ldap_search_ext_s(ld, p->base, LDAP_SCOPE_ONELEVEL, p->filter, attrs, 0, NULL, NULL, NULL, 1, &result);
    int n = code == LDAP_SUCCESS ? ldap_count_entries(ld, result) : 1;
    ldap_msgfree(result);
    if (n > 0)
        return code == LDAP_SIZELIMIT_EXCEEDED ? LDAP_SUCCESS : code;
    code = ldap_delete_ext_s(ld, p->dn, NULL, NULL);
    return code == LDAP_NO_SUCH_OBJECT ? LDAP_SUCCESS : code;
}

void person_drop_if_alone(struct dird *d, struct span rpps)
{
    struct buf base = BUF_INIT, filter = BUF_INIT, dn = BUF_INIT;
    struct err e = {0};
    buf_addf(&base, "ou=mailboxes,%s", d->base);
    buf_addstr(&filter, "(rpps=");
    filter_value(&filter, rpps);
    buf_addc(&filter, ')');
    dn_below(&dn, "rpps", rpps, "people", d->base);
    struct alone p = {buf_cstr(&base), buf_cstr(&filter), buf_cstr(&dn)};
    if (links_run(d->links, true, drop_alone, &p, "remove a person", &e) != RC_OK)
        log_err(LOG_WARN_, "person-left", &e); /* the mailbox is gone, which is what was asked */
    buf_free(&base);
    buf_free(&filter);
    buf_free(&dn);
}

struct naming {
    const char *dn;
    struct mods *add, *set; /* set NULL: nobody says its name */
    struct span id, told;
    struct buf *name; /* as it is called; empty: not known */
};

/* Whoever names it last names it: a name that was mistyped is corrected as it was told. */
static int name_structure(struct ldap *ld, const struct naming *p)
{
    if (span_eq(buf_span(p->name), p->id))
        buf_clear(p->name);
    if (!p->set || span_eq(buf_span(p->name), p->told))
        return LDAP_SUCCESS;
    return ldap_modify_ext_s(ld, p->dn, (LDAPMod **)mods_list(p->set), NULL, NULL);
}

static int put_structure(struct ldap *ld, void *ctx)
{
    const struct naming *p = ctx;
    static char o[] = "o", *attrs[] = {o, NULL};
    LDAPMessage *result = NULL;
    int code = ldap_add_ext_s(ld, p->dn, (LDAPMod **)mods_list(p->add), NULL, NULL);
    if (code != LDAP_ALREADY_EXISTS)
        return code;
    code = ldap_search_ext_s(ld, p->dn, LDAP_SCOPE_BASE, "(objectClass=*)", attrs, 0, NULL, NULL, NULL, 1, &result);
    LDAPMessage *m = code == LDAP_SUCCESS ? ldap_first_entry(ld, result) : NULL;
    buf_clear(p->name); /* it may be done again */
    if (m)
        (void)entry_text(ld, m, "o", p->name);
    ldap_msgfree(result);
    return code == LDAP_SUCCESS ? name_structure(ld, p) : code;
}

enum rc structure_put(struct dird *d, struct span id, struct span name, struct buf *name_out, struct err *e)
{
    static const struct span classes[] = {SPAN_LIT("organization"), SPAN_LIT("mssStructure")};
    struct buf dn = BUF_INIT;
    struct mods *add = mods_new(false), *set = mods_new(true);
    dn_below(&dn, "mssStructureId", id, "structures", d->base);
    mods_put(add, "objectClass", classes, 2);
    mods_text(add, "mssStructureId", id);
    mods_text(add, "o", name.n > 0 ? name : id); /* the number, until somebody knows its name */
    mods_text(set, "o", name);
    struct naming p = {buf_cstr(&dn), add, name.n > 0 ? set : NULL, id, name, name_out};
    enum rc rc = links_run(d->links, true, put_structure, &p, "write a structure", e);
    mods_free(&add);
    mods_free(&set);
    buf_free(&dn);
    return rc;
}
