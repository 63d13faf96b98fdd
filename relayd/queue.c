/* SPDX-License-Identifier: EUPL-1.2 */
/* relayd/queue.c - see relayd/queue.h. */
#include "relayd/queue.h"

static void see(struct queue_view *v, const struct store_queue_item *it, uint64_t now)
{
    v->by_state[it->state <= Q_FAILED ? it->state : 0]++;
    if (it->state != Q_WAITING)
        return;
    v->due += it->next_try <= now;
    v->octets += it->size;
    if (v->oldest == 0 || it->received < v->oldest)
        v->oldest = it->received;
}

enum rc queue_look(struct store *st, uint64_t now, struct queue_view *out, struct err *e)
{
    struct store_queue_list_req rq = {0};
    struct store_queue_list_rep rep;
    struct queue_view v = {0};
    struct buf mem = BUF_INIT;
    enum rc rc;

    do {
        struct store_queue_item it;

        rc = store_call_in(st, STORE_QUEUE_LIST, &rq, -1, &rep, &mem, e);
        if (rc != RC_OK)
            break;
        while ((rc = ipc_list_next(&rep.items, store_queue_item_f, &it, e)) == RC_OK)
            see(&v, &it, now);
        if (rc != RC_NOTFOUND)
            break;
        rc = RC_OK;
        rq.qid_from = rep.next_qid;
        rq.rcpt_from = rep.next_rcpt;
    } while (rep.next_qid != 0);
    buf_free(&mem);
    if (rc == RC_OK)
        *out = v;
    return rc;
}
