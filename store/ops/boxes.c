/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/boxes.c - mailboxes: their numbers, their keys in slots (slots.c), their quota; and binding a connection to
 * a mailbox by ticket. */
#include "base/clock.h"
#include "store/ops/acl.h"
#include "store/ops/hold.h"
#include "store/ops/metadata.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/slots.h"

enum { MBX_FIRST = 16 /* below: SEAL_QUEUE_BOX and its like */ };

/* ---- numbers ---- */
static enum rc number_get(struct tx *t, const char *name, uint64_t def, uint64_t *v_out, struct err *e)
{
    struct key k = key_of(name);
    struct buf b = BUF_INIT;
    enum rc rc = tx_get(t, T_META, &k, TX_FOR_WRITE, &b, e);

    if (rc == RC_OK && b.n == 8)
        *v_out = be64(b.p);
    else if (rc == RC_NOTFOUND)
        *v_out = def;
    else if (rc == RC_OK)
        rc = err_set(e, RC_CORRUPT, "store: a number of %zu bytes", b.n);
    buf_free(&b);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc number_put(struct tx *t, const char *name, uint64_t v, struct err *e)
{
    struct key k = key_of(name), val = key_mbx(v);

    return tx_put(t, T_META, &k, key_span(&val), 0, e);
}

enum rc do_box_reserve(struct tx *t, const struct ask *a, struct err *e)
{
    struct store_mbx_msg *rep = a->rep;
    uint64_t next;
    enum rc rc = number_get(t, "next_mbx", MBX_FIRST, &next, e);

    if (rc == RC_OK)
        rc = number_put(t, "next_mbx", next + 1, e);
    rep->mbx = next;
    return rc;
}

/* A restored directory may hold numbers that another store gave. Such a number is not given again. */
static enum rc number_taken(struct tx *t, uint64_t mbx, struct err *e)
{
    uint64_t next;
    enum rc rc = number_get(t, "next_mbx", MBX_FIRST, &next, e);

    return rc == RC_OK && mbx >= next ? number_put(t, "next_mbx", mbx + 1, e) : rc;
}

/* ---- making ---- */
static enum rc put_inbox(struct tx *t, uint64_t mbx, uint32_t uidvalidity, struct err *e)
{
    struct counters c = {.uidvalidity = uidvalidity, .uidnext = 1, .first_recent = 1, .modseq = 1};
    struct folder f = {.special = SU_INBOX, .flags = FF_SUBSCRIBED}; /* no name: everyone knows it */
    struct key k = key_folder(mbx, STORE_INBOX);
    struct buf b = BUF_INIT;
    enum rc rc;

    rec_write(&b, folder_f, &f);
    rc = tx_put(t, T_FOLDERS, &k, buf_span(&b), TX_NEW, e);
    buf_free(&b);
    return rc == RC_OK ? counters_put(t, mbx, STORE_INBOX, &c, e) : rc;
}

enum rc do_box_create(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_box_create_req *rq = a->req;
    struct key part = key_part(rq->mbx, 0), gone = key_folder(rq->mbx, 0);
    struct box b = {.slots_version = 1,
                    .quota = rq->quota,
                    .most = rq->most,
                    .created = (uint64_t)clock_utc(),
                    .next_folder = STORE_INBOX + 1};
    enum rc rc;

    if (rq->mbx < MBX_FIRST)
        return err_set(e, RC_SYNTAX, "store: mailbox numbers begin at %d", MBX_FIRST);
    if ((rc = tx_has(t, T_BOXES, &part, e)) == RC_NOTFOUND)
        rc = tx_has(t, T_GONE, &gone, e);
    if (rc != RC_NOTFOUND)
        return rc != RC_OK ? rc
                           : err_set(e, RC_EXISTS, "store: mailbox %llu exists, or is being emptied",
                                     (unsigned long long)rq->mbx);
    memcpy(b.pub, rq->pub, SEAL_PUB);
    b.last_uidvalidity = (uint32_t)b.created;
    rc = number_taken(t, rq->mbx, e);
    if (rc == RC_OK)
        rc = box_put(t, rq->mbx, &b, e);
    if (rc == RC_OK)
        rc = slots_first(t, rq->mbx, rq->slots, e);
    if (rc == RC_OK)
        rc = put_inbox(t, rq->mbx, b.last_uidvalidity, e);
    tx_touch(t, rq->mbx, 0, 0);
    return rc;
}

/* ---- reading ---- */
/* A delegate is given her own slot, and the one that signs: she opens no other, and keyd opens none for her. */
static enum rc delegate_slots(struct tx *t, const struct sess *s, struct buf *out, struct span *now_out, struct err *e)
{
    struct span all = SPAN_NULL, former, rest;
    struct buf mem = BUF_INIT;
    struct slot own, slot;
    size_t at = out->n;
    enum rc rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);

