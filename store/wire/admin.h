/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/admin.h - of store/wire/wire.h: upkeep: counters, the check of the whole store, what was met that cannot be read.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

#define FIELDS_store_stats_rep(F, T)                                                      \
    F(T, U64, boxes)                                                                      \
    F(T, U64, messages)                                                                   \
    F(T, U64, objects)                                                                    \
    F(T, U64, bytes_plain)                   /* of the messages in clear */               \
    F(T, U64, queue)                         /* entries */                                \
    F(T, U64, commits)                       /* this and the next two: since the start */ \
    F(T, U64, deadlocks)                                                                  \
    F(T, U64, orphans)                       /* records that a crash left, swept */       \
    F(T, U64, freeing)                       /* expunged messages whose octets are not given back yet */ \
    F(T, U64, kept)                          /* expunged messages that can still be given back */ \
    F(T, U64, log_bytes)                     /* of Berkeley DB's log files */             \
    F(T, U64, table_bytes)                   /* of its tables */                          \
    F(T, U64, segment_bytes)                 /* of the segments, without their holes */   \
    F(T, U64, live_bytes)                    /* of those: what messages have */           \
    F(T, U64, dead_bytes)                    /* of those: what comes back */              \
    F(T, U64, format)                        /* STORE_FORMAT */                           \
    F(T, U64, now)                           /* UTC s: the time that it believes (store/ops/believed.h) */
IPC_MESSAGE(store_stats_rep);

/* What some mailboxes hold, at this moment; one that is not there holds nothing. */
enum { STORE_USED_MOST = 4096 };
#define FIELDS_store_used_req(F, T)                                                           \
    F(T, BYTES, boxes, 8 * STORE_USED_MOST)  /* u64 each */
IPC_MESSAGE(store_used_req);

#define FIELDS_store_used_rep(F, T)                                                           \
    F(T, U64, messages)                                                                       \
    F(T, U64, used)                          /* octets, as they count against a quota */
IPC_MESSAGE(store_used_rep);

/* Page by page: digests of objects, reference counts, folder counts, page checksums. One check a connection. */
#define FIELDS_store_check_req(F, T)                                                          \
    F(T, U64, cursor)                        /* 0: begin; else .cursor of the reply before */
IPC_MESSAGE(store_check_req);

#define FIELDS_store_check_rep(F, T)                          \
    F(T, U64, cursor)                        /* 0: done */    \
    F(T, U64, checked)                       /* so far */     \
    F(T, U64, bad)                           /* so far */     \
    F(T, BYTES, findings, STORE_FINDINGS)    /* text lines */
IPC_MESSAGE(store_check_rep);

#define FIELDS_store_damage_rep(F, T)                                                             \
    F(T, U64, pages)                         /* met since the start */                            \
    F(T, BYTES, list, STORE_FINDINGS)        /* text lines, "table page since", the first ones */
IPC_MESSAGE(store_damage_rep);
