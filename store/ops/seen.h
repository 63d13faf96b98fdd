/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/seen.h - the table T_SEEN: what each delegate of a mailbox has seen, where that is kept apart (BOX_SEEN_EACH). Decision 0049.
 *
 * Whose    MF_SEEN in a message's record is the holder's. A delegate who has a state of her own in a folder has rows there: (mbx, folder, delegate, block)
 *          -> bits (seen_bits.h). Her row of block 0 is there, however empty; other empty ones are not. Who has no row of block 0 sees MF_SEEN as the
 *          record has it: she has looked at nothing by herself yet, and nobody changed a \Seen there since the option was switched on.
 * Parting  a delegate gets her rows just before something would show her what is not hers: before \Seen of a message is changed, or a message comes with
 *          it (seen_part_all(), seen_part_her()). They begin as the records are at that moment. So switching the option on writes nothing.
 * Rows     are the truth, not the option: switched off, the upkeep merges folder by folder (seen_merge.c), each in a transaction that takes a modseq for
 *          the messages that change for somebody.
 * INV-17   A bit of a row belongs to a message that is in the folder. Rows belong to delegates of whom the mailbox has a key slot, and to folders that
 *          are there, or are being emptied. With any row of hers in a folder the one of block 0 is there.
 * INV-6    holds for \Seen of a delegate too: her change takes a modseq, and the message has it, for everybody.
 * Locks    who writes holds the folder's counters for writing, but for seen_slots(), which holds the mailbox's record. Who writes rows of a delegate has
 *          looked at her slot in the same transaction. Who reads holds the counters for reading.
 * Process  pli-stored, inside a transaction.
 */
#pragma once
#include "store/ops/acl.h"
#include "store/ops/folder.h"
#include "store/ops/seen_bits.h"

/* \Seen of one folder, as one person has it. One block of her bits is at hand. */
struct seen {
    struct tx *t;
    uint64_t mbx, delegate; /* delegate 0: the holder */
    uint32_t folder;
    bool own;               /* she has a state of her own there; else MF_SEEN of the records is hers */
    bool parted;            /* the caller's: it has seen to that */
    bool write, loaded, dirty;
    uint32_t block;
    struct seen_bits bits;
};
enum rc seen_open(struct seen *s, struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, bool write, struct err *e);
/* MF_SEEN of *flags, which are the record's, becomes hers. */
enum rc seen_view(struct seen *s, uint32_t uid, uint64_t *flags, struct err *e);
enum rc seen_put(struct seen *s, uint32_t uid, bool yes, struct err *e); /* .own, .write */
enum rc seen_close(struct seen *s, struct err *e);                       /* writes what seen_put() changed; without it nothing more is written */

/* ---- parting ---- */
enum rc seen_each(struct tx *t, uint64_t mbx, bool *each_out, struct err *e); /* the option; its record is locked for reading */
/* The holder's \Seen is about to change: those who follow it do no more. Does nothing while the option is off. */
enum rc seen_part_all(struct tx *t, uint64_t mbx, uint32_t folder, struct err *e);
/* Hers is about to change. .own afterwards, when the option is on or she had rows. RC_DENIED: her delegation has ended. */
enum rc seen_part_her(struct seen *s, const struct sess *who, struct err *e);
enum rc seen_part(struct tx *t, uint64_t mbx, uint32_t folder, const uint64_t *who, size_t n, struct err *e);
/* A message comes. *flags: what it comes with; MF_SEEN is taken away when it is of "who" alone (NULL: nobody's session), and then seen_come() notes it
 * behind the message's record. */
enum rc seen_comes(struct seen *s, struct tx *t, const struct sess *who, uint64_t mbx, uint32_t folder, uint64_t *flags, struct err *e);
enum rc seen_come(struct seen *s, uint32_t uid, struct err *e);

/* ---- the folder as a whole ---- */
/* The least key behind all rows of hers in that folder; with the greatest numbers: behind all of the folder, of the mailbox. */
struct key seen_behind(uint64_t mbx, uint32_t folder, uint64_t delegate);
/* The delegates who have rows there: packed host u64. */
enum rc seen_who(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *out, struct err *e);
/* Delegates who have a key slot: packed host u64. The slots are locked for reading. */
enum rc seen_delegates(struct tx *t, uint64_t mbx, struct buf *out, struct err *e);
enum rc seen_left(struct tx *t, uint64_t mbx, uint32_t folder, struct span uids /* packed u32 */, struct err *e); /* they are not there any more */
/* How many messages she has not seen. c: the folder's. */
enum rc seen_unseen(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t delegate, const struct counters *c, uint32_t *n_out, struct err *e);
/* The mailbox has new key slots: rows of those who have none any more go. */
enum rc seen_slots(struct tx *t, uint64_t mbx, struct span slots, struct err *e);
/* The first thing that is not as INV-17 says, but for slots and the folder: what_out a static string, NULL: nothing. */
enum rc seen_wrong(struct tx *t, uint64_t mbx, uint32_t folder, uint64_t *delegate_out, const char **what_out, struct err *e);
/* The UIDs of that block that have a message. */
enum rc seen_there(struct tx *t, uint64_t mbx, uint32_t folder, uint32_t block, struct seen_bits *out, struct err *e);

/* ---- copies: seen_copy.c ---- */
struct seen_pair {
    struct seen from, to;
};
struct seen_copy {
    struct tx *t;
    struct seen_pair *pair; /* of each delegate for whom there is something to do */
    size_t n;
    bool each;
    uint64_t blind; /* this delegate may not set \Seen in the folder of the copies: they are new to her; 0: nobody */
};
enum rc seen_copy_open(struct seen_copy *x, struct tx *t, uint64_t mbx, uint32_t from, uint32_t to, bool each, uint64_t blind, struct err *e);
/* Behind the copy's record. flags: the record's; is_there false: the message is in no folder any more, and nobody but the holder has seen it. */
enum rc seen_copy_one(struct seen_copy *x, uint32_t uid, bool is_there, uint32_t new_uid, uint64_t flags, struct err *e);
enum rc seen_copy_close(struct seen_copy *x, struct err *e); /* writes */
void seen_copy_free(struct seen_copy *x);

/* ---- the option switched off: seen_merge.c ---- */
enum { MERGE_A_TX = 2000 /* messages that take a modseq */ };
/* Brings what the option left behind back to one \Seen. Upkeep. */
void seen_sweep(struct stored *d, bool (*stopping)(struct stored *d));
