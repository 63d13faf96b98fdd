/* SPDX-License-Identifier: EUPL-1.2 */
/* admin/national.h - the national copy: what a file brings, put into the directory whole or not at all.
 *
 * Two      files make it: that of mailboxes says which entries there are; that of persons and their activities completes them, and makes none of its own.
 *          Each import reads one and has the other as it was kept (directory/import/keep.h), so neither takes away what the other brought.
 * How      The file is read once and compared with ldap/national/state (directory/import/state.h). Few differences go in online, as one LDAP transaction
 *          (directory/import/change.h). More than ONLINE_MOST, or a copy whose state is not known for sure, are written into a fresh database beside, which
 *          takes the old one's place by a rename (directory/schema/load.h); then slapd must start again (.restart).
 * Safe     Killed at any moment, pli, slapd or both leave the old state or the new one. One import at a time (flock on ldap/import.lock).
 * Refused  RC_PERM: the new copy would lack more than max_loss per cent of the entries there are (of the persons, where the file is theirs), or more
 *          than that share of the lines were refused; accept_loss lets it. RC_EXISTS: another import runs. RC_SYNTAX: not such a file. RC_CORRUPT: the
 *          other file is not there as it was kept; e->log says which to import. RC_TEMP: disk full, slapd away. Nothing is changed by any of them.
 * Process  pli (directory import, stats); the working folder is DIR/run.
 */
#pragma once
#include "directory/import/file.h"
#include "directory/import/find.h"
#include "directory/schema/embedded.h"

struct national_how {
    const struct embedded_spec *spec; /* of the embedded slapd */
    int fd;                           /* the file */
    bool served, dry_run, accept_loss;
    unsigned max_loss;                /* per cent */
    struct national_watch watch;
};
enum national_way { NW_NOTHING, NW_ONLINE, NW_WHOLE, NW_DRY };
struct national_report {
    enum national_kind kind; /* of the file */
    uint64_t lines, twice, refused, faults[NF_MAX_];
    uint64_t before, entries;         /* there were, there are */
    uint64_t added, changed, removed; /* entries */
    uint64_t persons;                 /* that are known, with a mailbox or without */
    uint64_t persons_before, persons_added, persons_changed, persons_removed; /* of a file of persons */
    enum national_way way;
    bool restart; /* slapd serves the former copy until it starts again */
};
enum rc national_import(const struct national_how *how, struct national_report *out, struct err *e);
/* How many entries the copy has, of how many persons activities are known, and when it was last changed (UTC seconds). RC_NOTFOUND: nothing was imported
 * yet. */
enum rc national_stats(const char *dir, uint64_t *entries_out, uint64_t *persons_out, int64_t *when_out, struct err *e);
/* Entries of the copy in which every word of the text begins a word, at most so many. RC_MORE: there are more. RC_NOTFOUND, RC_DENIED, RC_TEMP: see
 * directory/import/find.h. */
enum rc national_search(struct span text, unsigned most, national_see see, void *ctx, struct err *e);
