/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/account_check.c - checks a new account before anything is written. Each error is one line that tells
 * the person at the command line what to correct.
 * Source   spec/mssante.md 2.1 (types), 2.4, 2.5 (numbers), 3.2 (addresses).   Process  dird.
 */
#include "base/ascii.h"
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/holder.h"
#include "policies/identifiers.h"

enum { FIRST_MAILBOX = 16 };

static bool is_lower(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_upper(s.p[i]))
            return false;
    return true;
}

/* A closed address is never given to another holder: not while its mail is kept, and not while there is a tombstone. The account whose address it is has
 * the same type and the same number as the tombstone's. */
static enum rc not_closed(struct cache *c, struct span address, const struct dird_account *a, struct span holder,
                          struct err *e)
{
    struct cache_view v;
    cache_find(c, address, &v);
    if (v.kind == DK_CLOSED && v.mbx != 0 && !span_ieq_str(holder, v.address))
        return err_cause(e, RC_EXISTS, CAUSE_ADDRESS_CLOSED,
                         "%s is of a closed account: pli account reopen %s gives it back, and nobody else gets it",
                         log_esc(address), v.address);
    if (!cache_tombstone(c, address, &v))
        return RC_OK;
    if (holder_same(v.pub, span_str(v.address), a))
        return RC_OK;
    return err_cause(e, RC_EXISTS, CAUSE_ADDRESS_CLOSED,
                     "%s was closed for good, and is never given to another holder: choose another address",
                     log_esc(address));
}

/* An address must have the right form and a domain that is served here, and no other account may hold it or have held it. a: whose it shall be. */
static enum rc check_address(struct cache *c, struct span address, const struct dird_account *a, struct span holder,
                             struct err *e)
{
    struct cache_view v;
    ptrdiff_t at = span_chr(address, '@');
    if (at <= 0 || address.n >= CACHE_NAME || !is_lower(address) || !mail_local_ok(span_head(address, (size_t)at)) ||
        !mail_domain_ok(span_from(address, (size_t)at + 1)))
        return err_cause(e, RC_SYNTAX, CAUSE_BAD_ADDRESS,
                         "not an address for an account: %s (lower case; letters, digits, . _ - before the @)",
                         log_esc(address));
    cache_find(c, address, &v);
    if (v.kind == DK_NOT_LOCAL)
        return err_set(e, RC_PERM, "the domain of %s is not served here", log_esc(address));
    enum rc rc = not_closed(c, address, a, holder, e);
    if (rc == RC_OK && cache_taken(c, address, holder))
        rc = err_set(e, RC_EXISTS, "%s is already an address here", log_esc(address));
    return rc;
}

enum rc account_check_aliases(struct cache *c, const struct dird_account *a, struct err *e)
{
    struct span list = a->aliases;
    for (size_t n = 0; list.n > 0; n++) {
        struct span one = span_cut(&list, '\n');
        if (n == CACHE_ALIASES)
            return err_set(e, RC_PERM, "more than %d aliases", CACHE_ALIASES);
        if (span_eq(one, a->address))
            return err_set(e, RC_EXISTS, "%s is the account's own address", log_esc(one));
        enum rc rc = check_address(c, one, a, a->address, e);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

enum rc account_check_numbers(const struct dird_account *a, struct err *e)
{
    if (a->rpps.n > 0 && !rpps_ok(a->rpps))
        return err_set(e, RC_SYNTAX, "not an RPPS number: %s (11 digits, the last is a check digit)", log_esc(a->rpps));
    if (a->structure.n > 0 && !structure_ok(a->structure))
        return err_set(e, RC_SYNTAX, "not a FINESS, SIREN or SIRET number: %s (check digit)", log_esc(a->structure));
    if (a->adeli.n > 0 && !adeli_ok(a->adeli))
        return err_set(e, RC_SYNTAX, "not an ADELI number: %s (9 digits; 2A or 2B first in Corsica)",
                       log_esc(a->adeli));
    if ((a->rpps.n > 0 || a->adeli.n > 0) && (a->type == DT_ORG || a->type == DT_APP))
        return err_set(e, RC_PERM, "an organisation or application mailbox has a structure, not a person's number");
    if (a->telephone.n > 0 && !telephone_ok(a->telephone))
        return err_set(e, RC_SYNTAX, "not a telephone number: %s", log_esc(a->telephone));
    if (a->rank > RANK_MOST || a->paperless > SAID_NO)
        return err_set(e, RC_SYNTAX, "a rank is 1 to %d, or 0 for none", RANK_MOST);
    if (a->mbx < FIRST_MAILBOX)
        return err_set(e, RC_SYNTAX, "mailbox number %llu is reserved", (unsigned long long)a->mbx);
    return RC_OK;
}

static bool text_ok(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return true;
}

/* Nothing else counts mailboxes of a domain, and one change is made at a time. */
static enum rc check_room(struct cache *c, struct span address, struct err *e)
{
    struct cache_domain d;
    if (!cache_domain(c, span_from(address, (size_t)span_chr(address, '@') + 1), &d) || d.most == 0 ||
        cache_domain_accounts(&d) < d.most)
        return RC_OK;
    return err_set(e, RC_PERM, "%s has the %llu accounts that it may have: pli domain set %s --max-accounts N", d.name,
                   (unsigned long long)d.most, d.name);
}

enum rc account_check_address(struct cache *c, const struct dird_account *a, struct err *e)
{
    enum rc rc = check_address(c, a->address, a, SPAN_NULL, e);
    if (rc == RC_OK && (span_trim(a->name).n == 0 || !text_ok(a->name)))
        rc = err_set(e, RC_SYNTAX, "a name is needed, in one line of text");
    return rc;
}

enum rc account_check_new(struct cache *c, const struct dird_account *a, struct err *e)
{
    enum rc rc = account_check_address(c, a, e);
    if (rc != RC_OK)
        return rc;
    if (a->type < DT_PER || a->type > DT_CAB)
        return err_set(e, RC_SYNTAX, "type must be per, org, app or cab");
    rc = account_check_numbers(a, e);
    if (rc == RC_OK)
        rc = check_room(c, a->address, e);
    return rc == RC_OK ? account_check_aliases(c, a, e) : rc;
}
