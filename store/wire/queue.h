/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/queue.h - of store/wire/wire.h: what waits for recipients elsewhere. QUEUE_READ answers as READ does (messages.h).
 * Process  stored, and those that ask it.
 *
 * Report   an entry in state Q_REPORT is of a recipient here, whose message was filed in the same transaction: it is never sent. An update to
 *          Q_WAITING or Q_REPORT changes its time and leaves it a report; Q_HELD and Q_DROPPED are refused (RC_PERM). No other entry becomes one
 *          (RC_SYNTAX), but for one that was taken by the next server (mark QUEUE_SENT): it is never sent again, whatever was done to it meanwhile.
 */
#pragma once
#include "store/wire/common.h"

enum queue_state {
    Q_WAITING = 1,
    Q_HELD,       /* by an administrator: not tried */
    Q_DONE,
    Q_FAILED,     /* these two end the entry: it is removed, its message with the last one */
    Q_REPORT,     /* delivered here, a report to its sender is due: relayd makes it and ends the entry */
    Q_DROPPED     /* by an administrator (CAUSE_QUEUE_DROPPED), or from the beginning, because it cannot be delivered: relayd reports the cause to the
                     sender, then ends the entry with Q_FAILED */
};
static inline bool queue_state_ends(uint8_t state)
{
    return state == Q_DONE || state == Q_FAILED;
}
static inline bool queue_state_due(uint8_t state) /* relayd has something to do for it at its next_try */
{
    return state == Q_WAITING || state == Q_DROPPED || state == Q_REPORT;
}
/* Bits of an item's notify beside those of RFC 3461 (enum smtp_notify), which are below QUEUE_MARKS. */
enum {
    QUEUE_WARNED = 0x100 /* the sender was told of the delay: once is enough */,
    QUEUE_SENT = 0x200 /* with Q_REPORT: the next server took the message, and a report of that is due */,
    QUEUE_MARKS = 0xff00
};
#define FIELDS_store_queue_item(F, T)                                                 \
    F(T, U64, qid)                            /* the message's number in the queue */ \
    F(T, U32, rcpt)                           /* which recipient of it, from 0 */     \
    F(T, U8, state)                           /* enum queue_state */                  \
    F(T, U16, notify)                         /* RFC 3461 bits, and QUEUE_MARKS */    \
    F(T, U32, attempts)                       /* so far */                            \
    F(T, U64, received)                       /* UTC s */                             \
    F(T, U64, next_try)                       /* UTC s */                             \
    F(T, U64, size)                           /* octets in clear */                   \
    F(T, U16, lead)                           /* as in deliver.h */                   \
    F(T, U64, epoch)                          /* of the queue's own mailbox */        \
    F(T, FIX, oid, SEAL_OID)                                                          \
    F(T, FIX, wrap, SEAL_WRAP)                                                        \
    F(T, FIX, epoch_rec, SEAL_EPOCH_REC)                                              \
    F(T, BYTES, mid, STORE_MID)               /* our message id */                    \
    F(T, BYTES, envelope, STORE_ENVELOPE)     /* sealed */                            \
    F(T, BYTES, last_error, STORE_LAST_ERROR) /* form: queue_error.h */
IPC_MESSAGE(store_queue_item);

/* Who watches (STORE_WATCH) the queue: relayd, without a ticket; the folder says what it wants to hear of. */
enum queue_watch { QUEUE_QUOTA /* STORE_WARNINGS has some; whoever watches the queue hears of it */, QUEUE_NEWS /* an item is new, or an administrator changed one */, QUEUE_OWN /* what relayd itself changed */ };

/* How recipients that wait are told apart without opening their envelopes: four octets that name the key they were made with, then 12 octets each of the
 * HMAC of the recipient's domain, the sender, the recipient (flow/logged.h makes them, under DIR/keys/log.key). Whoever has the store alone learns no
 * address and no domain. Entries made under another key, or before there was one, can not be told apart: stored answers them too, and the asker,
 * who opens the envelope anyhow, decides. */
