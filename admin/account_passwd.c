/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_passwd.c - another password, and nothing lost by it. See admin/accounts.h.
 *
 * Default  the mailbox's key slot is keyd's: it is not touched, only the directory's entry changes.
 * Strict   the password is the only way in: the slot for the new password is put beside the old, then the directory changes, then the
 *          old slot goes. A crash anywhere between leaves a mailbox that opens with the password that the directory takes.
 */
#include "admin/accounts.h"
#include "admin/slots.h"
#include <string.h>

struct passwd {
    struct span address;
    struct buf old_password, new_password; /* prepared; secret */
    struct box_slots box;
    struct buf both_slots, new_slots;
    uint64_t code_until;
};

static enum rc write_slots(struct admin *ad, struct passwd *p, struct span slots, struct err *e)
{
    enum rc rc = box_slots_put(ad, &p->box, slots, e);

    if (rc == RC_EXISTS)
        return err_set(e, RC_TEMP, "somebody else changes this mailbox's keys at this moment: try again");
    return rc == RC_OK ? box_slots_get(ad, p->box.mbx, &p->box, e) : rc;
}

/* One password slot alone under the new password; RC_DENIED: the old one does not open it. */
static enum rc rewrap_one(struct admin *ad, struct passwd *p, const struct slot *s, struct buf *out, struct err *e)
{
    struct keyd_rewrap_req rq = {
        .mbx = p->box.mbx, .old_password = buf_span(&p->old_password), .new_password = buf_span(&p->new_password)};
    struct buf alone = BUF_INIT;
    enum rc rc;

    memcpy(rq.pub, p->box.pub, SEAL_PUB);
    slot_add(&alone, s);
    rq.slots = buf_span(&alone);
    rc = keyd_rewrap(ad->keyd, &rq, out, e);
    buf_free(&alone);
    return rc;
}

/* A change that was cut off left two password slots: whichever the old password opens will do. */
static enum rc rewrap_any(struct admin *ad, struct passwd *p, struct buf *out, struct err *e)
{
    struct span rest = buf_span(&p->box.list);
    struct slot s;
    struct err end;
    enum rc rc = err_set(e, RC_PERM, "this mailbox has no password slot");

    while (slot_next(&rest, &s, &end) == RC_OK) {
        if (s.type != SLOT_PASSWORD)
            continue;
        rc = rewrap_one(ad, p, &s, out, e);
        if (rc != RC_DENIED)
            break;
    }
    return rc;
}

/* new: what is no password slot, and the new one. both: the old password slots behind it, with ids of their own. */
static enum rc make_lists(struct passwd *p, struct span fresh, struct err *e)
{
    struct span rest = buf_span(&p->box.list);
    struct slot s;
    uint16_t id = 100;
    enum rc rc = slot_without(rest, SLOT_PASSWORD, 0, &p->new_slots, e);

    if (rc != RC_OK)
        return rc;
    buf_addspan(&p->new_slots, fresh);
    buf_addspan(&p->both_slots, buf_span(&p->new_slots));
    while ((rc = slot_next(&rest, &s, e)) == RC_OK)
        if (s.type == SLOT_PASSWORD) {
            s.id = id++;
            slot_add(&p->both_slots, &s);
        }
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc directory_change(struct admin *ad, struct passwd *p, struct err *e)
{
    struct dird_passwd_req rq = {p->address, buf_span(&p->new_password), p->code_until};

    return dir_call(ad->dir, DIRD_ACCOUNT_PASSWD, &rq, NULL, e);
}

/* ---- the two kinds ---- */
/* The old password, when it was given, must be right: the directory says, and counts. */
static enum rc check_old(struct admin *ad, struct passwd *p, struct err *e)
{
    struct dird_auth_req rq = {p->address, buf_span(&p->old_password), SPAN_LIT("local"),
                               ad->acting.n ? DP_ACTING : DP_ADMIN};
    struct dird_auth_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = p->old_password.n ? dir_auth(ad->dir, &rq, &rep, &mem, e) : RC_OK;

    buf_free(&mem); /* the answer is wanted, not the ticket */
    if (rc == RC_DENIED)
        return err_set(e, RC_DENIED, "the old password is not right: nothing was changed");
    return rc == RC_PERM ? RC_OK : rc; /* a disabled account's password was right */
}

static enum rc change_strict(struct admin *ad, struct passwd *p, struct err *e)
{
    struct buf fresh = BUF_INIT;
    enum rc rc;

    if (p->old_password.n == 0)
        return err_set(e, RC_SYNTAX, "a strict mailbox opens with its old password only: give the old one too");
    rc = ad->acting.n ? check_old(ad, p, e) : RC_OK; /* keyd counts no tries: hers are not hers to make as she likes */
    if (rc == RC_OK)
        rc = box_slots_get(ad, p->box.mbx, &p->box, e);
    if (rc == RC_OK)
        rc = rewrap_any(ad, p, &fresh, e);
    if (rc == RC_DENIED)
        rc = err_set(e, RC_DENIED, "the old password does not open this mailbox: nothing was changed");
    if (rc == RC_OK)
        rc = make_lists(p, buf_span(&fresh), e);
    buf_free(&fresh);
    if (rc == RC_OK)
        rc = write_slots(ad, p, buf_span(&p->both_slots), e);
    if (rc == RC_OK)
        rc = directory_change(ad, p, e);
    return rc == RC_OK ? write_slots(ad, p, buf_span(&p->new_slots), e) : rc;
}

static enum rc change_default(struct admin *ad, struct passwd *p, struct err *e)
{
    enum rc rc = check_old(ad, p, e);

    return rc == RC_OK ? directory_change(ad, p, e) : rc;
}

static enum rc prepare(struct passwd *p, const struct account_password *asked, struct err *e)
{
    enum rc rc = password_fits(asked->new_password, p->address, asked->password_min, e);

    if (rc == RC_OK)
        rc = password_normal(asked->new_password, &p->new_password, e);
    if (rc == RC_OK && asked->old_password.n)
        rc = password_normal(asked->old_password, &p->old_password, e);
    return rc;
}

enum rc account_passwd_would(struct admin *ad, const struct account *a, struct err *e)
{
    enum rc rc = account_not_closed(&a->is, e);

    return rc == RC_OK ? admin_may(ad, DIRD_ACCOUNT_PASSWD, &(struct dird_passwd_req){.address = a->is.address}, e)
                       : rc;
}

enum rc account_passwd(struct admin *ad, const struct account *a, const struct account_password *asked, struct err *e)
{
    struct passwd p = {.address = a->is.address,
                       .box.mbx = a->is.mbx,
                       .old_password = BUF_SECRET_INIT,
                       .new_password = BUF_SECRET_INIT,
                       .code_until = a->is.flags & DF_STRICT ? 0 : asked->code_until};
    enum rc rc;

    rc = prepare(&p, asked, e);
    if (rc == RC_OK)
        rc = account_passwd_would(ad, a, e);
    if (rc == RC_OK)
        rc = a->is.flags & DF_STRICT ? change_strict(ad, &p, e) : change_default(ad, &p, e);
    buf_free(&p.old_password);
    buf_free(&p.new_password);
    box_slots_free(&p.box);
    buf_free(&p.both_slots);
    buf_free(&p.new_slots);
    return rc;
}
