/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/box_folders.c - the folders of any mailbox as an administrator may see them: numbers, and no name. */
#include "store/ops/folder.h"

static enum rc fill_nameless(struct tx *t, uint64_t mbx, uint32_t folder, const struct folder *f,
                             struct store_box_folder *out, struct err *e)
{
    struct counters c = {0};
    enum rc rc = f->flags & FF_NOSELECT ? RC_OK : counters_peek(t, mbx, folder, &c, e);

    *out = (struct store_box_folder){.folder = folder,
                                     .uidvalidity = c.uidvalidity,
                                     .exists = c.exists,
                                     .unseen = c.unseen,
                                     .bytes = c.bytes,
                                     .special = f->special,
                                     .flags = f->flags};
    return rc;
}

/* Neither the sealed name nor its tag is given: a tag tells equal names of one mailbox, and a name is its holder's. */
enum rc do_box_folders(struct tx *t, const struct ask *a, struct err *e)
{
    const struct store_box_folders_req *rq = a->req;
    struct store_list_rep *rep = a->rep;
    struct key from = key_folder(rq->mbx, rq->from);
    struct store_box_folder out;
    struct folder f;
    struct box box;
    struct span k, v;
    struct scan s;
    enum rc rc = box_get(t, rq->mbx, false, &box, e);

    if (rc == RC_OK)
        rc = scan_open(&s, t, T_FOLDERS, &from, 8, SCAN_FEW, e);
    if (rc != RC_OK)
        return rc;
    while (rc == RC_OK && (rc = scan_next(&s, &k, &v, e)) == RC_OK && (rc = rec_read(v, folder_f, &f, e)) == RC_OK) {
        if (a->out->n + 128 > OUT_MAX) {
            rep->next = be32(k.p + 8);
            break;
        }
        if (f.flags & FF_GONE)
            continue;
        rc = fill_nameless(t, rq->mbx, be32(k.p + 8), &f, &out, e);
        if (rc == RC_OK)
            ipc_list_add(a->out, store_box_folder_f, &out);
        else if (rc == RC_NOTFOUND) /* deleted since its row was read: scans keep no lock */
            rc = RC_OK;
    }
    scan_close(&s);
    rep->list = buf_span(a->out);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}
