/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/removed.c - see admin/removed.h. */
#include "admin/removed.h"

enum rc mailbox_undelete(struct admin *ad, const struct undelete *u, undelete_see see, void *ctx, struct err *e)
{
    struct store_undelete_req rq = {
        .mbx = u->mbx, .since = u->since, .until = u->until, .folder = u->folder, .list = u->list};
    struct store_undelete_rep rep;
    struct store_removed r;
    struct buf mem = BUF_INIT;
    struct err end;
    enum rc rc;

    do {
        rc = store_call_in(ad->store, STORE_UNDELETE, &rq, -1, &rep, &mem, e);
        while (rc == RC_OK && ipc_list_next(&rep.list, store_removed_f, &r, &end) == RC_OK)
            rc = see(&r, ctx, e);
        rq.cursor = rep.next;
    } while (rc == RC_OK && rq.cursor != 0);
    buf_free(&mem);
    return rc;
}

enum rc mailbox_hold(struct admin *ad, uint64_t mbx, uint8_t what, struct span who, struct span why, struct buf *mem,
                     struct store_hold_rep *rep, struct err *e)
{
    struct store_hold_req rq = {mbx, what, who, why};

    return store_call_in(ad->store, STORE_HOLD, &rq, -1, rep, mem, e);
}
