/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/account_read.c - reads accounts from the directory: one account, a page in the order of addresses, a
 * search.
 * Process  dird.
 */
#include "base/log.h"
#include "directory/dird/entry.h"
#include "directory/dird/pages.h"
#include "directory/dird/scope.h"
#include "directory/fold.h"
#include <ldap.h>
#include <stdlib.h>

enum { PAGE_NAMES = 200, MOST_FOUND = 2000, MOST_WORDS = 8, RPPS_DIGITS = 11 };

struct reading {
    const char *dn;
    bool with_cert;
    struct buf *mem;
    struct dird_account *out; /* NULL: only the CSN is wanted */
    uint64_t csn;
    enum rc rc; /* of the parsing */
    struct err *e;
};

static int read_entry(struct ldap *ld, void *ctx)
{
    static const char *const csn_only[] = {"entryCSN", NULL};
    struct reading *r = ctx;
    LDAPMessage *result = NULL, *m = NULL;
    const char *const *attrs = r->out ? entry_account_attrs : csn_only;
    int code = ldap_search_ext_s(ld, r->dn, LDAP_SCOPE_BASE, "(objectClass=mssBox)", (char **)attrs, 0, NULL, NULL,
                                 NULL, 1, &result);
    if (code == LDAP_SUCCESS)
        m = ldap_first_entry(ld, result);
    if (code == LDAP_SUCCESS && !m)
        code = LDAP_NO_SUCH_OBJECT;
    if (m && r->out)
        r->rc = entry_account(ld, m, r->with_cert, r->mem, r->out, r->e);
    else if (m)
        r->csn = entry_csn(ld, m);
    ldap_msgfree(result);
    return code;
}

static enum rc read_one(struct dird *d, struct span address, struct reading *r, struct err *e)
{
    struct buf dn = BUF_INIT;
    dn_mailbox(&dn, d->base, address);
    r->dn = buf_cstr(&dn);
    r->e = e;
    enum rc rc = links_run(d->links, true, read_entry, r, "read an account", e);
    buf_free(&dn);
    if (rc == RC_NOTFOUND)
        return err_set(e, RC_NOTFOUND, "no account %s", log_esc(address));
    return rc == RC_OK ? r->rc : rc;
}

struct holding {
    const char *base, *filter;
    struct buf *out;
};

static int read_holder(struct ldap *ld, void *ctx)
{
    struct holding *h = ctx;
    static char mail[] = "mail", *attrs[] = {mail, NULL};
    LDAPMessage *result = NULL, *m = NULL;
    struct berval **v = NULL;
    int code = ldap_search_ext_s(ld, h->base, LDAP_SCOPE_ONELEVEL, h->filter, attrs, 0, NULL, NULL, NULL, 1, &result);

    if (code == LDAP_SUCCESS && (m = ldap_first_entry(ld, result)) == NULL)
        code = LDAP_NO_SUCH_OBJECT;
    if (m)
        v = ldap_get_values_len(ld, m, "mail");
    if (v && v[0])
        buf_add(h->out, v[0]->bv_val, v[0]->bv_len);
    ldap_value_free_len(v);
    ldap_msgfree(result);
    return code;
}

enum rc account_holder(struct dird *d, uint64_t mbx, struct buf *address_out, struct err *e)
{
    struct buf base = BUF_INIT, filter = BUF_INIT;
    struct holding h = {.out = address_out};
    enum rc rc;

    buf_addf(&base, "ou=mailboxes,%s", d->base);
    buf_addf(&filter, "(pliMailboxId=%llu)", (unsigned long long)mbx);
    h.base = buf_cstr(&base);
    h.filter = buf_cstr(&filter);
    rc = links_run(d->links, true, read_holder, &h, "look for a mailbox's holder", e);
    buf_free(&base);
    buf_free(&filter);
    return rc == RC_OK && address_out->n == 0
               ? err_set(e, RC_NOTFOUND, "no account has mailbox %llu", (unsigned long long)mbx)
               : rc;
}

enum rc account_read(struct dird *d, struct span address, bool with_cert, struct buf *mem, struct dird_account *out,
                     struct err *e)
{
    struct reading r = {.with_cert = with_cert, .mem = mem, .out = out};
    return read_one(d, address, &r, e);
}

enum rc account_csn(struct dird *d, struct span address, uint64_t *csn_out, struct err *e)
{
    struct reading r = {0};
    enum rc rc = read_one(d, address, &r, e);
    if (rc == RC_OK)
        *csn_out = r.csn;
    return rc;
}

/* ---- lists ---- */
/* Adds the account's record to list. RC_MORE: there is no room for it. An account that vanished meanwhile is left
 * out. */
