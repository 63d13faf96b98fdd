/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folders.c - folders: their sealed names, which are kept unique by their tags, and their counters. */
#include "store/db/memfd.h"
#include "store/ops/acl.h"
#include "store/ops/folder_row.h"
#include "store/ops/removed.h"
#include "store/ops/seen.h"
#include "store/ops/shown.h"

/* ---- list ---- */
/* What cannot be counted keeps no folder back: STATUS says so of this one. */
static enum rc count_hers(struct tx *t, const struct sess *s, uint32_t folder, struct counters *c, struct err *e)
{
    uint32_t n;
    enum rc rc = seen_unseen(t, s->mbx, folder, s->delegate, c, &n, e);

    if (rc == RC_OK)
        c->unseen = n;
    return rc == RC_CORRUPT && !t->deadlock ? RC_OK : rc;
}

static enum rc fill(struct tx *t, const struct sess *s, uint32_t folder, const struct folder *f,
                    struct store_folder *out, struct err *e)
{
    struct counters c = {0};
    enum rc rc = f->flags & (FF_GONE | FF_NOSELECT) ? RC_OK : counters_peek(t, s->mbx, folder, &c, e);

    if (rc == RC_OK && s->delegate && c.exists > 0)
        rc = count_hers(t, s, folder, &c, e);

    *out = (struct store_folder){.folder = folder,
                                 .uidvalidity = c.uidvalidity,
                                 .uidnext = c.uidnext,
                                 .exists = c.exists,
                                 .unseen = c.unseen,
                                 .modseq = c.modseq,
                                 .special = f->special,
                                 .flags = f->flags,
                                 .name = f->name};
    memcpy(out->tag, f->tag, SEAL_NAME_TAG);
    return rc;
}

/* The folder of removed messages comes last, when it is switched on. */
static enum rc add_shown(struct tx *t, const struct ask *a, struct store_list_rep *rep, struct err *e)
{
    struct store_folder out;
    enum rc rc = shown_folder(t, a->s->mbx, &out, e);

    out.rights = ACL_ALL;
    if (rc == RC_OK && a->out->n + 128 > OUT_MAX)
        rep->next = STORE_REMOVED;
    else if (rc == RC_OK)
        ipc_list_add(a->out, store_folder_f, &out);
    return rc == RC_NOTFOUND && !t->deadlock ? RC_OK : rc;
}

/* What a session is shown of a folder: a delegate not what she may not look up, and her own marks. RC_NOTFOUND: nothing. */
static enum rc show(struct tx *t, const struct sess *s, struct store_folder *out, struct err *e)
{
    bool subscribed;
    enum rc rc = acl_rights(t, s, out->folder, &out->rights, e);

    if (rc != RC_OK || !s->delegate)
        return rc;
    if (!(out->rights & ACL_L) || out->flags & FF_GONE)
        return err_set(e, RC_NOTFOUND, "store: not shown to a delegate");
    rc = acl_subscribed(t, s, out->folder, &subscribed, e);
    out->flags = (uint16_t)((out->flags & ~FF_SUBSCRIBED) | (subscribed ? FF_SUBSCRIBED : 0));
    return rc;
}

enum rc do_folders(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_cursor_req *rq = a->req;
    struct store_list_rep *rep = a->rep;
    struct key from = key_folder(a->s->mbx, rq->from);
    struct store_folder out;
    struct folder f;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FOLDERS, &from, 8, SCAN_FEW, e);

    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, folder_f, &f, e)) == RC_OK) {
        if (a->out->n + f.name.n + 128 > OUT_MAX) {
            rep->next = be32(k.p + 8);
            break;
        }
        rc = fill(t, a->s, be32(k.p + 8), &f, &out, e);
        if (rc == RC_OK)
            rc = show(t, a->s, &out, e);
        if (rc == RC_OK)
            ipc_list_add(a->out, store_folder_f, &out);
        else if (rc == RC_NOTFOUND) /* deleted since its row was read: scans keep no lock */
            rc = RC_OK;
    }
    scan_close(&s);
    if (rc == RC_NOTFOUND)
        rc = a->s->delegate ? RC_OK : add_shown(t, a, rep, e);
    rep->list = buf_span(a->out);
    return rc;
}

