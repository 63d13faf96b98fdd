/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/opened.c - a mailbox that is pending becomes active when somebody opens it: its holder by a sign-in, or a delegate (decision 0058). The other way is
 * a password that is chosen (choose.c).
 * Process  dird, worker threads.
 */
#include "base/clock.h"
#include "base/log.h"
#include "directory/dird/auth.h"
#include "directory/dird/dird.h"
#include "directory/dird/entry.h"
#include <ldap.h>

/* By its value: the second of two at once finds nothing to take away, and changes nothing of the entry. */
static int do_open(struct ldap *ld, void *ctx)
{
    char true_[] = "TRUE", type[] = "pliPending";
    struct berval value = {sizeof true_ - 1, true_}, *values[] = {&value, NULL};
    LDAPMod mod = {.mod_op = LDAP_MOD_DELETE | LDAP_MOD_BVALUES, .mod_type = type, .mod_bvalues = values},
            *mods[] = {&mod, NULL};
    int code = ldap_modify_ext_s(ld, ctx, mods, NULL, NULL);
    return code == LDAP_NO_SUCH_ATTRIBUTE ? LDAP_SUCCESS : code;
}

/* Longer than other changes wait: a ticket that is made before the cache has this one may be of another password (entry_secret_at), and its session would end. */
enum { SEEN_MS = 10000 };

/* No lock: one attribute, which nobody computes from another. */
static void opened(struct dird *d, struct span address)
{
    struct buf dn = BUF_INIT;
    struct err e = {0};
    dn_mailbox(&dn, d->base, address);
    if (links_run(d->links, false, do_open, (void *)(uintptr_t)buf_cstr(&dn), "note that a mailbox was opened", &e) ==
        RC_OK) {
        account_wait_seen_for(d, address, SEEN_MS);
        log_ev(LOG_INFO_, "account-opened", "account=%s", log_esc(address));
    } else
        log_err(LOG_WARN_, "account-opened", &e); /* the next sign-in does it */
    buf_free(&dn);
}

/* The first sign-in of an account whose holder was given a password after a code. */
static bool opens_it(struct dird *d, const struct ipc_peer *p, const struct dird_auth_rep *rep)
{
    struct cache_view v;
    if (!(p->role & (ROLE_SMTPD | ROLE_IMAPD)))
        return false;
    cache_find(d->cache, rep->address, &v);
    return v.pending;
}

/* Once in an account's life. Its entry changes by it, and so may what the ticket says of the password (entry_secret_at): it is made anew. */
enum rc sign_in_and_open(struct dird *d, const struct ipc_peer *p, const struct dird_auth_req *q, struct buf *mem,
                         struct dird_auth_rep *rep, struct err *e)
{
    uint64_t process = p->role == ROLE_ADMIN ? 0 : (uint64_t)p->pid;
    enum rc rc = auth_sign_in(d->auth, q, process, mem, rep, e);
    if (rc != RC_OK || !opens_it(d, p, rep))
        return rc;
    opened(d, rep->address);
    buf_clear(mem);
    return auth_sign_in(d->auth, q, process, mem, rep, e);
}

/* What is a ward's is opened by delegates, and by nobody with a password of its own. A person's is opened by that person alone: a delegate's mail program opens all that
 * it may see when it lists the folders, and colleagues would write to somebody who has not even chosen a password. */
void delegate_opens(struct dird *d, struct span address)
{
    struct cache_view v;
    cache_find(d->cache, address, &v);
    if (v.pending && v.type != DT_PER)
        opened(d, address);
}