static enum rc add_record(struct dird *d, struct span address, enum account_pages which, struct buf *list,
                          struct err *e)
{
    struct buf mem = BUF_INIT, rec = BUF_INIT;
    struct dird_account a;
    enum rc rc = account_read(d, address, which == PAGE_CERTS, &mem, &a, e);
    if (rc == RC_OK && (which != PAGE_CERTS || (a.cert_der.n > 0 && a.state < DA_CLOSED))) {
        ipc_list_add(&rec, dird_account_f, &a);
        if (list->n + rec.n > DIRD_LIST_BYTES)
            rc = RC_MORE;
        else
            buf_addspan(list, buf_span(&rec));
    }
    buf_free(&mem);
    buf_free(&rec);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

struct showing {
    struct dird *d;
    const struct acting *w;
    enum account_pages which;
};

static enum rc put(void *ctx, struct span name, struct buf *list, struct err *e)
{
    const struct showing *s = ctx;
    return scope_sees(s->d, s->w, name) ? add_record(s->d, name, s->which, list, e) : RC_OK;
}

enum rc account_page(struct dird *d, enum account_pages which, const struct acting *w, struct span after,
                     struct buf *list, bool *more_out, struct err *e)
{
    struct showing s = {d, w, which};
    const struct paging g = {which == PAGE_CLOSED ? LIST_CLOSED : LIST_MAILBOXES, PAGE_NAMES, put, &s};
    return page_fill(d->cache, &g, after, list, more_out, e);
}

/* ---- search ---- */
struct finding {
    const char *base, *filter;
    struct buf *names; /* NUL-ended */
};

static int find_names(struct ldap *ld, void *ctx)
{
    struct finding *f = ctx;
    static char mail[] = "mail", *attrs[] = {mail, NULL};
    LDAPMessage *result = NULL;
    buf_clear(f->names);
    int code =
        ldap_search_ext_s(ld, f->base, LDAP_SCOPE_ONELEVEL, f->filter, attrs, 0, NULL, NULL, NULL, MOST_FOUND, &result);
    if (code == LDAP_SIZELIMIT_EXCEEDED)
        code = LDAP_SUCCESS; /* the first ones will do */
    for (LDAPMessage *m = code == LDAP_SUCCESS ? ldap_first_entry(ld, result) : NULL; m; m = ldap_next_entry(ld, m))
        if (entry_text(ld, m, "mail", f->names))
            buf_addc(f->names, 0);
    ldap_msgfree(result);
    return code;
}

/* Every word of the text begins a word of the entry. */
static void search_filter(struct span text, struct buf *out)
{
    struct buf folded = BUF_INIT;
    struct span rest, w;
    uint64_t number;
    fold_words(text, &folded);
    buf_addstr(out, "(&(objectClass=mssBox)");
    rest = buf_span(&folded);
    for (int n = 0; n < MOST_WORDS && fold_next(&rest, &w); n++)
        if (w.n == RPPS_DIGITS && span_u64(w, UINT64_MAX, &number)) /* a professional's number is no word of a name */
            buf_addf(out, "(|(mssSearchName=%.*s*)(rpps=%.*s))", SPAN_ARG(w), SPAN_ARG(w));
        else
            buf_addf(out, "(mssSearchName=%.*s*)", SPAN_ARG(w));
    buf_addstr(out, ")");
    buf_free(&folded);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Writes the names that follow "after", sorted, each NUL-ended. */
static void sort_names(struct buf *names, struct span after, struct buf *out)
{
    char low[CACHE_NAME] = "";
    const char **v = calloc(MOST_FOUND + 1, sizeof *v);
    size_t n = 0;
    if (!v)
        die("out of memory");
    if (after.n > 0 && !cache_lower(after, low))
        low[0] = '\0';
    for (size_t at = 0; at < names->n && n < MOST_FOUND; at += strlen((char *)names->p + at) + 1)
        if (strcmp((char *)names->p + at, low) > 0)
            v[n++] = (char *)names->p + at;
    qsort(v, n, sizeof *v, by_text);
    for (size_t i = 0; i < n; i++)
        buf_add(out, v[i], strlen(v[i]) + 1);
    free(v);
}

enum rc account_search(struct dird *d, const struct acting *w, struct span text, struct span after, struct buf *list,
                       bool *more_out, struct err *e)
{
    struct buf base = BUF_INIT, filter = BUF_INIT, found = BUF_INIT, sorted = BUF_INIT;
    buf_addf(&base, "ou=mailboxes,%s", d->base);
    search_filter(text, &filter);
    struct finding f = {buf_cstr(&base), buf_cstr(&filter), &found};
    struct showing s = {d, w, PAGE_ALL};
    const struct paging g = {.put = put, .ctx = &s};
    struct span last;
    enum rc rc = links_run(d->links, true, find_names, &f, "search", e);
    if (rc == RC_OK) {
        sort_names(&found, after, &sorted);
        rc = page_put(&g, buf_span(&sorted), &last, list, e);
    }
    *more_out = rc == RC_MORE;
    buf_free(&base);
    buf_free(&filter);
    buf_free(&found);
    buf_free(&sorted);
    return rc == RC_MORE ? RC_OK : rc;
}

/* ---- is there any? ---- */
struct any {
    const char *base, *filter;
    bool found;
};

static int look_for_any(struct ldap *ld, void *ctx)
{
    struct any *a = ctx;
    static char none[] = LDAP_NO_ATTRS, *attrs[] = {none, NULL};
    LDAPMessage *result = NULL;
    int code = ldap_search_ext_s(ld, a->base, LDAP_SCOPE_ONELEVEL, a->filter, attrs, 0, NULL, NULL, NULL, 1, &result);
    a->found = result && ldap_count_entries(ld, result) > 0;
    ldap_msgfree(result);
    return code == LDAP_SIZELIMIT_EXCEEDED ? LDAP_SUCCESS : code;
}

enum rc mailboxes_any(struct dird *d, const char *filter, const char *doing, bool *found_out, struct err *e)
{
    struct buf base = BUF_INIT;
    buf_addf(&base, "ou=mailboxes,%s", d->base);
    struct any a = {buf_cstr(&base), filter, false};
    enum rc rc = links_run(d->links, true, look_for_any, &a, doing, e);
    buf_free(&base);
    *found_out = a.found;
    return rc;
}
