/* SPDX-License-Identifier: EUPL-1.2 */
/* pli/cmd/account_passwd.c - pli account passwd: a new password, and nothing lost by it.
 *
 * Default  the mailbox's key slot is keyd's: it is not touched, only the directory's entry changes.
 * Strict   the password is the only way in: the slot for the new password is put beside the old, then the directory changes, then the
 *          old slot goes. A crash anywhere between leaves a mailbox that opens with the password that the directory takes.
 * Input    --password-stdin: the old, then the new; without it the terminal is asked, unseen, the new one twice; --generate makes the new one
 *          and shows it once. One line is the new one alone, which an administrator may set for a default
 *          mailbox; a strict mailbox always needs the old. When a strict mailbox's password was changed elsewhere, the old line is the
 *          last one that opened it.
 */
#include "pli/cmds.h"
#include "pli/instance.h"
#include "pli/people.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct passwd {
    char address[256];
    uint64_t mbx, slots_version;
    unsigned char pub[SEAL_PUB];
    struct span old_password, new_password;
    struct buf old_slots, both_slots, new_slots;
};

static enum rc read_box(struct cmd *c, struct passwd *p, struct err *e)
{
    struct store_mbx_msg rq = {p->mbx};
    struct store_box_rep box = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = store_call_in(inst_store(c), STORE_BOX_GET, &rq, -1, &box, &mem, e);

    if (rc != RC_OK)
        goto out;
    p->slots_version = box.slots_version;
    memcpy(p->pub, box.pub, SEAL_PUB);
    buf_clear(&p->old_slots);
    buf_addspan(&p->old_slots, box.slots);
out:
    buf_free(&mem);
    return rc;
}

static enum rc write_slots(struct cmd *c, struct passwd *p, struct span slots, struct err *e)
{
    struct store_box_set_req rq = {
        .mbx = p->mbx, .what = BOX_SET_SLOTS, .slots_version = p->slots_version, .slots = slots};
    enum rc rc = store_call(inst_store(c), STORE_BOX_SET, &rq, -1, NULL, e);

    if (rc == RC_EXISTS)
        return err_set(e, RC_TEMP, "somebody else changes this mailbox's keys at this moment: try again");
    return rc == RC_OK ? read_box(c, p, e) : rc;
}

/* One password slot alone under the new password; RC_DENIED: the old one does not open it. */
static enum rc rewrap_one(struct cmd *c, struct passwd *p, const struct slot *s, struct buf *out, struct err *e)
{
    struct keyd_rewrap_req rq = {.mbx = p->mbx, .old_password = p->old_password, .new_password = p->new_password};
    struct buf alone = BUF_INIT;
    enum rc rc;

    memcpy(rq.pub, p->pub, SEAL_PUB);
    slot_add(&alone, s);
    rq.slots = buf_span(&alone);
    rc = keyd_rewrap(inst_keyd(c), &rq, out, e);
    buf_free(&alone);
    return rc;
}

/* A change that was cut off left two password slots: whichever the old password opens will do. */
static enum rc rewrap_any(struct cmd *c, struct passwd *p, struct buf *out, struct err *e)
{
    struct span rest = buf_span(&p->old_slots);
    struct slot s;
    struct err end;
    enum rc rc = err_set(e, RC_PERM, "this mailbox has no password slot");

    while (slot_next(&rest, &s, &end) == RC_OK) {
        if (s.type != SLOT_PASSWORD)
            continue;
        rc = rewrap_one(c, p, &s, out, e);
        if (rc != RC_DENIED)
            break;
    }
    return rc;
}

/* new: what is no password slot, and the new one. both: the old password slots behind it, with ids of their own. */
static enum rc make_lists(struct passwd *p, struct span fresh, struct err *e)
{
    struct span rest = buf_span(&p->old_slots);
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

static enum rc directory_change(struct cmd *c, struct passwd *p, struct err *e)
{
    struct dird_passwd_req rq = {span_str(p->address), p->new_password};

    return dir_call(inst_dir(c), DIRD_ACCOUNT_PASSWD, &rq, NULL, e);
}

static enum rc change_strict(struct cmd *c, struct passwd *p, struct err *e)
{
    struct buf fresh = BUF_INIT;
    enum rc rc = read_box(c, p, e);

