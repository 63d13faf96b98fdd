/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/messages.h - of store/wire/wire.h: the messages of a folder: lists, changes, objects, flags, copies.
 * Process  stored, and those that ask it.
 */
#pragma once
#include "store/wire/common.h"

/* Removed  a session that has not been told yet of a removal still reads the message (RFC 2180 4.1.1). SELECT and CHANGES answer with a number;
 *          a request that gives one back is answered for messages, too, that left the folder since then and are kept (store/ops/freed.h). */

/* The reply is a store_brief_rep. */
#define FIELDS_store_list_req(F, T)                                         \
    F(T, U32, folder)                                                       \
    F(T, U32, lo)                            /* UIDs, both ends included */ \
    F(T, U32, hi)
IPC_MESSAGE(store_list_req);

enum { STORE_BRIEF = 20 }; /* octets: u32 uid, u64 flags, u64 modseq */
#define FIELDS_store_brief_rep(F, T)                                                    \
    F(T, BYTES, brief, STORE_PAGE)           /* packed, STORE_BRIEF octets each */      \
    F(T, U32, next)                          /* the UID to ask from; 0: that was all */
IPC_MESSAGE(store_brief_rep);

#define FIELDS_store_changes_req(F, T)                                                             \
    F(T, U32, folder)                                                                              \
    F(T, U64, since)                         /* a modseq: what has a higher one is told */         \
    F(T, U64, cursor)                        /* 0: the first page; else .next of the one before */
IPC_MESSAGE(store_changes_req);

/* modseq and exists are as of this page. Take the first page's modseq as the next "since": what changed between pages
 * comes again then.
 * gone may name more than left since then, and UIDs that no message ever had: when the store does not remember so far back, all that are absent
 * below uidnext are named, in pages (RFC 7162 3.2.6). Whoever reads it drops the messages it knows in them. */
#define FIELDS_store_changes_rep(F, T)                                                                                                          \
    F(T, BYTES, brief, STORE_PAGE)           /* packed, STORE_BRIEF octets each */                                                              \
    F(T, BYTES, gone, STORE_PAGE)            /* packed pairs of u32 (lo, hi): UIDs without a message; may overlap, need not ascend over rows */ \
    F(T, U64, modseq)                        /* the folder's highest */                                                                         \
    F(T, U64, next)                          /* 0: that was all */                                                                              \
    F(T, U32, exists)                        /* messages */                                                                                     \
    F(T, U64, removed)                       /* "Removed" above, as of this page */
IPC_MESSAGE(store_changes_rep);

#define FIELDS_store_range_req(F, T)                                                                      \
    F(T, U32, folder)                                                                                     \
    F(T, BYTES, uids, STORE_RANGES_BYTES)    /* a UID set: "Ranges" in wire.h */                          \
    F(T, U32, from)                          /* the first UID wanted of the set (cursor); 0: all of it */ \
    F(T, U64, removed)                       /* "Removed" above; 0: none */
IPC_MESSAGE(store_range_req);

/* A record of ENTRIES, SUMMARIES, TEXTS, READ_MANY. What has no object is asked for with STORE_READ, which says so of this one when it cannot be
 * read (RC_CORRUPT). */
#define FIELDS_store_entry(F, T)                                                                                    \
    F(T, U32, uid)                                                                                                  \
    F(T, U64, flags)                         /* MF_ bits, and keywords from MF_KEYWORDS on */                       \
    F(T, U64, modseq)                                                                                               \
    F(T, U64, size)                          /* octets of the message in clear */                                   \
    F(T, U16, lead)                          /* of these, in its first chunk, where that is a lead; 0: it has none */ \
    F(T, U64, internaldate)                  /* UTC s */                                                            \
    F(T, U64, savedate)                      /* UTC s: when it came into this folder */                            \
    F(T, U64, epoch)                                                                                                \
    F(T, FIX, oid, SEAL_OID)                                                                                        \
    F(T, FIX, wrap, SEAL_WRAP)               /* the content key, wrapped for the epoch */                           \
    F(T, U64, len_object)                    /* octets sealed, also when object is empty */                         \
    F(T, BYTES, object, STORE_PAGE)          /* sealed; empty when it is too large for a page, or cannot be read */
IPC_MESSAGE(store_entry);

