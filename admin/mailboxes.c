/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/mailboxes.c - see admin/mailboxes.h. */
#include "admin/mailboxes.h"

static enum rc one_page(struct span list, mailbox_folder_see see, void *ctx, struct err *e)
{
    struct store_box_folder f;
    struct err end;
    enum rc rc = RC_OK;

    while (rc == RC_OK && ipc_list_next(&list, store_box_folder_f, &f, &end) == RC_OK) {
        struct mailbox_folder out = {.number = f.folder,
                                     .uidvalidity = f.uidvalidity,
                                     .messages = f.exists,
                                     .unseen = f.unseen,
                                     .octets = f.bytes,
                                     .role = (enum store_special)f.special,
                                     .selectable = !(f.flags & FF_NOSELECT)};
        rc = see(&out, ctx, e);
    }
    return rc;
}

enum rc mailbox_numbers(struct admin *ad, uint64_t mbx, mailbox_folder_see see, void *ctx, struct err *e)
{
    struct store_box_folders_req rq = {mbx, 0};
    struct store_list_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc;

    do {
        rc = store_call_in(ad->store, STORE_BOX_FOLDERS, &rq, -1, &rep, &mem, e);
        if (rc == RC_OK)
            rc = one_page(rep.list, see, ctx, e);
        rq.from = rep.next;
    } while (rc == RC_OK && rep.next != 0);
    buf_free(&mem);
    return rc;
}

enum rc mailbox_sums(struct admin *ad, uint64_t mbx, struct mailbox_sums *out, struct err *e)
{
    struct store_mbx_msg rq = {mbx};
    struct store_box_rep box = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = store_call_in(ad->store, STORE_BOX_GET, &rq, -1, &box, &mem, e);

    if (rc == RC_OK)
        *out = (struct mailbox_sums){box.messages, box.used, box.quota, box.folders};
    buf_free(&mem);
    return rc;
}
