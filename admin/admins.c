/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admins.c - see admin/admins.h. */
#include "admin/admins.h"
#include "admin/names.h"
#include "admin/numbers.h"
#include <stdio.h>

enum rc admin_scope_set(struct admin *ad, struct span address, enum dird_scope_kind kind, struct span id, bool on,
                        struct err *e)
{
    char number[NUMBER_ROOM];
    struct dird_scope rq = {.address = address, .kind = (uint8_t)kind, .id = id, .on = on};

    if (kind == SCOPE_STRUCTURE)
        rq.id = number_normal(id, number);
    return dir_call(ad->dir, DIRD_ADMIN_SET, &rq, NULL, e);
}

/* after: the last administrator of the page; more_out: whether another page follows. */
static enum rc one_page(struct admin *ad, char after[ADDRESS_ROOM], admin_see see, void *ctx, bool *more_out,
                        struct err *e)
{
    struct dird_list_req rq = {.after = span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_scope s = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_ADMIN_LIST, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_scope_f, &s, &end) == RC_OK;)
        rc = see(&s, ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK && rep.more && (s.address.n == 0 || s.address.n >= ADDRESS_ROOM))
        rc = err_set(e, RC_CORRUPT, "the directory's answer is not understood");
    if (rc == RC_OK)
        snprintf(after, ADDRESS_ROOM, "%.*s", SPAN_ARG(s.address));
    buf_free(&page);
    return rc;
}

enum rc admin_each(struct admin *ad, admin_see see, void *ctx, struct err *e)
{
    char after[ADDRESS_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = one_page(ad, after, see, ctx, &more, e);
    return rc;
}
