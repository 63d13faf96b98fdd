/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/import/find.c - see find.h. */
#include "directory/import/find.h"
#include "base/buf.h"
#include "directory/fold.h"
#include "directory/import/change.h"
#include "directory/import/change_int.h"
#include "policies/identifiers.h"
#include <ldap.h>

enum { WORDS = 16, FIELDS = 8 };
static const char *const attrs[] = {"mail", "mssType", "cn", "rpps", "title", "o", "ou", "l", NULL};

/* Folded words are letters and digits of ASCII: nothing in them needs to be escaped (RFC 4515). */
static bool filter_of(struct span text, struct buf *out)
{
    struct buf folded = BUF_INIT;
    struct span rest, word;
    int n = 0;
    fold_words(text, &folded);
    rest = buf_span(&folded);
    buf_addstr(out, "(&(objectClass=mssNationalBox)");
    for (; n < WORDS && fold_next(&rest, &word); n++)
        if (rpps_ok(word))
            buf_addf(out, "(rpps=%.*s)", SPAN_ARG(word));
        else
            buf_addf(out, "(mssSearchName=%.*s*)", SPAN_ARG(word));
    buf_addstr(out, ")");
    buf_free(&folded);
    return n > 0;
}

static void show(LDAP *ld, LDAPMessage *m, national_see see, void *ctx)
{
    struct berval **v[FIELDS];
    struct span s[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        v[i] = ldap_get_values_len(ld, m, attrs[i]);
        s[i] = v[i] && v[i][0] ? span_of(v[i][0]->bv_val, v[i][0]->bv_len) : SPAN_NULL;
    }
    see(&(struct national_found){s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]}, ctx);
    for (size_t i = 0; i < FIELDS; i++)
        ldap_value_free_len(v[i]);
}

enum rc national_find(struct span text, unsigned most, national_see see, void *ctx, struct err *e)
{
    struct change *c = NULL;
    struct buf filter = BUF_INIT;
    LDAPMessage *all = NULL;
    enum rc rc = filter_of(text, &filter) ? change_open(&c, e) : err_set(e, RC_NOTFOUND, "no word to look for");
    if (rc == RC_OK) {
        int code = ldap_search_ext_s(change_link(c), NATIONAL_TOP, LDAP_SCOPE_ONELEVEL, buf_cstr(&filter),
                                     (char **)attrs, 0, NULL, NULL, NULL, (int)most, &all);
        rc = code == LDAP_SIZELIMIT_EXCEEDED ? err_set(e, RC_MORE, "there are more than %u", most)
                                             : change_fail(c, code, "look for that", e);
    }
    for (LDAPMessage *m = c ? ldap_first_entry(change_link(c), all) : NULL; m; m = ldap_next_entry(change_link(c), m))
        show(change_link(c), m, see, ctx);
    ldap_msgfree(all);
    buf_free(&filter);
    change_close(&c);
    return rc;
}
