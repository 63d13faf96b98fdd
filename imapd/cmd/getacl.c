/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/getacl.c - GETACL, LISTRIGHTS and MYRIGHTS. RFC 4314 3.3 to 3.5. GETACL and LISTRIGHTS want the right "a"; MYRIGHTS one of l, r, i, k, x, a,
 * and a folder of which she has none is not there for her. */
#include "imapd/acl.h"
#include "imapd/commands.h"
#include "proto/imap/write.h"

static void put_one(struct imap_session *s, struct span identifier, uint32_t rights)
{
    if (rights == 0)
        return;
    buf_addc(&s->out, ' ');
    imap_put_astring(&s->out, identifier);
    buf_addc(&s->out, ' ');
    acl_put(&s->out, rights);
}

static enum rc may_look(const struct folder *f, struct err *e)
{
    return f->rights & ACL_A ? RC_OK : reply_no(e, CAUSE_NO_RIGHT);
}

enum rc cmd_getacl(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    enum rc rc = folder_get(s, a->acl.name, false, &f, e);

    if (rc == RC_OK)
        rc = may_look(&f, e);
    if (rc != RC_OK)
        return rc;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* ACL ");
    homes_put_name(s, &s->out, a->acl.name);
    put_one(s, acl_holder(s), ACL_ALL);
    rc = acl_each(s, f.id, put_one, e);
    buf_addstr(&s->out, "\r\n");
    if (rc == RC_OK)
        reply_out(s);
    buf_clear(&s->out);
    return rc;
}

/* Each right of a delegate is given by itself; the holder's are all there, always. */
enum rc cmd_listrights(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct acl_who who;
    struct folder f;
    enum rc rc = folder_get(s, a->acl.name, false, &f, e);

    if (rc == RC_OK)
        rc = may_look(&f, e);
    if (rc == RC_OK)
        rc = acl_who(s, a->acl.who, &who, e);
    if (rc != RC_OK)
        return rc;
    buf_clear(&s->out);
    buf_addstr(&s->out, "* LISTRIGHTS ");
    homes_put_name(s, &s->out, a->acl.name);
    buf_addc(&s->out, ' ');
    imap_put_astring(&s->out, a->acl.who);
    buf_addstr(&s->out, who.holder ? " lrswipkxteacd\r\n" : " \"\" l r s w i p k x t e a c d\r\n");
    reply_out(s);
    return RC_OK;
}

enum rc cmd_myrights(struct imap_session *s, union imap_args *a, struct err *e)
{
    struct folder f;
    enum rc rc = folder_get(s, a->acl.name, false, &f, e);

    if (rc != RC_OK)
        return rc;
    f.name = a->acl.name;
    buf_clear(&s->out);
    myrights_put(s, &f);
    reply_out(s);
    return RC_OK;
}
