/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/removed.h - of store/wire/wire.h: messages that left a folder and are kept, their way back, and the legal hold of a mailbox.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

/* how a message left its folder */
enum store_removal { REMOVED_EXPUNGE = 1, REMOVED_MOVE /* kept for open sessions alone: it is in another folder */, REMOVED_FOLDER /* with the folder */, REMOVED_REPLACE };

/* Gives back what was removed from .since to .until (UTC s, both included), or lists it. A page is one transaction; of one folder when it gives back. */
#define FIELDS_store_undelete_req(F, T)                                                                        \
    F(T, U64, mbx)                                                                                             \
    F(T, U64, since)                                                                                           \
    F(T, U64, until)                                                                                           \
    F(T, U32, folder)                        /* that they were in; 0: any */                                   \
    F(T, U8, list)                           /* 1: nothing is changed */                                       \
    F(T, U64, cursor)                        /* 0: the first page; else .next of the one before */
IPC_MESSAGE(store_undelete_req);

#define FIELDS_store_undelete_rep(F, T)                                                    \
    F(T, BYTES, list, STORE_PAGE)            /* records of store_removed */                \
    F(T, U64, next)                          /* 0: that was all */
IPC_MESSAGE(store_undelete_rep);

#define FIELDS_store_removed(F, T)                                                                             \
    F(T, U64, number)                        /* in the mailbox's order of removals */                          \
    F(T, U64, when)                          /* UTC s: removed */                                              \
    F(T, U64, until)                         /* UTC s: kept till then; UINT64_MAX: as long as the mailbox is on hold */ \
    F(T, U64, by)                            /* mailbox number of who removed it; 0: the administrator */      \
    F(T, U8, how)                            /* enum store_removal */                                          \
    F(T, U32, folder)                        /* that it was in */                                              \
    F(T, U8, special)                        /* that folder's enum store_special */                            \
    F(T, U8, folder_gone)                    /* 1: that folder was deleted */                                  \
    F(T, U32, uid)                           /* that it had there */                                           \
    F(T, U64, flags)                                                                                           \
    F(T, U64, size)                                                                                            \
    F(T, U64, internaldate)                                                                                    \
    F(T, FIX, oid, SEAL_OID)                                                                                   \
    F(T, U32, to_folder)                     /* given back there; 0: it was not */                             \
    F(T, U32, to_uid)
IPC_MESSAGE(store_removed);

enum { HOLD_SHOW = 0, HOLD_SET = 1, HOLD_CLEAR = 2, HOLD_TEXT = 500, HOLD_NOTES = 200 };
/* Setting and clearing are the administrator's; each adds a note that no request changes or takes away. With a ticket the holder reads them.
 * RC_SYNTAX: no name or no reason. RC_EXISTS: it is so already. RC_PERM: HOLD_NOTES notes are there. */
#define FIELDS_store_hold_req(F, T)                                                                        \
    F(T, U64, mbx)                           /* 0: the ticket's */                                         \
    F(T, U8, what)                           /* HOLD_SHOW, HOLD_SET, HOLD_CLEAR */                         \
    F(T, BYTES, who, HOLD_TEXT)              /* UTF-8 */                                                   \
    F(T, BYTES, why, HOLD_TEXT)              /* UTF-8 */
IPC_MESSAGE(store_hold_req);

#define FIELDS_store_hold_rep(F, T)                                                        \
    F(T, U8, held)                                                                         \
    F(T, U64, now)                           /* UTC s: the time that stored believes (store/ops/believed.h) */ \
    F(T, U64, kept)                          /* messages that are kept */                  \
    F(T, U64, kept_bytes)                    /* and what they take */                      \
    F(T, BYTES, notes, STORE_PAGE)           /* records of store_hold_note, oldest first */
IPC_MESSAGE(store_hold_rep);

#define FIELDS_store_hold_note(F, T)         \
    F(T, U64, when)                          /* UTC s */                     \
    F(T, U8, what)                           /* HOLD_SET or HOLD_CLEAR */    \
    F(T, BYTES, who, HOLD_TEXT)                                              \
    F(T, BYTES, why, HOLD_TEXT)
IPC_MESSAGE(store_hold_note);

/* The folder STORE_REMOVED shows the ticket's mailbox what left its folders and is kept: in FOLDERS (without a name: the session gives it one), to be
 * read and copied from. on: 1 switches it on, 0 off. */
#define FIELDS_store_show_removed_req(F, T)  \
    F(T, U8, on)
IPC_MESSAGE(store_show_removed_req);
