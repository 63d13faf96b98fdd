/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/acl.c - see imapd/acl.h. */
#include "imapd/acl.h"

struct span acl_holder(const struct imap_session *s)
{
    return span_str(s->at ? s->at->address : s->address);
}

void acl_put(struct buf *out, uint32_t rights)
{
    size_t before = out->n;

    rights_put(rights, true, out);
    if (out->n == before)
        buf_addstr(out, "\"\"");
}

void myrights_put(struct imap_session *s, const struct folder *f)
{
    buf_addstr(&s->out, "* MYRIGHTS ");
    homes_put_name(s, &s->out, f->name);
    buf_addc(&s->out, ' ');
    acl_put(&s->out, f->rights);
    buf_addstr(&s->out, "\r\n");
}

/* ---- the delegates, as the directory has them ---- */
static enum rc delegates(struct imap_session *s, struct buf *mem, struct span *list_out, struct err *e)
{
    struct dird_delegations_req rq = {.ticket = buf_span(s->at ? &s->at->ticket : &s->stay.ticket)};
    struct dird_list_rep rep;
    enum rc rc = dir_call_in(s->dir, DIRD_DELEGATES, &rq, &rep, mem, e);

    *list_out = rc == RC_OK ? rep.list : SPAN_NULL;
    return rc;
}

enum rc acl_who(struct imap_session *s, struct span identifier, struct acl_who *out, struct err *e)
{
    struct dird_delegation d;
    struct buf mem = BUF_INIT; /* open: addresses */
    struct span list;
    struct err end;
    bool found = false;
    enum rc rc;

    *out = (struct acl_who){.holder = span_ieq(identifier, acl_holder(s))};
    if (out->holder)
        return RC_OK;
    rc = delegates(s, &mem, &list, e);
    while (rc == RC_OK && !found && ipc_list_next(&list, dird_delegation_f, &d, &end) == RC_OK)
        if (span_ieq(d.to, identifier)) {
            out->delegate = d.delegate;
            out->otherwise = d.acl;
            found = true;
        }
    buf_free(&mem);
    return rc == RC_OK && !found ? reply_no(e, CAUSE_ACL_WHO) : rc;
}

/* What the folder has for her, else what the directory gives. */
static uint32_t rights_of(struct span rows, const struct dird_delegation *d)
{
    struct store_acl row;
    struct err end;

    while (ipc_list_next(&rows, store_acl_f, &row, &end) == RC_OK)
        if (row.delegate == d->delegate)
            return row.rights & STORE_ACL_WITHIN ? row.rights & d->acl : row.rights;
    return d->acl;
}

enum rc acl_each(struct imap_session *s, uint32_t folder, acl_see *see, struct err *e)
{
    struct store_folder_msg rq = {folder};
    struct store_list_rep rep;
    struct dird_delegation d;
    struct buf mem = BUF_INIT, rows = BUF_INIT; /* open: numbers, addresses */
    struct span list;
    struct err end;
    enum rc rc = store_call_in(s->store, STORE_ACL, &rq, -1, &rep, &rows, e);

    if (rc == RC_OK)
        rc = delegates(s, &mem, &list, e);
    while (rc == RC_OK && ipc_list_next(&list, dird_delegation_f, &d, &end) == RC_OK)
        see(s, d.to, rights_of(rep.list, &d));
    buf_free(&mem);
    buf_free(&rows);
    return rc;
}
