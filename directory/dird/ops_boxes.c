/* SPDX-License-Identifier: EUPL-1.2 */
/* directory/dird/ops_boxes.c - the operations of pli-pubd (directory/wire.h), all of them questions.
 * Process  dird, worker threads.
 */
#include "directory/dird/ops_int.h"

HANDLER(h_boxes)
{
    const struct dird_list_req *q = req;
    bool more = false;
    enum rc rc = ops_not_read_yet(daemon, e);
    UNUSED_();
    if (rc == RC_OK)
        rc = box_page(daemon, q->after, r->scratch, &more, e);
    return ops_listed(r, more, rc);
}

HANDLER(h_box)
{
    const struct dird_address_req *q = req;
    UNUSED_();
    return box_read(daemon, q->address, r->scratch, r->msg, e);
}

HANDLER(h_boxes_changed)
{
    struct dird *d = daemon;
    const struct dird_changed_req *q = req;
    struct dird_changed_rep *a = r->msg;
    struct cache_changed at = {.run = q->run, .seen = q->seen};
    enum rc rc = ops_not_read_yet(d, e);
    UNUSED_();
    if (rc != RC_OK)
        return rc;
    cache_changes(d->cache, &at, DIRD_LIST_BYTES, r->scratch);
    *a = (struct dird_changed_rep){at.run, at.seen, at.whole, at.more, buf_span(r->scratch)};
    return RC_OK;
}
