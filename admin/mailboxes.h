/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/mailboxes.h - mailboxes looked at without opening one: how many messages lie in which folder, and how much that is.
 *
 * Names    a folder's name may be a patient's. It is sealed with the mailbox's names key, which only the holder's session opens (DESIGN promise 2, decision
 *          0005): an administrator sees a number, the role where the folder has one, and sums.
 * Process  pli; later the HTTP daemon.
 */
#pragma once
#include "admin/accounts.h"

struct mailbox_folder {
    uint32_t number;            /* of the folder in its mailbox */
    uint32_t uidvalidity;       /* as IMAP shows it: a holder's program finds the name by it */
    uint32_t messages, unseen;
    uint64_t octets;            /* of its messages, in clear */
    enum store_special role;    /* SU_NONE: none */
    bool selectable;            /* false: a level of names that holds no messages */
};
typedef enum rc (*mailbox_folder_see)(const struct mailbox_folder *f, void *ctx, struct err *e);
/* In the order of their numbers. RC_NOTFOUND: no such mailbox. */
enum rc mailbox_numbers(struct admin *ad, uint64_t mbx, mailbox_folder_see see, void *ctx, struct err *e);

struct mailbox_sums {
    uint64_t messages, used, quota; /* used, quota: octets; quota 0: none */
    uint32_t folders;
};
enum rc mailbox_sums(struct admin *ad, uint64_t mbx, struct mailbox_sums *out, struct err *e);
