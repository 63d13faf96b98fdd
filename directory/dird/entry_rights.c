/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/entry_rights.c - whom an entry gives what: the delegates of its mailbox (decision 0034), and what its holder administers (0050). See entry.h.
 * Process  dird.
 */
#include "directory/dird/entry.h"
#include <ldap.h>
#include <stdio.h>

/* "17 1790000000000000 lrs marie@chu.test". Whatever else is written there gives nobody anything. */
bool entry_grant(struct span value, struct cache_grant *out)
{
    struct span word[3];
    for (size_t i = 0; i < 3; i++) {
        ptrdiff_t end = span_chr(value, ' ');
        if (end < 0)
            return false;
        word[i] = span_head(value, (size_t)end);
        value = span_from(value, (size_t)end + 1);
    }
    *out = (struct cache_grant){0};
    if (!span_u64(word[0], UINT64_MAX, &out->delegate) || !span_u64(word[1], UINT64_MAX, &out->number) ||
        !rights_parse(word[2], &out->acl) || out->delegate == 0 || out->number == 0 || out->acl == 0 ||
        span_chr(value, '@') <= 0 || value.n >= CACHE_NAME)
        return false;
    memcpy(out->to, value.p, value.n);
    return true;
}

static bool has_grant(const struct cache_grant *g, size_t n, uint64_t delegate)
{
    for (size_t i = 0; i < n; i++)
        if (g[i].delegate == delegate)
            return true;
    return false;
}

size_t entry_grants(struct ldap *ld, struct ldapmsg *m, struct cache_grant out[CACHE_GRANTS])
{
    struct berval **v = ldap_get_values_len(ld, m, "pliDelegate");
    size_t n = 0;
    for (size_t i = 0; v && v[i] && n < CACHE_GRANTS; i++)
        if (entry_grant(span_of(v[i]->bv_val, v[i]->bv_len), &out[n]) && !has_grant(out, n, out[n].delegate))
            n++;
    ldap_value_free_len(v);
    return n;
}

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
