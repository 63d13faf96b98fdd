/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/folders.h - of store/wire/wire.h: folders, keywords, and the news of a folder.
 *
 * INBOX is folder STORE_INBOX, always there, with an empty name and a zero tag; it is not renamed or deleted. Tags are
 * unique in a mailbox: CREATE and RENAME answer RC_EXISTS. DELETE removes the messages and the folder; a subscribed one
 * stays listed as FF_GONE (name and tag only). CREATE with the tag of an FF_GONE folder takes its place: a new folder
 * number and UIDVALIDITY, still subscribed. FLAGS that clear FF_SUBSCRIBED of an FF_GONE folder remove it. RENAME to the
 * tag of an FF_GONE folder takes its place too.
 * FF_NOSELECT is a level of names that holds no messages: so made by CREATE, or what LEVEL leaves of a folder. LEVEL gives it another folder number, and it
 * keeps the folder's name, its subscription, and what delegates may do there and have subscribed to. REVIVE makes it a folder again.
 * A delegate is shown the folders where she has the right l, none that is gone, and marks of subscription that are her own (acl.h).
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

/* special use, RFC 6154 */
enum store_special { SU_NONE = 0, SU_INBOX, SU_SENT, SU_DRAFTS, SU_TRASH, SU_JUNK, SU_ARCHIVE };
enum { FF_SUBSCRIBED = 1, FF_NOSELECT = 2, FF_GONE = 4 /* deleted, kept for its subscription only */ };

#define FIELDS_store_folder(F, T)                                                                  \
    F(T, U32, folder)                                                                              \
    F(T, U32, uidvalidity)                                                                         \
    F(T, U32, uidnext)                                                                             \
    F(T, U32, exists)                        /* messages */                                        \
    F(T, U32, unseen)                        /* of them without MF_SEEN */                         \
    F(T, U64, modseq)                        /* the highest */                                     \
    F(T, U8, special)                        /* enum store_special */                              \
    F(T, U16, flags)                         /* FF_ bits */                                        \
    F(T, FIX, tag, SEAL_NAME_TAG)            /* a keyed hash of the name: equal for equal names */ \
    F(T, BYTES, name, STORE_NAME)            /* sealed */                                          \
    F(T, U32, rights)                        /* of this session there: base/rights.h */
IPC_MESSAGE(store_folder);

#define FIELDS_store_folder_create_req(F, T)                          \
    F(T, U8, special)                        /* enum store_special */ \
    F(T, U16, flags)                         /* FF_ bits */           \
    F(T, FIX, tag, SEAL_NAME_TAG)                                     \
    F(T, BYTES, name, STORE_NAME)            /* sealed */             \
    F(T, U32, parent)                        /* the folder above it, whose rights for delegates it begins with; 0: none */
IPC_MESSAGE(store_folder_create_req);

/* FOLDER_REVIVE: of an FF_NOSELECT folder alone. It keeps its number, its name, its rights for delegates and its subscriptions. */
#define FIELDS_store_folder_revive_req(F, T)                          \
    F(T, U32, folder)                                                 \
    F(T, U8, special)                        /* enum store_special */ \
    F(T, U32, parent)                        /* as at CREATE */
IPC_MESSAGE(store_folder_revive_req);

/* One transaction. */
#define FIELDS_store_folder_rename_req(F, T)                                                     \
    F(T, BYTES, renames, STORE_PAGE)         /* list of store_rename. FOLDER_RENAME_FD: empty */ \
    F(T, U32, parent)                        /* the folder above the new name: a delegate must be allowed to make folders there; 0: none */
IPC_MESSAGE(store_folder_rename_req);

#define FIELDS_store_rename(F, T)                                       \
    F(T, U32, folder)                                                   \
    F(T, FIX, tag, SEAL_NAME_TAG)            /* of the new name */      \
    F(T, BYTES, name, STORE_NAME)            /* the new name, sealed */
IPC_MESSAGE(store_rename);

#define FIELDS_store_folder_flags_req(F, T)                 \
    F(T, U32, folder)                                       \
    F(T, U16, set)                           /* FF_ bits */ \
    F(T, U16, clear)                         /* FF_ bits */
IPC_MESSAGE(store_folder_flags_req);

#define FIELDS_store_status_rep(F, T)                                                                                           \
    F(T, U32, uidvalidity)                                                                                                      \
    F(T, U32, uidnext)                                                                                                          \
    F(T, U32, exists)                                                                                                           \
    F(T, U32, unseen)                                                                                                           \
    F(T, U32, recent)                        /* messages from first_recent on */                                                \
    F(T, U64, modseq)                                                                                                           \
    F(T, U64, bytes)                         /* of all its messages, in clear */                                                \
    F(T, U32, first_recent)                  /* UID. SELECT (not read only) answers with the old one and moves it to uidnext */ \
    F(T, U64, removed)                       /* "Removed" of messages.h, as of now */
IPC_MESSAGE(store_status_rep);

#define FIELDS_store_select_req(F, T)                         \
    F(T, U32, folder)                                         \
    F(T, U8, read_only)                      /* 1: EXAMINE */
IPC_MESSAGE(store_select_req);

#define FIELDS_store_keyword(F, T)                                                                                           \
    F(T, U8, index)                          /* 0 .. STORE_KEYWORDS_MAX - 1: bit MF_KEYWORDS + index of a message's flags */ \
    F(T, FIX, tag, SEAL_NAME_TAG)                                                                                            \
    F(T, BYTES, name, STORE_NAME)            /* sealed */
IPC_MESSAGE(store_keyword);

#define FIELDS_store_keyword_add_req(F, T)                \
    F(T, FIX, tag, SEAL_NAME_TAG)                         \
    F(T, BYTES, name, STORE_NAME)            /* sealed */
IPC_MESSAGE(store_keyword_add_req);

/* RC_PERM: all STORE_KEYWORDS_MAX are taken */
#define FIELDS_store_keyword_add_rep(F, T)                                                \
    F(T, U8, index)                          /* of the one there is, or of the new one */
IPC_MESSAGE(store_keyword_add_rep);

#define FIELDS_store_watch_req(F, T)                                              \
    F(T, U32, folder)                        /* 0: every folder of the mailbox */
IPC_MESSAGE(store_watch_req);

/* The event STORE_EV_CHANGED. A delegate who is told of folder 0 watches nothing from then on: she asks again, and it is looked at again. */
#define FIELDS_store_ev_changed(F, T)                                                                \
    F(T, U32, folder)                        /* 0: the list of folders, or the mailbox as a whole */ \
    F(T, U64, modseq)                        /* of the change */
IPC_MESSAGE(store_ev_changed);
