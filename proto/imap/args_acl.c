/* SPDX-License-Identifier: EUPL-1.2 */
/* proto/imap/args_acl.c - arguments of SETACL, DELETEACL, LISTRIGHTS. See proto/imap/args.h. RFC 4314 3. */
#include "proto/imap/args.h"

static enum rc place(struct imap_in *in, struct imap_acl_args *a, struct err *e)
{
    *a = (struct imap_acl_args){.how = IMAP_ACL_IS};
    return imap_args_mailbox(in, &a->name, NULL, e);
}

enum rc imap_parse_acl_of(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = place(in, &out->acl, e);

    return rc == RC_OK ? imap_args_end(in, true, e) : rc;
}

enum rc imap_parse_acl_who(struct imap_in *in, union imap_args *out, struct err *e)
{
    enum rc rc = place(in, &out->acl, e);

    return rc == RC_OK ? imap_args_end(in, imap_sp(in) && imap_take_astring(in, &out->acl.who), e) : rc;
}

/* "+lr", "-w", "lrs" or "": the sign is a part of the string. */
enum rc imap_parse_setacl(struct imap_in *in, union imap_args *out, struct err *e)
{
    struct imap_acl_args *a = &out->acl;
    enum rc rc = place(in, a, e);

    if (rc == RC_OK)
        rc = imap_args_end(
            in, imap_sp(in) && imap_take_astring(in, &a->who) && imap_sp(in) && imap_take_astring(in, &a->rights), e);
    if (rc != RC_OK || a->rights.n == 0 || (a->rights.p[0] != '+' && a->rights.p[0] != '-'))
        return rc;
    a->how = a->rights.p[0] == '+' ? IMAP_ACL_ADD : IMAP_ACL_TAKE;
    a->rights = span_from(a->rights, 1);
    return RC_OK;
}
