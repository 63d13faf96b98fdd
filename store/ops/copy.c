/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/copy.c - COPY and MOVE (RFC 6851) within a mailbox, in one transaction. Octets are not copied: the object
 * gets one more reference. A MOVE is never refused for want of room (INV-R2). When there is little room, it ends after as
 * many messages as there is room for, and the client asks for the rest. */
#include "base/clock.h"
#include "store/db/room.h"
#include "store/ops/acl.h"
#include "store/ops/expunged.h"
#include "store/ops/objects.h"
#include "store/ops/packing.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/shown.h"
#include <stdlib.h>

enum { COPIED = 1024 /* bytes that the records of a copy take beside summary and search text, about */ };

struct copying {
    struct tx *t;
    const struct ask *a;
    const struct store_copy_req *rq;
    struct counters from, to;
    struct buf mem, gone; /* gone: UIDs that a move took away */
    uint32_t *uids;
    size_t n;
    struct removed removed; /* of these some that left the folder, which the asker was not told yet */
    struct freed *left;     /* what a move took away, for sessions that still show it; NULL: nothing is kept for them */
    size_t n_left;
    uint32_t at_folder, at_uid; /* of the message at hand: what lies beside it */
    uint64_t written;           /* bytes of records */
    uint64_t may;               /* flags that a copy keeps: those that the session may set there (RFC 4314 4) */
    struct seen_copy seen;      /* what each has seen of them */
    bool each;                  /* the mailbox's option */
};

/* The two folders in key order; the same folder twice is one. */
static enum rc get_counters(struct copying *c, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    bool from_first = c->rq->folder < c->rq->dest;
    enum rc rc;

    if (c->rq->folder == STORE_REMOVED && c->rq->move)
        return err_set(e, RC_DENIED, "store: nothing is moved out of the folder of removed messages");
    if (c->rq->folder == STORE_REMOVED) {
        rc = counters_get(c->t, mbx, c->rq->dest, true, &c->to, e);
        return rc == RC_OK ? shown_counters(c->t, mbx, &c->from, e) : rc;
    }
    if (c->rq->folder == c->rq->dest)
        return counters_get(c->t, mbx, c->rq->dest, true, &c->to, e);
    rc = counters_get(c->t, mbx, from_first ? c->rq->folder : c->rq->dest, true, from_first ? &c->from : &c->to, e);
    if (rc == RC_OK)
        rc = counters_get(c->t, mbx, from_first ? c->rq->dest : c->rq->folder, true, from_first ? &c->to : &c->from, e);
    return rc;
}

static enum rc add_uid(struct copying *c, uint32_t uid, struct err *e)
{
    if (c->n == STORE_COPY_MAX)
        return err_set(e, RC_PERM, "store: more than %d messages at once", STORE_COPY_MAX);
    c->uids[c->n++] = uid;
    return RC_OK;
}

