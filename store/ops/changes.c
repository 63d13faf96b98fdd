/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/changes.c - what changed since a modseq (RFC 7162): entries, then UIDs that are gone.
 *
 * Entries  Each arrival takes a modseq of its own, so at most modseq - since messages arrived after "since". Only that
 *          many UIDs at the end are looked at. When flags changed too (flags_modseq), the whole folder is looked at.
 * Gone     The UIDs that are gone come from the rows of T_EXPUNGED. When rows behind "since" were pruned (expunged.h),
 *          every UID below uidnext that has no message is told instead. One walk over the folder finds these UIDs as
 *          ranges, and looks at no more than LOOK_A_PAGE messages per page.
 * Cursor   what is being told << 32 | where to go on. AT_ENTRIES: the UID. AT_ROWS: how many UIDs of rows were told.
 *          AT_ABSENT: the UID. When rows are pruned between two pages, AT_ROWS becomes AT_ABSENT from the first UID
 *          on. */
#include "store/ops/expunged.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/shown.h"

enum { AT_ENTRIES, AT_ROWS, AT_ABSENT, LOOK_A_PAGE = 20000 };

static uint64_t cursor(uint64_t at, uint32_t where)
{
    return at << 32 | where;
}

static uint32_t first_uid(const struct counters *c, uint64_t since)
{
    uint64_t most = c->modseq - since;

    if (c->flags_modseq > since || most >= c->uidnext)
        return 1;
    return c->uidnext - (uint32_t)most;
}

/* RC_MORE: the page is full, *next_out says where to go on. */
static enum rc add_changed(struct tx *t, const struct ask *a, const struct counters *c, uint64_t *next_out,
                           struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct msg_it it;
    struct msg m = {0};
    struct seen seen;
    uint32_t uid;
    enum rc rc = seen_open(&seen, t, a->s->mbx, rq->folder, a->s->delegate, false, e);

    if (rc != RC_OK)
        return rc;
    rc = msg_it_brief(&it, t, a->s->mbx, rq->folder, rq->cursor ? (uint32_t)rq->cursor : first_uid(c, rq->since),
                      STORE_UID_MAX, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (m.modseq <= rq->since)
            continue;
        if (a->out->n + STORE_BRIEF > OUT_MAX) {
            *next_out = cursor(AT_ENTRIES, uid);
            rc = RC_MORE;
            break;
        }
        if ((rc = seen_view(&seen, uid, &m.flags, e)) != RC_OK)
            break;
        brief_add(a->out, uid, &m);
    }
    msg_it_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Adds a range to those from "begin" of out on, or makes the last one longer. False: the page is full. */
static bool add_range(struct buf *out, size_t begin, uint32_t lo, uint32_t hi)
{
    struct rd last = rd_of(span_from(buf_span(out), out->n >= begin + 8 ? out->n - 4 : out->n));

    if (last.s.n == 4 && rd_u32(&last) + 1 == lo)
        out->n -= 4;
    else if (out->n + 8 > OUT_MAX)
        return false;
    else
        buf_u32(out, lo);
    buf_u32(out, hi);
    return true;
}

static enum rc add_rows(struct tx *t, const struct ask *a, uint32_t skip, uint64_t *next_out, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct key from = key_seq(a->s->mbx, rq->folder, rq->since + 1);
    size_t begin = a->out->n;
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
            } else if (add_range(a->out, begin, uid, uid)) {
                told++;
            } else {
                *next_out = cursor(AT_ROWS, told);
                rc = RC_MORE;
            }
        }
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc add_absent(struct tx *t, const struct ask *a, uint32_t uidnext, uint32_t from, uint64_t *next_out,
                          struct err *e)
{
    const struct store_changes_req *rq = a->req;
    uint32_t at = from ? from : 1, uid; /* at: UIDs below it are told, or have messages */
    struct key k0 = key_msg(a->s->mbx, rq->folder, at);
    size_t begin = a->out->n;
    struct span k, v;
    struct scan s;
    int looked = 0;
    enum rc rc = scan_open(&s, t, T_MSGS, &k0, 12, SCAN_MANY, e);

    for (; rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK; at = uid + 1) {
        uid = be32(k.p + 12);
        if (looked++ == LOOK_A_PAGE || (uid > at && !add_range(a->out, begin, at, uid - 1)))
            rc = RC_MORE;
        if (rc == RC_MORE)
            break;
    }
    scan_close(&s);
    if (rc == RC_NOTFOUND)
        rc = at < uidnext && !add_range(a->out, begin, at, uidnext - 1) ? RC_MORE : RC_OK;
    if (rc == RC_MORE)
        *next_out = cursor(AT_ABSENT, at);
    return rc;
}

/* A cursor that says AT_ABSENT keeps saying so, because a crash may have undone the pruning, which is not flushed. */
static enum rc add_gone(struct tx *t, const struct ask *a, uint32_t uidnext, uint64_t *next_out, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    uint64_t at = rq->cursor >> 32, mark;
    enum rc rc = expunged_mark(t, a->s->mbx, rq->folder, &mark, e);

    if (rc != RC_OK)
        return rc;
    if (at == AT_ABSENT || rq->since < mark)
        return add_absent(t, a, uidnext, at == AT_ABSENT ? (uint32_t)rq->cursor : 1, next_out, e);
    return add_rows(t, a, at == AT_ROWS ? (uint32_t)rq->cursor : 0, next_out, e);
}

enum rc do_changes(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_changes_req *rq = a->req;
    struct store_changes_rep *rep = a->rep;
    size_t briefs;
    struct counters c;
    enum rc rc;

    if (rq->folder == STORE_REMOVED)
        return shown_changes(t, a, e);
    rc = counters_get(t, a->s->mbx, rq->folder, false, &c, e);
    if (rc != RC_OK)
        return rc;
    rep->modseq = c.modseq;
    rep->exists = c.exists;
    rc = removed_now(t, a->s->mbx, &rep->removed, e);
    if (rc != RC_OK)
        return rc;
    if (rq->since >= c.modseq)
        return RC_OK;
    if (rq->cursor >> 32 == AT_ENTRIES)
        rc = add_changed(t, a, &c, &rep->next, e);
    briefs = a->out->n;
    if (rc == RC_OK)
        rc = add_gone(t, a, c.uidnext, &rep->next, e);
    rep->brief = span_head(buf_span(a->out), briefs);
    rep->gone = span_from(buf_span(a->out), briefs);
    return rc == RC_MORE ? RC_OK : rc;
}
