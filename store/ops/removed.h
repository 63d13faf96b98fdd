/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/removed.h - messages that left a folder lately, as a session that was not told yet reads them (RFC 2180 4.1.1).
 *
 * Use      a request gives .removed, the number that SELECT or CHANGES answered when the session last knew everything. What left the folder since then is
 *          in rows of T_FREED from that number on, so the work is as large as what happened meanwhile.
 * Locks    the rows that are given out are locked for reading: nothing that they stand for is freed before the transaction ends.
 * Index    a FETCH asks page after page with one number. What left since then is therefore gathered once a connection, as UIDs with the rows they are in,
 *          and what leaves meanwhile is added: a page costs what it gives out, not all that happened. The rows themselves are read anew by each
 *          request, for they may have been freed.
 * Bound    REMOVED_MOST messages an index (800 KB); those behind are not there for the session.
 * Process  pli-stored, inside a transaction; an index belongs to its connection, of which one request at a time is worked on.
 */
#pragma once
#include "store/ops/freed.h"

enum { REMOVED_MOST = 50000, REMOVED_A_PAGE = 256 };
struct removed_index {
    uint32_t folder;
    uint64_t mbx, since, upto; /* since, upto: the numbers that were looked at, and the first one not */
    uint64_t looked;           /* rows read for it since the connection began */
    struct removed_at {
        uint32_t uid;
        uint64_t row;
    } * at; /* sorted by UID */
    size_t n;
};
void removed_index_free(struct removed_index **i);
struct removed { /* sorted by UID */
    struct freed *f;
    size_t n, at; /* at: removed_next() goes on here */
    uint32_t end; /* there are more, with this UID and above; 0: that was all */
};
struct removed_want {
    uint64_t mbx, since;
    uint32_t folder, from;
    struct span uids; /* SPAN_NULL: any */
    size_t most;
};
/* The folder's messages with numbers from "since" on and UIDs of the set, from a UID on, about "most" of them. since 0: none.
 * *index: the connection's, NULL at first. The set is checked. */
enum rc removed_gather(struct removed *r, struct tx *t, struct removed_index **index, const struct removed_want *w,
                       struct err *e);
void removed_free(struct removed *r);
/* One message, with .from for its UID; .uids and .most are not looked at. RC_NOTFOUND. */
enum rc removed_get(struct tx *t, struct removed_index **index, struct removed_want w, struct msg *m_out,
                    struct err *e);
/* The number that a request names, for that session. A delegate is given nothing that left before her connection was bound: the holder's removed messages are
 * the holder's. */
static inline uint64_t removed_since(const struct sess *s, uint64_t named)
{
    return named != 0 && s->delegate && named < s->removed_from ? s->removed_from : named;
}
/* The number for the next answer. */
enum rc removed_now(struct tx *t, uint64_t mbx, uint64_t *n_out, struct err *e);
