/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/choose.c - a holder chooses a password with a first-sign-in code, once (decision 0053).
 *
 * Order    The new password is looked at first, which tells nothing of any account; then the code is tried as a password is (auth.h), and counted. What is
 *          slow is done before the lock.
 * Once     One change of the directory takes the mark away, by its value, and puts the password; an account that was pending is active by it (decision 0058). Two at once: the second finds no mark of that value. slapd
 *          gone at that moment: it is the one or the other, and the same code tells which when it is tried again.
 * Site     A directory of the site's own hashes by an operation of its own: the password, then the mark. Cut off between, the new password is the code.
 * Process  dird, worker threads.   Source RFC 4511 4.6 (one change is atomic; "delete" of a value that is not there fails), RFC 8265.
 */
#include "base/log.h"
#include "base/prepare.h"
#include "directory/dird/auth.h"
#include "directory/dird/dird.h"
#include "directory/dird/mods.h"
#include "directory/dird/newpass.h"
#include "directory/dird/ops_int.h"
#include "directory/dird/passhash.h"
#include "policies/password.h"
#include <ldap.h>
#include <stdio.h>
#include <time.h>

/* ---- the new password ---- */
static enum rc unfit(struct err *e)
{
    return err_cause(e, RC_PERM, CAUSE_PASSWORD_RULE, "%s", log_esc(span_str(e->log)));
}

static enum rc look_at_new(struct dird *d, const struct dird_choose_req *q, struct err *e)
{
    struct buf as, code;
    buf_init_secret(&as);
    buf_init_secret(&code);
    enum rc rc = newpass_fits(q->password, e);
    if (rc == RC_OK)
        rc = prepare_password(q->password, &as, e);
    if (rc == RC_OK)
        rc = password_ok(buf_span(&as), span_trim(q->login), d->password_min, e);
    if (rc == RC_OK && prepare_password(q->code, &code, e) == RC_OK && span_eq(buf_span(&as), buf_span(&code)))
        rc = err_set(e, RC_PERM, "the code itself is no password");
    buf_free(&as);
    buf_free(&code);
    return rc == RC_OK ? rc : unfit(e);
}

/* ---- one change ---- */
struct choosing {
    const char *dn, *hash;
    struct span password; /* prepared; where hash is empty */
    bool pending;
    char until[32];
};

static void as_time(uint64_t utc, char out[32])
{
    time_t t = (time_t)utc;
    struct tm tm = {0};
    if (!gmtime_r(&t, &tm) || strftime(out, 32, "%Y%m%d%H%M%SZ", &tm) == 0)
        bug("no time %llu", (unsigned long long)utc);
}

static int do_choose(struct ldap *ld, void *ctx)
{
    struct choosing *c = ctx;
    struct berval until = {strlen(c->until), c->until}, hash = {strlen(c->hash), (char *)c->hash};
    struct berval *untils[] = {&until, NULL}, *hashes[] = {&hash, NULL};
    LDAPMod mark = {
        .mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES, .mod_type = (char *)"pliCodeUntil", .mod_bvalues = untils};
    LDAPMod put = {
        .mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES, .mod_type = (char *)"userPassword", .mod_bvalues = hashes};
    LDAPMod opened = {
        .mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES, .mod_type = (char *)"pliPending", .mod_bvalues = NULL};
    LDAPMod *list[] = {&mark, NULL, NULL, NULL};
    size_t n = 1;
    if (c->hash[0])
        list[n++] = &put;
    if (c->pending)
        list[n++] = &opened;
    struct berval user = {strlen(c->dn), (char *)c->dn}, password = {c->password.n, (char *)c->password.p};
    struct berval none = {0, NULL};
    int code = c->hash[0] ? LDAP_SUCCESS : ldap_passwd_s(ld, &user, NULL, &password, &none, NULL, NULL);
    ldap_memfree(none.bv_val);
    return code == LDAP_SUCCESS ? ldap_modify_ext_s(ld, c->dn, list, NULL, NULL) : code;
}

static enum rc write_it(struct dird *d, const struct cache_view *v, const struct passhash *p, struct err *e)
{
    struct buf dn = BUF_INIT;
    dn_mailbox(&dn, d->base, span_str(v->address));
    struct choosing c = {.dn = buf_cstr(&dn), .hash = p->hash, .password = buf_span(&p->text), .pending = v->pending};
    as_time(v->code_until, c.until);
    enum rc rc = links_run(d->links, false, do_choose, &c, "set a password", e);
    buf_free(&dn);
    if (rc == RC_NOTFOUND) /* the mark of that value, or the account: another one was faster */
        return err_cause(e, RC_PERM, CAUSE_CODE_NONE, "the code was used, or another was made, meanwhile");
    if (rc == RC_OK)
        account_wait_seen(d, span_str(v->address));
    return rc;
}

/* Under the lock: is it still the account whose code was right? */
static enum rc still(struct dird *d, const struct cache_view *v, struct err *e)
{
    struct cache_view now;
    cache_find(d->cache, span_str(v->address), &now);
    if (now.csn == v->csn)
        return RC_OK;
    if (now.code_until == 0)
        return err_cause(e, RC_PERM, CAUSE_CODE_NONE, "the code was used meanwhile");
    return err_set(e, RC_TEMP, "the account was changed meanwhile");
}

static enum rc choose(struct dird *d, struct ipc_peer *peer, const struct dird_choose_req *q,
                      const struct cache_view *v, const struct passhash *p, struct err *e)
{
    enum rc rc = ops_begin(d, peer, DIRD_CHOOSE, q, e);
    if (rc != RC_OK)
        return rc;
    rc = still(d, v, e);
    if (rc == RC_OK)
        rc = write_it(d, v, p, e);
    return ops_end(d, peer, "password-chosen", span_str(v->address), rc);
}

enum rc account_choose(struct dird *d, const struct dird_choose_req *q, struct ipc_peer *peer, struct err *e)
{
    struct cache_view v;
    struct passhash p;
    enum rc rc = ops_not_read_yet(d, e);
    if (rc == RC_OK)
        rc = look_at_new(d, q, e);
    if (rc == RC_OK)
        rc = auth_code(d->auth, q, (uint64_t)peer->pid, &v, e);
    if (rc != RC_OK)
        return rc;
    rc = passhash_make(q->password, ops_hash_kind(d, 0), &p, e); /* slow: before the lock */
    if (rc == RC_OK)
        rc = choose(d, peer, q, &v, &p, e);
    passhash_free(&p);
    return rc;
}