/* ---- how many, how long ---- */
/* A session reads all names of its mailbox for LIST, within the memory of one command (4 MiB, opened and sealed): FOLDERS_NOW and NAMES
 * keep that possible. They bind requests that make more folders or longer names. Folders that are there already can
 * always be listed, renamed shorter and deleted. */
enum { FOLDERS_NOW = 5000, NAMES = 1 << 20 };

struct names {
    uint64_t folders, bytes;
};

static enum rc names_sum(struct tx *t, uint64_t mbx, struct names *out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct folder f;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FOLDERS, &from, from.n, SCAN_FEW, e);

    *out = (struct names){0, 0};
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, folder_f, &f, e)) == RC_OK) {
        out->folders++;
        out->bytes += f.name.n;
    }
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* RC_QUOTA: there would be too much, and more than there was. */
static enum rc names_fit(uint64_t mbx, const struct names *was, const struct names *is, struct err *e)
{
    if ((is->folders <= FOLDERS_NOW || is->folders <= was->folders) && (is->bytes <= NAMES || is->bytes <= was->bytes))
        return RC_OK;
    return err_cause(e, RC_QUOTA, CAUSE_TOO_MANY_FOLDERS,
                     "store: mailbox %llu: %llu folders, %llu bytes of names: more than it may have",
                     (unsigned long long)mbx, (unsigned long long)is->folders, (unsigned long long)is->bytes);
}

/* ---- create, rename, delete ---- */
/* A delegate makes the first folders of a mailbox, with what they are for. She takes no use away from a folder that has it: what its holder's clients put
 * there would come to a folder of hers. */
enum rc folder_may_be_for(struct tx *t, const struct sess *s, uint8_t special, struct err *e)
{
    bool taken = false;
    enum rc rc = s->delegate && special != SU_NONE ? folder_role_taken(t, s->mbx, special, 0, &taken, e) : RC_OK;

    return rc == RC_OK && taken
               ? err_cause(e, RC_DENIED, CAUSE_NO_RIGHT, "store: what a folder is for is its holder's to say")
               : rc;
}

enum rc do_folder_create(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_create_req *rq = a->req;
    struct store_folder_msg *rep = a->rep;
    struct folder f = {.special = rq->special, .flags = rq->flags, .name = rq->name};
    uint64_t mbx = a->s->mbx;
    struct names was = {0, 0}, is;
    uint32_t gone = 0;
    struct box b;
    enum rc rc;

    if (rq->special == SU_INBOX || rq->special > SU_ARCHIVE || rq->flags & ~(FF_SUBSCRIBED | FF_NOSELECT) ||
        rq->name.n == 0)
        return err_set(e, RC_SYNTAX, "store: no such folder can be made");
    memcpy(f.tag, rq->tag, SEAL_NAME_TAG);
    rc = box_get(t, mbx, true, &b, e);
    if (rc == RC_OK && b.next_folder > FOLDERS_EVER)
        rc = err_set(e, RC_PERM, "store: mailbox %llu has made %d folders", (unsigned long long)mbx, FOLDERS_EVER);
    if (rc == RC_OK)
        rc = folder_may_be_for(t, a->s, rq->special, e);
    if (rc == RC_OK)
        rc = tag_free(t, mbx, rq->tag, &f.flags, &gone, e);
    if (rc == RC_OK)
        rc = names_sum(t, mbx, &was, e);
    is = (struct names){was.folders + 1, was.bytes + rq->name.n};
    if (rc == RC_OK)
        rc = names_fit(mbx, &was, &is, e);
    if (rc != RC_OK)
        return rc;
    rep->folder = b.next_folder++;
    if (!(f.flags & FF_NOSELECT))
        rc = counters_new(t, mbx, rep->folder, &b, e);
    if (rc == RC_OK)
        rc = box_put(t, mbx, &b, e);
    if (rc == RC_OK)
        rc = folder_put(t, mbx, rep->folder, &f, e);
    if (rc == RC_OK)
        rc = tag_put(t, mbx, rq->tag, rep->folder, e);
    if (rc == RC_OK)
        rc = acl_inherit(t, mbx, rq->parent, rep->folder, e);
    if (rc == RC_OK)
        rc = folder_in_place(t, mbx, rq->tag, gone, rep->folder, e);
    tx_touch(t, mbx, 0, 0);
    return rc;
}

