/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/account_write.c - makes, changes and removes accounts. Each change is written to slapd, and then
 * waited for in the cache. So the account is usable, or the change is in force, when the call returns.
 *
 * Add      The entry is written with its password's hash (passhash.h), in one operation. A directory of the site's own gets the
 *          entry first, and then the operation of RFC 3062, because slapd hashes the password then whatever its
 *          settings. When that fails the entry is removed again.
 * Process  dird, under d->write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "directory/dird/passhash.h"
#include "directory/holder.h"
#include <ldap.h>
#include <stdio.h>

struct change {
    const char *dn;
    struct mods *mods;
    struct span password;
};

static int do_add(struct ldap *ld, void *ctx)
{
    const struct change *c = ctx;
    return ldap_add_ext_s(ld, c->dn, (LDAPMod **)mods_list(c->mods), NULL, NULL);
}

static int do_modify(struct ldap *ld, void *ctx)
{
    const struct change *c = ctx;
    return ldap_modify_ext_s(ld, c->dn, (LDAPMod **)mods_list(c->mods), NULL, NULL);
}

static int do_delete(struct ldap *ld, void *ctx)
{
    const struct change *c = ctx;
    return ldap_delete_ext_s(ld, c->dn, NULL, NULL);
}

static int do_passwd(struct ldap *ld, void *ctx)
{
    const struct change *c = ctx;
    struct berval user = {strlen(c->dn), (char *)c->dn}, password = {c->password.n, (char *)c->password.p},
                  generated = {0, NULL};
    int code = ldap_passwd_s(ld, &user, NULL, &password, &generated, NULL, NULL);
    ldap_memfree(generated.bv_val);
    return code;
}

static enum rc run(struct dird *d, link_fn fn, struct span address, struct mods *m, struct span password,
                   const char *doing, struct err *e)
{
    struct buf dn = BUF_INIT;
    dn_mailbox(&dn, d->base, address);
    struct change c = {buf_cstr(&dn), m, password};
    enum rc rc = links_run(d->links, false, fn, &c, doing, e);
    buf_free(&dn);
    return rc;
}

void account_wait_seen_for(struct dird *d, struct span address, int ms)
{
    struct err e = {0};
    uint64_t csn = 0;
    if (account_csn(d, address, &csn, &e) == RC_OK && !cache_wait(d->cache, address, csn, deadline_in(ms)))
        log_ev(LOG_WARN_, "sync-late", "account=%s", log_esc(address));
}

void account_wait_seen(struct dird *d, struct span address)
{
    account_wait_seen_for(d, address, DIRD_WAIT_MS);
}

enum rc account_modify(struct dird *d, struct span address, struct mods *m, struct err *e)
{
    enum rc rc = run(d, do_modify, address, m, SPAN_NULL, "change an account", e);
    if (rc == RC_OK)
        account_wait_seen(d, address);
    return rc;
}

/* ---- password ---- */
static void put_until(struct mods *m, uint64_t code_until)
{
    if (code_until)
        mods_time(m, "pliCodeUntil", code_until);
    else
        mods_text(m, "pliCodeUntil", SPAN_NULL);
}

static enum rc mark_code(struct dird *d, struct span address, uint64_t code_until, struct err *e)
{
    struct mods *m = mods_new(true);
    put_until(m, code_until);
    enum rc rc = run(d, do_modify, address, m, SPAN_NULL, "note a code", e);
    mods_free(&m);
    return rc;
}

/* In a directory of the site's own these are two changes. The mark comes first and goes last: cut off between, a code opens nothing. */
static enum rc put_at_site(struct dird *d, struct span address, const struct passhash *p, uint64_t code_until,
                           struct err *e)
{
    struct cache_view v;
    enum rc rc = code_until ? mark_code(d, address, code_until, e) : RC_OK;
    if (rc == RC_OK)
        rc = run(d, do_passwd, address, NULL, buf_span(&p->text), "set a password", e);
    cache_find(d->cache, address, &v);
    return rc == RC_OK && !code_until && v.code_until ? mark_code(d, address, 0, e) : rc;
}

static enum rc put_password(struct dird *d, struct span address, const struct passhash *p, uint64_t code_until,
                            struct err *e)
{
    struct mods *m;
    enum rc rc;
    if (!p->hash[0])
        return put_at_site(d, address, p, code_until, e);
    m = mods_new(true);
    mods_str(m, "userPassword", p->hash);
    put_until(m, code_until);
    rc = run(d, do_modify, address, m, SPAN_NULL, "set a password", e);
    mods_free(&m);
    return rc;
}

