/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/select.c - SELECT and EXAMINE. RFC 3501 6.3.1, 6.3.2, RFC 8474 4.1, RFC 9051 6.3.2, RFC 7162 3.1.2, 3.2.5, 3.2.11. A SELECT that fails leaves no mailbox selected. */
#include "imapd/commands.h"
#include "imapd/extensions.h"
#include "imapd/held.h"
#include "imapd/list.h"
#include "imapd/objectid.h"
#include "imapd/vanished.h"

enum { OUT_HIGH = 16 * 1024 };

static void put_mailboxid(struct imap_session *s)
{
    struct buf id = BUF_INIT; /* open: a number */

    if ((s->opened.responses & RESP_MAILBOXID) == 0)
        return;
    homes_put_id(s, s->view->folder, &id);
    reply_put(s, "* OK [MAILBOXID (%s)] Id of the mailbox", buf_cstr(&id));
    buf_free(&id);
}

static void describe(struct imap_session *s)
{
    struct view *v = s->view;
    uint32_t unseen = view_first_unseen(v);
    bool rev2 = s->opened.responses & RESP_REV2;

    v->told = v->n;
    v->dirty = false;
    s->keywords.announced = UINT64_MAX; /* all are told below */
    view_learn(s);                      /* one may have been made since they were loaded */
    keywords_announce(s, v->read_only);
    reply_put(s, "* %u EXISTS", v->n);
    if (!rev2)
        reply_put(s, "* %u RECENT", view_recent(v));
    if (unseen && !rev2 && (s->opened.responses & RESP_UIDONLY) == 0)
        reply_put(s, "* OK [UNSEEN %u] First unseen", unseen);
    reply_put(s, "* OK [UIDVALIDITY %u] UIDs valid", v->uidvalidity);
    reply_put(s, "* OK [UIDNEXT %u] Predicted next UID", v->uidnext);
    put_mailboxid(s);
    if (s->opened.args & ARG_CONDSTORE)
        reply_put(s, "* OK [HIGHESTMODSEQ %llu] Highest", (unsigned long long)v->modseq);
}

static void put_changed(struct imap_session *s, const struct imap_select_args *a)
{
    const struct view *v = s->view;

    for (uint32_t row = 0; row < v->n; row++) {
        if (v->modseq_of[row] <= a->modseq || (a->has_known && !imap_set_has(&a->known, v->uid[row])))
            continue;
        view_put_changed(s, row, true);
        if (s->out.n > OUT_HIGH)
            reply_out(s);
    }
    reply_out(s);
}

/* What happened since the client was here: who left, and whose flags changed. A client with another UIDVALIDITY knows
 * nothing of this folder, and is told nothing (RFC 7162 3.2.5.1). */
static enum rc resync(struct imap_session *s, const struct imap_select_args *a, struct err *e)
{
    struct vanished_of of = {a->has_known ? &a->known : NULL, vanished_match(s->view, &a->seqs, &a->uids)};
    enum rc rc;

    if (!a->qresync || a->uidvalidity != s->view->uidvalidity)
        return RC_OK;
    buf_clear(&s->out);
    if ((rc = vanished_since(s, a->modseq, &of, e)) == RC_OK)
        put_changed(s, a);
    return rc;
}

static enum rc may_read(const struct folder *f, struct err *e)
{
    return f->rights & ACL_R ? RC_OK : reply_no(e, CAUSE_NO_RIGHT);
}

/* READ-ONLY, whatever was asked for (RFC 4314 5.2). */
static bool looks_only(const struct folder *f)
{
    return f->id == STORE_REMOVED || !(f->rights & (ACL_S | ACL_W | ACL_I | ACL_T | ACL_E));
}

static enum rc select_folder(struct imap_session *s, const struct imap_select_args *a, bool read_only, struct err *e)
{
    bool rev2 = s->opened.responses & RESP_REV2; /* which tells the name in a LIST */
    struct folders all;
    struct folder f;
    enum rc rc;

    if (a->seqs.n > 0 && (s->opened.responses & RESP_UIDONLY)) /* RFC 9586 3.6 */
        return reply_bad(s, e, CAUSE_UID_REQUIRED);
    if (a->condstore)
        extension_use(s, "CONDSTORE");
    if (s->view && (s->opened.responses & RESP_CLOSED))
        reply_put(s, "* OK [CLOSED] Previous mailbox closed");
    view_leave(s);
    if ((rc = folders_load(s, rev2, &all, e)) != RC_OK ||
        (rc = folder_in_list(s, &all, a->name, false, &f, e)) != RC_OK || (rc = keywords_load(s, e)) != RC_OK ||
        (rc = may_read(&f, e)) != RC_OK ||
        (rc = view_open(s, f.id, read_only = read_only || looks_only(&f), &s->view, e)) != RC_OK)
        return rc;
    s->state = IS_SELECTED;
    s->view_home = s->at;
    s->view->rights = f.rights;
    describe(s);
    if (f.id == STORE_REMOVED)
        held_tell(s);
    if (rev2)
        list_named(s, &all, f.id, a->sent);
    if ((rc = resync(s, a, e)) != RC_OK) {
        view_leave(s);
        return rc;
    }
    reply_code(s, read_only ? "READ-ONLY" : "READ-WRITE");
    return RC_OK;
}

enum rc cmd_select(struct imap_session *s, union imap_args *a, struct err *e)
{
    return select_folder(s, &a->select, false, e);
}

enum rc cmd_examine(struct imap_session *s, union imap_args *a, struct err *e)
{
    return select_folder(s, &a->select, true, e);
}
