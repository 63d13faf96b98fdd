/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/flags.c - changing flags and expunging: one transaction and one modseq per page of messages. */
#include "store/ops/acl.h"
#include "store/ops/expunged.h"
#include "store/ops/freed.h"
#include "store/ops/queue.h"
#include "store/ops/seen.h"
#include <stdlib.h>

enum { FLAGS_A_TX = 1000, EXPUNGE_A_TX = 2000, LOOK_A_TX = 20000 /* messages looked at for one page */ };

static uint64_t apply(uint64_t have, uint8_t how, uint64_t flags)
{
    return how == FLAGS_SET ? flags : how == FLAGS_ADD ? have | flags : have & ~flags;
}

/* Gathered first, because a table is not changed under its scan: up to most messages of the set, from a UID on; *next_out: the first one left for the next page, or 0. */
static enum rc pick(struct tx *t, const struct ask *a, uint32_t folder, struct span uids, uint32_t from,
                    uint64_t must_have, size_t most, struct freed *out, size_t *n_out, uint32_t *next_out,
                    struct err *e)
{
    struct msg_it it;
    uint32_t uid, looked = 0;
    struct msg m;
    size_t n = 0;
    enum rc rc = msg_it_open(&it, t, a->s->mbx, folder, uids, from, e);

    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        if (n == most || looked++ == LOOK_A_TX) {
            *next_out = uid;
            break;
        }
        if ((m.flags & must_have) == must_have)
            out[n++] = (struct freed){uid, m};
    }
    msg_it_close(&it);
    *n_out = n;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- FLAGS ---- */
static enum rc check_flags(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_flags_req *rq = a->req;

    if (rq->how > FLAGS_REMOVE || !flags_lawful(rq->flags))
        return err_set(e, RC_SYNTAX, "store: unknown flag");
    return rq->flags >> MF_KEYWORDS ? keywords_known(t, a->s->mbx, rq->flags, e) : RC_OK;
}

/* \Seen of a message is about to change, for the one whose session it is: what others see of it does not (seen.h). *entry: the record's flags from
 * now on. */
static enum rc change_seen(const struct ask *a, struct seen *seen, uint32_t uid, uint64_t want, uint64_t *entry,
                           struct err *e)
{
    enum rc rc = RC_OK;

    if (!seen->parted)
        rc = a->s->delegate ? seen_part_her(seen, a->s, e) : seen_part_all(seen->t, seen->mbx, seen->folder, e);
    seen->parted = true;
    if (rc != RC_OK || !seen->own)
        return rc;
    *entry ^= MF_SEEN;
    return seen_put(seen, uid, want & MF_SEEN, e);
}

/* may: the flags that the session may change; the others stay as they are (RFC 4314 4). The message's flags are those that she sees, afterwards. */
static enum rc change_one(struct tx *t, const struct ask *a, struct seen *seen, struct freed *p, struct counters *c,
                          uint64_t modseq, uint64_t may, struct err *e)
{
    const struct store_flags_req *rq = a->req;
    uint64_t have = p->m.flags, want, entry;
    enum rc rc = seen_view(seen, p->uid, &have, e);

    want = (have & ~may) | (apply(have, rq->how, rq->flags) & may);
    entry = p->m.flags ^ (have ^ want);
    if (rc == RC_OK && (have ^ want) & MF_SEEN)
        rc = change_seen(a, seen, p->uid, want, &entry, e);
    if (rc == RC_OK && want != have) {
        c->unseen += (entry & MF_SEEN ? 0u : 1u) - (p->m.flags & MF_SEEN ? 0u : 1u);
        c->modseq = c->flags_modseq = p->m.modseq = modseq;
        p->m.flags = entry;
        rc = msg_put(t, a->s->mbx, rq->folder, p->uid, &p->m, false, e);
    }
    p->m.flags = want;
    return rc;
}

static enum rc change_all(struct tx *t, const struct ask *a, struct freed *p, size_t n, struct counters *c,
                          uint64_t may, struct err *e)
{
    const struct store_flags_req *rq = a->req;
    struct store_flags_rep *rep = a->rep;
    uint64_t was = c->modseq;
    struct buf refused = BUF_INIT;
    struct seen seen;
    size_t briefs;
    enum rc rc = seen_open(&seen, t, a->s->mbx, rq->folder, a->s->delegate, true, e);

    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        if (rq->unchanged_since && p[i].m.modseq > rq->unchanged_since) {
            buf_u32(&refused, p[i].uid);
            continue;
        }
        rc = change_one(t, a, &seen, &p[i], c, was + 1, may, e);
        brief_add(a->out, p[i].uid, &p[i].m);
    }
    if (rc == RC_OK)
        rc = seen_close(&seen, e);
    briefs = a->out->n;
    buf_addspan(a->out, buf_span(&refused));
    buf_free(&refused);
    rep->brief = span_head(buf_span(a->out), briefs);
    rep->modified = span_from(buf_span(a->out), briefs);
    if (rc != RC_OK || c->modseq == was)
        return rc;
    tx_touch(t, a->s->mbx, rq->folder, c->modseq);
    return counters_put(t, a->s->mbx, rq->folder, c, e);
}

