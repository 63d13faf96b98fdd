/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/acl.h - of store/wire/wire.h: rights of delegates, folder by folder (RFC 4314). No names: a delegate is the number of her mailbox.
 *
 * A delegate's ticket (crypto/seal/ticket.h) gives her rights in the whole mailbox; a folder may have others for her. Each operation of hers is
 * looked at with the rights of its folder as they are then, and only for as long as the mailbox has a key slot of her delegation (RC_DENIED with
 * CAUSE_DELEGATION_ENDED). RC_DENIED with CAUSE_NO_RIGHT: she lacks the right.
 * ACL      the rights that folders have for delegates. The holder's, and who has "a" in the folder.
 * ACL_SET  RC_NOTFOUND with CAUSE_ACL_WHO: nobody of that number is a delegate.
 * New      a folder begins with the rights of the folder above it. Deleting a folder, or taking the delegate's key slot, takes them away.
 * Process  stored, and those that ask it.   Source RFC 4314.
 */
#pragma once
#include "store/wire/common.h"

/* Of the rights those that the directory gives her, too: they were set under a delegation of before. */
#define STORE_ACL_WITHIN (1u << 31)
#define FIELDS_store_acl(F, T)                                                       \
    F(T, U32, folder)                                                                \
    F(T, U64, delegate)                      /* the number of her mailbox */         \
    F(T, U32, rights)                        /* base/rights.h, and STORE_ACL_WITHIN */
IPC_MESSAGE(store_acl); /* a list record */

enum { STORE_ACL_IS = 0, STORE_ACL_ADD = 1, STORE_ACL_TAKE = 2 };
#define FIELDS_store_acl_set_req(F, T)                                                                           \
    F(T, U32, folder)                                                                                            \
    F(T, U64, delegate)                                                                                          \
    F(T, U8, how)                            /* STORE_ACL_IS, _ADD, _TAKE */                                     \
    F(T, U32, rights)                                                                                            \
    F(T, U32, otherwise)                     /* ADD, TAKE: what she has where the folder has no rights for her */
IPC_MESSAGE(store_acl_set_req);