enum rc account_passwd(struct dird *d, struct span address, const struct passhash *password, uint64_t code_until,
                       struct err *e)
{
    struct cache_view v;
    enum rc rc = RC_OK;
    cache_find(d->cache, address, &v);
    if (v.kind == DK_CLOSED && v.mbx != 0)
        rc = account_is_closed(address, e);
    if (rc == RC_OK)
        rc = put_password(d, address, password, code_until, e);
    if (rc == RC_NOTFOUND)
        rc = err_set(e, RC_NOTFOUND, "no account %s", log_esc(address));
    if (rc == RC_OK)
        account_wait_seen(d, address);
    return rc;
}

/* ---- add ---- */
/* Two accounts with one mailbox number would read each other's mail. */
static enum rc number_is_free(struct dird *d, uint64_t mbx, struct err *e)
{
    char filter[48];
    bool found = false;
    snprintf(filter, sizeof filter, "(pliMailboxId=%llu)", (unsigned long long)mbx);
    enum rc rc = mailboxes_any(d, filter, "look for a mailbox number", &found, e);
    if (rc == RC_OK && found)
        rc = err_set(e, RC_EXISTS, "mailbox number %llu is in use", (unsigned long long)mbx);
    return rc;
}

static struct mods *new_entry(const struct dird_account *a, const struct passhash *p)
{
    static const struct span classes[] = {SPAN_LIT("inetOrgPerson"), SPAN_LIT("inetLocalMailRecipient"),
                                          SPAN_LIT("mssBox")};
    struct mods *m = mods_new(false);
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)a->mbx);
    mods_put(m, "objectClass", classes, 3);
    mods_text(m, "mail", a->address);
    mods_str(m, "mssType", type_text(a->type));
    mods_str(m, "pliMailboxId", number);
    mods_text(m, "pliMailboxKey", span_of(a->pub, sizeof a->pub));
    mods_text(m, "mssStructureId", a->structure);
    mods_str(m, "userPassword", p->hash);
    if (a->code_until)
        mods_time(m, "pliCodeUntil", a->code_until);
    if (a->code_until || a->state == DA_PENDING)
        mods_str(m, "pliPending", "TRUE");
    mods_account(m, a, DS_ALL);
    return m;
}

/* The structure and the person are written first, so that a mailbox never names an entry that is not there. */
static enum rc add_entry(struct dird *d, struct dird_account *a, const struct passhash *p, bool names, struct err *e)
{
    struct buf structure = BUF_INIT;
    enum rc rc = RC_OK;
    if (a->structure.n > 0)
        rc = structure_put(d, a->structure, names ? a->structure_name : SPAN_NULL, &structure, e);
    if (a->structure_name.n == 0)
        a->structure_name = buf_span(&structure);
    if (rc == RC_OK && a->rpps.n > 0)
        rc = person_put(d, a, e);
    if (rc == RC_OK) {
        struct mods *m = new_entry(a, p);
        rc = run(d, do_add, a->address, m, SPAN_NULL, "add an account", e);
        mods_free(&m);
    }
    a->structure_name = SPAN_NULL; /* it may have been the buffer's */
    buf_free(&structure);
    if (rc == RC_EXISTS)
        return err_set(e, RC_EXISTS, "%s is already an address here", log_esc(a->address));
    return rc;
}

enum rc account_add(struct dird *d, const struct dird_account *asked, const struct passhash *p, bool names,
                    struct err *e)
{
    struct dird_account a = *asked;
    struct err ignored = {0};
    enum rc rc = account_check_new(d->cache, &a, e);
    if (rc == RC_OK)
        rc = number_is_free(d, a.mbx, e);
    if (rc == RC_OK)
        rc = address_free(d, a.address, SPAN_NULL, e);
    if (rc == RC_OK)
        rc = aliases_free(d, &a, e);
    if (rc != RC_OK)
        return rc;
    account_split_name(&a);
    rc = add_entry(d, &a, p, names, e);
    if (rc == RC_OK && !p->hash[0] && (rc = put_password(d, a.address, p, a.code_until, e)) != RC_OK)
        (void)!run(d, do_delete, a.address, NULL, SPAN_NULL, "take an account back", &ignored);
    if (rc == RC_OK)
        account_wait_seen(d, a.address);
    return rc;
}