    if (rc == RC_OK)
        rc = slots_read(t, s->mbx, &mem, &all, &former, e);
    if (rc == RC_OK && slot_delegate_find(all, s->delegate, &own, e) == RC_OK)
        slot_add(out, &own);
    for (rest = all; rc == RC_OK && slot_next(&rest, &slot, e) == RC_OK;)
        if (slot.type == SLOT_SIGNING)
            slot_add(out, &slot);
    *now_out = span_from(buf_span(out), at);
    buf_free(&mem);
    return rc;
}

static enum rc answer_box(struct tx *t, const struct ask *a, uint64_t mbx, struct err *e)
{
    struct store_box_rep *rep = a->rep;
    struct span now = SPAN_NULL, former = SPAN_NULL;
    struct sums s;
    struct box b;
    enum rc rc = box_get(t, mbx, false, &b, e);

    if (rc == RC_OK)
        rc = a->s->delegate && a->role != ROLE_ADMIN ? delegate_slots(t, a->s, a->out, &now, e)
                                                     : slots_read(t, mbx, a->out, &now, &former, e);
    if (rc == RC_OK)
        rc = box_sums(t, mbx, &s, e);
    if (rc != RC_OK)
        return rc;
    *rep = (struct store_box_rep){.mbx = mbx,
                                  .slots = now,
                                  .former = former,
                                  .slots_version = b.slots_version,
                                  .quota = b.quota,
                                  .used = sums_used(&s) + b.annotated,
                                  .messages = s.messages,
                                  .folders = s.folders,
                                  .most = b.most,
                                  .most_messages = box_most(a->d, &b),
                                  .seen_each = (b.flags & BOX_SEEN_EACH) != 0};
    memcpy(rep->pub, b.pub, SEAL_PUB);
    return RC_OK;
}

enum rc do_box_get(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_mbx_msg *rq = a->req;
    const struct sess *s = a->s;

    if (a->role == ROLE_ADMIN && rq->mbx != 0)
        return answer_box(t, a, rq->mbx, e);
    if (!s->bound || (rq->mbx != 0 && rq->mbx != s->mbx))
        return err_set(e, RC_DENIED, "store: the ticket does not give that mailbox");
    return answer_box(t, a, s->mbx, e);
}

/* A mail session counts as a session of its mailbox from its ticket until its connection ends, or takes the ticket of
 * another mailbox. A delegate's counts in her own mailbox alone: she takes no place of the holder's. */
static enum rc sit(const struct ask *a, uint64_t mbx, bool delegate, struct err *e)
{
    struct sess *s = a->s;

    if (a->role != ROLE_IMAPD || (!delegate && s->seated && s->mbx == mbx))
        return RC_OK;
    if (!delegate && !seats_take(a->d->seats, mbx))
        return err_cause(e, RC_QUOTA, CAUSE_ACCOUNT_SESSIONS, "store: mailbox %llu has as many sessions as it may",
                         (unsigned long long)mbx);
    if (s->seated) /* s->mbx is still the one of that place */
        seats_leave(a->d->seats, s->mbx);
    s->seated = !delegate;
    return RC_OK;
}

static void bind_to(struct sess *s, const struct ticket *tk)
{
    s->bound = true;
    s->mbx = tk->mbx;
    s->rights = tk->rights;
    s->until = (int64_t)tk->expires;
    s->delegate = tk->actor_mbx;
    s->grant = tk->grant;
    s->acl = tk->acl;
    s->slots_seen = 0;
}

/* A renewed ticket of the same delegation leaves the number as it is: she may be looking at what left meanwhile. */
static enum rc removed_from(struct tx *t, const struct sess *s, const struct ticket *tk, uint64_t *from_out,
                            struct err *e)
{
    bool same = s->bound && s->mbx == tk->mbx && s->delegate == tk->actor_mbx && s->grant == tk->grant;

    *from_out = s->removed_from;
    return same || !ticket_delegate(tk) ? RC_OK : removed_now(t, tk->mbx, from_out, e);
}

