/* SPDX-License-Identifier: EUPL-1.2 */
/* store/ops/freed.h - the tables T_FREED and T_REMOVED: messages that left a folder. They are kept, sealed, until their time has passed; then the
 * background thread frees them.
 *
 * Why      an EXPUNGE that counts references, and deletes summaries, texts and octets, takes 340 us a message. Its client waits for the record of the
 *          removal alone. And whoever deleted by mistake gets the message back (undelete.c), a session that was not told yet still reads it
 *          (removed.h, RFC 2180 4.1.1).
 * Rows     of T_FREED: (mbx, n u64) -> what left one folder at one moment, FREED_A_ROW messages at most, so that the row stays in its leaf page: when
 *          u64 (UTC s), by u64, folder u32, how u8, class u8, then for each message its UID u32 and its record (struct msg). The messages of a mailbox
 *          that left are numbered from 1 on in the order in which they left; n is the number of the row's first one. No number is given twice.
 *          (mbx, 0) is the mailbox's head: struct freed_head. (mbx, FREED_NAME | folder) is the record of a deleted folder, for its name.
 *          of T_REMOVED: (class << 56 | when, mbx, n) -> messages u32: the rows in the order in which their time comes.
 * Classes  FREED_BRIEF is kept for sessions alone: until no session of the mailbox is left, FREED_BRIEF_S at most. A MOVE leaves it (the message is in
 *          another folder), and every removal while stored.keep_expunged is 0. FREED_KEPT is kept for stored.keep_expunged. FREED_OVER is no class of a
 *          row: (FREED_OVER << 56, mbx, 0) says that the mailbox keeps more than its share.
 * Early    a kept message goes before its time only when the disk is low (room.h), the oldest of the store first, or when its mailbox keeps more than
 *          stored.keep_expunged_share, the mailbox's oldest first. Each is said in the log (ev=removed-freed-early), before it is done.
 * Hold     nothing goes of a mailbox that is on hold (hold.h), whatever its time, its share, or the disk; but what a MOVE left, which is elsewhere.
 *          A row of FREED_BRIEF whose time comes while the hold is set becomes one of FREED_KEPT.
 * Gone     what is emptied of a mailbox that was deleted leaves no row and no head: nobody is left to give it back to.
 * INV-14   an item stands for one reference of its object (INV-2), and for the rows of T_SUMMARIES and T_TEXTS that .where names. The transaction
 *          that takes the message's record away writes the item; the transaction that gives the reference back, and deletes those rows, deletes
 *          the item. A row with an item whose message is in its folder is not worked off. So a crash at any moment frees later, never twice, and never what a message or the queue still names.
 * INV-15   a row of T_FREED has its row in T_REMOVED, and the other way round. The head is the sum over the rows: messages and octets of class
 *          FREED_KEPT. Every number is below head.next.
 * Locks    counters, then the head, then rows, then T_REMOVED: in that order.
 * Process  pli-stored; freed_sweep() in the background thread.
 */
#pragma once
#include "store/ops/folder.h"

enum { FREED_A_ROW = 32, FREED_ITEM = 4 + MSG_REC, FREED_HEAD = 8 + 8 + 4 + 1 + 1 };
enum { FREED_BRIEF_S = 600 };
#define FREED_NAME (1ull << 63)
enum freed_class { FREED_BRIEF = 0, FREED_KEPT = 1, FREED_OVER = 2 };
struct freed {
    uint32_t uid;
    struct msg m;
};
struct freed_row {
    uint64_t when, by; /* by: the mailbox number of who did it; 0: the administrator */
    uint32_t folder;
    uint8_t how, class; /* enum store_removal; enum freed_class */
    size_t n;
    struct freed f[FREED_A_ROW];
};
/* Messages that one transaction removes from one folder. Zeroed at first, but for the first line. */
struct freeing {
    uint64_t mbx, by;
    uint32_t folder;
    uint8_t how;
    bool keep, shows; /* set by freed_begin(): the messages are kept for undelete; the holder sees them */
    bool gone;        /* the mailbox is deleted: its messages are freed at once */
    uint64_t quota;
    struct freed_head head;
    uint64_t rows[3 * 512]; /* number, when and count of each row, for T_REMOVED */
    size_t n_rows;
};
/* Locks the head. */
enum rc freed_begin(struct stored *d, struct tx *t, struct freeing *f, struct err *e);
/* n: 1 .. FREED_A_ROW. */
enum rc freed_add(struct tx *t, struct freeing *f, const struct freed *items, size_t n, struct err *e);
/* Writes the head and the rows of T_REMOVED. As late in the transaction as can be: the last page of T_REMOVED is everybody's. */
enum rc freed_end(struct stored *d, struct tx *t, struct freeing *f, struct err *e);
/* The three above for n messages. by: 0, the administrator. */
enum rc freed_all(struct stored *d, struct tx *t, const struct freeing *of, const struct freed *items, size_t n,
                  struct err *e);