#define FIELDS_store_read_req(F, T)                                                  \
    F(T, U32, folder)                                                                \
    F(T, U32, uid)                                                                   \
    F(T, U8, kind)                           /* enum seal_kind */                    \
    F(T, U32, chunk)                         /* the first wanted, from 0 */          \
    F(T, U32, count)                         /* chunks; one of 64 KiB fits a page */ \
    F(T, U64, removed)                       /* "Removed" above; 0: none */
IPC_MESSAGE(store_read_req);

#define FIELDS_store_read_rep(F, T)                                                      \
    F(T, FIX, oid, SEAL_OID)                                                             \
    F(T, U64, plain_size)                      /* octets of the whole object in clear */ \
    F(T, U32, chunk)                           /* the first given */                     \
    F(T, U32, count)                           /* chunks given */                        \
    F(T, BYTES, chunks, SEAL_CHUNK + SEAL_TAG) /* sealed */
IPC_MESSAGE(store_read_rep);

#define FIELDS_store_epochs_req(F, T)                          \
    F(T, BYTES, epochs, STORE_EPOCHS_MAX * 8) /* packed u64 */
IPC_MESSAGE(store_epochs_req);

#define FIELDS_store_epochs_rep(F, T)                                                                                    \
    F(T, BYTES, recs, STORE_EPOCHS_MAX *(8 + SEAL_EPOCH_REC)) /* packed u64 epoch | record; unknown ones are left out */
IPC_MESSAGE(store_epochs_rep);

enum { FLAGS_SET = 0, FLAGS_ADD = 1, FLAGS_REMOVE = 2 };
#define FIELDS_store_flags_req(F, T)                                                          \
    F(T, U32, folder)                                                                         \
    F(T, BYTES, uids, STORE_RANGES_BYTES)                                                     \
    F(T, U32, from)                          /* cursor; 0: the whole set */                   \
    F(T, U8, how)                            /* FLAGS_SET, FLAGS_ADD, FLAGS_REMOVE */         \
    F(T, U64, flags)                         /* MF_ bits, and keywords from MF_KEYWORDS on */ \
    F(T, U64, unchanged_since)               /* a modseq, RFC 7162; 0: no condition */
IPC_MESSAGE(store_flags_req);

#define FIELDS_store_flags_rep(F, T)                                                                                          \
    F(T, BYTES, brief, STORE_PAGE)           /* every message of the set that is there and was not refused, changed or not */ \
    F(T, BYTES, modified, STORE_PAGE)        /* packed u32 UIDs: their unchanged_since failed */                              \
    F(T, U32, next)                          /* 0: that was all */
IPC_MESSAGE(store_flags_rep);

#define FIELDS_store_expunge_req(F, T)                                      \
    F(T, U32, folder)                                                       \
    F(T, BYTES, uids, STORE_RANGES_BYTES)                                   \
    F(T, U32, from)                          /* cursor; 0: the whole set */ \
    F(T, U8, deleted_only)                   /* 1: those with MF_DELETED */
IPC_MESSAGE(store_expunge_req);

#define FIELDS_store_expunge_rep(F, T)                                    \
    F(T, BYTES, expunged, STORE_PAGE)        /* packed u32 UIDs */        \
    F(T, U64, modseq)                        /* the folder's, after it */ \
    F(T, U32, next)                          /* 0: that was all */
IPC_MESSAGE(store_expunge_rep);

/* One transaction; RC_PERM beyond STORE_COPY_MAX messages: ask in parts. A MOVE on a disk with little room ends early: next says from which UID on to
 * ask again. */
#define FIELDS_store_copy_req(F, T)                                     \
    F(T, U32, folder)                                                   \
    F(T, U32, dest)                          /* folder */               \
    F(T, BYTES, uids, STORE_RANGES_BYTES)                               \
    F(T, U8, move)                           /* 1: they leave folder */ \
    F(T, U32, from)                          /* UID; 0: the first one */ \
    F(T, U64, removed)                       /* "Removed" above; 0: none. A MOVE takes none */
IPC_MESSAGE(store_copy_req);

#define FIELDS_store_copy_rep(F, T)                                                \
    F(T, U32, uidvalidity)                   /* of dest */                         \
    F(T, BYTES, pairs, STORE_PAGE)           /* packed u32 old UID, u32 new UID */ \
    F(T, U32, next)                          /* from of the next request; 0: all is done */
IPC_MESSAGE(store_copy_rep);
