/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/scope.h - delegated administrators: who acts on a connection, and what is hers to see and to do (decision 0050).
 *
 * Who      an operator (ROLE_ADMIN) may all. On a connection of ROLE_ACTING nobody acts before DIRD_ACT; from then on one administrator does, until it ends.
 *          Who she is and what she administers is looked up anew at each request: nothing of it is remembered.
 * Scope    a structure's: accounts whose mssStructureId is that number. A domain's: accounts and lists whose own address is in it. Aliases put an account into
 *          no scope. Numbers and domains are compared without regard to case, as a whole: no spaces, no wildcards.
 * Beyond   nobody acts on her own account, nor on an administrator who has a scope that she has not. So nobody gives herself anything, and nobody who resets a
 *          colleague's password has more by it than before.
 * Checks   scope_check() holds one request against that; an operation that ROLE_ACTING may ask and that has no row there is a bug() at its first call. Of a
 *          change it is asked under d->write, so what it found is so until the change is made.
 * Process  dird, worker threads.
 */
#pragma once
#include "directory/dird/dird.h"

struct acting {
    bool operator_; /* may all; the rest is empty */
    char address[CACHE_NAME];
    uint64_t mbx;
    struct cache_scopes scopes;
};

/* DIRD_ACT: from now on p acts for whom the ticket is of. */
enum rc scope_enter(struct dird *d, struct ipc_peer *p, struct span ticket, struct err *e);
void scope_left(struct ipc_peer *p);
/* RC_DENIED: nobody acts yet (CAUSE_NOT_PERMITTED), or no longer (CAUSE_ACTING_ENDED). Any other role than ROLE_ACTING is an operator here. */
enum rc scope_who(struct dird *d, const struct ipc_peer *p, struct acting *out, struct err *e);
/* For the log: "marie@chu.test", "uid:0", "holder" (of a code: choose.c). */
const char *scope_by(const struct ipc_peer *p, char out[CACHE_NAME]);

/* ---- pure ---- */
bool scope_holds(const struct cache_scopes *s, enum dird_scope_kind kind, struct span id);
bool scope_has(const struct acting *w, const struct cache_reach *r);
bool scope_has_address(const struct acting *w, struct span address); /* its domain alone: a list's */
/* RC_PERM, CAUSE_OUT_OF_SCOPE: it is not in her scopes, is her own, or an administrator of more than that. */
enum rc scope_may_change(const struct acting *w, const struct cache_reach *r, struct err *e);
/* May she give somebody that address? Of her own address's domain or one that she administers. */
enum rc scope_may_give(const struct acting *w, struct span address, struct err *e);
enum rc scope_refused(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* RC_PERM, CAUSE_OUT_OF_SCOPE */

/* ---- with the cache ---- */
bool scope_sees(struct dird *d, const struct acting *w, struct span address); /* an account by its own address */
/* Of an account that is not in her scopes she hears that the address is somebody's: kind and address. */
enum rc scope_veil(struct dird *d, const struct ipc_peer *p, struct cache_view *v, struct err *e);
bool scope_names_structure(struct dird *d, const struct ipc_peer *p, struct span structure); /* an operator, or it is hers as a structure */
bool scope_names_structure_of(struct dird *d, const struct ipc_peer *p, struct span address); /* of that account */
bool scope_sees_list(const struct acting *w, struct span address);
bool scope_sees_domain(const struct acting *w, struct span domain);

/* scope_ops.c. RC_OK, or why not; a refusal is logged. For any role: of those that are not ROLE_ACTING nothing is asked. */
enum rc scope_check(struct dird *d, struct ipc_peer *p, enum dird_op op, const void *req, struct err *e);
enum rc scope_may(struct dird *d, struct ipc_peer *p, const struct dird_may_do_req *q, struct err *e); /* DIRD_MAY */

/* admins.c: scopes given and taken. Under d->write. */
struct mods;
enum rc admin_set(struct dird *d, const struct dird_scope *q, struct err *e);
enum rc admin_page(struct dird *d, const struct acting *w, struct span after, struct buf *list, bool *more_out, struct err *e);
void admin_end(struct dird *d, struct span address, struct mods *m); /* lays into m that an account administers nothing any more */
