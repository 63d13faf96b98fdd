/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/trust.h - local entries of the trust space: which operator's certificate speaks for which mail domain.
 *
 * Crash    an entry is there or it is not: dird changes the directory in one request. RC_TEMP: it may be either; trust_each() says.
 * Process  pli; later the HTTP daemon.   Source MSSante, list of trusted domains; DNs as RFC 4514 writes them, compared by policies/trust.h.
 */
#pragma once
#include "admin/admin.h"

enum { TRUST_DOMAIN_ROOM = 256 };
/* A mail domain in lower case, in A-labels (base/idn.h), ended by NUL; false when it is none. */
bool trust_domain_normal(struct span typed, char out[TRUST_DOMAIN_ROOM]);
/* attribute=value, at least one. */
bool trust_dn_like(struct span dn);
/* entry: domain as above, dn, note (may be empty). RC_SYNTAX: no DN. A domain may have several. */
enum rc trust_add(struct admin *ad, const struct dird_trust_entry *entry, struct err *e);
/* dn empty: the whole domain. RC_NOTFOUND: no such entry. */
enum rc trust_remove(struct admin *ad, struct span domain, struct span dn, struct err *e);
/* Spans live until it returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*trust_see)(const struct dird_trust_entry *t, void *ctx, struct err *e);
/* In domain order, one entry a DN. */
enum rc trust_each(struct admin *ad, trust_see see, void *ctx, struct err *e);
