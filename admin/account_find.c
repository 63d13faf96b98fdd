/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/account_find.c - accounts looked at: one by its address, all, those that fit some words. See admin/accounts.h. */
#include "admin/accounts.h"
#include <stdio.h>

static enum rc not_typed(struct span address, struct err *e)
{
    return err_set(e, RC_SYNTAX, "\"%.*s\" is not an address of a mailbox", SPAN_ARG(span_head_text(address, 100)));
}

/* Whose is it? Where its mail goes when it is nobody's is another question. */
static enum rc owner_of(struct admin *ad, const char *normal, struct dird_lookup_rep *rep, struct buf *mem,
                        struct err *e)
{
    enum rc rc = dir_lookup(ad->dir, span_str(normal), rep, mem, e);

    if (rc == RC_OK && (rep->flags & (DF_CATCH_ALL | DF_POSTMASTER)))
        *rep = (struct dird_lookup_rep){.kind = DK_UNKNOWN};
    return rc;
}

static enum rc not_there(struct admin *ad, const char *normal, struct err *e)
{
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct err ignored;
    enum rc rc;

    if (owner_of(ad, normal, &rep, &mem, &ignored) == RC_OK && rep.kind == DK_CLOSED && rep.mbx == 0)
        rc = err_cause(e, RC_NOTFOUND, CAUSE_ADDRESS_CLOSED, "%s was closed for good, and its mail is destroyed",
                       normal);
    else if (rep.address.n > 0)
        rc = err_set(e, RC_EXISTS, "%s is another address of %.*s: name that one", normal, SPAN_ARG(rep.address));
    else
        rc = err_set(e, RC_NOTFOUND, "no account %s", normal);
    buf_free(&mem);
    return rc;
}

enum rc account_get(struct admin *ad, struct span address, struct account *out, struct err *e)
{
    char normal[ADDRESS_ROOM];
    struct span domain;
    struct dird_address_req rq;
    enum rc rc;

    *out = (struct account){.mem = BUF_INIT};
    if (!address_normal(address, normal, &domain))
        return not_typed(address, e);
    rq.address = span_str(normal);
    rc = dir_call_in(ad->dir, DIRD_ACCOUNT_GET, &rq, &out->is, &out->mem, e);
    return rc == RC_NOTFOUND ? not_there(ad, normal, e) : rc;
}

void account_free(struct account *a)
{
    buf_free(&a->mem);
    *a = (struct account){.mem = BUF_INIT};
}

enum rc account_not_closed(const struct dird_account *a, struct err *e)
{
    if (a->state < DA_CLOSED)
        return RC_OK;
    return err_cause(e, RC_PERM, CAUSE_ADDRESS_CLOSED, "%.*s is closed: pli account reopen gives it back",
                     SPAN_ARG(a->address));
}

enum rc account_address(struct admin *ad, struct span any, char out[ADDRESS_ROOM], struct err *e)
{
    struct dird_lookup_rep rep = {0};
    struct buf mem = BUF_INIT;
    struct span domain;
    enum rc rc;

    if (!address_normal(any, out, &domain))
        return not_typed(any, e);
    rc = owner_of(ad, out, &rep, &mem, e);
    if (rc == RC_OK && rep.address.n > 0)
        snprintf(out, ADDRESS_ROOM, "%.*s", SPAN_ARG(rep.address));
    buf_free(&mem);
    return rc;
}

/* ---- many ---- */
struct walk {
    enum dird_op op;
    struct span words;
    account_see see;
    void *ctx;
};

/* after: the last address of it; more_out: whether another page follows. */
static enum rc one_page(struct admin *ad, const struct walk *w, char after[ADDRESS_ROOM], bool *more_out, struct err *e)
{
    struct dird_list_req rq = {span_str(after), w->words};
    struct dird_list_rep rep = {0};
    struct dird_account a = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, w->op, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_account_f, &a, &end) == RC_OK;)
        rc = w->see(&a, w->ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK && rep.more && (a.address.n == 0 || a.address.n >= ADDRESS_ROOM))
        rc = err_set(e, RC_CORRUPT, "the directory's answer is not understood");
    if (rc == RC_OK)
        snprintf(after, ADDRESS_ROOM, "%.*s", SPAN_ARG(a.address));
    buf_free(&page);
    return rc;
}

/* Page by page: the last address of one asks for the next. */
static enum rc all_pages(struct admin *ad, const struct walk *w, struct err *e)
{
    char after[ADDRESS_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = one_page(ad, w, after, &more, e);
    return rc;
}

enum rc account_each(struct admin *ad, account_see see, void *ctx, struct err *e)
{
    return all_pages(ad, &(struct walk){DIRD_ACCOUNT_LIST, SPAN_NULL, see, ctx}, e);
}

enum rc account_each_closed(struct admin *ad, account_see see, void *ctx, struct err *e)
{
    return all_pages(ad, &(struct walk){DIRD_CLOSED, SPAN_NULL, see, ctx}, e);
}

enum rc account_each_certificate(struct admin *ad, account_see see, void *ctx, struct err *e)
{
    return all_pages(ad, &(struct walk){DIRD_CERTS, SPAN_NULL, see, ctx}, e);
}

enum rc account_search(struct admin *ad, struct span words, account_see see, void *ctx, struct err *e)
{
    return all_pages(ad, &(struct walk){DIRD_SEARCH, words, see, ctx}, e);
}

enum rc account_mailbox(struct admin *ad, uint64_t mbx, struct account_mailbox *out, struct err *e)
{
    struct store_mbx_msg rq = {mbx};
    struct store_box_rep box = {0};
    struct buf mem = BUF_INIT;
    struct slot s;
    struct err none;
    enum rc rc = store_call_in(ad->store, STORE_BOX_GET, &rq, -1, &box, &mem, e);

    if (rc == RC_OK)
        *out = (struct account_mailbox){.messages = box.messages,
                                        .used = box.used,
                                        .quota = box.quota,
                                        .most = box.most_messages,
                                        .own_most = box.most > 0,
                                        .seen_each = box.seen_each != 0,
                                        .can_sign = slot_find(box.slots, SLOT_SIGNING, &s, &none) == RC_OK};
    buf_free(&mem);
    return rc;
}
