/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/auth.h - who may sign in: password checks by LDAP bind, and the ticket that says so.
 *
 * Order    remembered as right -> too many failures -> bind (a stand-in entry when there is no such account, so that the time tells nothing)
 *          -> disabled -> ticket. What is remembered also works while slapd is away.
 * Bounds   4 binds at once; at most so many sign-ins wait for one, the rest get RC_TEMP at once, so that lookups keep workers.
 * Process  dird, any thread.   Source RFC 4513 5.1 (an empty password must never reach a bind), RFC 4954.
 */
#pragma once
#include "directory/dird/cache.h"
#include "directory/wire.h"

struct auth;
struct auth_how {
    struct cache *cache;
    const char *uri, *base;
    unsigned waiting;      /* sign-ins in work at once */
    unsigned max_failures; /* of a login from one peer in ten minutes; five times that for a peer as a whole */
    int64_t cache_ms, ticket_s;
    const unsigned char *ticket_seed; /* 32 bytes, copied */
};
struct auth *auth_new(const struct auth_how *how);
void auth_free(struct auth **a);
/* mem: for the reply's spans; must be empty. */
enum rc auth_sign_in(struct auth *a, const struct dird_auth_req *rq, struct buf *mem, struct dird_auth_rep *out, struct err *e);
void auth_counts(const struct auth *a, uint64_t *binds_out, uint64_t *remembered_out);
