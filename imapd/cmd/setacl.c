/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/cmd/setacl.c - SETACL and DELETEACL. RFC 4314 3.1, 3.2. Rights of a delegate in one folder; those of the holder stay. After DELETEACL she has none
 * in that folder. Who is no delegate is made one by the administrator: the mailbox's key would have to be given to her. */
#include "imapd/acl.h"
#include "imapd/commands.h"

static const uint8_t hows[] = {
    [IMAP_ACL_IS] = STORE_ACL_IS, [IMAP_ACL_ADD] = STORE_ACL_ADD, [IMAP_ACL_TAKE] = STORE_ACL_TAKE};

static enum rc set(struct imap_session *s, const struct imap_acl_args *a, uint32_t rights, struct err *e)
{
    struct store_acl_set_req rq = {.how = hows[a->how], .rights = rights};
    struct acl_who who;
    struct folder f;
    enum rc rc = folder_get(s, a->name, false, &f, e);

    if (rc == RC_OK && !(f.rights & ACL_A))
        rc = reply_no(e, CAUSE_NO_RIGHT);
    if (rc == RC_OK)
        rc = acl_who(s, a->who, &who, e);
    if (rc == RC_OK && who.holder)
        rc = reply_no(e, CAUSE_ACL_HOLDER);
    if (rc != RC_OK)
        return rc;
    rq.folder = f.id;
    rq.delegate = who.delegate;
    rq.otherwise = who.otherwise;
    rc = store_call(s->store, STORE_ACL_SET, &rq, -1, NULL, e);
    return rc == RC_NOTFOUND && e->cause == CAUSE_ACL_WHO ? reply_no(e, CAUSE_ACL_WHO) : rc;
}

enum rc cmd_setacl(struct imap_session *s, union imap_args *a, struct err *e)
{
    uint32_t rights;

    if (!rights_parse(a->acl.rights, &rights))
        return reply_bad(s, e, CAUSE_ACL_RIGHTS);
    return set(s, &a->acl, rights, e);
}

enum rc cmd_deleteacl(struct imap_session *s, union imap_args *a, struct err *e)
{
    return set(s, &a->acl, 0, e);
}
