/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/metadata.h - annotations (T_METADATA): what other files of the daemon need of them. What may be asked: store/wire/metadata.h.
 *
 * INV-16   box.annotated is the sum of what the mailbox's annotations take (annotation_bytes(); those that were removed take nothing). It counts against
 *          the quota. An annotation belongs to a folder that there is, or to folder 0. No annotation has a change beyond box.annotation.
 * Order    every writer holds the mailbox's record for writing, as those do who change folders. So annotations of a mailbox are changed by one at a time.
 * Process  pli-stored, inside a transaction.   Source RFC 5464.
 */
#pragma once
#include "store/db/rec.h"
#include "store/ops/folder.h"

enum { ANNOTATION_ROW = 64 /* octets of a row beside name and value */ };
static inline uint64_t annotation_bytes(const struct annotation *n)
{
    return n->value.n > 0 ? n->name.n + n->value.n + ANNOTATION_ROW : 0;
}
struct annotated { /* what a mailbox has */
    uint64_t bytes;
    uint64_t hers;           /* of .bytes: not other persons' */
    uint32_t all, in_folder; /* annotations, other persons' left out; of the one folder that was asked about */
    uint64_t change;         /* the highest */
};
/* Adds up the mailbox's annotations; folder: which one .in_folder counts. stale_out, when not NULL, gets the keys of those removed more than 64 changes
 * before "now", one behind the other. */
enum rc metadata_sum(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t now, struct annotated *out, struct buf *stale_out, struct err *e);
/* The folder's annotations go, in the transaction that deletes it. b: the mailbox's record, which is written when it changes. */
enum rc metadata_forget(struct tx *t, uint64_t mbx, uint32_t folder, struct box *b, struct err *e);
/* The mailbox has new key slots: private annotations of those who are no delegates any more go. b: as above, to be written by the caller. */
enum rc metadata_slots(struct tx *t, uint64_t mbx, struct span slots, struct box *b, struct err *e);
