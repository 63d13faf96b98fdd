/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_purge.c - closed accounts whose time has passed are destroyed; an account deleted at once. See admin/life.h.
 *
 * Steps    delegations end -> is the mailbox on legal hold? -> dird: erasing, no way back -> stored: one transaction takes the key slots and the mailbox away, and
 *          its background thread the sealed mail -> dird: the tombstone, then the entry goes.
 * Order    From "erasing" on nobody reopens the account, so no mailbox is taken from under somebody who works in it. The keys go before the mail does: what is
 *          left of it on the disk is unreadable. The entry goes last, for it names the mailbox; a run that was cut off finds it by that.
 */
#include "admin/account_end.h"
#include "admin/mailboxes.h"
#include "admin/removed.h"
#include "base/clock.h"

const char *const purge_outcomes[PURGE_OUTCOMES] = {"purged", "due", "held", "waits", "failed"};

/* ---- one ---- */
/* now_out: the time that stored believes, which is behind the clock's when that has jumped; the clock's where there is no mailbox any more. */
static enum rc on_hold(struct admin *ad, uint64_t mbx, bool *held_out, uint64_t *now_out, struct err *e)
{
    struct store_hold_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = mailbox_hold(ad, mbx, HOLD_SHOW, SPAN_NULL, SPAN_NULL, &mem, &rep, e);

    buf_free(&mem);
    *held_out = rc == RC_OK && rep.held;
    *now_out = rc == RC_OK ? rep.now : (uint64_t)clock_utc();
    return rc == RC_NOTFOUND ? RC_OK : rc; /* an earlier try was cut off behind the mailbox's end */
}

static enum rc held(struct err *e)
{
    return err_set(e, RC_PERM, "the mailbox is on legal hold: pli mailbox hold show tells why, clear ends it");
}

/* A hold that was set since it was looked at keeps the mailbox, and then the account as well. */
static enum rc take_mailbox(struct admin *ad, const struct account *a, struct err *e)
{
    struct store_mbx_msg box = {a->is.mbx};
    struct err why;
    enum rc rc = store_call(ad->store, STORE_BOX_DELETE, &box, -1, NULL, e);

    if (rc != RC_PERM)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    rc = account_step(ad, a, DL_KEEP, NULL, &why);
    return rc == RC_OK ? held(e) : err_set(e, rc, "%s", why.log);
}

/* Somebody else may purge it at the same time: whoever comes second finds no entry, and that is what was wanted. */
static enum rc erase(struct admin *ad, const struct account *a, struct err *e)
{
    enum rc rc = account_end_delegations(ad, a, e);

    if (rc == RC_OK)
        rc = account_step(ad, a, DL_ERASE, NULL, e);
    if (rc == RC_OK)
        rc = take_mailbox(ad, a, e);
    if (rc == RC_OK)
        rc = account_step(ad, a, DL_BURY, NULL, e);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* ---- all that are closed ---- */
struct purging {
    struct admin *ad;
    const struct purge *p;
    uint64_t now;
};

bool purge_waits(const struct dird_account *a, uint64_t now)
{
    return a->state != DA_ERASING && (a->keep_until == 0 || a->keep_until > now);
}

/* A clock that has jumped ahead destroys nothing: stored's time counts, too, unless a day is asked about. */
static enum rc purge_one(const struct purging *g, const struct account *a, struct purge_result *r, struct err *e)
{
    uint64_t believed = 0;
    bool is_held = false;
    enum rc rc;

    r->outcome = PURGE_WAITS;
    if (purge_waits(&a->is, g->now))
        return RC_OK;
    rc = on_hold(g->ad, a->is.mbx, &is_held, &believed, e);
    if (rc == RC_OK && !g->p->at && !is_held && purge_waits(&a->is, believed)) {
        r->why = "the clock stands further ahead than the store has run: pli doctor tells of it";
        return RC_OK;
    }
    r->outcome = is_held ? PURGE_HELD : g->p->dry ? PURGE_DUE : PURGE_PURGED;
    return rc == RC_OK && r->outcome == PURGE_PURGED ? erase(g->ad, a, e) : rc;
}

static enum rc see(const struct dird_account *is, void *ctx, struct err *e)
{
    const struct purging *g = ctx;
    const struct account a = {.is = *is};
    struct purge_result r = {.a = is, .why = ""};
    struct err why;

    (void)e;
    if (is->state < DA_CLOSED) /* reopened since the page began */
        return RC_OK;
    if (purge_one(g, &a, &r, &why) != RC_OK) {
        r.outcome = PURGE_FAILED;
        r.why = why.log;
    }
    g->p->told(&r, g->p->ctx);
    return RC_OK;
}

enum rc account_purge(struct admin *ad, const struct purge *p, struct err *e)
{
    struct purging g = {ad, p, p->dry && p->at ? p->at : (uint64_t)clock_utc()};

    return account_each_closed(ad, see, &g, e);
}

/* ---- at once ---- */
enum rc account_delete(struct admin *ad, const struct account *a, struct err *e)
{
    const struct account_closing now = {.keep_until = (uint64_t)clock_utc(), .keep_told = true};
    uint64_t believed; /* who deletes at once asks no clock */
    bool is_held = false;
    enum rc rc = on_hold(ad, a->is.mbx, &is_held, &believed, e);

    if (rc == RC_OK && is_held)
        return held(e);
    if (rc == RC_OK && a->is.state != DA_ERASING)
        rc = account_step(ad, a, DL_CLOSE, &now, e);
    return rc == RC_OK ? erase(ad, a, e) : rc;
}

/* A mailbox that nobody opened has its first folder alone: the others are made at the first sign-in. And whoever opened none removed nothing from it. */
static enum rc look(const struct mailbox_folder *f, void *ctx, struct err *e)
{
    bool *used = ctx;

    (void)e;
    *used = *used || f->number != STORE_INBOX || f->messages > 0;
    return RC_OK;
}

enum rc account_unmake(struct admin *ad, const struct account *a, struct err *e)
{
    struct dird_address_req rq = {a->is.address};
    struct store_mbx_msg box = {a->is.mbx};
    bool used = false, is_held = false;
    uint64_t believed;
    enum rc rc = on_hold(ad, a->is.mbx, &is_held, &believed, e);

    if (rc == RC_OK)
        rc = mailbox_numbers(ad, a->is.mbx, look, &used, e);
    if (rc == RC_NOTFOUND) /* an earlier try was cut off */
        rc = RC_OK;
    if (rc == RC_OK && (used || is_held || a->is.state >= DA_CLOSED))
        rc = err_set(e, RC_PERM, "%.*s was used: pli account delete, which keeps the address from others",
                     SPAN_ARG(a->is.address));
    if (rc == RC_OK)
        rc = dir_call(ad->dir, DIRD_ACCOUNT_DELETE, &rq, NULL, e);
    if (rc == RC_OK)
        rc = store_call(ad->store, STORE_BOX_DELETE, &box, -1, NULL, e);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
