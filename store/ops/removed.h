/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/removed.h - messages that left a folder lately, as a session that was not told yet reads them (RFC 2180 4.1.1).
 *
 * Use      a request gives .removed, the number that SELECT or CHANGES answered when the session last knew everything. What left the folder since then is
 *          in rows of T_FREED from that number on, so the work is as large as what happened meanwhile.
 * Locks    the rows that are given out are locked for reading: nothing that they stand for is freed before the transaction ends.
 * Bound    REMOVED_MOST messages; those behind are not there for the request.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/freed.h"

enum { REMOVED_MOST = 50000 };
struct removed { /* sorted by UID */
    struct freed *f;
    size_t n, at; /* at: removed_next() goes on here */
};
/* The folder's messages with numbers from "since" on and UIDs of the set, from a UID on. since 0: none. The set is checked. */
enum rc removed_gather(struct removed *r, struct tx *t, uint64_t mbx, uint32_t folder, uint64_t since, struct span uids, uint32_t from,
                       struct err *e);
void removed_free(struct removed *r);
/* One message. RC_NOTFOUND. */
enum rc removed_get(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t since, uint32_t uid, struct msg *m_out, struct err *e);
/* The number for the next answer. */
enum rc removed_now(struct tx *t, uint64_t mbx, uint64_t *n_out, struct err *e);
