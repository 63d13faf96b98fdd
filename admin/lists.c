/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/lists.c - see admin/lists.h. */
#include "admin/lists.h"
#include "admin/names.h"
#include <stdio.h>

static const char *const words[] = {[GP_MEMBERS] = "members",
                                    [GP_DOMAIN] = "domain",
                                    [GP_ACCOUNTS] = "anyone-signed-in",
                                    [GP_TRUST_SPACE] = "trust-space"};

uint8_t list_post_of(struct span word)
{
    for (uint8_t p = GP_MEMBERS; p <= GP_LAST_; p++)
        if (span_ieq_str(word, words[p]))
            return p;
    return 0;
}

const char *list_post_name(uint8_t post)
{
    return post >= GP_MEMBERS && post <= GP_LAST_ ? words[post] : "?";
}

enum rc list_add(struct admin *ad, const struct dird_group *g, struct err *e)
{
    return dir_call(ad->dir, DIRD_GROUP_ADD, g, NULL, e);
}

enum rc list_set(struct admin *ad, const struct dird_group *g, struct err *e)
{
    return dir_call(ad->dir, DIRD_GROUP_SET, g, NULL, e);
}

enum rc list_remove(struct admin *ad, struct span address, struct err *e)
{
    struct dird_address_req rq = {address};

    return dir_call(ad->dir, DIRD_GROUP_REMOVE, &rq, NULL, e);
}

enum rc list_change(struct admin *ad, struct span address, bool add, struct span members,
                    struct dird_group_change_rep *out, struct err *e)
{
    struct dird_group_change_req rq = {address, add, members};

    if (members.n > DIRD_MEMBERS_TEXT)
        return err_set(e, RC_SYNTAX, "more than %d addresses at once", DIRD_MEMBERS);
    return dir_call(ad->dir, DIRD_GROUP_CHANGE, &rq, out, e);
}

/* ---- walks ---- */
static enum rc next_after(bool more, struct span last, char after[ADDRESS_ROOM], struct err *e)
{
    if (more && (last.n == 0 || last.n >= ADDRESS_ROOM))
        return err_set(e, RC_CORRUPT, "the directory's answer is not understood");
    snprintf(after, ADDRESS_ROOM, "%.*s", SPAN_ARG(last));
    return RC_OK;
}

static enum rc groups_page(struct admin *ad, char after[ADDRESS_ROOM], list_see see, void *ctx, bool *more_out,
                           struct err *e)
{
    struct dird_list_req rq = {.after = span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_group g = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_GROUP_LIST, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_group_f, &g, &end) == RC_OK;)
        rc = see(&g, ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK)
        rc = next_after(rep.more, g.address, after, e);
    buf_free(&page);
    return rc;
}

enum rc list_each(struct admin *ad, list_see see, void *ctx, struct err *e)
{
    char after[ADDRESS_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = groups_page(ad, after, see, ctx, &more, e);
    return rc;
}

static enum rc members_page(struct admin *ad, struct span address, char after[ADDRESS_ROOM], list_member_see see,
                            void *ctx, bool *more_out, struct err *e)
{
    struct dird_group_members_req rq = {address, span_str(after)};
    struct dird_list_rep rep = {0};
    struct dird_member m = {0};
    struct buf page = BUF_INIT;
    struct err end;
    enum rc rc = dir_call_in(ad->dir, DIRD_GROUP_MEMBERS, &rq, &rep, &page, e);

    for (struct span rest = rep.list; rc == RC_OK && ipc_list_next(&rest, dird_member_f, &m, &end) == RC_OK;)
        rc = see(&m, ctx, e);
    *more_out = rep.more;
    if (rc == RC_OK)
        rc = next_after(rep.more, m.address, after, e);
    buf_free(&page);
    return rc;
}

enum rc list_each_member(struct admin *ad, struct span address, list_member_see see, void *ctx, struct err *e)
{
    char after[ADDRESS_ROOM] = "";
    bool more = true;
    enum rc rc = RC_OK;

    while (rc == RC_OK && more)
        rc = members_page(ad, address, after, see, ctx, &more, e);
    return rc;
}

enum rc list_may_post(struct admin *ad, struct span address, struct span account, struct span sender, struct err *e)
{
    struct dird_expand_req rq = {.address = address, .account = account, .sender = sender};
    struct dird_list_rep rep = {0};
    struct buf mem = BUF_INIT;
    enum rc rc = dir_call_in(ad->dir, DIRD_EXPAND, &rq, &rep, &mem, e);

    buf_free(&mem);
    return rc;
}
