/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/acl.h - who may do what in a folder, as GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS and LIST tell and change it.
 *
 * Who      identifiers are addresses: the holder's own, and those of the delegates whom the directory has. A person who is none becomes one by the
 *          administrator (pli delegate add), for she needs a key slot; "anyone", groups and negative rights there are none.
 * Rights   of the holder: all, always. Of a delegate: what the folder has for her, else what the directory gives her. "p" is looked at in the directory.
 * Obsolete c and d are told beside what they stand for, and taken (RFC 4314 2.1.1).
 * Process  pli-imapd session.   Source RFC 4314, RFC 8440.
 */
#pragma once
#include "imapd/folders.h"

struct acl_who {
    bool holder;
    uint64_t delegate;    /* her mailbox */
    uint32_t otherwise;   /* what the directory gives her */
};
/* Of the mailbox at hand. RC_PERM with CAUSE_ACL_WHO: nobody of that name. */
enum rc acl_who(struct imap_session *s, struct span identifier, struct acl_who *out, struct err *e);
/* Calls see for each delegate, with her rights in that folder. RC_DENIED: the session may not look. */
typedef void acl_see(struct imap_session *s, struct span identifier, uint32_t rights);
enum rc acl_each(struct imap_session *s, uint32_t folder, acl_see *see, struct err *e);
struct span acl_holder(const struct imap_session *s); /* the holder's identifier */
void acl_put(struct buf *out, uint32_t rights);       /* the letters; "" in quotes when there is none */
void myrights_put(struct imap_session *s, const struct folder *f); /* "* MYRIGHTS name rights" and CRLF into .out */
