/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admins.h - delegated administrators: accounts whose holders administer the accounts of a structure or of a domain (decision 0050).
 * Errors   RC_NOTFOUND: no such account or domain, or not given; RC_EXISTS: given already; RC_SYNTAX: no such number; RC_PERM: the account is closed;
 *          RC_QUOTA: more than DIRD_SCOPES. In force when the call returns.
 * Process  pli.
 */
#pragma once
#include "admin/admin.h"

enum rc admin_scope_set(struct admin *ad, struct span address, enum dird_scope_kind kind, struct span id, bool on, struct err *e);
/* In address order. *s and its spans live until see returns. Not RC_OK: the walk ends with that. */
typedef enum rc (*admin_see)(const struct dird_scope *s, void *ctx, struct err *e);
enum rc admin_each(struct admin *ad, admin_see see, void *ctx, struct err *e);
