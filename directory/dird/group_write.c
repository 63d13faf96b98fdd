/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/group_write.c - a distribution list: made, changed, its members changed, removed. Each change is written to slapd, and
 * then waited for in the cache.
 * Tree     mail=ADDRESS,ou=mailboxes (nisMailAlias + pliList): beside the mailboxes, where slapd itself takes one entry an address.
 *          docs/decisions/0048
 * Process  dird, under d->write.
 */
#include "base/clock.h"
#include "base/idn.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "policies/identifiers.h"
#include <ldap.h>
#include <stdlib.h>

struct writing {
    const char *dn;
    LDAPMod **mods;
};

static int do_add(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_add_ext_s(ld, w->dn, w->mods, NULL, NULL);
}

static int do_modify(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_modify_ext_s(ld, w->dn, w->mods, NULL, NULL);
}

static int do_delete(struct ldap *ld, void *ctx)
{
    const struct writing *w = ctx;
    return ldap_delete_ext_s(ld, w->dn, NULL, NULL);
}

static enum rc run(struct dird *d, link_fn fn, struct span address, LDAPMod **mods, const char *doing, struct err *e)
{
    struct buf dn = BUF_INIT;
    dn_mailbox(&dn, d->base, address);
    struct writing w = {buf_cstr(&dn), mods};
    enum rc rc = links_run(d->links, false, fn, &w, doing, e);
    buf_free(&dn);
    return rc;
}

/* ---- the list itself ---- */
static enum rc check_new(struct dird *d, const struct dird_group *q, struct err *e)
{
    struct dird_account like = {.address = q->address, .name = q->name, .type = DT_ORG, .mbx = UINT64_MAX};
    enum rc rc = account_check_address(d->cache, &like, e);
    if (rc == RC_OK)
        rc = address_free(d, q->address, SPAN_NULL, e);
    if (rc == RC_OK && entry_post_word(q->post)[0] == 0)
        rc = err_set(e, RC_SYNTAX, "no such word for who may send: %u", q->post);
    return rc;
}

/* Found by its name as a mailbox of an organisation is. */
static void named(struct mods *m, struct span address, struct span name)
{
    struct dird_account like = {.address = address, .name = name, .type = DT_ORG};
    account_split_name(&like);
    mods_account(m, &like, DS_NAME);
}

struct wanted {
    const struct dird_group *q;
    uint32_t what;
};

static bool as_written(const struct cache_group *g, const void *ctx)
{
    const struct wanted *w = ctx;
    return g && (!(w->what & DW_NAME) || span_eq_str(w->q->name, g->name)) &&
           (!(w->what & DW_NOTE) || span_eq_str(w->q->note, g->note)) &&
           (!(w->what & DW_POST) || w->q->post == g->post);
}

static bool gone(const struct cache_group *g, const void *ctx)
{
    (void)ctx;
    return g == NULL;
}

static void wait_seen(struct dird *d, struct span address, bool (*want)(const struct cache_group *, const void *),
                      const void *ctx)
{
    if (!cache_wait_group(d->cache, address, want, ctx, deadline_in(DIRD_WAIT_MS)))
        log_ev(LOG_WARN_, "sync-late", "list=%s", log_esc(address));
}

enum rc group_add(struct dird *d, const struct dird_group *q, struct err *e)
{
    static const struct span classes[] = {SPAN_LIT("nisMailAlias"), SPAN_LIT("pliList")};
    struct wanted w = {q, DW_NAME | DW_NOTE | DW_POST};
    enum rc rc = check_new(d, q, e);
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(false);
    mods_put(m, "objectClass", classes, 2);
    mods_text(m, "mail", q->address);
    mods_str(m, "pliListPost", entry_post_word(q->post));
    mods_text(m, "description", q->note);
    named(m, q->address, q->name);
    rc = run(d, do_add, q->address, (LDAPMod **)mods_list(m), "add a list", e);
    mods_free(&m);
    if (rc == RC_EXISTS)
        rc = err_set(e, RC_EXISTS, "%s is already an address here", log_esc(q->address));
    if (rc == RC_OK)
        wait_seen(d, q->address, as_written, &w);
    return rc;
}

static enum rc there(struct dird *d, struct span address, struct cache_group *out, struct err *e)
{
    return cache_group(d->cache, address, out) ? RC_OK : err_set(e, RC_NOTFOUND, "no list %s", log_esc(address));
}

enum rc group_set(struct dird *d, const struct dird_group *q, struct err *e)
{
    struct cache_group g;
    struct wanted w = {q, q->what};
    enum rc rc = there(d, q->address, &g, e);
    if (rc == RC_OK && (q->what & DW_POST) && entry_post_word(q->post)[0] == 0)
        rc = err_set(e, RC_SYNTAX, "no such word for who may send: %u", q->post);
    if (rc == RC_OK && (q->what & DW_NAME) && span_trim(q->name).n == 0)
        rc = err_set(e, RC_SYNTAX, "a list needs a name");
    if (rc != RC_OK)
        return rc;
    struct mods *m = mods_new(true);
    if (q->what & DW_POST)
        mods_str(m, "pliListPost", entry_post_word(q->post));
    if (q->what & DW_NOTE)
        mods_text(m, "description", q->note);
    if (q->what & DW_NAME)
        named(m, span_str(g.address), q->name);
    rc = run(d, do_modify, span_str(g.address), (LDAPMod **)mods_list(m), "change a list", e);
    mods_free(&m);
    if (rc == RC_OK)
        wait_seen(d, q->address, as_written, &w);
    return rc;
}