static int by_uid(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

/* A copy takes messages that the asker still sees, too (RFC 2180 4.4.1). A move does not: what somebody took away is not put anywhere by another. */
static enum rc gather_removed(struct copying *c, uint64_t *bytes, struct err *e)
{
    const struct removed_want missed = {c->a->s->mbx,  removed_since(c->a->s, c->rq->removed),
                                        c->rq->folder, c->rq->from,
                                        c->rq->uids,   STORE_COPY_MAX + 1};
    enum rc rc = c->rq->move ? RC_OK : removed_gather(&c->removed, c->t, &c->a->s->removed, &missed, e);

    for (size_t i = 0; rc == RC_OK && i < c->removed.n; i++) {
        *bytes += c->removed.f[i].m.size;
        rc = add_uid(c, c->removed.f[i].uid, e);
    }
    return rc;
}

static enum rc gather_shown(struct copying *c, uint64_t *bytes, struct err *e)
{
    struct shown_it it = {.open = false};
    struct shown s;
    enum rc rc = shown_open(&it, c->t, c->a->s->mbx, c->rq->from ? c->rq->from : 1, e);

    while (rc == RC_OK && (rc = shown_next(&it, &s, e)) == RC_OK)
        if (uidset_has(c->rq->uids, s.uid)) {
            rc = add_uid(c, s.uid, e);
            *bytes += s.m.size;
        }
    shown_close(&it);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc gather(struct copying *c, uint64_t *bytes_out, struct err *e)
{
    struct msg_it it;
    struct msg m;
    uint32_t uid;
    uint64_t bytes = 0;
    enum rc rc = uidset_check(c->rq->uids, e);

    c->uids = calloc(STORE_COPY_MAX, sizeof *c->uids);
    if (!c->uids)
        return err_set(e, RC_TEMP, "store: out of memory");
    if (rc == RC_OK && c->rq->folder == STORE_REMOVED) {
        rc = gather_shown(c, &bytes, e);
        *bytes_out = bytes;
        return rc;
    }
    if (rc == RC_OK)
        rc = gather_removed(c, &bytes, e);
    if (rc != RC_OK)
        return rc;
    rc = msg_it_open(&it, c->t, c->a->s->mbx, c->rq->folder, c->rq->uids, c->rq->from, e);
    while (rc == RC_OK && (rc = msg_it_next(&it, &uid, &m, e)) == RC_OK) {
        rc = add_uid(c, uid, e);
        bytes += m.size;
    }
    msg_it_close(&it);
    if (c->removed.n > 0)
        qsort(c->uids, c->n, sizeof *c->uids, by_uid);
    *bytes_out = bytes;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc check_quota(struct copying *c, uint64_t more, struct err *e)
{
    struct box b;
    enum rc rc = box_get(c->t, c->a->s->mbx, false, &b, e);

    c->each = rc == RC_OK && b.flags & BOX_SEEN_EACH;
    return rc != RC_OK || c->rq->move
               ? rc
               : box_takes(c->a->d, c->t, c->a->s->mbx, &b, (struct sums){.bytes = more, .messages = c->n}, e);
}

static enum rc copy_beside(struct copying *c, enum table tb, uint32_t new_uid, struct err *e)
{
    struct key from = key_msg(c->a->s->mbx, c->at_folder, c->at_uid), to = key_msg(c->a->s->mbx, c->rq->dest, new_uid);
    enum rc rc = tx_get(c->t, tb, &from, TX_COMMITTED, &c->mem, e); /* it stays: the folder is locked */

    c->written += c->mem.n;
    return rc == RC_OK ? tx_put(c->t, tb, &to, buf_span(&c->mem), TX_NEW, e) : rc;
}

static enum rc get_one(struct copying *c, uint32_t uid, struct msg *m_out, bool *is_there_out, struct err *e)
{
    struct shown s;
    enum rc rc;
    const struct freed *f =
        c->removed.n ? bsearch(&uid, c->removed.f, c->removed.n, sizeof *c->removed.f, by_uid) : NULL;

    *is_there_out = !f && c->rq->folder != STORE_REMOVED;
    c->at_folder = c->rq->folder;
    c->at_uid = uid;
    if (c->rq->folder == STORE_REMOVED) {
        if ((rc = shown_get(c->t, c->a->s->mbx, uid, &s, e)) != RC_OK)
            return rc;
        c->at_folder = s.folder;
        c->at_uid = s.was_uid;
        *m_out = s.m;
        return RC_OK;
    }
    if (!f)
        return msg_get(c->t, c->a->s->mbx, c->rq->folder, uid, m_out, e);
    *m_out = f->m;
    return RC_OK;
}

/* The message leaves its folder. What it was stays for sessions that still show it, unless there is no room for that. */
static enum rc leave(struct copying *c, uint32_t uid, const struct msg *was, struct err *e)
{
    if (!c->left)
        return msg_drop(c->t, c->a->s->mbx, c->rq->folder, uid, was, e);
    c->left[c->n_left++] = (struct freed){uid, *was};
    return msg_remove(c->t, c->a->s->mbx, c->rq->folder, uid, e);
}

static enum rc copy_one(struct copying *c, uint32_t uid, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    uint32_t new_uid = c->to.uidnext;
    struct msg m, was;
    bool is_there;
    enum rc rc = get_one(c, uid, &m, &is_there, e);

    if (rc == RC_OK && new_uid >= STORE_UID_MAX)
        rc = err_set(e, RC_TEMP, "store: folder %u has no UID left", (unsigned)c->rq->dest);
    if (rc != RC_OK)
        return rc;
    was = m;
    c->written += COPIED;
    c->to.uidnext++;
    packing_note(c->a->d->packing, mbx, c->rq->dest, new_uid);
    m.modseq = ++c->to.modseq;
    m.savedate = (uint64_t)clock_utc();
    m.flags &= c->may;
    counters_add(&c->to, &m, 1);
    rc = msg_put(c->t, mbx, c->rq->dest, new_uid, &m, true, e);
    if (rc == RC_OK && m.where & MSG_SUMMARY)
        rc = copy_beside(c, T_SUMMARIES, new_uid, e);
    if (rc == RC_OK && m.where & MSG_TEXT)
        rc = copy_beside(c, T_TEXTS, new_uid, e);
    if (rc == RC_OK)
        rc = objref_add(c->t, m.oid, 1, e);
    if (rc == RC_OK)
        rc = seen_copy_one(&c->seen, uid, is_there, new_uid, m.flags, e);
    buf_u32(c->a->out, uid);
    buf_u32(c->a->out, new_uid);
    if (rc != RC_OK || !c->rq->move)
        return rc;
    buf_u32(&c->gone, uid);
    counters_add(c->rq->folder == c->rq->dest ? &c->to : &c->from, &was, -1);
    return leave(c, uid, &was, e);
}

static enum rc keep_left(struct copying *c, struct err *e)
{
    struct freeing of = {.mbx = c->a->s->mbx, .by = sess_actor(c->a->s), .folder = c->rq->folder, .how = REMOVED_MOVE};

    return c->n_left > 0 ? freed_all(c->a->d, c->t, &of, c->left, c->n_left, e) : RC_OK;
}

static enum rc put_counters(struct copying *c, struct err *e)
{
    uint64_t mbx = c->a->s->mbx;
    struct counters *from = c->rq->folder == c->rq->dest ? &c->to : &c->from;
    enum rc rc = RC_OK;

    if (c->rq->move) {
        rc = expunged_add(c->t, mbx, c->rq->folder, ++from->modseq, buf_span(&c->gone), e);
        if (rc == RC_OK)
            rc = seen_left(c->t, mbx, c->rq->folder, buf_span(&c->gone), e);
        tx_touch(c->t, mbx, c->rq->folder, from->modseq);
    }
    if (rc == RC_OK)
        rc = counters_put(c->t, mbx, c->rq->dest, &c->to, e);
    if (rc == RC_OK && c->rq->move && from != &c->to)
        rc = counters_put(c->t, mbx, c->rq->folder, from, e);
    tx_touch(c->t, mbx, c->rq->dest, c->to.modseq);
    return rc;
}

/* Where \Seen exists once it is kept by who may set it there; else each keeps her own, and only who copies may lack the right. */
static enum rc open_seen(struct copying *c, uint32_t rights, struct err *e)
{
    const struct sess *s = c->a->s;

    c->may = acl_flags(s, rights) | (c->each ? MF_SEEN : 0);
    return seen_copy_open(&c->seen, c->t, s->mbx, c->rq->folder, c->rq->dest, c->each,
                          s->delegate && !(rights & ACL_S) ? s->delegate : 0, e);
}

enum rc do_copy(struct tx *t, const struct ask *a, struct err *e)
{
    struct copying c = {.t = t, .a = a, .rq = a->req};
    struct store_copy_rep *rep = a->rep;
    uint64_t bytes = 0, most = UINT64_MAX;
    uint32_t rights = 0;
    size_t i = 0;
    enum rc rc = get_counters(&c, e);

    if (rc == RC_OK)
        rc = acl_rights(t, a->s, c.rq->dest, &rights, e);
    if (rc == RC_OK)
        rc = gather(&c, &bytes, e);
    if (rc == RC_OK)
        rc = check_quota(&c, bytes, e);
    if (rc == RC_OK)
        rc = open_seen(&c, rights, e);
    if (rc == RC_OK && c.rq->move && !room_low(&a->d->env) && (c.left = calloc(c.n + 1, sizeof *c.left)) == NULL)
        rc = err_set(e, RC_TEMP, "store: out of memory");
    if (rc == RC_OK && c.rq->move)
        most = room_to_move(&a->d->env);
    else if (rc == RC_OK)
        rc = env_room(&a->d->env, 0, (uint64_t)c.n * COPIED, true, e);
    for (; rc == RC_OK && i < c.n && c.written < most; i++)
        rc = copy_one(&c, c.uids[i], e);
    rep->next = i < c.n ? c.uids[i] : 0;
    if (rc == RC_OK)
        rc = seen_copy_close(&c.seen, e);
    if (rc == RC_OK && c.n > 0)
        rc = put_counters(&c, e);
    if (rc == RC_OK)
        rc = keep_left(&c, e);
    rep->uidvalidity = c.to.uidvalidity;
    rep->pairs = buf_span(a->out);
    free(c.uids);
    free(c.left);
    seen_copy_free(&c.seen);
    removed_free(&c.removed);
    buf_free(&c.mem);
    buf_free(&c.gone);
    return rc;
}
