/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder_delete.c - a folder goes: as a whole, or its messages alone, and a level of names stays for the folders below it. And such a level
 * becomes a folder again.
 *
 * A level is whose the folder was: it keeps the name, the rights of delegates and the subscriptions, and is another number, because the messages of the old
 * one go in the background. Each of the three is one transaction, so who was shut out of a folder is shut out of what is made there later. */
#include "store/ops/acl.h"
#include "store/ops/folder_row.h"
#include "store/ops/freed.h"
#include "store/ops/metadata.h"

/* Its messages go in the background, as removed by whoever deleted it. */
static enum rc gone_put(struct tx *t, const struct sess *s, uint32_t folder, struct err *e)
{
    struct key k = key_folder(s->mbx, folder), by = key_mbx(sess_actor(s));

    return tx_put(t, T_GONE, &k, key_span(&by), 0, e);
}

static enum rc may_go(uint32_t folder, const struct folder *f, struct err *e)
{
    if (f->flags & FF_GONE)
        return err_set(e, RC_NOTFOUND, "store: folder %u is gone", (unsigned)folder);
    return folder == STORE_INBOX ? err_set(e, RC_PERM, "store: INBOX stays") : RC_OK;
}

/* All that is in a folder, and what is kept of it. Its row and its rights are still there. */
static enum rc take_out(struct tx *t, const struct ask *a, uint32_t folder, const struct folder *f, struct box *b,
                        struct err *e)
{
    uint64_t mbx = a->s->mbx;
    struct key k = key_folder(mbx, folder);
    bool selectable = !(f->flags & FF_NOSELECT);
    enum rc rc = selectable ? tx_del(t, T_COUNTERS, &k, e) : RC_OK;

    if (rc == RC_OK)
        rc = metadata_forget(t, mbx, folder, b, e);
    if (rc == RC_OK)
        rc = gone_put(t, a->s, folder, e);
    if (rc == RC_OK && selectable && (a->d->keep_s > 0 || (b->flags & BOX_HELD)))
        rc = freed_name_put(t, mbx, folder, f, e);
    tx_touch(t, mbx, 0, 0);
    t->sweep = true;
    return rc;
}

/* A folder that is subscribed stays listed, with its name and tag only. */
static enum rc forget(struct tx *t, uint64_t mbx, uint32_t folder, struct folder *f, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    enum rc rc;

    f->flags = (f->flags & FF_SUBSCRIBED) | FF_GONE;
    f->special = SU_NONE;
    if (f->flags & FF_SUBSCRIBED)
        return folder_put(t, mbx, folder, f, e);
    rc = tx_del(t, T_FOLDERS, &k, e);
    if (rc == RC_OK)
        rc = tag_del(t, mbx, f->tag, e);
    return rc == RC_OK ? acl_forget_gone(t, mbx, folder, e) : rc;
}

enum rc do_folder_delete(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_msg *rq = a->req;
    struct buf mem = BUF_INIT;
    struct folder f;
    struct box b;
    enum rc rc = box_get(t, a->s->mbx, true, &b, e);

    if (rc == RC_OK)
        rc = folder_get(t, a->s->mbx, rq->folder, &mem, &f, e);
    if (rc == RC_OK)
        rc = may_go(rq->folder, &f, e);
    if (rc == RC_OK)
        rc = take_out(t, a, rq->folder, &f, &b, e);
    if (rc == RC_OK)
        rc = forget(t, a->s->mbx, rq->folder, &f, e);
    buf_free(&mem);
    return rc;
}

/* ---- levels ---- */
/* The level takes the place: another number, the same name, tag and rights. */
static enum rc put_level(struct tx *t, uint64_t mbx, uint32_t folder, struct folder *f, struct box *b, struct err *e)
{
    struct key k = key_folder(mbx, folder);
    uint32_t level = b->next_folder++;
    enum rc rc = box_put(t, mbx, b, e);

    f->flags = (uint16_t)((f->flags & FF_SUBSCRIBED) | FF_NOSELECT);
    f->special = SU_NONE;
    if (rc == RC_OK)
        rc = tx_del(t, T_FOLDERS, &k, e);
    if (rc == RC_OK)
        rc = folder_put(t, mbx, level, f, e);
    if (rc == RC_OK)
        rc = tag_put(t, mbx, f->tag, level, e);
    return rc == RC_OK ? acl_move(t, mbx, folder, level, e) : rc;
}

enum rc do_folder_level(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_msg *rq = a->req;
    uint64_t mbx = a->s->mbx;
    struct buf mem = BUF_INIT;
    struct folder f;
    struct box b;
    enum rc rc = box_get(t, mbx, true, &b, e);

    if (rc == RC_OK)
        rc = folder_get(t, mbx, rq->folder, &mem, &f, e);
    if (rc == RC_OK)
        rc = may_go(rq->folder, &f, e);
    if (rc == RC_OK && f.flags & FF_NOSELECT)
        rc = err_set(e, RC_EXISTS, "store: folder %u is a level already", (unsigned)rq->folder);
    if (rc == RC_OK && b.next_folder > FOLDERS_EVER)
        rc = err_set(e, RC_PERM, "store: mailbox %llu has made %d folders", (unsigned long long)mbx, FOLDERS_EVER);
    if (rc == RC_OK)
        rc = take_out(t, a, rq->folder, &f, &b, e);
    if (rc == RC_OK)
        rc = put_level(t, mbx, rq->folder, &f, &b, e);
    buf_free(&mem);
    return rc;
}

/* It had no messages, so it keeps its number. A delegate needs x there beside k above it: a name is sealed, and stored cannot tell what stands above a folder. */
enum rc do_folder_revive(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_folder_revive_req *rq = a->req;
    uint64_t mbx = a->s->mbx;
    struct buf mem = BUF_INIT;
    struct folder f = {0};
    struct box b;
    enum rc rc = rq->special == SU_INBOX || rq->special > SU_ARCHIVE ? err_set(e, RC_SYNTAX, "store: no such use")
                                                                     : box_get(t, mbx, true, &b, e);

    if (rc == RC_OK)
        rc = acl_check(t, a->s, rq->folder, ACL_X, e);
    if (rc == RC_OK)
        rc = folder_may_be_for(t, a->s, rq->special, e);
    if (rc == RC_OK)
        rc = folder_get(t, mbx, rq->folder, &mem, &f, e);
    if (rc == RC_OK && !(f.flags & FF_NOSELECT))
        rc = err_set(e, f.flags & FF_GONE ? RC_NOTFOUND : RC_EXISTS, "store: folder %u is no level",
                     (unsigned)rq->folder);
    f.special = rq->special;
    if (rc == RC_OK)
        rc = folder_revived(t, mbx, rq->folder, &f, &b, e);
    tx_touch(t, mbx, 0, 0);
    buf_free(&mem);
    return rc;
}
