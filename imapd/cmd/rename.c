/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/rename.c - RENAME. RFC 3501 6.3.5. The folders below are renamed too, in the same transaction. RENAME INBOX
 * makes a new mailbox and moves the messages there; INBOX stays, empty. Subscriptions go with the folders, because a
 * subscription is a mark on a folder and not a name in a list. */
#include "imapd/commands.h"
#include "imapd/folders.h"
#include "imapd/move.h"
#include "proto/imap/name.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t levels_in(struct span name)
{
    size_t n = 1;

    for (size_t i = 0; i < name.n; i++)
        n += name.p[i] == '/';
    return n;
}

static enum rc add_rename(struct imap_session *s, const struct folder *f, struct span name, struct buf *list,
                          struct err *e)
{
    struct store_rename r = {.folder = f->id};
    struct buf sealed = BUF_INIT; /* open: a sealed name */
    enum rc rc;

    if (name.n > IMAP_NAME_MAX || levels_in(name) > IMAP_LEVELS_MAX) /* no command could name it any more */
        return reply_no(e, CAUSE_NAME_TOO_LONG);
    rc = mailbox_seal_name(s->box, name, r.tag, &sealed, e);
    r.name = buf_span(&sealed);
    if (rc == RC_OK)
        ipc_list_add(list, store_rename_f, &r);
    buf_free(&sealed);
    return rc;
}

/* Gives the folder and all folders below it names under the new name. */
static enum rc list_tree(struct imap_session *s, const struct folders *l, struct span from, struct span to,
                         struct buf *list, struct err *e)
{
    struct buf name = BUF_SECRET_INIT;
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < l->n; i++) {
        const struct folder *f = &l->f[i];

        if ((f->flags & FF_GONE) || (!span_eq(f->name, from) && !folder_is_below(f->name, from)))
            continue;
        buf_clear(&name);
        buf_addspan(&name, to);
        buf_addspan(&name, span_from(f->name, from.n));
        rc = add_rename(s, f, buf_span(&name), list, e);
    }
    if (rc == RC_OK && list->n > STORE_RENAMES_MAX)
        rc = reply_no(e, CAUSE_TOO_MANY_RENAMES);
    buf_free(&name);
    return rc;
}

static enum rc sealed_memfd(struct span all, int *fd_out, struct err *e)
{
    int fd = memfd_create("pli-rename", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ssize_t n = 1;

    while (fd >= 0 && all.n > 0 && n > 0)
        if ((n = write(fd, all.p, all.n)) > 0)
            all = span_from(all, (size_t)n);
    if (fd >= 0 && all.n == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0) {
        *fd_out = fd;
        return RC_OK;
    }
    (void)!err_sys(e, RC_TEMP, "memfd of a rename");
    if (fd >= 0)
        close(fd);
    return RC_TEMP;
}

/* One transaction, however many folders: a client never sees half of the tree here and half there. */
static enum rc rename_all(struct imap_session *s, struct span list, struct span to, struct err *e)
{
    struct store_folder_rename_req rq = {.renames = list};
    int fd = -1;
    enum rc rc = folder_above(s, to, &rq.parent, e);

    if (rc != RC_OK)
        return rc;
    if (list.n <= STORE_PAGE)
        return store_call(s->store, STORE_FOLDER_RENAME, &rq, -1, NULL, e);
    if ((rc = sealed_memfd(list, &fd, e)) != RC_OK)
        return rc;
    rq.renames = SPAN_NULL;
    rc = store_call(s->store, STORE_FOLDER_RENAME_FD, &rq, fd, NULL, e);
    close(fd);
    return rc;
}

/* Every refusal comes before the levels above the new name are made. */
static enum rc rename_tree(struct imap_session *s, const struct folders *l, struct span from, struct span to,
                           struct err *e)
{
    struct buf list = BUF_INIT; /* open: sealed names */
    enum rc rc = list_tree(s, l, from, to, &list, e);

    if (rc == RC_OK)
        rc = folders_make_parents(s, to, e);
    if (rc == RC_OK)
        rc = rename_all(s, buf_span(&list), to, e);
    buf_free(&list);
    return rc;
}

static enum rc rename_inbox(struct imap_session *s, struct span to, struct err *e)
{
    uint32_t dest;
    enum rc rc = folders_make_parents(s, to, e);

    if (rc == RC_OK)
        rc = folder_create(s, to, SU_NONE, 0, &dest, e);
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
        return reply_no(e, CAUSE_NO_SUCH_MAILBOX);
    there = folders_by_name(s, &l, to, e);
    if (there && (there->flags & FF_GONE) == 0)
        return reply_no(e, CAUSE_MAILBOX_EXISTS);
    if (folder_is_below(to, from) && f->id != STORE_INBOX)
        return reply_no(e, CAUSE_BELOW_ITSELF);
    return f->id == STORE_INBOX ? rename_inbox(s, to, e) : rename_tree(s, &l, from, to, e);
}
