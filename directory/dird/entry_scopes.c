/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry_scopes.c - what an entry says that its holder administers (decision 0050). See entry.h.
 * Process  dird.
 */
#include "directory/dird/entry.h"
#include <ldap.h>
#include <stdio.h>

static void scopes_in(struct ldap *ld, struct ldapmsg *m, const char *attr, enum dird_scope_kind kind,
                      struct cache_scopes *out)
{
    struct berval **v = ldap_get_values_len(ld, m, attr);
    for (size_t i = 0; v && v[i] && out->n < DIRD_SCOPES; i++) {
        struct cache_scope *s = &out->of[out->n];
        if (v[i]->bv_len == 0 || v[i]->bv_len >= sizeof s->id || memchr(v[i]->bv_val, 0, v[i]->bv_len))
            continue;
        s->kind = (uint8_t)kind;
        snprintf(s->id, sizeof s->id, "%.*s", (int)v[i]->bv_len, v[i]->bv_val);
        out->n++;
    }
    ldap_value_free_len(v);
}

void entry_scopes(struct ldap *ld, struct ldapmsg *m, struct cache_scopes *out)
{
    out->n = 0;
    scopes_in(ld, m, "pliAdminStructure", SCOPE_STRUCTURE, out);
    scopes_in(ld, m, "pliAdminDomain", SCOPE_DOMAIN, out);
}
