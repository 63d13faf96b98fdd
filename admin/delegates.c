/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/delegates.c - see admin/delegates.h. */
#include "admin/delegates.h"
#include "admin/slots.h"
#include "base/ascii.h"
#include "base/clock.h"
#include "base/rights.h"
#include "base/wipe.h"
#include <string.h>

/* Another one at each change: what was made for the one before opens nothing any more. */
static uint64_t number_new(void)
{
    uint32_t r;

    random_bytes(&r, sizeof r);
    return (uint64_t)clock_utc() << 20 | (r & 0xfffff);
}

/* Her public key is the one that the store has: what the directory says must be the same. */
static enum rc delegate_key(struct admin *ad, const struct account *to, unsigned char pub[SEAL_PUB], struct err *e)
{
    struct box_slots hers = {.mbx = to->is.mbx};
    enum rc rc = box_slots_get(ad, to->is.mbx, &hers, e);

    if (rc == RC_OK && memcmp(hers.pub, to->is.pub, SEAL_PUB) != 0)
        rc = err_set(e, RC_CORRUPT, "the directory and the store have different keys of the delegate's mailbox");
    memcpy(pub, hers.pub, SEAL_PUB);
    box_slots_free(&hers);
    return rc;
}

static enum rc put_slots(struct admin *ad, const struct box_slots *b, struct span list, struct err *e)
{
    enum rc rc = box_slots_put(ad, b, list, e);

    return rc == RC_EXISTS ? err_set(e, RC_TEMP, "somebody else changes this mailbox's keys at this moment: try again")
                           : rc;
}

static enum rc slot_put(struct admin *ad, const struct account *to, uint64_t number, struct box_slots *b, struct err *e)
{
    struct keyd_delegate_req rq = {.mbx = b->mbx, .slots = buf_span(&b->list), .delegate = to->is.mbx, .grant = number};
    struct buf list = BUF_INIT;
    enum rc rc = delegate_key(ad, to, rq.delegate_pub, e);

    memcpy(rq.pub, b->pub, SEAL_PUB);
    if (rc == RC_OK)
        rc = slot_delegate_without(buf_span(&b->list), to->is.mbx, &list, e);
    if (rc == RC_OK)
        rc = keyd_delegate(ad->keyd, &rq, &list, e);
    if (rc == RC_OK)
        rc = put_slots(ad, b, buf_span(&list), e);
    buf_free(&list);
    return rc;
}

static enum rc slot_take(struct admin *ad, uint64_t mbx, uint64_t delegate, struct err *e)
{
    struct box_slots b = {.mbx = mbx};
    struct buf list = BUF_INIT;
    enum rc rc = box_slots_get(ad, mbx, &b, e);

    if (rc == RC_OK)
        rc = slot_delegate_without(buf_span(&b.list), delegate, &list, e);
    if (rc == RC_OK && list.n != b.list.n)
        rc = put_slots(ad, &b, buf_span(&list), e);
    else if (rc == RC_OK)
        rc = err_set(e, RC_NOTFOUND, "no key slot of that delegate");
    buf_free(&list);
    box_slots_free(&b);
    return rc;
}

enum rc delegate_add(struct admin *ad, const struct account *box, const struct account *to, uint32_t rights,
                     struct err *e)
{
    struct dird_delegation d = {.mbx = box->is.mbx,
                                .address = box->is.address,
                                .delegate = to->is.mbx,
                                .to = to->is.address,
                                .acl = rights,
                                .grant = number_new()};
    struct box_slots b = {.mbx = box->is.mbx};
    enum rc rc;

    if (box->is.mbx == to->is.mbx)
        return err_set(e, RC_PERM, "that is the mailbox's own holder");
    rc = account_not_closed(&box->is, e);
    if (rc == RC_OK)
        rc = account_not_closed(&to->is, e);
    if (rc == RC_OK)
        rc = admin_may(ad, DIRD_DELEGATE_SET, &d, e);
    if (rc == RC_OK)
        rc = box_slots_get(ad, box->is.mbx, &b, e);
    if (rc == RC_OK)
        rc = slot_put(ad, to, d.grant, &b, e);
    box_slots_free(&b);
    return rc == RC_OK ? dir_call(ad->dir, DIRD_DELEGATE_SET, &d, NULL, e) : rc;
}

/* ---- list, remove ---- */
static enum rc each(struct admin *ad, struct span box, delegate_see see, void *ctx, struct err *e)
{
    struct dird_delegations_req rq = {.address = box};
    struct dird_list_rep rep;
    struct dird_delegation d;
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_DELEGATES, &rq, &rep, &mem, e);

    while (rc == RC_OK && ipc_list_next(&rep.list, dird_delegation_f, &d, &end) == RC_OK)
        rc = see(&d, ctx, e);
    buf_free(&mem);
    return rc;
}

enum rc delegate_each(struct admin *ad, const struct account *box, delegate_see see, void *ctx, struct err *e)
{
    return each(ad, box->is.address, see, ctx, e);
}

struct looked {
    struct span to;
    uint64_t mbx, delegate; /* 0: not found */
};

static enum rc look(const struct dird_delegation *d, void *ctx, struct err *e)
{
    struct looked *l = ctx;

    (void)e;
    if (span_ieq(d->to, l->to)) {
        l->mbx = d->mbx;
        l->delegate = d->delegate;
    }
    return RC_OK;
}

enum rc delegate_end(struct admin *ad, struct span box, struct span to, struct err *e)
{
    struct dird_delegation d = {.address = box, .to = to};
    struct looked l = {.to = to};
    enum rc rc = each(ad, box, look, &l, e);

    if (rc == RC_OK && l.delegate == 0)
        rc = err_set(e, RC_NOTFOUND, "no such delegate");
    if (rc != RC_OK)
        return rc;
    d.mbx = l.mbx;
    d.delegate = l.delegate;
    rc = admin_may(ad, DIRD_DELEGATE_SET, &d, e);
    if (rc != RC_OK)
        return rc;
    rc = slot_take(ad, l.mbx, l.delegate, e);
    return rc == RC_OK || rc == RC_NOTFOUND ? dir_call(ad->dir, DIRD_DELEGATE_SET, &d, NULL, e) : rc;
}

/* What was cut off left a slot of which the directory knows nothing: then her account says whose it is. */
enum rc delegate_remove(struct admin *ad, const struct account *box, struct span to, struct err *e)
{
    struct account her;
    enum rc rc = delegate_end(ad, box->is.address, to, e);

    if (rc != RC_NOTFOUND)
        return rc;
    rc = account_get(ad, to, &her, e);
    if (rc == RC_OK)
        rc = slot_take(ad, box->is.mbx, her.is.mbx, e);
    account_free(&her);
    return rc;
}