/* RC_DENIED: of what is asked for nothing may be changed. */
static enum rc may_change(struct tx *t, const struct ask *a, uint64_t *may_out, struct err *e)
{
    const struct store_flags_req *rq = a->req;
    uint32_t rights;
    enum rc rc = acl_rights(t, a->s, rq->folder, &rights, e);

    *may_out = acl_flags(a->s, rights);
    if (rc == RC_OK && (rq->how == FLAGS_SET ? *may_out == 0 : (rq->flags & *may_out) == 0) && a->s->delegate)
        rc = err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: a delegate may change none of these flags");
    return rc;
}

/* Room for what the set can name: a STORE of one message clears no memory for a thousand. */
static enum rc picked_new(struct span uids, uint32_t most, struct freed **out, struct err *e)
{
    *out = calloc(uidset_count(uids, most) + 1u, sizeof **out);
    return *out ? RC_OK : err_set(e, RC_TEMP, "store: out of memory");
}

enum rc do_flags(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_flags_req *rq = a->req;
    struct store_flags_rep *rep = a->rep;
    struct freed *p = NULL;
    struct counters c;
    uint64_t may = 0;
    size_t n;
    enum rc rc = check_flags(t, a, e);

    if (rc == RC_OK)
        rc = may_change(t, a, &may, e);

    if (rc == RC_OK)
        rc = counters_get(t, a->s->mbx, rq->folder, true, &c, e);
    if (rc == RC_OK)
        rc = picked_new(rq->uids, FLAGS_A_TX, &p, e);
    if (rc == RC_OK)
        rc = pick(t, a, rq->folder, rq->uids, rq->from, 0, FLAGS_A_TX, p, &n, &rep->next, e);
    if (rc == RC_OK)
        rc = change_all(t, a, p, n, &c, may, e);
    free(p);
    return rc;
}

/* ---- EXPUNGE ---- */
static enum rc expunge_all(struct tx *t, const struct ask *a, const struct freed *p, size_t n, struct counters *c,
                           struct err *e)
{
    const struct store_expunge_req *rq = a->req;
    struct freeing of = {.mbx = a->s->mbx, .by = sess_actor(a->s), .folder = rq->folder, .how = REMOVED_EXPUNGE};
    enum rc rc = RC_OK;

    c->modseq++;
    for (size_t i = 0; rc == RC_OK && i < n; i++) {
        rc = msg_remove(t, a->s->mbx, rq->folder, p[i].uid, e);
        counters_add(c, &p[i].m, -1);
        buf_u32(a->out, p[i].uid);
    }
    if (rc == RC_OK)
        rc = expunged_add(t, a->s->mbx, rq->folder, c->modseq, buf_span(a->out), e);
    if (rc == RC_OK)
        rc = seen_left(t, a->s->mbx, rq->folder, buf_span(a->out), e);
    if (rc == RC_OK)
        rc = counters_put(t, a->s->mbx, rq->folder, c, e);
    if (rc == RC_OK)
        rc = freed_all(a->d, t, &of, p, n, e);
    tx_touch(t, a->s->mbx, rq->folder, c->modseq);
    return rc;
}

enum rc do_expunge(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_expunge_req *rq = a->req;
    struct store_expunge_rep *rep = a->rep;
    struct freed *p = NULL;
    struct counters c;
    size_t n = 0;
    enum rc rc = counters_get(t, a->s->mbx, rq->folder, true, &c, e);

    if (rc == RC_OK)
        rc = picked_new(rq->uids, EXPUNGE_A_TX, &p, e);
    if (rc == RC_OK)
        rc = pick(t, a, rq->folder, rq->uids, rq->from, rq->deleted_only ? MF_DELETED : 0, EXPUNGE_A_TX, p, &n,
                  &rep->next, e);
    if (rc == RC_OK && n > 0)
        rc = expunge_all(t, a, p, n, &c, e);
    free(p);
    rep->modseq = c.modseq;
    rep->expunged = buf_span(a->out);
    return rc;
}
