/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd_rename.c - RENAME. RFC 3501 6.3.5. What lies below moves along, in one transaction. RENAME INBOX makes a new mailbox and moves
 * the messages there; INBOX stays, empty. Subscriptions go with the folders: they are a mark on the folder, not a list of names. */
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/move.h"
#include "proto/imap_name.h"

static enum rc add_rename(struct imap_session *s, const struct folder *f, struct span name, struct buf *list,
                          struct err *e)
{
    struct store_rename r = {.folder = f->id};
    struct buf sealed = BUF_INIT;
    enum rc rc;

    if (name.n > IMAP_NAME_MAX)
        return reply_no(s, e, "CANNOT", "Nom trop long / Mailbox name is too long");
    rc = mailbox_seal_name(s->box, name, r.tag, &sealed, e);
    r.name = buf_span(&sealed);
    if (rc == RC_OK)
        ipc_list_add(list, store_rename_f, &r);
    buf_free(&sealed);
    return rc;
}

/* The folder and all below it, under the new name. */
static enum rc rename_tree(struct imap_session *s, const struct folders *l, struct span from, struct span to,
                           struct err *e)
{
    struct store_folder_rename_req rq;
    struct buf list = BUF_INIT, name = BUF_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < l->n; i++) {
        const struct folder *f = &l->f[i];

        if ((f->flags & FF_GONE) || (!span_eq(f->name, from) && !folder_is_below(f->name, from)))
            continue;
        buf_clear(&name);
        buf_addspan(&name, to);
        buf_addspan(&name, span_from(f->name, from.n));
        rc = add_rename(s, f, buf_span(&name), &list, e);
    }
    rq.renames = buf_span(&list);
    if (rc == RC_OK && list.n > STORE_PAGE)
        rc = reply_no(s, e, "LIMIT", "Trop de dossiers a renommer / Too many folders to rename at once");
    if (rc == RC_OK)
        rc = store_call(s->store, STORE_FOLDER_RENAME, &rq, -1, NULL, e);
    if (rc == RC_QUOTA)
        rc = folders_limit(s, e);
    buf_free(&name);
    buf_free(&list);
    return rc;
}

static enum rc rename_inbox(struct imap_session *s, struct span to, struct err *e)
{
    uint32_t dest;
    enum rc rc = folder_create(s, to, SU_NONE, 0, &dest, e);

    return rc == RC_OK ? move_everything(s, STORE_INBOX, dest, e) : rc;
}

enum rc cmd_rename(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct span from = a->rename.from, to = a->rename.to;
    struct folders l;
    struct folder *f, *there;
    enum rc rc = folders_load(s, true, &l, e);

    if (rc != RC_OK)
        return rc;
    f = folders_by_name(s, &l, from, e);
    if (f == NULL || (f->flags & FF_GONE))
        return reply_no(s, e, "NONEXISTENT", "Cette boite n'existe pas / No such mailbox");
    there = folders_by_name(s, &l, to, e);
    if (there && (there->flags & FF_GONE) == 0)
        return reply_no(s, e, "ALREADYEXISTS", "Cette boite existe deja / Mailbox exists already");
    if (folder_is_below(to, from) && f->id != STORE_INBOX)
        return reply_no(s, e, "CANNOT", "Un dossier ne peut aller sous lui-meme / A mailbox can not move below itself");
    if ((rc = folders_make_parents(s, to, e)) != RC_OK)
        return rc;
    return f->id == STORE_INBOX ? rename_inbox(s, to, e) : rename_tree(s, &l, from, to, e);
}
