/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/address_free.c - an address is one thing: a mailbox, an alias or a distribution list. The cache has said already that it
 * is free; slapd is asked too, because the cache may not have read the last change yet. One change is made at a time (d->write), so
 * what slapd says stays true until the new entry is written.
 * Process  dird, under d->write.
 */
#include "base/log.h"
#include "directory/dird/dird.h"
#include "directory/dird/entry.h"
#include <ldap.h>

struct looking {
    const char *base, *filter;
    struct span but_of;
    bool taken;
};

static int look(struct ldap *ld, void *ctx)
{
    struct looking *l = ctx;
    static char mail[] = "mail", *attrs[] = {mail, NULL};
    struct buf who = BUF_INIT;
    LDAPMessage *result = NULL;
    int code = ldap_search_ext_s(ld, l->base, LDAP_SCOPE_ONELEVEL, l->filter, attrs, 0, NULL, NULL, NULL, 0, &result);
    l->taken = false;
    for (LDAPMessage *m = code == LDAP_SUCCESS ? ldap_first_entry(ld, result) : NULL; m; m = ldap_next_entry(ld, m)) {
        buf_clear(&who);
        l->taken = l->taken || !entry_text(ld, m, "mail", &who) || !span_ieq(buf_span(&who), l->but_of);
    }
    buf_free(&who);
    ldap_msgfree(result);
    return code;
}

enum rc address_free(struct dird *d, struct span address, struct span but_of, struct err *e)
{
    struct buf base = BUF_INIT, filter = BUF_INIT;
    buf_addf(&base, "ou=mailboxes,%s", d->base);
    buf_addstr(&filter, "(|(mail=");
    filter_value(&filter, address);
    buf_addstr(&filter, ")(mailLocalAddress=");
    filter_value(&filter, address);
    buf_addstr(&filter, "))");
    struct looking l = {buf_cstr(&base), buf_cstr(&filter), but_of, false};
    enum rc rc = links_run(d->links, true, look, &l, "look for an address", e);
    buf_free(&base);
    buf_free(&filter);
    if (rc == RC_OK && l.taken)
        rc = err_set(e, RC_EXISTS, "%s is already an address here", log_esc(address));
    return rc;
}
