/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/catch_all.c - mail to an address of a domain that nobody has goes to the mailbox that the domain names for it, when
 * it names one. An address that somebody has, closed or disabled though it be, is no such address.   docs/decisions/0048
 * Process  dird, any thread.
 */
#include "directory/dird/dird.h"

void catch_all_find(struct dird *d, struct span asked, struct cache_view *v)
{
    struct cache_view who;
    struct cache_domain domain;
    char low[CACHE_NAME];
    const char *at;

    if (v->kind != DK_UNKNOWN || v->domain_off || !cache_lower(asked, low) || (at = strrchr(low, '@')) == NULL)
        return;
    if (!cache_domain(d->cache, span_str(at + 1), &domain) || !domain.catch_all[0])
        return;
    cache_find(d->cache, span_str(domain.catch_all), &who);
    if (who.kind != DK_MAILBOX)
        return;
    *v = who;
    v->catch_all = true;
}
