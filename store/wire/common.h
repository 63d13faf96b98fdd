/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/common.h - what the topics of store/wire/wire.h share: bounds, flags, and the messages that several operations have.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "base/ipc.h"
#include "crypto/seal/seal.h"
#include "crypto/seal/slot.h"

/* flags of a message: system ones fixed; bits from MF_KEYWORDS on are the mailbox's keywords by index, those between are a session's own */
enum { MF_KEYWORDS = 8 };
enum { MF_SEEN = 1, MF_ANSWERED = 2, MF_FLAGGED = 4, MF_DELETED = 8, MF_DRAFT = 16 };
enum { STORE_KEYWORDS_MAX = 56, STORE_INLINE_MAX = 88 * 1024, STORE_INBOX = 1 };
#define STORE_REMOVED 0xffffffffu /* the folder that shows removed messages: store/wire/removed.h */
enum { /* octets, but for those that say otherwise */
    STORE_MID = 32,
    STORE_ONCE = 16,                     /* a submission's key: deliver.once */
    STORE_NAME = 4096,                   /* a sealed name */
    STORE_ENVELOPE = 8192,               /* a sealed envelope */
    STORE_LAST_ERROR = 1024,
    STORE_PLACES_MAX = 512,              /* places and remotes of one delivery together */
    STORE_PLACES_BYTES = 90 * 1024,      /* each of the two lists */
    STORE_APPEND_MAX = 128,              /* messages of one append */
    STORE_RANGES_MAX = 4096,             /* pairs of a UID set */
    STORE_RANGES_BYTES = STORE_RANGES_MAX * 8,
    STORE_EPOCHS_MAX = 512,              /* records of one question */
    STORE_COPY_MAX = 8000,               /* messages of one copy */
    STORE_TICKET_MAX = 720,
    STORE_RENAMES_MAX = 8 * 1024 * 1024, /* the list of FOLDER_RENAME_FD */
    STORE_PAGE = 92 * 1024,              /* the lists of a reply together */
    STORE_FINDINGS = 32 * 1024           /* text lines of CHECK and DAMAGE */
};
#define STORE_UID_MAX 0x7fffffffu /* a folder that gave this many UIDs takes no more: RC_TEMP */

#define FIELDS_store_mbx_msg(F, T)                                                                                   \
    F(T, U64, mbx)                           /* a mailbox's number, 16 or more; 0 where the ticket's own is meant */
IPC_MESSAGE(store_mbx_msg);

#define FIELDS_store_folder_msg(F, T)                                               \
    F(T, U32, folder)                        /* a folder's number in its mailbox */
IPC_MESSAGE(store_folder_msg);

#define FIELDS_store_cursor_req(F, T)                                                                   \
    F(T, U32, from)                          /* 0: from the beginning; else .next of the page before */
IPC_MESSAGE(store_cursor_req);

/* A page of a list. */
#define FIELDS_store_list_rep(F, T)                                                     \
    F(T, BYTES, list, STORE_PAGE)            /* records of the operation's kind */      \
    F(T, U32, next)                          /* ask again from here; 0: that was all */
IPC_MESSAGE(store_list_rep);
