/* SPDX-License-Identifier: EUPL-1.2 */
/* store/check/salvage.h - "pli store salvage": keeps all that can be read of a damaged store, while nobody serves.
 *
 * Steps    1 The library's recovery runs and passes bad pages by (guard.h). A checkpoint follows. Then the files are as good as they get.
 *          2 A table with bad pages is made anew from every leaf page that is sound (salvage_table.c), because the records of a leaf page can be
 *            read without the tree above it. The old file is kept under another name.
 *          3 Records that belong together are compared and mended (salvage_mend.c): counts, folders, references, the index of the queue.
 *          4 The report says what is lost, by mailbox number and count. The salvage knows no name, no address and no subject.
 * INV-S1   A crash at any moment leaves for each table its old file or the whole new one, and the salvage may be run again. The store is not
 *          changed until every new file is whole. So a salvage that fails for want of room leaves the store as it was.
 * INV-S2   Nothing that can be read is thrown away. A message whose folder is lost goes to the INBOX. A message without its summary or its
 *          search text stays.
 * INV-S3   After the salvage "pli store check" finds nothing but lost octets (objects whose octets are missing).
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
    struct piece *pieces;   /* every record of every segment, by object id and kind; made when the first is looked for (salvage_segments.c) */
    size_t n_pieces;
    bool walked;
};
bool salvage_unfinished(const char *home); /* true: a salvage was cut short, and nobody may serve this store */
int salvage_run(const struct env_conf *conf); /* runs all steps and prints the report; returns the exit code */

/* salvage_table.c */
uint32_t salvage_look(int home_fd, enum table tb);          /* how many pages of the file are bad */
enum rc salvage_exchanged(int home_fd, enum table tb, struct err *e); /* finishes an exchange that a crash cut: gives the new file its name */
enum rc salvage_table(struct salvage *s, int home_fd, enum table tb, struct err *e);    /* makes the new file, beside the old one */
enum rc salvage_exchange(struct salvage *s, int home_fd, enum table tb, struct err *e); /* gives it its name */
/* salvage_mend.c */
enum rc salvage_mend(struct salvage *s, struct err *e);
struct lost *salvage_lost(struct salvage *s, uint64_t mbx);
/* Calls fn for every record of a table in turn. fn may change the table. */
typedef enum rc (*salvage_fn)(struct salvage *s, const struct key *k, struct span val, void *arg, struct err *e);
enum rc salvage_each(struct salvage *s, enum table tb, salvage_fn fn, void *arg, struct err *e);
/* Each of the two makes one small change in a transaction of its own. */
enum rc salvage_put(struct salvage *s, enum table tb, const struct key *k, struct span val, struct err *e);
enum rc salvage_del(struct salvage *s, enum table tb, const struct key *k, struct err *e); /* RC_NOTFOUND too is RC_OK */
