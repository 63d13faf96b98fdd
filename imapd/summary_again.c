/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/summary_again.c - makes the summary of a message that has none or none that is believed, for example because a
 * salvage (pli store salvage) could keep its octets only. It is made from the octets each time it is asked for. Nothing
 * is written back, because a session files nothing by itself. */
#include "extract/summary.h"
#include "imapd/pages.h"

static enum rc to_scan(void *ctx, struct span piece, struct err *e)
{
    (void)e;
    scan_feed(ctx, piece);
    return RC_OK;
}

enum rc summary_again(struct pages *p, const struct store_entry *en, struct buf *out, struct err *e)
{
    struct scan *scan = scan_new();
    enum rc rc = pages_quiet(p, e);

    if (rc == RC_OK)
        rc = mailbox_read(p->s->box, p->s->view->folder, en, SEAL_MESSAGE, 0, en->size, to_scan, scan, e);
    scan_end(scan);
    if (rc == RC_OK)
        summary_build(scan, NULL, out);
    scan_free(&scan);
    return rc;
}
