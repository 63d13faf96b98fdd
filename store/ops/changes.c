/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/changes.c - what changed since a modseq (RFC 7162): entries, then expunged UIDs.
 *
 * Arrivals each take a modseq of their own, so after "since" there were at most modseq - since of them: only that many
 * UIDs at the end are looked at, unless flags changed too (flags_modseq), which wants the whole folder.
 * Cursor   0, or the UID to go on from, or with CURSOR_EXPUNGED set how many expunged UIDs were told. */
#include "store/ops/folder.h"

#define CURSOR_EXPUNGED 0x80000000u /* UIDs stay below: STORE_UID_MAX */

static uint32_t first_uid(const struct counters *c, uint64_t since)
{
    uint64_t most = c->modseq - since;

    if (c->flags_modseq > since || most >= c->uidnext)
        return 1;
    return c->uidnext - (uint32_t)most;
}

/* RC_MORE: the page is full, *next_out says where to go on. */
static enum rc add_changed(struct tx *t, const struct ask *a, const struct counters *c, uint32_t *next_out,
                           struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct msg_it it;
    struct msg m;
    uint32_t uid;
    enum rc rc =
        msg_it_all(&it, t, a->s->mbx, rq->folder, rq->cursor ? rq->cursor : first_uid(c, rq->since), STORE_UID_MAX, e);

    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (m.modseq <= rq->since)
            continue;
        if (a->out->n + STORE_BRIEF > OUT_MAX) {
            *next_out = uid;
            rc = RC_MORE;
            break;
        }
        brief_add(a->out, uid, &m);
    }
    msg_it_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc add_expunged(struct tx *t, const struct ask *a, uint32_t skip, uint32_t *next_out, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct key from = key_seq(a->s->mbx, rq->folder, rq->since + 1);
    uint32_t told = skip;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_EXPUNGED, &from, 12, SCAN_MANY, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK) {
        struct rd r = rd_of(v);

        while (r.s.n >= 4 && rc == RC_OK) {
            uint32_t uid = rd_u32(&r);

            if (skip > 0) {
                skip--;
            } else if (a->out->n + 4 > OUT_MAX) {
                *next_out = CURSOR_EXPUNGED | told;
                rc = RC_MORE;
            } else {
                buf_u32(a->out, uid);
                told++;
            }
        }
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc do_changes(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct store_changes_rep *rep = a->rep;
    bool expunged_only = rq->cursor & CURSOR_EXPUNGED;
    size_t briefs;
    struct counters c;
    enum rc rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);

    if (rc != RC_OK)
        return rc;
    rep->modseq = c.modseq;
    rep->exists = c.exists;
    if (rq->since >= c.modseq)
        return RC_OK;
    if (!expunged_only)
        rc = add_changed(t, a, &c, &rep->next, e);
    briefs = a->out->n;
    if (rc == RC_OK)
        rc = add_expunged(t, a, expunged_only ? rq->cursor & ~CURSOR_EXPUNGED : 0, &rep->next, e);
    rep->brief = span_head(buf_span(a->out), briefs);
    rep->expunged = span_from(buf_span(a->out), briefs);
    return rc == RC_MORE ? RC_OK : rc;
}