enum rc folder_role_taken(struct tx *t, uint64_t mbx, uint8_t special, uint32_t but, bool *taken_out, struct err *e)
{
    struct key from = key_mbx(mbx);
    struct folder f;
    struct span k, v;
    struct scan s;
    enum rc rc = scan_open(&s, t, T_FOLDERS, &from, from.n, SCAN_FEW, e);

    *taken_out = false;
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, folder_f, &f, e)) == RC_OK)
        *taken_out = *taken_out || (f.special == special && be32(k.p + 8) != but && !(f.flags & FF_GONE));
    scan_close(&s);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc make_again(struct tx *t, uint64_t mbx, struct folder *f, uint32_t *folder_out, struct err *e)
{
    bool taken;
    struct box b;
    enum rc rc = folder_role_taken(t, mbx, f->special, 0, &taken, e);

    if (rc == RC_OK)
        rc = box_get(t, mbx, true, &b, e);
    if (rc != RC_OK)
        return rc;
    f->special = taken ? (uint8_t)SU_NONE : f->special;
    *folder_out = b.next_folder++;
    rc = counters_new(t, mbx, *folder_out, &b, e);
    if (rc == RC_OK)
        rc = box_put(t, mbx, &b, e);
    if (rc == RC_OK)
        rc = folder_put(t, mbx, *folder_out, f, e);
    if (rc == RC_OK)
        rc = tag_put(t, mbx, f->tag, *folder_out, e);
    return rc;
}

/* Another folder has the name now. Where that is a level it holds messages again. */
static enum rc there_already(struct tx *t, uint64_t mbx, uint32_t folder, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct counters c;
    struct folder f;
    struct box b;
    enum rc rc = counters_peek(t, mbx, folder, &c, e);

    if (rc != RC_NOTFOUND || t->deadlock)
        return rc;
    rc = folder_get(t, mbx, folder, &mem, &f, e);
    if (rc == RC_OK)
        rc = box_get(t, mbx, true, &b, e);
    if (rc == RC_OK)
        rc = folder_revived(t, mbx, folder, &f, &b, e);
    buf_free(&mem);
    return rc;
}

enum rc folder_again(struct tx *t, uint64_t mbx, const struct folder *f, uint32_t *folder_out, struct err *e)
{
    struct folder again = *f;
    uint32_t gone = 0;
    enum rc rc;

    again.flags &= FF_SUBSCRIBED;
    rc = tag_free(t, mbx, f->tag, &again.flags, &gone, e);
    if (rc == RC_OK && (rc = make_again(t, mbx, &again, folder_out, e)) == RC_OK)
        return folder_in_place(t, mbx, f->tag, gone, *folder_out, e);
    if (rc == RC_EXISTS && (rc = tag_get(t, mbx, f->tag, folder_out, e)) == RC_OK)
        rc = there_already(t, mbx, *folder_out, e);
    return rc;
}

static enum rc rename_out(struct tx *t, uint64_t mbx, const struct store_rename *r, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct folder f;
    enum rc rc = folder_get(t, mbx, r->folder, &mem, &f, e);

    if (rc == RC_OK && (r->folder == STORE_INBOX || r->name.n == 0))
        rc = err_set(e, RC_PERM, "store: INBOX keeps its name");
    if (rc == RC_OK && f.flags & FF_GONE)
        rc = err_set(e, RC_NOTFOUND, "store: folder %u is gone", (unsigned)r->folder);
    if (rc == RC_OK)
        rc = tag_del(t, mbx, f.tag, e);
    buf_free(&mem);
    return rc;
}