    if (rc == RC_OK)
        rc = rewrap_any(c, p, &fresh, e);
    if (rc == RC_DENIED)
        rc = err_set(e, RC_DENIED, "the old password does not open this mailbox: nothing was changed");
    if (rc == RC_OK)
        rc = make_lists(p, buf_span(&fresh), e);
    buf_free(&fresh);
    if (rc == RC_OK)
        rc = write_slots(c, p, buf_span(&p->both_slots), e);
    if (rc == RC_OK)
        rc = directory_change(c, p, e);
    return rc == RC_OK ? write_slots(c, p, buf_span(&p->new_slots), e) : rc;
}

/* The old password, when it was given, must be right: the directory says. */
static enum rc check_old(struct cmd *c, struct passwd *p, struct err *e)
{
    struct dird_auth_req rq = {span_str(p->address), p->old_password, SPAN_LIT("local"), DP_ADMIN};
    struct dird_auth_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = p->old_password.n ? dir_auth(inst_dir(c), &rq, &rep, &mem, e) : RC_OK;

    buf_free(&mem); /* the answer is wanted, not the ticket */
    if (rc == RC_DENIED)
        return err_set(e, RC_DENIED, "the old password is not right: nothing was changed");
    return rc == RC_PERM ? RC_OK : rc; /* a disabled account's password was right */
}

static enum rc change_default(struct cmd *c, struct passwd *p, struct err *e)
{
    enum rc rc = check_old(c, p, e);

    return rc == RC_OK ? directory_change(c, p, e) : rc;
}

/* Where the lines come from: standard input, or the terminal. Of a new one that is made only the old is read, of a default mailbox nothing. */
static int read_some(struct cmd *c, bool strict, struct passwords *pw)
{
    bool made = opt_get(c, "--generate") != NULL, given = opt_get(c, "--password-stdin") != NULL;

    if (made && !strict) {
        *pw = passwords_new();
        return PLI_OK;
    }
    return given ? passwords_read(c, made ? 1 : 2, pw) : passwords_ask(c, strict, !made, pw);
}

static int read_lines(struct cmd *c, bool strict, struct passwords *pw, struct passwd *p)
{
    int answer = read_some(c, strict, pw);

    if (answer != PLI_OK)
        return answer;
    if (opt_get(c, "--generate"))
        passwords_add_generated(pw);
    if (pw->n == 1 && strict)
        return cmd_usage(c,
                         "a strict mailbox opens with its old password only: give the old, then the new, one a line");
    p->old_password = pw->n == 2 ? pw->line[0] : SPAN_NULL;
    p->new_password = pw->line[pw->n - 1];
    return password_fits(c, p->new_password, p->address);
}

static int report(struct cmd *c, const struct passwd *p)
{
    bool made = opt_get(c, "--generate") != NULL;
    json_t *j;

    if (!c->json) {
        printf("password of %s changed\n", p->address);
        if (made)
            printf("password %.*s   (shown this once)\n", SPAN_ARG(p->new_password));
        return PLI_OK;
    }
    j = json_pack("{s:s,s:s}", "address", p->address, "done", "password changed");
    if (made)
        json_object_set_new(j, "password", json_text(p->new_password));
    return out_json(j);
}

int cmd_account_passwd(struct cmd *c)
{
    struct passwd p = {0};
    struct passwords pw = {0};
    struct dird_account a;
    struct buf mem = BUF_INIT;
    struct err e;
    bool strict;
    enum rc rc;
    int answer = account_get(c, c->pos[0], &a, &mem);

    if (answer == PLI_OK)
        snprintf(p.address, sizeof p.address, "%.*s", SPAN_ARG(a.address));
    buf_free(&mem);
    if (answer != PLI_OK)
        return answer;
    strict = a.flags & DF_STRICT;
    p.mbx = a.mbx;
    answer = read_lines(c, strict, &pw, &p);
    if (answer == PLI_OK) {
        rc = strict ? change_strict(c, &p, &e) : change_default(c, &p, &e);
        answer = rc == RC_OK ? PLI_OK : cmd_err(c, &e);
    }
    if (answer == PLI_OK)
        answer = report(c, &p);
    passwords_wipe(&pw);
    buf_free(&p.old_slots);
    buf_free(&p.both_slots);
    buf_free(&p.new_slots);
    return answer;
}
