/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/create.c - CREATE, which also makes the levels above. CREATE of a \Noselect level makes it a mailbox again.
 * RFC 3501 6.3.3. With USE the folder gets a special use (RFC 6154 3). A folder has one use at most, and a use one folder,
 * because every client looks for one. What else is asked for is NO [USEATTR], and nothing is made. */
#include "imapd/commands.h"
#include "imapd/list.h"
#include "imapd/objectid.h"

/* The level keeps its rights and subscriptions. */
static enum rc revive(struct imap_session *s, const struct folder *f, struct span name, uint8_t special,
                      uint32_t *id_out, struct err *e)
{
    struct store_folder_revive_req rq = {.folder = f->id, .special = special};
    enum rc rc = folder_above(s, name, &rq.parent, e);

    *id_out = f->id;
    return rc == RC_OK ? store_call(s->store, STORE_FOLDER_REVIVE, &rq, -1, NULL, e) : rc;
}

/* What a folder is for is its holder's to say: a delegate is not told the uses of the others, either. */
static enum rc use_of(const struct imap_session *s, const struct folders *l, const union imap_args *a,
                      uint8_t *special_out, struct err *e)
{
    *special_out = SU_NONE;
    if (a->create.n == 0)
        return RC_OK;
    if (s->at || a->create.n > 1 || !special_of(a->create.uses[0], special_out))
        return reply_no(e, CAUSE_SPECIAL_USE);
    for (size_t i = 0; i < l->n; i++)
        if (l->f[i].special == *special_out && (l->f[i].flags & FF_GONE) == 0)
            return reply_no(e, CAUSE_SPECIAL_USE);
    return RC_OK;
}

static enum rc make(struct imap_session *s, const struct folders *l, union imap_args *a, uint32_t *id_out,
                    struct err *e)
{
    struct folder *f = folders_by_name(s, l, a->create.name, e);
    uint8_t special;
    enum rc rc;

    if (!f && e->rc != RC_NOTFOUND) /* nobody can tell: that is not "not there" */
        return e->rc;
    if (f && (f->flags & (FF_GONE | FF_NOSELECT)) == 0)
        return reply_no(e, CAUSE_MAILBOX_EXISTS);
    if ((rc = use_of(s, l, a, &special, e)) != RC_OK)
        return rc;
    if (f && (f->flags & FF_NOSELECT))
        return revive(s, f, a->create.name, special, id_out, e);
    if (l->n >= FOLDERS_MAX)
        return reply_no(e, CAUSE_TOO_MANY_FOLDERS);
    if ((rc = folders_make_parents(s, a->create.name, e)) != RC_OK)
        return rc;
    return folder_create(s, a->create.name, special, 0, id_out, e);
}

enum rc cmd_create(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folders l;
    uint32_t id = 0;
    enum rc rc = folders_load(s, false, &l, e);

    if (rc == RC_OK)
        rc = make(s, &l, a, &id, e);
    if (rc == RC_OK && (s->opened.responses & RESP_REV2) && !span_eq(a->create.sent, a->create.name) &&
        (rc = folders_load(s, true, &l, e)) == RC_OK)
        list_named(s, &l, id, a->create.sent);
    if (rc != RC_OK || (s->opened.responses & RESP_MAILBOXID) == 0)
        return rc;
    buf_addstr(&s->code, "MAILBOXID (");
    homes_put_id(s, id, &s->code);
    buf_addc(&s->code, ')');
    return RC_OK;
}
