/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/lists.h - distribution lists: made, changed, their members changed, removed, looked at. Decision 0048.
 *
 * Names    a list is given by its own address, as address_normal() makes it (admin/names.h). A member is an account or an alias here, a list here, or an
 *          address of the trust space; dird judges it.
 * Crash    a change is there or it is not, all members of one call together: dird changes the directory in one request. RC_TEMP: it may be either.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/admin.h"

uint8_t list_post_of(struct span word);     /* "members", "domain", "anyone-signed-in", "trust-space" -> enum dird_post; 0: none such */
const char *list_post_name(uint8_t post);   /* the word; "?" */
/* RC_EXISTS: the address is somebody's or some list's. RC_PERM: its domain is not served here. */
enum rc list_add(struct admin *ad, const struct dird_group *g, struct err *e);
enum rc list_set(struct admin *ad, const struct dird_group *g /* .what: DW_NAME, DW_NOTE, DW_POST */, struct err *e); /* RC_NOTFOUND */
enum rc list_remove(struct admin *ad, struct span address, struct err *e);
/* members: one a line. Who is there already, or to go and not there, is passed over. RC_PERM: one of them cannot be a member, or there are too many. */
enum rc list_change(struct admin *ad, struct span address, bool add, struct span members, struct dird_group_change_rep *out, struct err *e);
/* Spans live until it returns. Not RC_OK: the walk ends with that. In the order of addresses, page by page. */
typedef enum rc (*list_see)(const struct dird_group *g, void *ctx, struct err *e);
enum rc list_each(struct admin *ad, list_see see, void *ctx, struct err *e);
typedef enum rc (*list_member_see)(const struct dird_member *m, void *ctx, struct err *e);
enum rc list_each_member(struct admin *ad, struct span address, list_member_see see, void *ctx, struct err *e); /* RC_NOTFOUND: no such list */
/* May a message of that account (empty: of a sender elsewhere), sent as sender, go to the list? RC_OK, or e->cause says why not. */
enum rc list_may_post(struct admin *ad, struct span address, struct span account, struct span sender, struct err *e);
