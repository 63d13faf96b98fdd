/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/folder_row.h - the row of a folder (T_FOLDERS) and the row of its tag (T_TAGS), which keeps its name unique.
 *
 * Order    whoever changes folders of a mailbox holds the mailbox's record for writing: one at a time.
 * Owns     nothing; a folder's name points into the caller's memory.
 * Errors   RC_NOTFOUND: there is no such row. Else what tx.h lists.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/folder.h"

enum { FOLDERS_EVER = 100000 /* in a mailbox, those deleted since included: names are not counted in a quota */ };

/* Read for writing; mem holds the name. */
enum rc folder_get(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *mem, struct folder *f_out, struct err *e);
enum rc folder_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct folder *f, struct err *e);
enum rc tag_get(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t *folder_out, struct err *e);
enum rc tag_put(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t folder, struct err *e);
enum rc tag_del(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], struct err *e);
/* Frees a tag for a new folder. A folder that is only remembered for its subscription gives its tag up, and *flags_out its mark; *gone_out
 * is its number, 0: there was none. RC_EXISTS: any other folder has the tag. */
enum rc tag_free(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint16_t *flags_out, uint32_t *gone_out, struct err *e);
/* A new folder has the place of the last one that had its name: of gone (0: none), which tag_free() took away, or of one whose name is kept (freed.h). It gives
 * delegates no more than that one did. */
enum rc folder_in_place(struct tx *t, uint64_t mbx, const unsigned char tag[SEAL_NAME_TAG], uint32_t gone, uint32_t folder, struct err *e);
/* A level holds messages from now on. f: its row, written; b: the mailbox's record, written. */
enum rc folder_revived(struct tx *t, uint64_t mbx, uint32_t folder, struct folder *f, struct box *b, struct err *e);
/* Counters of a folder that holds nothing yet, with the next UIDVALIDITY (INV-7). b: the mailbox's record, to be written by the caller. */
enum rc counters_new(struct tx *t, uint64_t mbx, uint32_t folder, struct box *b, struct err *e);
/* folders.c: may that session say what a folder is for? RC_DENIED: a delegate, and another folder has that use. */
enum rc folder_may_be_for(struct tx *t, const struct sess *s, uint8_t special, struct err *e);
