/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/boxes.h - of store/wire/wire.h: mailboxes, their key slots, and the ticket that binds a connection to one.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

#define FIELDS_store_box_create_req(F, T)                                                      \
    F(T, U64, mbx)                           /* from BOX_RESERVE, 16 or more */                \
    F(T, FIX, pub, SEAL_PUB)                 /* the mailbox's public key */                    \
    F(T, BYTES, slots, SLOTS_MAX)            /* its private key, sealed: crypto/seal/slot.h */ \
    F(T, U64, quota)                         /* octets; 0: none */                             \
    F(T, U64, most)                          /* messages; 0: the setting stored.max_messages */
IPC_MESSAGE(store_box_create_req);

#define FIELDS_store_box_rep(F, T)                                                                                               \
    F(T, U64, mbx)                                                                                                               \
    F(T, FIX, pub, SEAL_PUB)                                                                                                     \
    F(T, BYTES, slots, SLOTS_MAX)                                                                                                \
    F(T, BYTES, former, SLOTS_MAX)           /* the list before this one; empty: the present one is known to open the mailbox */ \
    F(T, U64, slots_version)                 /* grows with each change of the slots */                                           \
    F(T, U64, quota)                         /* octets; 0: none */                                                               \
    F(T, U64, used)                          /* octets, and 1,024 for the rows of each message */                                \
    F(T, U64, messages)                                                                                                          \
    F(T, U32, folders)                       /* the INBOX among them */                                                          \
    F(T, U64, most)                          /* messages that were set for this mailbox; 0: none were */                         \
    F(T, U64, most_messages)                 /* messages that it may have: .most, else the setting stored.max_messages; 0: no limit */ \
    F(T, U8, seen_each)                      /* 1: each delegate has a \Seen of her own */
IPC_MESSAGE(store_box_rep);

#define FIELDS_store_box_opened_req(F, T)                                                                                            \
    F(T, U64, slots_version)                 /* those that were tried; RC_OK and nothing happens when they have changed meanwhile */
IPC_MESSAGE(store_box_opened_req);

/* The folders of any mailbox, as who holds no key of it may see them: numbers, and no name. A list of store_box_folder. */
#define FIELDS_store_box_folders_req(F, T)                                                     \
    F(T, U64, mbx)                                                                             \
    F(T, U32, from)                          /* 0: from the beginning; else .next of the page before */
IPC_MESSAGE(store_box_folders_req);

#define FIELDS_store_box_folder(F, T)                                                          \
    F(T, U32, folder)                        /* its number in the mailbox */                   \
    F(T, U32, uidvalidity)                                                                     \
    F(T, U32, exists)                        /* messages */                                    \
    F(T, U32, unseen)                        /* of them without MF_SEEN */                     \
    F(T, U64, bytes)                         /* of all its messages, in clear */               \
    F(T, U8, special)                        /* enum store_special */                          \
    F(T, U16, flags)                         /* FF_ bits; never FF_GONE */
IPC_MESSAGE(store_box_folder);

/* BOX_SET_SEEN switched on: each delegate begins with what the flags say, and goes on by herself. Switched off: what the holder has seen holds for all,
 * folder by folder, within moments of the answer. */
enum { BOX_SET_SLOTS = 1, BOX_SET_QUOTA = 2 /* octets */, BOX_SET_MOST = 4 /* messages */, BOX_SET_SEEN = 8 };
/* RC_EXISTS: slots_version has moved on */
#define FIELDS_store_box_set_req(F, T)                                             \
    F(T, U64, mbx)                                                                 \
    F(T, U8, what)                           /* BOX_SET_ bits */                   \
    F(T, U64, slots_version)                 /* that the new list was made from */ \
    F(T, BYTES, slots, SLOTS_MAX)                                                  \
    F(T, U64, quota)                         /* octets; 0: none */                 \
    F(T, U64, most)                          /* messages; 0: as the setting stored.max_messages says */ \
    F(T, U8, seen_each)                      /* 1: each delegate has a \Seen of her own; 0: it exists once */
IPC_MESSAGE(store_box_set_req);

/* ---- STORE_WARNINGS: a list of store_warning, .next not 0: there may be more once these are told. STORE_WARNED: that one was told, or will never be. ---- */
#define FIELDS_store_warning(F, T)                                                             \
    F(T, U64, mbx)                                                                             \
    F(T, U8, level)                          /* per cent that were passed: 80 or 95 */         \
    F(T, U64, at)                            /* UTC s: when; the same warning has the same */  \
    F(T, U64, used)                          /* now, as in store_box_rep, these four */        \
    F(T, U64, quota)                                                                           \
    F(T, U64, messages)                                                                        \
    F(T, U64, most)
IPC_MESSAGE(store_warning);

#define FIELDS_store_warned_req(F, T)                                                          \
    F(T, U64, mbx)                                                                             \
    F(T, U8, level)                                                                            \
    F(T, U64, at)
IPC_MESSAGE(store_warned_req);

#define FIELDS_store_ticket_req(F, T)                                   \
    F(T, BYTES, ticket, STORE_TICKET_MAX)    /* crypto/seal/ticket.h */
IPC_MESSAGE(store_ticket_req);
