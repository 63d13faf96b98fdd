/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/queue.h - of store/wire/wire.h: what waits for recipients elsewhere. QUEUE_READ answers as READ does (messages.h).
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

enum queue_state {
    Q_WAITING = 1,
    Q_HELD,
    Q_DONE,
    Q_FAILED /* these two end the entry: it is removed, its message with the last one */
};
#define FIELDS_store_queue_item(F, T)                                                 \
    F(T, U64, qid)                            /* the message's number in the queue */ \
    F(T, U32, rcpt)                           /* which recipient of it, from 0 */     \
    F(T, U8, state)                           /* enum queue_state */                  \
    F(T, U16, notify)                                                                 \
    F(T, U32, attempts)                       /* so far */                            \
    F(T, U64, received)                       /* UTC s */                             \
    F(T, U64, next_try)                       /* UTC s */                             \
    F(T, U64, size)                           /* octets in clear */                   \
    F(T, U64, epoch)                          /* of the queue's own mailbox */        \
    F(T, FIX, oid, SEAL_OID)                                                          \
    F(T, FIX, wrap, SEAL_WRAP)                                                        \
    F(T, FIX, epoch_rec, SEAL_EPOCH_REC)                                              \
    F(T, BYTES, mid, STORE_MID)               /* our message id */                    \
    F(T, BYTES, envelope, STORE_ENVELOPE)     /* sealed */                            \
    F(T, BYTES, last_error, STORE_LAST_ERROR) /* form: queue_error.h */
IPC_MESSAGE(store_queue_item);

/* Who watches (STORE_WATCH) the queue: relayd, without a ticket; the folder says what it wants to hear of. */
enum queue_watch { QUEUE_NEWS = 1 /* an item is new, or an administrator changed one */, QUEUE_OWN /* what relayd itself changed */ };

/* The cursor is the item to begin with; with due_before it is answered only if it is still due. */
#define FIELDS_store_queue_list_req(F, T)                                                                      \
    F(T, U64, qid_from)                      /* cursor; 0: from the beginning */                               \
    F(T, U32, rcpt_from)                                                                                       \
    F(T, U64, due_before)                    /* UTC s: only waiting ones that are due, oldest first; 0: all */ \
    F(T, U64, due_from)                      /* UTC s: of those, the ones due from then on. The cursor comes before it */ \
    F(T, U8, one)                            /* 1: of the message qid_from only; not with due_before */
IPC_MESSAGE(store_queue_list_req);

#define FIELDS_store_queue_list_rep(F, T)                                   \
    F(T, BYTES, items, STORE_PAGE)           /* list of store_queue_item */ \
    F(T, U64, next_qid)                      /* 0: that was all */          \
    F(T, U32, next_rcpt)
IPC_MESSAGE(store_queue_list_rep);

#define FIELDS_store_queue_read_req(F, T)                                  \
    F(T, U64, qid)                                                         \
    F(T, U8, kind)                           /* enum seal_kind */          \
    F(T, U32, chunk)                         /* from 0; one is answered */
IPC_MESSAGE(store_queue_read_req);

#define FIELDS_store_queue_update_req(F, T)                                       \
    F(T, U64, qid)                                                                \
    F(T, U32, rcpt)                                                               \
    F(T, U8, state)                           /* enum queue_state */              \
    F(T, U64, next_try)                       /* UTC s */                         \
    F(T, BYTES, last_error, STORE_LAST_ERROR) /* form: queue_error.h */
IPC_MESSAGE(store_queue_update_req);

/* QUEUE_SETTLE: several updates in one transaction, all or none; one of an item that is not there is passed over. relayd's Q_WAITING leaves a held item
 * held: who held it while it was with a session finds it held. (So does QUEUE_UPDATE.) */
enum { STORE_SETTLES_MAX = 256 };
#define FIELDS_store_queue_settle_req(F, T)                                                       \
    F(T, BYTES, updates, STORE_PAGE)          /* list of store_queue_update_req, at most SETTLES_MAX */
IPC_MESSAGE(store_queue_settle_req);
#define FIELDS_store_queue_settle_rep(F, T)                                       \
    F(T, U32, settled)                        /* updates made */
IPC_MESSAGE(store_queue_settle_rep);
