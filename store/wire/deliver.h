/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/deliver.h - of store/wire/wire.h: a message filed into mailboxes and into the queue, in one transaction.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"
#include "store/wire/queue.h"

/* A record of deliver.places: an entry in a local mailbox. */
#define FIELDS_store_place(F, T)                                                                                       \
    F(T, U64, mbx)                                                                                                     \
    F(T, U32, folder)                                                                                                  \
    F(T, U64, flags)                         /* MF_ bits, and keywords from MF_KEYWORDS on */                          \
    F(T, U64, internaldate)                  /* UTC s */                                                               \
    F(T, U64, epoch)                         /* whose key wraps the content key */                                     \
    F(T, FIX, wrap, SEAL_WRAP)               /* the content key, wrapped */                                            \
    F(T, FIX, epoch_rec, SEAL_EPOCH_REC)     /* the epoch's record: stored keeps it when it has none of that number */
IPC_MESSAGE(store_place);

/* A record of deliver.remotes: an item in the queue, for one recipient outside, or for a report on one who has it in a mailbox here. */
#define FIELDS_store_remote(F, T)                                                                                         \
    F(T, U16, notify)                         /* what RFC 3461 NOTIFY asked for */                                        \
    F(T, U64, not_before)                     /* UTC s; not tried earlier */                                              \
    F(T, BYTES, keys, STORE_QUEUE_KEYS)       /* queue.h; empty: it can not be found by its addresses */                  \
    F(T, BYTES, envelope, STORE_ENVELOPE)     /* sealed, kind SEAL_ENVELOPE, its own oid inside: address, ORCPT, ENVID */ \
    F(T, U8, state)                           /* Q_WAITING or 0: to be sent. Q_REPORT: delivered here, a report is due. Q_DROPPED: gets nothing, .cause says why, a report is due */ \
    F(T, U16, cause)                          /* base/cause.h: of Q_DROPPED; else 0 */
IPC_MESSAGE(store_remote);

#define FIELDS_store_deliver_req(F, T)                                                                                                \
    F(T, FIX, oid, SEAL_OID)                 /* the message's object id: asked again, the same oid is answered with what was filed */ \
    F(T, BYTES, mid, STORE_MID)              /* our message id, for the logs */                                                       \
    F(T, U64, size)                          /* octets of the message in clear */                                                     \
    F(T, U16, lead)                          /* of these, in its first chunk, where that is a lead ("Lead" in crypto/seal/seal.h); 0: it has none */ \
    F(T, U64, received)                      /* UTC s */                                                                              \
    F(T, U64, len_message)                   /* octets sealed; these three lie one behind the other in objects, or in the memfd */    \
    F(T, U64, len_summary)                                                                                                            \
    F(T, U64, len_search)                    /* 0: it has none */                                                                     \
    F(T, BYTES, places, STORE_PLACES_BYTES)  /* list of store_place; with remotes at least one record */                              \
    F(T, BYTES, remotes, STORE_PLACES_BYTES) /* list of store_remote */                                                               \
    F(T, U64, queue_epoch)                   /* this and the next two: when remotes is not empty */                                   \
    F(T, FIX, queue_wrap, SEAL_WRAP)                                                                                                  \
    F(T, FIX, queue_epoch_rec, SEAL_EPOCH_REC)                                                                                        \
    F(T, U8, enforce_quota)                  /* 1, APPEND: RC_QUOTA when used + size > quota. 0, SMTP: it was asked at RCPT */        \
    F(T, BYTES, objects, STORE_INLINE_MAX)   /* DELIVER: message | summary | search. DELIVER_FD: empty */                            \
    F(T, U64, skip)                          /* DELIVER_FD: octets of the memfd before the objects. APPEND: its own */                  \
    F(T, BYTES, once, STORE_ONCE)            /* smtpd: empty, or STORE_ONCE octets: filed under that key lately, it is not filed again */ \
    F(T, U32, once_s)                        /* lately: so many seconds, 3600 at most */                                              \
    F(T, BYTES, settle, STORE_PLACES_BYTES)  /* relayd: empty, or a list of store_queue_update_req, made in the same transaction as what they report; one of \
                                                an item that is not there is passed over. Answered again from its oid: it is not looked at */
IPC_MESSAGE(store_deliver_req);

#define FIELDS_store_deliver_rep(F, T)                                                                \
    F(T, BYTES, placed, STORE_PAGE)          /* list of store_placed, in the order of places */       \
    F(T, U64, qid)                           /* its number in the queue; 0: there is nothing of it */ \
    F(T, BYTES, first, STORE_MID)            /* not empty: it was filed before, under that message id; placed is empty and qid 0 */
IPC_MESSAGE(store_deliver_rep);

#define FIELDS_store_placed(F, T) \
    F(T, U64, mbx)                \
    F(T, U32, folder)             \
    F(T, U32, uid)                \
    F(T, U32, uidvalidity)
IPC_MESSAGE(store_placed);

/* APPEND: several messages of the ticket's mailbox in one transaction, all or none; and one that they replace, which leaves in the same transaction. Their
 * objects lie in the memfd, one message's behind the other's. Asked again it answers as DELIVER does. RC_NOTFOUND with CAUSE_EXPUNGED: what is to be replaced
 * is not there. */
#define FIELDS_store_append_req(F, T)                                                                                \
    F(T, BYTES, messages, STORE_PLACES_BYTES) /* list of store_deliver_req, at most STORE_APPEND_MAX; one place each */ \
    F(T, U32, gone_folder)                    /* this and the next: the message that is replaced; 0: none */           \
    F(T, U32, gone_uid)                                                                                              \
    F(T, U64, skip)                           /* octets of the memfd before the objects */
IPC_MESSAGE(store_append_req);

#define FIELDS_store_append_rep(F, T)                                                           \
    F(T, BYTES, placed, STORE_PAGE)          /* list of store_placed, in the order of messages */
IPC_MESSAGE(store_append_rep);

/* RC_OK, RC_NOTFOUND, RC_QUOTA: with CAUSE_QUOTA_LONG when the mailbox has been full for longer than stored.full_for */
#define FIELDS_store_can_take_req(F, T)                   \
    F(T, U64, mbx)                                        \
    F(T, U64, size)                          /* octets */
IPC_MESSAGE(store_can_take_req);