/* The answer is made as for the session that it will be. */
enum rc do_ticket(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_ticket_req *rq = a->req;
    struct sess as = *a->s;
    struct ask asked = *a;
    struct ticket tk;
    enum rc rc = ticket_check(rq->ticket, TICKET_FOR_STORED, a->d->ticket_key, clock_utc(), &tk, e);

    if (rc != RC_OK)
        return rc;
    bind_to(&as, &tk);
    asked.s = &as;
    rc = acl_stands(t, &asked, e);
    if (rc == RC_OK)
        rc = answer_box(t, &asked, tk.mbx, e);
    if (rc == RC_OK)
        rc = removed_from(t, a->s, &tk, &as.removed_from, e);
    if (rc == RC_OK)
        rc = sit(a, tk.mbx, ticket_delegate(&tk), e);
    if (rc != RC_OK)
        return rc;
    watch_drop(a->d->watches, a->s); /* of the mailbox bound before */
    bind_to(a->s, &tk);
    a->s->slots_seen = as.slots_seen;
    a->s->removed_from = as.removed_from;
    return RC_OK;
}

/* ---- changing ---- */
static enum rc set_slots(struct tx *t, const struct store_box_set_req *rq, uint64_t mbx, struct box *b, struct err *e)
{
    struct span was = SPAN_NULL, former;
    struct buf mem = BUF_INIT;
    enum rc rc = buf_reserve(&mem, 2 * SLOTS_MAX, e);

    if (rc == RC_OK && rq->slots_version != b->slots_version)
        rc = err_set(e, RC_EXISTS, "store: slots of mailbox %llu are at version %llu", (unsigned long long)mbx,
                     (unsigned long long)b->slots_version);
    if (rc == RC_OK)
        rc = slots_read(t, mbx, &mem, &was, &former, e);
    b->slots_version++;
    if (rc == RC_OK)
        rc = slots_replace(t, mbx, rq->slots, e);
    if (rc == RC_OK)
        rc = acl_slots(t, mbx, was, rq->slots, e);
    if (rc == RC_OK)
        rc = seen_slots(t, mbx, rq->slots, e);
    if (rc == RC_OK)
        rc = metadata_slots(t, mbx, rq->slots, b, e);
    buf_free(&mem);
    return rc;
}

/* Switched off: the upkeep brings together what went apart. */
static void set_seen(struct tx *t, struct box *b, bool each)
{
    b->flags = each ? b->flags | BOX_SEEN_EACH : b->flags & ~(uint32_t)BOX_SEEN_EACH;
    t->sweep = !each;
}

enum rc do_box_set(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_box_set_req *rq = a->req;
    struct box b;
    enum rc rc;

    if (rq->what == 0 || rq->what & ~(BOX_SET_SLOTS | BOX_SET_QUOTA | BOX_SET_MOST | BOX_SET_SEEN) || rq->seen_each > 1)
        return err_set(e, RC_SYNTAX, "store: nothing to set: %u", rq->what);
    rc = box_get(t, rq->mbx, true, &b, e);
    if (rc == RC_OK && rq->what & BOX_SET_SLOTS)
        rc = set_slots(t, rq, rq->mbx, &b, e);
    if (rc == RC_OK && rq->what & BOX_SET_QUOTA)
        b.quota = rq->quota;
    if (rc == RC_OK && rq->what & BOX_SET_MOST)
        b.most = rq->most;
    if (rc == RC_OK && rq->what & BOX_SET_SEEN)
        set_seen(t, &b, rq->seen_each);
    if (rc == RC_OK)
        rc = box_put(t, rq->mbx, &b, e);
    tx_touch(t, rq->mbx, 0, 0);
    return rc;
}

/* A session asks for this when it has just opened its mailbox. When the slots were changed meanwhile, the next session
 * asks. */
enum rc do_box_opened(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_box_opened_req *rq = a->req;
    struct box b;
    enum rc rc = box_get(t, a->s->mbx, true, &b, e);

    return rc == RC_OK && b.slots_version == rq->slots_version ? slots_opened(t, a->s->mbx, e) : rc;
}

/* After this commit the mailbox does not exist. The background thread deletes what it held (sweep.c). */
enum rc do_box_delete(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_mbx_msg *rq = a->req;
    struct key part = key_part(rq->mbx, 0), gone = key_folder(rq->mbx, 0);
    struct key all = key_mbx(rq->mbx);
    uint32_t most = UINT32_MAX;
    enum rc rc = hold_none(t, rq->mbx, e);

    if (rc == RC_OK)
        rc = tx_del(t, T_BOXES, &part, e);
    if (rc == RC_OK)
        rc = hold_remove(t, rq->mbx, e);
    if (rc == RC_OK)
        rc = slots_remove(t, rq->mbx, e);
    if (rc == RC_OK)
        /* so its folders are no more, for sessions that are still bound too */
        rc = scan_delete(t, T_COUNTERS, &all, &most, e);
    if (rc == RC_OK)
        rc = tx_put(t, T_GONE, &gone, SPAN_LIT("g"), 0, e);
    tx_touch(t, rq->mbx, 0, 0);
    t->sweep = true;
    return rc;
}