enum rc group_remove(struct dird *d, struct span address, struct err *e)
{
    struct cache_group g;
    enum rc rc = there(d, address, &g, e);
    if (rc == RC_OK)
        rc = run(d, do_delete, span_str(g.address), NULL, "remove a list", e);
    if (rc == RC_OK)
        wait_seen(d, address, gone, NULL);
    return rc;
}

/* ---- its members ---- */
struct changing {
    struct dird *d;
    struct cache_group g;
    bool add;
    struct buf now;           /* NUL-ended: who stands in it */
    char (*text)[CACHE_NAME]; /* those that come or go */
    struct berval *v, **list;
    size_t n, room;
};

static bool stands(const struct changing *x, const char *address)
{
    for (size_t at = 0; at < x->now.n; at += strlen((char *)x->now.p + at) + 1)
        if (span_ieq_str(span_str((char *)x->now.p + at), address))
            return true;
    return false;
}

static bool named_before(const struct changing *x, const char *address)
{
    for (size_t i = 0; i < x->n; i++)
        if (span_ieq_str(span_str(x->text[i]), address))
            return true;
    return false;
}

/* An account, an alias or a list here; elsewhere, an address of the trust space. */
static enum rc may_be_member(const struct changing *x, const char *address, struct err *e)
{
    struct dird_trust_req q = {.domain = span_from(span_str(address), (size_t)span_chr(span_str(address), '@') + 1)};
    struct cache_view v;
    enum dird_trusted answer;
    enum rc rc;

    cache_find(x->d->cache, span_str(address), &v);
    if (v.kind == DK_GROUP && strcmp(v.address, x->g.address) == 0)
        return err_set(e, RC_PERM, "%s cannot be a member of itself", address);
    if (v.kind == DK_UNKNOWN)
        return err_set(e, RC_PERM, "nobody has the address %s", address);
    if (v.kind != DK_NOT_LOCAL)
        return RC_OK;
    rc = trust_asked(x->d, &q, &answer, e);
    if (rc == RC_OK && answer != DTR_YES)
        rc = err_set(e, RC_PERM, "the domain of %s is not in the trust space", address);
    return rc;
}

static enum rc take(struct changing *x, struct span typed, struct err *e)
{
    char *address = x->text[x->n];
    ptrdiff_t at = span_chr(typed, '@');
    enum rc rc;

    if (at <= 0 || !idn_address(typed, address, CACHE_NAME) || strlen(address) != strcspn(address, " \t\r\n\"<>,;") ||
        !mail_domain_ok(span_from(span_str(address), (size_t)at + 1)))
        return err_set(e, RC_SYNTAX, "not an address: %s", log_esc(typed));
    if (stands(x, address) == x->add || named_before(x, address))
        return RC_OK;
    rc = x->add ? may_be_member(x, address, e) : RC_OK;
    if (rc != RC_OK)
        return rc;
    x->v[x->n] = (struct berval){strlen(address), address};
    x->list[x->n] = &x->v[x->n];
    x->n++;
    return RC_OK;
}

static enum rc take_all(struct changing *x, struct span members, struct err *e)
{
    enum rc rc = RC_OK;

    while (rc == RC_OK && members.n > 0) {
        struct span one = span_trim(span_cut(&members, '\n'));
        if (x->n + 1 == x->room)
            rc = err_set(e, RC_PERM, "more than %d addresses at once", DIRD_MEMBERS);
        else if (one.n > 0)
            rc = take(x, one, e);
    }
    if (rc == RC_OK && x->add && x->g.members + x->n > DIRD_MEMBERS)
        rc = err_set(e, RC_PERM, "a list has %d members at most; lists may stand in lists", DIRD_MEMBERS);
    return rc;
}

static bool has_members(const struct cache_group *g, const void *ctx)
{
    return g && g->members == *(const uint32_t *)ctx;
}

static enum rc write_members(struct changing *x, struct dird_group_change_rep *out, struct err *e)
{
    char attr[] = "rfc822MailMember";
    LDAPMod one = {(x->add ? LDAP_MOD_ADD : LDAP_MOD_DELETE) | LDAP_MOD_BVALUES, attr, {.modv_bvals = x->list}};
    LDAPMod *mods[] = {&one, NULL};
    enum rc rc = RC_OK;

    out->changed = (uint32_t)x->n;
    out->members = x->add ? x->g.members + out->changed : x->g.members - out->changed;
    if (x->n > 0)
        rc = run(x->d, do_modify, span_str(x->g.address), mods, "change members of a list", e);
    if (rc == RC_OK)
        wait_seen(x->d, span_str(x->g.address), has_members, &out->members);
    return rc;
}

enum rc group_change(struct dird *d, const struct dird_group_change_req *q, struct dird_group_change_rep *out,
                     struct err *e)
{
    struct changing x = {.d = d, .add = q->add, .now = BUF_INIT, .room = DIRD_MEMBERS + 2};
    enum rc rc = there(d, q->address, &x.g, e);

    if (rc != RC_OK)
        return rc;
    x.text = calloc(x.room, sizeof *x.text);
    x.v = calloc(x.room, sizeof *x.v);
    x.list = calloc(x.room, sizeof *x.list);
    if (!x.text || !x.v || !x.list)
        die("out of memory");
    (void)cache_group_page(d->cache, span_str(x.g.address), SPAN_NULL, SIZE_MAX, &x.now);
    rc = take_all(&x, q->members, e);
    if (rc == RC_OK)
        rc = write_members(&x, out, e);
    buf_free(&x.now);
    free(x.text);
    free(x.v);
    free(x.list);
    return rc;
}