/* ---- set ---- */
static void overlay(struct dird_account *to, const struct dird_account *from, uint32_t what)
{
    const struct {
        uint32_t bit;
        struct span *to, from;
    } texts[] = {{DS_NAME, &to->name, from->name},
                 {DS_NAME, &to->given, from->given},
                 {DS_NAME, &to->sn, from->sn},
                 {DS_CERT, &to->cert_der, from->cert_der},
                 {DS_SERVICE, &to->service, from->service},
                 {DS_RESPONSIBLE, &to->responsible, from->responsible},
                 {DS_PROFESSION, &to->profession, from->profession},
                 {DS_SPECIALTY, &to->specialty, from->specialty},
                 {DS_RPPS, &to->rpps, from->rpps},
                 {DS_CIVILITY, &to->civility, from->civility},
                 {DS_ADELI, &to->adeli, from->adeli},
                 {DS_TELEPHONE, &to->telephone, from->telephone},
                 {DS_DESCRIPTION, &to->description, from->description},
                 {DS_TOWN, &to->town, from->town},
                 {DS_STRUCTURE_NAME, &to->structure_name, from->structure_name},
                 {DS_ALIASES, &to->aliases, from->aliases}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (what & texts[i].bit)
            *texts[i].to = texts[i].from;
    if (what & DS_FLAGS)
        to->flags = from->flags;
    if (what & DS_QUOTA)
        to->quota = from->quota;
    if (what & DS_MOST)
        to->most = from->most;
    if (what & DS_RANK)
        to->rank = from->rank;
    if (what & DS_PAPERLESS)
        to->paperless = from->paperless;
}

/* What its structure is called from now on. Before the account is changed: of a change that was cut off between the two, the same once more would find nothing to do. */
static enum rc name_its_structure(struct dird *d, const struct dird_account *a, struct err *e)
{
    struct buf before = BUF_INIT;
    enum rc rc = RC_OK;
    if (a->structure.n > 0 && a->structure_name.n > 0)
        rc = structure_put(d, a->structure, a->structure_name, &before, e);
    buf_free(&before);
    return rc;
}

/* The entry of its person. former: the person's number before. */
static enum rc person_follows(struct dird *d, const struct dird_account *a, uint32_t what, struct span former,
                              struct err *e)
{
    enum rc rc = RC_OK;
    if (a->rpps.n > 0 && (what & (DS_NAME | DS_PROFESSION | DS_SPECIALTY | DS_RPPS)))
        rc = person_put(d, a, e);
    if (rc == RC_OK && (what & DS_RPPS) && former.n > 0 && !span_eq(former, a->rpps))
        person_drop_if_alone(d, former);
    return rc;
}

enum rc account_set(struct dird *d, uint32_t what, const struct dird_account *change, bool names, struct err *e)
{
    struct buf mem = BUF_INIT, merged = BUF_INIT;
    struct dird_account a;
    enum rc rc = account_read(d, change->address, true, &mem, &a, e);
    if (rc == RC_OK && (what & (DS_ALIAS_ADD | DS_ALIAS_REMOVE)))
        rc = aliases_merge(&a, change, what, &merged, e);
    if (rc != RC_OK)
        goto out;
    struct span former = a.rpps;
    if (a.state >= DA_CLOSED)
        rc = account_is_closed(a.address, e);
    if (rc != RC_OK)
        goto out;
    overlay(&a, change, what);
    if (what & (DS_ALIAS_ADD | DS_ALIAS_REMOVE)) {
        a.aliases = buf_span(&merged);
        what |= DS_ALIASES;
    }
    if ((what & (DS_RPPS | DS_ADELI | DS_TELEPHONE | DS_RANK | DS_PAPERLESS)) &&
        (rc = account_check_numbers(&a, e)) != RC_OK)
        goto out;
    if ((what & DS_ADELI) && a.type == DT_PER && holder_person(&a).n == 0) {
        rc = err_set(e, RC_PERM, "a professional's mailbox keeps an RPPS or an ADELI number");
        goto out;
    }
    if ((what & DS_NAME) && span_trim(a.name).n == 0) {
        rc = err_set(e, RC_SYNTAX, "a name is needed");
        goto out;
    }
    if (what & DS_NAME)
        account_split_name(&a);
    if (what & DS_ALIASES)
        rc = account_check_aliases(d->cache, &a, e);
    if (rc == RC_OK && (what & DS_ALIASES))
        rc = aliases_free(d, &a, e);
    if (rc == RC_OK && names && (what & DS_STRUCTURE_NAME))
        rc = name_its_structure(d, &a, e);
    if (rc != RC_OK)
        goto out;
    struct mods *m = mods_new(true);
    mods_account(m, &a, what);
    rc = account_modify(d, a.address, m, e);
    mods_free(&m);
    if (rc == RC_OK)
        rc = person_follows(d, &a, what, former, e);
out:
    buf_free(&mem);
    buf_free(&merged);
    return rc;
}

/* ---- delete ---- */
enum rc account_delete(struct dird *d, struct span address, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct dird_account a;
    enum rc rc = account_read(d, address, false, &mem, &a, e);
    if (rc == RC_OK)
        rc = run(d, do_delete, a.address, NULL, SPAN_NULL, "remove an account", e);
    if (rc == RC_OK && a.rpps.n > 0)
        person_drop_if_alone(d, a.rpps);
    if (rc == RC_OK && !cache_wait(d->cache, a.address, CACHE_GONE, deadline_in(DIRD_WAIT_MS)))
        log_ev(LOG_WARN_, "sync-late", "account=%s", log_esc(address));
    buf_free(&mem);
    return rc;
}
