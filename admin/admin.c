/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/admin.c - see admin/admin.h. */
#include "admin/admin.h"
#include <stdlib.h>

static struct admin *new_with(enum ipc_role role, enum ipc_role of_dird)
{
    struct admin *ad = calloc(1, sizeof *ad);

    if (!ad)
        die("out of memory");
    ad->store = store_new(role);
    ad->dir = dir_new(of_dird);
    ad->keyd = keyd_new(role);
    ad->trust = trust_new(role);
    ad->pub = pub_new(role);
    ad->acting.secret = true;
    return ad;
}

struct admin *admin_new(enum ipc_role role)
{
    return new_with(role, role);
}

struct admin *admin_new_as(struct span ticket)
{
    struct admin *ad = new_with(ROLE_ADMIN, ROLE_ACTING);

    buf_addspan(&ad->acting, ticket);
    dir_act(ad->dir, ticket);
    return ad;
}

void admin_free(struct admin **ad)
{
    if (!ad || !*ad)
        return;
    store_free(&(*ad)->store);
    dir_free(&(*ad)->dir);
    keyd_free(&(*ad)->keyd);
    trust_free(&(*ad)->trust);
    pub_free(&(*ad)->pub);
    buf_free(&(*ad)->acting);
    free(*ad);
    *ad = NULL;
}

/* ---- acting for a delegated administrator ---- */
/* The ticket is tried at once: who administers nothing hears it now, and not in the middle of a file. */
enum rc admin_sign_in(struct span address, struct span password, struct buf *ticket_out, struct err *e)
{
    struct dird_auth_req rq = {address, password, SPAN_LIT("local"), DP_ACTING};
    struct dird_auth_rep rep = {0};
    struct dird_list_rep list;
    struct buf mem = BUF_INIT;
    struct dir *dir = dir_new(ROLE_ACTING);
    enum rc rc = dir_auth(dir, &rq, &rep, &mem, e);

    if (rc == RC_OK) {
        buf_addspan(ticket_out, rep.ticket);
        dir_act(dir, rep.ticket);
        rc = dir_call_in(dir, DIRD_ADMIN_LIST, &(struct dird_list_req){.text = SPAN_NULL}, &list, &mem, e);
    }
    buf_free(&mem);
    dir_free(&dir);
    return rc;
}

enum rc admin_may(struct admin *ad, enum dird_op op, const void *req, struct err *e)
{
    struct buf inner = BUF_INIT;
    enum rc rc;

    if (ad->acting.n == 0)
        return RC_OK;
    buf_init_secret(&inner);
    ipc_encode(&inner, ipc_op_find(&dird_proto, (uint16_t)op)->req, req);
    rc = dir_call(ad->dir, DIRD_MAY, &(struct dird_may_do_req){(uint16_t)op, buf_span(&inner)}, NULL, e);
    buf_free(&inner);
    return rc;
}