/* RC_CORRUPT: the record does not read. */
enum rc freed_read(struct span val, struct freed_row *out, struct err *e);
void freed_write(struct buf *out, const struct freed_row *r); /* out is cleared first */
enum rc freed_head_get(struct tx *t, uint64_t mbx, bool write, struct freed_head *out, struct err *e); /* none: zeros */
enum rc freed_head_lock(struct tx *t, uint64_t mbx, struct freed_head *out, struct err *e); /* locked for reading: so are its rows */
enum rc freed_head_put(struct tx *t, uint64_t mbx, const struct freed_head *h, struct err *e);
/* What the row adds to the head: its messages and their octets, when its class is FREED_KEPT. */
struct sums freed_sums(const struct freed_row *r);
struct key freed_time(const struct freed_row *r, uint64_t mbx, uint64_t n); /* its key in T_REMOVED */
/* Does the mailbox keep more than its share, and may it be given back? Locks the head. */
enum rc freed_share(struct stored *d, struct tx *t, uint64_t mbx, bool *over_out, struct err *e);
/* The record of a folder that is being deleted, for undelete: kept as long as its messages. mem: the caller's; *out borrows from it. */
enum rc freed_name_put(struct tx *t, uint64_t mbx, uint32_t folder, const struct folder *f, struct err *e);
enum rc freed_name_get(struct tx *t, uint64_t mbx, uint32_t folder, struct buf *mem, struct folder *out, struct err *e);
/* Changes a row that undelete took messages from: *now without them, deleted when none is left. The caller puts the head. */
enum rc freed_replace(struct tx *t, uint64_t mbx, uint64_t n, const struct freed_row *was, const struct freed_row *now,
                      struct err *e);
enum { FREED_ROWS = 16 };
struct freed_batch { /* rows that one transaction works off */
    struct packing *packing; /* told of what was freed; NULL: nobody */
    struct {
        uint64_t mbx, n;
    } row[FREED_ROWS];
    size_t n;
    bool box_gone; /* the mailbox was deleted: no hold, no head */
};
/* A tx_fn, TX_LAZY. arg is a struct freed_batch. */
enum rc freed_work_off(struct tx *t, void *arg, struct err *e);
/* All that a deleted mailbox has in the two tables, FREED_ROWS rows a call. *more_out: call again. */
enum rc freed_box_gone(struct stored *d, uint64_t mbx, bool *more_out, struct err *e);
/* Where the background thread is in T_REMOVED. Zeroed at first.
 * Held     rows that are due, and stay because their mailbox is on hold, are met once: later passes begin behind them (.behind), until a hold is
 *          cleared. All of them are looked at again once an hour, for the clock may have been set back when a row was written. */
struct freed_walk {
    struct key at;
    struct key behind;  /* rows of FREED_KEPT before it stay; .n 0: none */
    struct key reached; /* of this pass: behind the last row of FREED_KEPT that was due; .n 0: none was */
    unsigned cleared;   /* holds that had been cleared when .behind was last forgotten */
    int64_t whole;      /* monotonic ns: then it is forgotten again */
    bool failed;        /* a row of this pass could not be worked off */
    int64_t again;      /* monotonic ns: no pass before */
};
/* Works rows off for FREED_MS, while the disk is low for FREED_LOW_MS. It is asked again each round, which waits 200 ms: a third of a thread, so that
 * who reads and delivers meanwhile has the others. */
enum { FREED_MS = 100, FREED_LOW_MS = 2000 };
void freed_sweep(struct stored *d, struct freed_walk *w, bool (*stopping)(struct stored *d));
/* How many messages wait to be freed, and how many are kept: over the whole store. */
enum rc freed_counts(struct stored *d, struct tx *t, uint64_t *freeing_out, uint64_t *kept_out, struct err *e);
