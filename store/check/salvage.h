/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage.h - "pli store salvage": keeps all that can be read of a damaged store, while nobody serves.
 *
 * Steps    1 recovery, which passes bad pages by (guard.h), and a checkpoint: the files are as good as they get
 *          2 tables with bad pages are made anew from every leaf page that is sound (salvage_table.c): keys need no tree above them.
 *            The old file is kept under another name
 *          3 what belongs together is compared and mended (salvage_mend.c): counts, folders, references, the queue's index
 *          4 what is lost is said, by mailbox number and count: no name, no address, no subject is known here
 * INV-S1   A crash at any moment leaves for each table its old file or the whole new one; the salvage may be run again.
 *          Until every new file is whole nothing is changed: a salvage that fails for want of room leaves the store as it was.
 * INV-S2   Nothing that can be read is thrown away: messages whose folder is lost go to the INBOX, a message without its summary
 *          or search text stays.
 * INV-S3   After it pli store check finds nothing but octets that are lost (objects whose pieces are missing).
 * Process  pli-stored, started with the boot setting "salvage"; one thread, the store's lock is held by env_open().
 */
#pragma once
#include "store/ops/stored.h"

enum lost_what { LOST_KEYS, LOST_FOLDERS, LOST_MESSAGES, LOST_BODIES, LOST_SUMMARIES, LOST_TEXTS, LOST_EPOCHS, LOST_KINDS };
struct lost { /* of one mailbox */
    uint64_t mbx, n[LOST_KINDS], rescued /* into the INBOX */;
};
struct salvage {
    struct stored d;
    struct env_conf conf;
    uint32_t bad[TABLES];   /* pages, before */
    uint64_t kept[TABLES];  /* records of a table made anew */
    char aside[64];         /* what the old files' names end with; empty: none was put aside */
    struct lost *lost;
    size_t n_lost;
    uint64_t mended;        /* records that were put right */
    uint64_t seen, most;    /* the mailbox looked at last, the highest number met */
    bool has_box;           /* the one looked at last has its record */
};
bool salvage_unfinished(const char *home); /* one was cut short: nobody may serve */
int salvage_run(const struct env_conf *conf); /* the whole; prints its report; the exit code */

/* salvage_table.c */
uint32_t salvage_look(int home_fd, enum table tb);          /* how many pages of the file are bad */
enum rc salvage_exchanged(int home_fd, enum table tb, struct err *e); /* a new file that waits for its name has it */
enum rc salvage_table(struct salvage *s, int home_fd, enum table tb, struct err *e);    /* makes the new file, beside the old one */
enum rc salvage_exchange(struct salvage *s, int home_fd, enum table tb, struct err *e); /* gives it its name */
/* salvage_mend.c */
enum rc salvage_mend(struct salvage *s, struct err *e);
struct lost *salvage_lost(struct salvage *s, uint64_t mbx);
/* Every record of a table in turn; the table may be changed meanwhile. */
typedef enum rc (*salvage_fn)(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e);
enum rc salvage_each(struct salvage *s, enum table tb, salvage_fn fn, void *arg, struct err *e);
/* One small change in a transaction of its own. */
enum rc salvage_put(struct salvage *s, enum table tb, const struct key *k, struct span val, struct err *e);
enum rc salvage_del(struct salvage *s, enum table tb, const struct key *k, struct err *e); /* RC_NOTFOUND too is RC_OK */