static enum rc rename_in(struct tx *t, uint64_t mbx, const struct store_rename *r, struct err *e)
{
    struct buf mem = BUF_INIT;
    struct folder f;
    uint16_t remembered = 0;
    uint32_t gone = 0;
    enum rc rc = folder_get(t, mbx, r->folder, &mem, &f, e);

    if (rc == RC_OK)
        rc = tag_free(t, mbx, r->tag, &remembered, &gone, e);
    if (rc == RC_OK && gone)
        rc = acl_forget_gone(t, mbx, gone, e);
    if (rc != RC_OK)
        goto out;
    memcpy(f.tag, r->tag, SEAL_NAME_TAG);
    f.name = r->name;
    f.flags |= remembered;
    rc = folder_put(t, mbx, r->folder, &f, e);
    if (rc == RC_OK)
        rc = tag_put(t, mbx, r->tag, r->folder, e);
out:
    buf_free(&mem);
    return rc;
}

/* All old names are deleted before the first new one is written. So one request can rename a whole subtree, or exchange
 * names. */
enum rc do_folder_rename(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_rename_req *rq = a->req;
    enum rc (*const steps[])(struct tx *, uint64_t, const struct store_rename *, struct err *) = {rename_out,
                                                                                                  rename_in};
    struct buf mem = BUF_INIT;
    struct names was = {0, 0}, is = {0, 0};
    struct store_rename r;
    struct box b;
    enum rc rc = box_get(t, a->s->mbx, true, &b, e); /* folders of a mailbox are changed by one at a time */

    if (rc == RC_OK)
        rc = names_sum(t, a->s->mbx, &was, e);
    if (rc == RC_OK && a->fd >= 0)
        rc = memfd_all(a->fd, STORE_RENAMES_MAX, &mem, e);
    for (size_t i = 0; rc == RC_OK && i < 2; i++) {
        struct span rest = a->fd >= 0 ? buf_span(&mem) : rq->renames;

        while (rc == RC_OK && rest.n > 0)
            if ((rc = ipc_list_next(&rest, store_rename_f, &r, e)) == RC_OK &&
                (rc = acl_check(t, a->s, r.folder, ACL_X, e)) == RC_OK)
                rc = steps[i](t, a->s->mbx, &r, e);
    }
    buf_free(&mem);
    if (rc == RC_OK)
        rc = names_sum(t, a->s->mbx, &is, e);
    if (rc == RC_OK)
        rc = names_fit(a->s->mbx, &was, &is, e);
    tx_touch(t, a->s->mbx, 0, 0);
    return rc;
}

enum rc do_folder_flags(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_flags_req *rq = a->req;
    struct key k = key_folder(a->s->mbx, rq->folder);
    struct buf mem = BUF_INIT;
    struct folder f;
    enum rc rc;

    if ((rq->set | rq->clear) & ~FF_SUBSCRIBED)
        return err_set(e, RC_SYNTAX, "store: only the subscription of a folder can be set");
    rc = folder_get(t, a->s->mbx, rq->folder, &mem, &f, e);
    if (rc != RC_OK)
        goto out;
    if (a->s->delegate) {
        rc = acl_subscribe(t, a->s, rq->folder, !(rq->clear & FF_SUBSCRIBED), e);
        goto out;
    }
    f.flags = (uint16_t)((f.flags | rq->set) & ~rq->clear);
    if (f.flags == FF_GONE) { /* remembered for nothing */
        rc = tx_del(t, T_FOLDERS, &k, e);
        if (rc == RC_OK)
            rc = tag_del(t, a->s->mbx, f.tag, e);
        if (rc == RC_OK)
            rc = acl_forget_gone(t, a->s->mbx, rq->folder, e);
    } else {
        rc = folder_put(t, a->s->mbx, rq->folder, &f, e);
    }
    tx_touch(t, a->s->mbx, 0, 0);
out:
    buf_free(&mem);
    return rc;
}