enum { QUEUE_KEYS_ID = 4, QUEUE_KEY = 12, STORE_QUEUE_KEYS = QUEUE_KEYS_ID + 3 * QUEUE_KEY };
enum queue_key { QK_DOMAIN = 1, QK_SENDER = 2, QK_RECIPIENT = 4 }; /* which of the three, in this order */
enum { QUEUE_CAUSE_REPLY = 0xffff /* as a filter: the peer answered, we found nothing ourselves */, STORE_QUEUE_LOOKS = 20000 /* entries one request reads */ };

/* The cursor is the item to begin with; with due_before it is answered only if it is still due. What stands behind one is a filter; it does not go
 * with due_before. A page may be empty though the cursor goes on: one request reads STORE_QUEUE_LOOKS entries. */
#define FIELDS_store_queue_list_req(F, T)                                                                      \
    F(T, U64, qid_from)                      /* cursor; 0: from the beginning */                               \
    F(T, U32, rcpt_from)                                                                                       \
    F(T, U64, due_before)                    /* UTC s: only those that are due (queue_state_due), oldest first; 0: all */  \
    F(T, U64, due_from)                      /* UTC s: of those, the ones due from then on. The cursor comes before it */ \
    F(T, U8, one)                            /* 1: of the message qid_from only; not with due_before */        \
    F(T, U16, states)                        /* of these states: 1 << enum queue_state; 0: any */              \
    F(T, U16, cause)                         /* of the last error, or QUEUE_CAUSE_REPLY; 0: any */             \
    F(T, U64, received_before)               /* UTC s; 0: any */                                               \
    F(T, U8, which)                          /* QK_ bits: these of keys must be the entry's */                 \
    F(T, BYTES, keys, STORE_QUEUE_KEYS)                                                                        \
    F(T, U32, most)                          /* items; 0: as many as a page holds */
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
    F(T, BYTES, last_error, STORE_LAST_ERROR) /* form: queue_error.h; empty: it stays */ \
    F(T, U16, from_states)                    /* 1 << enum queue_state: RC_EXISTS and no change when its state is another; 0: any */ \
    F(T, U16, marks)                          /* of QUEUE_MARKS: set from now on; 0: leaves them as they are */
IPC_MESSAGE(store_queue_update_req);

/* QUEUE_SETTLE: several updates in one transaction, all or none; one of an item that is not there is passed over. relayd's Q_WAITING leaves a held or
 * dropped item so: who held it while it was with a session finds it held. (So does QUEUE_UPDATE.) */
enum { STORE_SETTLES_MAX = 256 };
#define FIELDS_store_queue_settle_req(F, T)                                                       \
    F(T, BYTES, updates, STORE_PAGE)          /* list of store_queue_update_req, at most SETTLES_MAX */
IPC_MESSAGE(store_queue_settle_req);
#define FIELDS_store_queue_settle_rep(F, T)                                       \
    F(T, U32, settled)                        /* updates made */
IPC_MESSAGE(store_queue_settle_rep);

/* Counts of the whole queue, STORE_QUEUE_LOOKS entries a request: the asker adds the pages up. */
#define FIELDS_store_queue_count_req(F, T)                                             \
    F(T, U64, qid_from)                      /* cursor; 0: from the beginning */       \
    F(T, U32, rcpt_from)
IPC_MESSAGE(store_queue_count_req);
#define FIELDS_store_queue_count_rep(F, T)                                             \
    F(T, BYTES, sums, STORE_PAGE)            /* list of store_queue_sum */             \
    F(T, U64, next_qid)                      /* 0: that was all */                     \
    F(T, U32, next_rcpt)
IPC_MESSAGE(store_queue_count_rep);
/* What entries of one destination, state and last error are together. */
#define FIELDS_store_queue_sum(F, T)                                                                      \
    F(T, BYTES, domain, QUEUE_KEYS_ID + QUEUE_KEY) /* of the keys; empty: entries that can not be told apart */ \
    F(T, U8, state)                                                                                       \
    F(T, U16, cause)                          /* as in the filter; 0: there was no error */               \
    F(T, U64, entries)                                                                                    \
    F(T, U64, octets)                         /* of the messages in clear, once a recipient */            \
    F(T, U64, oldest)                         /* received, UTC s */                                       \
    F(T, U64, next_try)                       /* the earliest, UTC s */                                   \
    F(T, U64, qid)                            /* one of them: its envelope names the domain */            \
    F(T, U32, rcpt)
IPC_MESSAGE(store_queue_sum);
