/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/domains.h - the mail domains of this instance: taken up, changed, disabled, removed, looked at. Decision 0047.
 *
 * Names    a domain is given in lower case and A-labels: trust_domain_normal() (admin/trust.h). Postmaster and catch-all are accounts' own addresses.
 * Figures  how many addresses of a domain are mailboxes, and how many aliases or lists, is counted by dird as they come and go.
 * Crash    a change is there or it is not: dird changes the directory in one request. RC_TEMP: it may be either; domain_get() says.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"

/* what: as DIRD_DOMAIN_SET; the spans of is point into mem. */
struct domain_entry {
    struct dird_domain is;
    struct buf mem;
};
enum rc domain_get(struct admin *ad, struct span domain, struct domain_entry *out, struct err *e); /* RC_NOTFOUND; *out is to be freed in any case */
void domain_entry_free(struct domain_entry *d);
/* RC_EXISTS: it is one of this instance already. RC_PERM: postmaster or catch-all is no account. */
enum rc domain_add(struct admin *ad, const struct dird_domain *d, struct err *e);
enum rc domain_set(struct admin *ad, const struct dird_domain *d /* .what: DW_ bits */, struct err *e);
/* RC_PERM: it has addresses, or it is instance.domain. */
enum rc domain_remove(struct admin *ad, struct span domain, struct err *e);
/* Spans live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*domain_see)(const struct dird_domain *d, void *ctx, struct err *e);
/* What its mailboxes hold together (by their own addresses, in any state), at this moment: the sum is read, mailbox by mailbox, so it costs by their number. Asked for
 * numbers of dird, then of stored. Octets as they count against a quota. */
struct domain_space {
    uint64_t boxes, messages, used;
};
enum rc domain_space(struct admin *ad, struct span domain, struct domain_space *out, struct err *e);
enum rc domain_each(struct admin *ad, domain_see see, void *ctx, struct err *e); /* in their order, page by page */
