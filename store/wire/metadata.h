/* SPDX-License-Identifier: EUPL-1.2 */
/* store/wire/metadata.h - of store/wire/wire.h: annotations of folders and of the mailbox as a whole (IMAP METADATA).
 *
 * An annotation belongs to a folder, or to the mailbox as a whole (folder 0), and to everybody who may open the mailbox (shared) or to the ticket's
 * holder alone. It is found by the tag of its entry's name. Name and value come sealed (crypto/seal/seal.h); an empty value means that there is none.
 * Deleting a folder takes its annotations away; renaming it leaves them.
 * SET      is one transaction: all of its list, or nothing. RC_NOTFOUND: no such folder, or one that holds no messages. RC_QUOTA with
 *          CAUSE_METADATA_TOO_MANY: there would be more annotations than a folder or a mailbox may have; with CAUSE_MAILBOX_FULL: no room in the quota.
 *          RC_EXISTS: another folder has that special use.
 * News     each change of an annotation takes the next number of the mailbox. Of an annotation that was removed the number and the name are kept until
 *          64 changes later, so that other sessions learn of it.
 * Process  stored, and those that ask it.   Source RFC 5464, RFC 6154 3.
 */
#pragma once
#include "store/wire/common.h"

enum {
    STORE_ANNOTATION_MAX = 32 * 1024,            /* octets of a value, in clear */
    STORE_ANNOTATION_SEALED = 28,                /* octets more when it is sealed */
    STORE_ANNOTATIONS_SET = 128,                 /* of one SET */
    STORE_ANNOTATIONS_FOLDER = 128,              /* of a folder, or of the mailbox as a whole: a person's own and the shared ones */
    STORE_ANNOTATIONS_BOX = 2000,                /* of a mailbox with its folders, in the same way */
    STORE_ANNOTATIONS_BYTES = 4 * 1024 * 1024,   /* names and values of these, sealed */
    STORE_ANNOTATION_KEY = 4 + 8 + SEAL_NAME_TAG, /* a place in the list */
    STORE_TAGS_MAX = 64
};
#define STORE_EVERY_FOLDER 0xffffffffu

#define FIELDS_store_annotation(F, T)                                                                   \
    F(T, U32, folder)                        /* 0: the mailbox as a whole */                            \
    F(T, U8, shared)                         /* 0: the holder's own */                                  \
    F(T, U64, change)                        /* the number of its last change; SET: not looked at */    \
    F(T, FIX, tag, SEAL_NAME_TAG)            /* a keyed hash of the entry's name */                     \
    F(T, BYTES, name, STORE_NAME)            /* sealed */                                               \
    F(T, BYTES, value, STORE_ANNOTATION_MAX + STORE_ANNOTATION_SEALED) /* sealed; empty: none */
IPC_MESSAGE(store_annotation);

#define FIELDS_store_metadata_req(F, T)                                                                                  \
    F(T, U32, folder)                        /* STORE_EVERY_FOLDER: every folder's, and the mailbox's as a whole */      \
    F(T, U8, values)                         /* 0: names only, and of those that were removed, too */                    \
    F(T, U64, since)                         /* only what changed after that number */                                   \
    F(T, BYTES, tags, STORE_TAGS_MAX * SEAL_NAME_TAG) /* these entries alone; empty: all */                              \
    F(T, BYTES, from, STORE_ANNOTATION_KEY)  /* empty: from the beginning; else .next of the page before */
IPC_MESSAGE(store_metadata_req);

#define FIELDS_store_metadata_rep(F, T)                                                                     \
    F(T, U64, change)                        /* the number of the mailbox's last change */                  \
    F(T, BYTES, list, STORE_PAGE)            /* list of store_annotation */                                 \
    F(T, BYTES, next, STORE_ANNOTATION_KEY)  /* ask again from here; empty: that was all */
IPC_MESSAGE(store_metadata_rep);

enum { STORE_SPECIAL_KEEP = 255 };
#define FIELDS_store_metadata_set_req(F, T)                                                             \
    F(T, U32, folder)                                                                                   \
    F(T, U8, special)                        /* enum store_special; STORE_SPECIAL_KEEP: as it is */     \
    F(T, BYTES, list, STORE_PAGE)            /* list of store_annotation */
IPC_MESSAGE(store_metadata_set_req);

#define FIELDS_store_metadata_set_rep(F, T)                                              \
    F(T, U64, before)                        /* the number of the last change before */ \
    F(T, U64, change)                        /* the number of the last of these */
IPC_MESSAGE(store_metadata_set_rep);
