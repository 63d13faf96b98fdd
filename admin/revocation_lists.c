/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/revocation_lists.c - see admin/revocation_lists.h. */
#include "admin/revocation_lists.h"

enum rc revocation_list_take(struct admin *ad, int fd, struct trustd_crl_rep *out, struct buf *mem, struct err *e)
{
    return trust_take_crl(ad->trust, fd, out, mem, e);
}

enum rc revocation_sources_each(struct admin *ad, revocation_see see, void *ctx, struct err *e)
{
    struct trustd_sources_rep page = {.next = 0};
    struct trustd_source s;
    struct buf mem = BUF_INIT;
    enum rc rc;

    do {
        rc = trust_sources(ad->trust, page.next, &page, &mem, e);
        while (rc == RC_OK && (rc = ipc_list_next(&page.sources, trustd_source_f, &s, e)) == RC_OK)
            rc = see(&s, ctx, e);
        if (rc == RC_NOTFOUND)
            rc = RC_OK;
    } while (rc == RC_OK && page.next != 0);
    buf_free(&mem);
    return rc;
}
